/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bench_null SOCKET
 *
 * What libmilter alone costs: a filter that looks at nothing and adds one
 * field, with no replies before the end of the message where the MTA agrees.
 */
#include <stdio.h>

#include <libmilter/mfapi.h>

static sfsistat
on_negotiate(SMFICTX *context, unsigned long actions, unsigned long steps, unsigned long unused2,
	     unsigned long unused3, unsigned long *actions_out, unsigned long *steps_out,
	     unsigned long *unused2_out, unsigned long *unused3_out)
{
	(void)context;
	(void)unused2;
	(void)unused3;
	*actions_out = actions & SMFIF_ADDHDRS;
	*steps_out = steps & (SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC);
	*unused2_out = 0;
	*unused3_out = 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_field(SMFICTX *context, char *name, char *value)
{
	(void)context;
	(void)name;
	(void)value;
	return SMFIS_NOREPLY;
}

static sfsistat
on_header_end(SMFICTX *context)
{
	(void)context;
	return SMFIS_NOREPLY;
}

static sfsistat
on_body(SMFICTX *context, unsigned char *bytes, size_t length)
{
	(void)context;
	(void)bytes;
	(void)length;
	return SMFIS_NOREPLY;
}

static sfsistat
on_message_end(SMFICTX *context)
{
	static char name[] = "Authentication-Results";
	static char value[] = " mx.receiver.example; none";

	(void)smfi_insheader(context, 0, name, value);
	return SMFIS_CONTINUE;
}

int
main(int count, char **arguments)
{
	static char name[] = "bench_null";
	struct smfiDesc description = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS,
		.xxfi_header = on_field,
		.xxfi_eoh = on_header_end,
		.xxfi_body = on_body,
		.xxfi_eom = on_message_end,
		.xxfi_negotiate = on_negotiate,
	};

	if (count != 2)
		return 64;
	if (smfi_setconn(arguments[1]) != MI_SUCCESS || smfi_register(description) != MI_SUCCESS)
		return 1;
	return smfi_main() == MI_SUCCESS ? 0 : 1;
}
