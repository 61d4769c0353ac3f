/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ZONE_TEMPLATE_H
#define DMARCMILTER_TOOL_ZONE_TEMPLATE_H

#include <stddef.h>

#include "base/ip.h"
#include "base/textbuf.h"

/*
 * A zone file for a mail domain: all records that receivers look for, with one
 * server that sends and receives. Names are in normal form. Pure.
 */
struct zone_template {
	struct text domain;
	struct text host;               /* the server's name */
	const struct ip *addresses;     /* the server's; without any, examples take their place */
	size_t address_count;
	struct text selector;           /* of the DKIM key */
	struct text key_record;         /* its TXT record; empty: a comment takes its place */
};

void zone_template_write(const struct zone_template *template, struct textbuf *out);

#endif
