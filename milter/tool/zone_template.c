/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/zone_template.h"

#include "mail/domain_name.h"
#include "tool/zone_line.h"

enum {
	TTL = 3600,
	PREFERENCE = 10
};

/* RFC 6186, 3.1 and RFC 8314, 5.1: where mail programs send and read mail. */
static const struct {
	const char *service;
	unsigned port;
} services[] = {
	{ "_submissions._tcp", 465 },
	{ "_submission._tcp", 587 },
	{ "_imaps._tcp", 993 },
};

/* A line with its TTL, which stands in front of the class. */
static struct text
with_ttl(struct arena *arena, struct text line)
{
	size_t class_position = text_find_text(line, TEXT(" IN "));

	return text_printf(arena, "%.*s %d%.*s",
			   TEXT_ARGUMENTS(text_cut(line, 0, class_position)), TTL,
			   TEXT_ARGUMENTS(text_from_position(line, class_position)));
}

static void
add_line(struct textbuf *out, struct text line)
{
	textbuf_add(out, with_ttl(out->arena, line));
	textbuf_add_byte(out, '\n');
}

/* A line that is not in force. */
static void
add_commented(struct textbuf *out, struct text line)
{
	textbuf_add_byte(out, ';');
	add_line(out, line);
}

static struct text
name_below(struct arena *arena, const char *first, struct text domain)
{
	return text_printf(arena, "%s.%.*s", first, TEXT_ARGUMENTS(domain));
}

/* The addresses of a host, which belong into the zone only when it is below the domain. */
static void
add_host(const struct zone_template *template, struct textbuf *out, struct text host)
{
	bool is_inside = domain_name_is_at_or_below(host, template->domain);

	for (size_t i = 0; i < template->address_count; i++) {
		struct text line = zone_line_address(out->arena, host, template->addresses[i]);

		if (is_inside)
			add_line(out, line);
		else
			add_commented(out, line);
	}
}

static void
add_name_servers(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct text own[] = { name_below(arena, "ns1", template->domain),
			      name_below(arena, "ns2", template->domain) };
	bool has_names = template->name_server_count > 0;
	const struct text *names = has_names ? template->name_servers : own;
	size_t count = has_names ? template->name_server_count : COUNT_OF(own);

	textbuf_add_string(out, "; Raise the number 1, the serial, at each change.\n");
	textbuf_printf(out, "%.*s. %d IN SOA %.*s. hostmaster.%.*s. 1 14400 3600 1209600 3600\n",
		       TEXT_ARGUMENTS(template->domain), TTL, TEXT_ARGUMENTS(names[0]),
		       TEXT_ARGUMENTS(template->domain));
	for (size_t i = 0; i < count; i++)
		textbuf_printf(out, "%.*s. %d IN NS %.*s.\n", TEXT_ARGUMENTS(template->domain), TTL,
			       TEXT_ARGUMENTS(names[i]));
	if (!has_names)
		textbuf_add_string(out, "; Put the names of your name servers there (--ns), or "
				   "their addresses here.\n");
	for (size_t i = 0; i < count; i++)
		if (domain_name_is_at_or_below(names[i], template->domain) &&
		    !text_equal(names[i], template->host))
			add_host(template, out, names[i]);
}

static void
add_mail_server(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;

	textbuf_add_string(out, "\n; The mail server: its addresses, and that it gets the mail.\n");
	add_host(template, out, template->host);
	add_line(out, zone_line_mx(arena, template->domain, PREFERENCE, template->host));
	textbuf_add_string(out, "\n; The way back from the addresses. These stand in other zones: "
			   "ask who gave you them.\n");
	for (size_t i = 0; i < template->address_count; i++)
		add_commented(out, zone_line_ptr(arena, template->addresses[i], template->host));
}

/* RFC 7208: addresses need no further questions. The HELO name has a record of its own (2.3). */
static void
add_spf(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct textbuf record = textbuf_new(arena, SIZE_MAX);
	struct text own = zone_line_txt(arena, template->host, TEXT("v=spf1 a -all"));

	textbuf_add_string(&record, "v=spf1");
	for (size_t i = 0; i < template->address_count; i++)
		textbuf_printf(&record, " %s:%.*s",
			       template->addresses[i].family == IP_V6 ? "ip6" : "ip4",
			       TEXT_ARGUMENTS(ip_text(arena, template->addresses[i])));
	textbuf_add_string(&record, " -all");
	textbuf_add_string(out, "\n; SPF: who sends for the domain, and for the name in HELO.\n");
	add_line(out, zone_line_txt(arena, template->domain, textbuf_text(&record)));
	if (text_equal(template->host, template->domain))
		return;
	if (domain_name_is_at_or_below(template->host, template->domain))
		add_line(out, own);
	else
		add_commented(out, own);
}

static void
add_dkim(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct text owner = text_printf(arena, "%.*s._domainkey.%.*s",
					TEXT_ARGUMENTS(template->selector),
					TEXT_ARGUMENTS(template->domain));

	textbuf_add_string(out, "\n; DKIM: the public part of the key that mail is signed with.\n");
	if (!text_is_empty(template->key_record)) {
		add_line(out, zone_line_txt(arena, owner, template->key_record));
		return;
	}
	textbuf_printf(out, ";   dmarcmilter-check domain %.*s --dkim-keygen rsa --selector %.*s\n"
		       "; makes it, and prints the line that belongs here.\n",
		       TEXT_ARGUMENTS(template->domain), TEXT_ARGUMENTS(template->selector));
}

static void
add_dmarc(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct text receiver = text_from_position(template->reports,
						  text_find_last(template->reports, '@') + 1);

	textbuf_add_string(out, "\n; DMARC: what becomes of mail that neither confirms, and who "
			   "gets reports.\n");
	if (template->policy != DMARC_POLICY_REJECT)
		textbuf_add_string(out, "; Read them for some weeks, then make it p=quarantine, "
				   "then p=reject (--policy).\n");
	add_line(out, zone_line_txt(arena, name_below(arena, "_dmarc", template->domain),
				    text_printf(arena, "v=DMARC1; p=%s; rua=mailto:%.*s",
						dmarc_policy_keyword(template->policy),
						TEXT_ARGUMENTS(template->reports))));
	if (domain_name_is_at_or_below(receiver, template->domain))
		return;
	textbuf_add_string(out, "; Another organization takes reports only when this stands in its "
			   "own zone (RFC 9990 4).\n");
	add_commented(out, zone_line_txt(arena, text_printf(
		arena, "%.*s._report._dmarc.%.*s", TEXT_ARGUMENTS(template->domain),
		TEXT_ARGUMENTS(receiver)), TEXT("v=DMARC1")));
}

/* RFC 8460 and RFC 8461: of no use before a web server has the policy. */
static void
add_transport(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;
	struct text domain = template->domain;

	textbuf_printf(out, "\n; MTA-STS and TLS-RPT: that others encrypt mail to you, when\n"
		       "; https://mta-sts.%.*s/.well-known/mta-sts.txt holds the policy.\n",
		       TEXT_ARGUMENTS(domain));
	add_commented(out, zone_line_txt(arena, name_below(arena, "_mta-sts", domain),
					 TEXT("v=STSv1; id=1")));
	for (size_t i = 0; i < template->address_count; i++)
		add_commented(out, zone_line_address(arena, name_below(arena, "mta-sts", domain),
						     template->addresses[i]));
	add_commented(out, zone_line_txt(arena, name_below(arena, "_smtp._tls", domain),
					 text_printf(arena, "v=TLSRPTv1; rua=mailto:%.*s",
						     TEXT_ARGUMENTS(template->reports))));
}

static void
add_services(const struct zone_template *template, struct textbuf *out)
{
	struct arena *arena = out->arena;

	textbuf_add_string(out, "\n; Where mail programs of your users send and read mail.\n");
	for (size_t i = 0; i < COUNT_OF(services); i++) {
		struct text owner = name_below(arena, services[i].service, template->domain);

		add_line(out, zone_line_srv(arena, owner, 0, 1, services[i].port, template->host));
	}
}

void
zone_template_write(struct arena *arena, const struct zone_template *template,
		    struct textbuf *out)
{
	struct textbuf zone = textbuf_new(arena, SIZE_MAX);

	textbuf_printf(&zone, "; The zone of %.*s.\n", TEXT_ARGUMENTS(template->domain));
	add_name_servers(template, &zone);
	add_mail_server(template, &zone);
	add_spf(template, &zone);
	add_dkim(template, &zone);
	add_dmarc(template, &zone);
	add_transport(template, &zone);
	add_services(template, &zone);
	textbuf_add(out, textbuf_text(&zone));
}
