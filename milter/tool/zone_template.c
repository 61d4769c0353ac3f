/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/zone_template.h"

#include "tool/zone_line.h"

enum {
	PREFERENCE = 10,
	SUBMISSIONS_PORT = 465,
	SUBMISSION_PORT = 587,
	IMAPS_PORT = 993
};

/* RFC 5737 and RFC 3849: nobody's addresses. */
static const struct ip example_addresses[] = {
	{ IP_V4, { 192, 0, 2, 25 } },
	{ IP_V6, { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x25 } },
};

static void
add_line(struct textbuf *out, struct text line)
{
	textbuf_add(out, line);
	textbuf_add_byte(out, '\n');
}

static void
add_comment(struct textbuf *out, const char *comment)
{
	textbuf_printf(out, "\n; %s\n", comment);
}

static void
add_server(const struct zone_template *template, struct textbuf *out)
{
	textbuf_printf(out, "; %.*s as a mail domain\n", TEXT_ARGUMENTS(template->domain));
	add_comment(out, "Where its mail goes, and the server's addresses.");
	add_line(out, zone_line_mx(out->arena, template->domain, PREFERENCE, template->host));
	for (size_t i = 0; i < template->address_count; i++)
		add_line(out, zone_line_address(out->arena, template->host,
						template->addresses[i]));
	add_comment(out, "The names of the addresses, for whoever gave you these: they stand in");
	textbuf_add_string(out, "; zones of their own. The server says the same name in HELO.\n");
	for (size_t i = 0; i < template->address_count; i++)
		add_line(out, zone_line_ptr(out->arena, template->addresses[i], template->host));
}

static void
add_policies(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct text domain = template->domain;
	struct text key_name = text_printf(arena, "%.*s._domainkey.%.*s",
					   TEXT_ARGUMENTS(template->selector),
					   TEXT_ARGUMENTS(domain));

	add_comment(out, "SPF: the MX hosts send, and nobody else; the host for its bounces.");
	add_line(out, zone_line_txt(arena, domain, TEXT("v=spf1 mx ~all")));
	if (!text_equal(domain, template->host))
		add_line(out, zone_line_txt(arena, template->host, TEXT("v=spf1 a -all")));
	add_comment(out, "DKIM: the public key of the signer.");
	if (text_is_empty(template->key_record))
		textbuf_printf(out, "; %.*s. IN TXT ... (--dkim-keygen makes one)\n",
			       TEXT_ARGUMENTS(key_name));
	else
		add_line(out, zone_line_txt(arena, key_name, template->key_record));
	add_comment(out, "DMARC: begin with reports only; then p=quarantine, then p=reject.");
	add_line(out, zone_line_txt(arena, text_join(arena, TEXT("_dmarc."), domain), text_printf(
		arena, "v=DMARC1; p=none; rua=mailto:postmaster@%.*s", TEXT_ARGUMENTS(domain))));
}

static void
add_service(const struct zone_template *template, struct textbuf *out, const char *prefix,
	    unsigned port)
{
	struct text owner = text_printf(out->arena, "%s.%.*s", prefix,
					TEXT_ARGUMENTS(template->domain));

	add_line(out, zone_line_srv(out->arena, owner, 0, 1, port, template->host));
}

void
zone_template_write(const struct zone_template *template, struct textbuf *out)
{
	struct zone_template filled = *template;

	if (filled.address_count == 0) {
		textbuf_add_string(out, "; The addresses are examples: put in your own (--ip).\n");
		filled.addresses = example_addresses;
		filled.address_count = COUNT_OF(example_addresses);
	}
	add_server(&filled, out);
	add_policies(&filled, out);
	add_comment(out, "Where mail programs find the servers (RFC 6186, RFC 8314).");
	add_service(&filled, out, "_submissions._tcp", SUBMISSIONS_PORT);
	add_service(&filled, out, "_submission._tcp", SUBMISSION_PORT);
	add_service(&filled, out, "_imaps._tcp", IMAPS_PORT);
}
