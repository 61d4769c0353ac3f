/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain_bench.h"

#include "base/textbuf.h"

#define HOST "example.com MX 10 mail.example.com\nmail.example.com A 192.0.2.25\n" \
	     "mail.example.com AAAA 2001:db8::25\n"

static void
judges_records(void **state)
{
	static const struct {
		const char *name;
		const char *zone;
		const char *code;
		enum domain_level level;
		const char *fix;
	} rows[] = {
		{ "fine", HOST "example.com TXT v=spf1 mx -all\n", "spf-valid", DOMAIN_OK, NULL },
		{ "softfail is fine", HOST "example.com TXT v=spf1 mx ~all\n", "spf-valid", DOMAIN_OK, NULL },
		{ "missing", HOST, "spf-missing", DOMAIN_ERROR, "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "missing, no host", "example.com TXT x\n", "spf-missing", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 -all\"" },
		{ "several", HOST "example.com TXT v=spf1 mx -all\n"
		  "example.com TXT v=spf1 MX ip4:192.0.2.1 ~all\n", "spf-several", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx ip4:192.0.2.1 ~all\"" },
		{ "several, one redirects", HOST "example.com TXT v=spf1 mx exp=x.example -all\n"
		  "example.com TXT v=spf1 exp=y.example redirect=a.example\n", "spf-several", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx exp=x.example include:a.example -all\"" },
		{ "several, one lets all pass", HOST "example.com TXT v=spf1 mx +all\n"
		  "example.com TXT v=spf1 a -all\n", "spf-several", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx a ~all\"" },
		{ "missing, where mail goes is not known", "example.com A 192.0.2.25\nexample.com SERVFAIL MX\n",
		  "spf-missing", DOMAIN_ERROR, "" },
		{ "missing, the domain is its host", "example.com A 192.0.2.25\n", "spf-missing", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 a ~all\"" },
		{ "missing, null MX", "example.com A 192.0.2.25\nexample.com MX 0 .\n", "spf-missing", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 -all\"" },
		{ "nothing but plus all", HOST "example.com TXT v=spf1 +all\n", "spf-plus-all", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "nothing but ptr", HOST "example.com TXT v=spf1 ptr -all\n", "spf-ptr", DOMAIN_WARNING, "" },
		{ "two faults, one line", HOST "example.com TXT v=spf1 mx ptr a:gone.example ?all\n",
		  "spf-neutral-all", DOMAIN_WARNING, "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "syntax", HOST "example.com TXT v=spf1 mxx -all\n", "spf-syntax", DOMAIN_ERROR, NULL },
		{ "unanswered", HOST "example.com SERVFAIL TXT\n", "spf-unanswered", DOMAIN_ERROR, NULL },
		{ "plus all", HOST "example.com TXT v=spf1 mx +all\n", "spf-plus-all", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "plain all", HOST "example.com TXT v=spf1 mx all\n", "spf-plus-all", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "plus all of an include", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 +all\n", "spf-plus-all", DOMAIN_ERROR, NULL },
		{ "neutral", HOST "example.com TXT v=spf1 mx ?all\n", "spf-neutral-all", DOMAIN_WARNING,
		  "example.com. IN TXT \"v=spf1 mx ~all\"" },
		{ "no all", HOST "example.com TXT v=spf1 mx exp=x.example\n", "spf-no-all", DOMAIN_WARNING,
		  "example.com. IN TXT \"v=spf1 mx exp=x.example ~all\"" },
		{ "redirect is an end", HOST "example.com TXT v=spf1 redirect=a.example\n"
		  "a.example TXT v=spf1 mx:example.com -all\n", "-spf-no-all", DOMAIN_OK, NULL },
		{ "redirect to nothing", HOST "example.com TXT v=spf1 redirect=a.example\n", "spf-include-missing",
		  DOMAIN_ERROR, NULL },
		{ "redirect beside all", HOST "example.com TXT v=spf1 mx -all redirect=a.example\n",
		  "spf-unreachable", DOMAIN_WARNING, NULL },
		{ "behind all", HOST "example.com TXT v=spf1 mx -all a:gone.example\n", "-spf-void", DOMAIN_OK,
		  NULL },
		{ "ptr", HOST "example.com TXT v=spf1 mx ptr -all\n", "spf-ptr", DOMAIN_WARNING,
		  "example.com. IN TXT \"v=spf1 mx -all\"" },
		{ "include without record", HOST "example.com TXT v=spf1 mx include:a.example -all\n"
		  "a.example TXT x\n", "spf-include-missing", DOMAIN_ERROR,
		  "example.com. IN TXT \"v=spf1 mx -all\"" },
		{ "include with two", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 -all\na.example TXT v=spf1 ~all\n", "spf-include-several", DOMAIN_ERROR,
		  NULL },
		{ "include with a mistake", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 ip4:1 -all\n", "spf-include-syntax", DOMAIN_ERROR, NULL },
		{ "include without answer", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example SERVFAIL\n", "spf-include-unanswered", DOMAIN_ERROR, NULL },
		{ "a without answer", HOST "example.com TXT v=spf1 a:a.example -all\na.example SERVFAIL\n",
		  "spf-term-unanswered", DOMAIN_ERROR, NULL },
		{ "includes itself", HOST "example.com TXT v=spf1 mx include:example.com -all\n", "spf-loop",
		  DOMAIN_ERROR, "example.com. IN TXT \"v=spf1 mx -all\"" },
		{ "itself in capitals", HOST "example.com TXT v=spf1 include:EXAMPLE.com -all\n", "spf-loop",
		  DOMAIN_ERROR, NULL },
		{ "loop of two", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 include:example.com -all\n", "spf-loop", DOMAIN_ERROR, NULL },
		{ "one record twice is no loop",
		  HOST "example.com TXT v=spf1 include:a.example include:a.example -all\n"
		  "a.example TXT v=spf1 -all\n", "-spf-loop", DOMAIN_OK, NULL },
		{ "macros of a message", HOST "example.com TXT v=spf1 include:%{i}.a.example -all\n", "spf-macro",
		  DOMAIN_NOTE, NULL },
		{ "macros that are known", HOST "example.com TXT v=spf1 include:a.%{d} -all\n"
		  "a.example.com TXT v=spf1 -all\n", "-spf-macro", DOMAIN_OK, NULL },
		{ "void", HOST "example.com TXT v=spf1 a:gone.example mx -all\n", "spf-void", DOMAIN_WARNING,
		  "example.com. IN TXT \"v=spf1 mx -all\"" },
		{ "void for one family only", HOST "example.com TXT v=spf1 a:v4.example -all\n"
		  "v4.example A 192.0.2.1\n", "-spf-void", DOMAIN_OK, NULL },
		{ "wide", HOST "example.com TXT v=spf1 ip4:192.0.0.0/15 -all\n", "spf-wide-network", DOMAIN_WARNING,
		  NULL },
		{ "not wide", HOST "example.com TXT v=spf1 ip4:192.0.0.0/16 -all\n", "-spf-wide-network", DOMAIN_OK,
		  NULL },
		{ "wide, of others", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 ip4:0.0.0.0/8 -all\n", "spf-wide-network", DOMAIN_WARNING, NULL },
		{ "less wide, of others", HOST "example.com TXT v=spf1 include:a.example -all\n"
		  "a.example TXT v=spf1 ip4:192.0.0.0/9 -all\n", "-spf-wide-network", DOMAIN_OK, NULL },
		{ "private", HOST "example.com TXT v=spf1 mx ip4:10.0.0.0/24 -all\n", "spf-private-network",
		  DOMAIN_NOTE, NULL },
		{ "sender id", HOST "example.com TXT v=spf1 mx -all\nexample.com TXT spf2.0/pra mx -all\n",
		  "spf-sender-id", DOMAIN_NOTE, NULL },
		{ "no blank", HOST "example.com TXT v=spf1;mx\n", "spf-unrecognized", DOMAIN_ERROR, NULL },
		{ "type 99", HOST "example.com TXT v=spf1 mx -all\nexample.com SPF v=spf1 -all\n", "spf-type-99",
		  DOMAIN_NOTE, NULL },
		{ "sends nothing", "example.com TXT v=spf1 -all\n", "spf-sends-nothing", DOMAIN_OK, NULL },
		{ "mx that may not send", HOST "example.com TXT v=spf1 ip4:192.0.2.1 -all\n", "spf-mx-host",
		  DOMAIN_NOTE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;

		bench_open(&bench);
		bench_run(&bench, text_from(rows[i].zone));
		bench_expect(&bench, rows[i].name, rows[i].code, rows[i].level, rows[i].fix);
		bench_close(&bench);
	}
}

/* RFC 7208 4.6.4, at the limits and beside them; a record of `count` terms that ask. */
static void
counts_lookups(void **state)
{
	static const struct {
		unsigned count;
		const char *code;
	} rows[] = {
		{ 8, "-spf-lookups-many" }, { 8, "-spf-lookup-limit" }, { 9, "spf-lookups-many" },
		{ 10, "-spf-lookup-limit" }, { 10, "spf-lookups-many" }, { 11, "spf-lookup-limit" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct textbuf zone;

		bench_open(&bench);
		zone = textbuf_new(bench.arena, SIZE_MAX);
		textbuf_add_string(&zone, HOST "example.com TXT v=spf1");
		for (unsigned j = 0; j < rows[i].count; j++)
			textbuf_printf(&zone, " a:mail.example.com/%u", 32 - j);
		textbuf_add_string(&zone, " ip4:192.0.2.1 -all");
		bench_run(&bench, textbuf_text(&zone));
		assert_int_equal(bench.facts.spf.tree.root->lookups, rows[i].count);
		bench_expect(&bench, "look-ups", rows[i].code,
			     rows[i].count > 10 ? DOMAIN_ERROR : DOMAIN_NOTE, NULL);
		bench_close(&bench);
	}
}

/* A chain of includes: each costs one, wherever it stands. */
static void
follows_chains(void **state)
{
	static const struct {
		unsigned length;
		bool is_over;
		size_t unfollowed;
	} rows[] = { { 10, false, 0 }, { 11, true, 0 }, { 12, true, 0 }, { 13, true, 1 }, { 40, true, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct textbuf zone;

		bench_open(&bench);
		zone = textbuf_new(bench.arena, SIZE_MAX);
		textbuf_add_string(&zone, "example.com TXT v=spf1 include:r1.example -all\n");
		for (unsigned j = 1; j < rows[i].length; j++)
			textbuf_printf(&zone, "r%u.example TXT v=spf1 include:r%u.example -all\n", j, j + 1);
		textbuf_printf(&zone, "r%u.example TXT v=spf1 -all\n", rows[i].length);
		bench_run(&bench, textbuf_text(&zone));
		assert_int_equal(bench.facts.spf.tree.unfollowed_count, rows[i].unfollowed);
		assert_int_equal(bench_find(&bench, "spf-lookup-limit") != NULL, rows[i].is_over);
		bench_close(&bench);
	}
}

/* A record that includes many, each of which includes many: the work is bounded. */
static void
bounds_wide_trees(void **state)
{
	struct bench bench;
	struct textbuf zone;

	(void)state;
	bench_open(&bench);
	zone = textbuf_new(bench.arena, SIZE_MAX);
	textbuf_add_string(&zone, "example.com TXT v=spf1");
	for (unsigned i = 0; i < 20; i++)
		textbuf_printf(&zone, " include:w%u.example", i);
	for (unsigned i = 0; i < 20; i++) {
		textbuf_printf(&zone, "\nw%u.example TXT v=spf1", i);
		for (unsigned j = 0; j < 20; j++)
			textbuf_printf(&zone, " include:w%u.example", (i * 7 + j) % 20);
	}
	bench_run(&bench, textbuf_text(&zone));
	assert_int_equal(bench.facts.spf.tree.record_count, DOMAIN_SPF_RECORDS_MAX);
	assert_true(bench.facts.spf.tree.unfollowed_count > 0);
	assert_non_null(bench_find(&bench, "spf-lookup-limit"));
	bench_close(&bench);
}

static void
counts_voids(void **state)
{
	static const struct {
		const char *name;
		const char *terms;
		unsigned voids4;
		unsigned voids6;
		const char *code;
		enum domain_level level;
	} rows[] = {
		{ "none", "mx", 0, 0, "-spf-void-limit", DOMAIN_OK },
		{ "two", "a:x.example mx:y.example", 2, 2, "-spf-void-limit", DOMAIN_OK },
		{ "three", "a:x.example mx:y.example a:z.example", 3, 3, "spf-void-limit", DOMAIN_ERROR },
		{ "of one family", "a:v4.example a:v4.example a:v4.example", 0, 3, "spf-void-limit-ipv6",
		  DOMAIN_WARNING },
		{ "exists", "exists:x.example exists:y.example exists:z.example", 3, 3, "spf-void-limit",
		  DOMAIN_ERROR },
		{ "in an include", "a:x.example mx:y.example include:in.example", 3, 3, "spf-void-limit",
		  DOMAIN_ERROR },
		{ "mx with a host without address", "mx:null.example", 0, 0, "-spf-void-limit", DOMAIN_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;

		bench_open(&bench);
		bench_run(&bench, text_printf(bench.arena, HOST "v4.example A 192.0.2.4\n"
					      "null.example MX 0 .\nin.example TXT v=spf1 a:z.example -all\n"
					      "example.com TXT v=spf1 %s -all\n", rows[i].terms));
		assert_int_equal(bench.facts.spf.tree.root->voids4, rows[i].voids4);
		assert_int_equal(bench.facts.spf.tree.root->voids6, rows[i].voids6);
		bench_expect(&bench, rows[i].name, rows[i].code, rows[i].level, NULL);
		bench_close(&bench);
	}
}

static void
counts_mail_servers(void **state)
{
	static const struct {
		unsigned count;
		const char *code;
	} rows[] = { { 10, "-spf-mx-limit" }, { 11, "spf-mx-limit" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct textbuf zone;

		bench_open(&bench);
		zone = textbuf_new(bench.arena, SIZE_MAX);
		textbuf_add_string(&zone, "example.com TXT v=spf1 mx -all\n");
		for (unsigned j = 0; j < rows[i].count; j++)
			textbuf_printf(&zone, "example.com MX 10 m%u.example.com\nm%u.example.com A 192.0.2.%u\n",
				       j, j, j + 1);
		bench_run(&bench, textbuf_text(&zone));
		bench_expect(&bench, "mail servers", rows[i].code, DOMAIN_ERROR, NULL);
		bench_close(&bench);
	}
}

/* What SPF says of an address, and which networks may send. */
static void
judges_addresses(void **state)
{
	static const char zone[] = HOST
		"example.com TXT v=spf1 -ip4:198.51.100.1 ip4:198.51.100.0/24 ?ip4:203.0.113.1 ~ip4:203.0.113.2 "
		"include:in.example a:v6.example/24//64 exists:there.example.com exists:%{i}.x.example -all\n"
		"in.example TXT v=spf1 -ip4:192.0.2.9 ip4:192.0.2.0/28 ~all\n"
		"v6.example AAAA 2001:db8:6::1\n";
	static const struct {
		const char *ip;
		enum domain_spf_result result;
		const char *term;
	} rows[] = {
		{ "198.51.100.1", DOMAIN_SPF_FAIL, "-ip4:198.51.100.1" },
		{ "198.51.100.2", DOMAIN_SPF_PASS, "ip4:198.51.100.0/24" },
		{ "203.0.113.1", DOMAIN_SPF_NEUTRAL, "?ip4:203.0.113.1" },
		{ "203.0.113.2", DOMAIN_SPF_SOFTFAIL, "~ip4:203.0.113.2" },
		{ "192.0.2.8", DOMAIN_SPF_PASS, "include:in.example" },
		{ "192.0.2.9", DOMAIN_SPF_OPEN, "exists:%{i}.x.example" },
		{ "2001:db8:6::ffff", DOMAIN_SPF_PASS, "a:v6.example/24//64" },
		{ "2001:db8:6:1::1", DOMAIN_SPF_OPEN, "exists:%{i}.x.example" },
	};
	struct domain_spf_networks networks;
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_run(&bench, text_from(zone));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct domain_spf_term *term;
		struct ip ip;

		assert_true(ip_parse(text_from(rows[i].ip), &ip));
		if (domain_spf_check(&bench.facts.spf.tree, ip, &term) != rows[i].result)
			fail_msg("%s is not %s", rows[i].ip, domain_spf_result_word(rows[i].result));
		assert_non_null(term);
		assert_true(text_equal(term->text, text_from(rows[i].term)));
	}
	networks = domain_spf_networks(bench.arena, &bench.facts.spf.tree);
	assert_int_equal(networks.count, 3);
	assert_true(networks.is_incomplete);
	assert_false(networks.is_everything);
	assert_int_equal(networks.items[2].network.prefix, 64);
	bench_close(&bench);
}

static void
joins_networks(void **state)
{
	static const struct {
		const char *terms;
		size_t count;
		bool is_everything;
	} rows[] = {
		{ "ip4:192.0.2.1 ip4:192.0.2.1", 1, false },
		{ "ip4:192.0.2.1 ip4:192.0.2.0/24 ip4:192.0.2.7/32", 1, false },
		{ "ip4:192.0.2.99/24 ip4:192.0.3.0/24", 2, false },
		{ "ip4:0.0.0.0/0 ip4:192.0.3.0/24", 1, false },
		{ "ip6:2001:db8::/32 ip6:2001:db8:1::/48 ip4:192.0.2.1", 2, false },
		{ "-ip4:192.0.2.1", 0, false }, { "+all", 0, true },
		{ "mx", 2, false }, { "mx/24//64 ip4:192.0.2.77", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct domain_spf_networks networks;
		struct bench bench;

		bench_open(&bench);
		bench_run(&bench, text_printf(bench.arena, HOST "example.com TXT v=spf1 %s -all\n",
					      rows[i].terms));
		networks = domain_spf_networks(bench.arena, &bench.facts.spf.tree);
		if (networks.count != rows[i].count || networks.is_everything != rows[i].is_everything)
			fail_msg("%s: %zu networks", rows[i].terms, networks.count);
		bench_close(&bench);
	}
}

static void
wants_senders_to_pass(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_add_sender(&bench, "192.0.2.25");
	bench_add_sender(&bench, "203.0.113.7");
	bench_run(&bench, TEXT(HOST "example.com TXT v=spf1 mx redirect=in.example\nin.example TXT v=spf1 -all\n"));
	bench_expect(&bench, "mx", "spf-sender", DOMAIN_OK, NULL);
	bench_expect(&bench, "other", "spf-sender-refused", DOMAIN_ERROR,
		     "example.com. IN TXT \"v=spf1 mx ip4:203.0.113.7 redirect=in.example\"");
	bench_close(&bench);
}

/* All addresses that are refused come into one record: two lines would be two records. */
static void
offers_one_record(void **state)
{
	static const char fix[] = "example.com. IN TXT \"v=spf1 mx ip4:203.0.113.7 ip6:2001:db8::7 ~all\"";
	struct bench bench;
	size_t refused = 0;

	(void)state;
	bench_open(&bench);
	bench_add_sender(&bench, "203.0.113.7");
	bench_add_sender(&bench, "2001:db8::7");
	bench_run(&bench, TEXT(HOST "example.com TXT v=spf1 mx a:gone.example\n"));
	for (size_t i = 0; i < bench.findings.count; i++) {
		const struct domain_finding *finding = &bench.findings.items[i];

		if (finding->section != DOMAIN_SECTION_SPF || finding->fix_count == 0)
			continue;
		refused++;
		assert_int_equal(finding->fix_count, 1);
		assert_true(text_equal(finding->fixes[0], text_from(fix)));
	}
	/* No all, a name that leads to nothing, and the two addresses. */
	assert_int_equal(refused, 4);
	bench_close(&bench);
}

/* Behind a term that refuses it, an address would never be looked at. */
static void
puts_senders_in_front(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench);
	bench_add_sender(&bench, "203.0.113.7");
	bench_run(&bench, TEXT(HOST "example.com TXT v=spf1 mx -ip4:203.0.113.0/24 a:mail.example.com ~all\n"));
	bench_expect(&bench, "refused by a network", "spf-sender-refused", DOMAIN_ERROR,
		     "example.com. IN TXT \"v=spf1 mx ip4:203.0.113.7 -ip4:203.0.113.0/24 "
		     "a:mail.example.com ~all\"");
	bench_close(&bench);
}

/* RFC 7208 4.6.4: what stands behind the tenth look-up lets nobody send. */
static void
stops_at_the_limit(void **state)
{
	static const struct {
		unsigned before;
		const char *code;
	} rows[] = { { 10, "spf-sender" }, { 11, "-spf-sender" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bench bench;
		struct textbuf zone;

		bench_open(&bench);
		bench_add_sender(&bench, "203.0.113.7");
		zone = textbuf_new(bench.arena, SIZE_MAX);
		textbuf_add_string(&zone, HOST "example.com TXT v=spf1");
		for (unsigned j = 0; j < rows[i].before; j++)
			textbuf_printf(&zone, " a:mail.example.com/%u", 32 - j);
		textbuf_add_string(&zone, " ip4:203.0.113.7 -all");
		bench_run(&bench, textbuf_text(&zone));
		bench_expect(&bench, "limit", rows[i].code, DOMAIN_OK, NULL);
		bench_close(&bench);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_records),
		cmocka_unit_test(counts_lookups),
		cmocka_unit_test(follows_chains),
		cmocka_unit_test(bounds_wide_trees),
		cmocka_unit_test(counts_voids),
		cmocka_unit_test(counts_mail_servers),
		cmocka_unit_test(judges_addresses),
		cmocka_unit_test(joins_networks),
		cmocka_unit_test(wants_senders_to_pass),
		cmocka_unit_test(offers_one_record),
		cmocka_unit_test(puts_senders_in_front),
		cmocka_unit_test(stops_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
