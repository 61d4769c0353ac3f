/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_explain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/reader.h"
#include "config/rule_table.h"

enum { TEXT_MAX = 1024 * 1024, COLUMNS = 80 };

static struct arena *arena;
static struct config config;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void
read_text(struct text source)
{
	struct config_problems problems = { .count = 0 };

	config_set_defaults(arena, &config);
	config_read_text(arena, source, TEXT("c"), &config, &problems);
	if (problems.has_error)
		fail_msg("%.*s", TEXT_ARGUMENTS(problems.items[0].sentence));
}

static const char *
explained(const char *source)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	read_text(text_from(source));
	rules_explain(arena, &config, &out);
	return text_string(arena, textbuf_text(&out));
}

static void
explains_conditions(void **state)
{
	static const struct {
		const char *condition;
		const char *clause;
	} rows[] = {
		{ "author=a.example", "the author domain is a.example" },
		{ "author=a.example,.a.example", "the author domain is a.example or below it" },
		{ "author=.a.example,a.example", "the author domain is below a.example or a.example" },
		{ "author!=a.example", "the author domain is not a.example" },
		{ "author!=a.example,b.example,.c.example",
		  "the author domain is neither a.example, b.example nor below c.example" },
		{ "envelope=<>", "the domain of the envelope sender is empty, as of a bounce," },
		{ "helo=x.example", "the HELO name is x.example" },
		{ "recipient=u@x.example,y.example,.z.example",
		  "the recipient is u@x.example, at y.example or at a domain below z.example" },
		{ "client=192.0.2.1,192.0.2.0/24", "the client is 192.0.2.1 or in 192.0.2.0/24" },
		{ "fcrdns!=.x.example", "the client's confirmed name is not below x.example" },
		{ "dkim-domain=x.example,y.example",
		  "a DKIM signature passes whose domain is x.example or y.example" },
		{ "dkim-domain!=x.example,y.example",
		  "no DKIM signature passes whose domain is x.example or y.example" },
		{ "class=spoof,misaligned", "the class of the message is misaligned or spoof" },
		{ "class!=pass", "the class of the message is not pass" },
		{ "dmarc=pass", "DMARC passes" },
		{ "dmarc!=pass", "DMARC does not pass" },
		{ "spf=fail", "SPF fails" },
		{ "spf!=fail", "SPF does not fail" },
		{ "spf-helo=softfail,neutral", "SPF of the HELO name gives softfail or neutral" },
		{ "dkim!=policy,none", "DKIM gives neither none nor policy" },
		{ "arc!=none", "ARC does not give none" },
		{ "iprev=temperror", "iprev gives temperror" },
		{ "published=reject", "the published policy is reject" },
		{ "effective!=none,reject", "the effective policy is neither none nor reject" },
		{ "aligned=none", "nothing passes for the author domain" },
		{ "aligned!=none", "something passes for the author domain" },
		{ "aligned=spf,dkim", "SPF or DKIM passes for the author domain" },
		{ "aligned!=spf", "SPF does not pass for the author domain" },
		{ "aligned!=spf,dkim", "neither SPF nor DKIM passes for the author domain" },
		{ "list-mail=yes", "the message looks like list mail" },
		{ "list-mail!=yes", "the message does not look like list mail" },
		{ "authenticated=true", "the client has logged in" },
		{ "authenticated=no", "the client has not logged in" },
		{ "tls!=no", "the session uses TLS" },
		{ "tls=no", "the session does not use TLS" },
		{ "tls=yes,no", "tls=yes,no" },
		{ "daemon=mx", "the MTA's {daemon_name} is mx" },
		{ "size>10M", "the message has more than 10M bytes" },
		{ "size>=10", "the message has at least 10 bytes" },
		{ "size<1k", "the message has less than 1k bytes" },
		{ "size<=1G", "the message has at most 1G bytes" },
	};
	bool seen[CONDITION_KIND_COUNT] = { false };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct rule_condition *condition;

		read_text(text_printf(arena, "Rule a %s none", rows[i].condition));
		condition = &config.rules.items[0].conditions[0];
		seen[condition->kind] = true;
		assert_string_equal(text_string(arena, rule_condition_explain(arena, condition)),
				    rows[i].clause);
	}
	for (size_t i = 0; i < CONDITION_KIND_COUNT; i++)
		assert_true(seen[i]);
}

static void
joins_words(void **state)
{
	static const char *const expected[] = { "", "a", "a or b", "a, b or c" };
	struct text items[] = { TEXT("a"), TEXT("b"), TEXT("c") };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		assert_string_equal(text_string(arena, rule_words_join(arena, items, i, "or")),
				    expected[i]);
	assert_string_equal(text_string(arena, rule_value_explain(arena, CONDITION_AUTHOR,
								  TEXT("file:/a b"))),
			    "listed in /a b");
}

static void
explains_rules(void **state)
{
	static const struct {
		const char *source;
		const char *part;
	} rows[] = {
		{ "", "There are no rules: the built-in policy decides.\n\nThe built-in policy:\n" },
		{ "Rule bank author=bank.example,.bank.example dmarc!=pass reject "
		  "reply=\"550 5.7.26 forged\"",
		  "\n\n1. bank (c:1): refuses the message with 550 5.7.26 \"forged\" when the author\n"
		  "    domain is bank.example or below it, and DMARC does not pass.\n\n"
		  "When no rule matches, the built-in policy decides:\n" },
		{ "Rule a tls=no tempfail shadow",
		  "1. a (c:1): only logs that it would defer the message when the session does not\n"
		  "    use TLS.\n" },
		{ "Rule a accept", "1. a (c:1): accepts the message, whatever it is.\n" },
		{ "Rule a none", "leaves the message to the built-in policy" },
		{ "Rule a mark", "accepts the message and marks it" },
		{ "Rule a quarantine", "holds the message in quarantine" },
		{ "Rule a discard", "discards the message, and tells nobody," },
		{ "Rule a discard", "One of these rules takes every message, so" },
		{ "Rule a discard shadow", "When no rule matches, " },
		{ "Rule a tls=no mark\n\nRule b accept", "1. a (c:1): accepts" },
		{ "Rule a tls=no mark\n\nRule b accept", "2. b (c:3): accepts" },
		{ "Rule a recipient=x.example mark", "SplitRecipients yes: " },
		{ "Rule a recipient=x.example mark\nSplitRecipients no", "SplitRecipients no: " },
		{ "TrustedForwarders 192.0.2.1 for=x.example", "SplitRecipients yes: " },
		{ "", "- A message that fails DMARC under p=reject is refused when its class is\n"
		  "  misaligned or spoof; another is marked. Under p=quarantine it is marked, under\n"
		  "  p=none it is accepted." },
		{ "RejectClasses none\nOnQuarantine quarantine",
		  "under p=reject is held in quarantine, since\n  RejectClasses is none." },
		{ "CheckDMARC no", "- DMARC is not checked (CheckDMARC no).\n" },
		{ "OnSPFFail mark", "- A message whose SPF fails is marked at least.\n" },
		{ "OnIPRevFail tempfail",
		  "- A message of a client without valid reverse DNS is deferred at least.\n" },
		{ "Mode monitor", "Mode monitor: all of this is logged only; every message is accepted.\n" },
		{ "OwnDomains x.example,.x.example",
		  "OwnDomains: mail whose author domain is x.example or below x.example is judged\n"
		  "as if that domain published p=reject.\n" },
		{ "TrustedForwarders 192.0.2.0/24,.x.example for=a.example,b.example",
		  "TrustedForwarders: mail from a client that is in 192.0.2.0/24 or below\n"
		  "x.example, to recipients whose domain is a.example or b.example, and that fails\n"
		  "DMARC as forwarding makes it fail, has the class forwarded.\n" },
		{ "DomainPolicy REJECT x.example",
		  "DomainPolicy: an author domain that is x.example is taken to publish p=reject.\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strstr(explained(rows[i].source), rows[i].part) == NULL)
			fail_msg("row %zu: %s", i, explained(rows[i].source));
	assert_null(strstr(explained("Rule a mark"), "SplitRecipients"));
	assert_null(strstr(explained("Rule a mark"), "Mode monitor"));
}

/* No line is longer than a terminal, but for a word that is. */
static void
keeps_lines_short(void **state)
{
	struct textbuf source = textbuf_new(arena, TEXT_MAX);
	struct textbuf out = textbuf_new(arena, TEXT_MAX);
	struct text escape = TEXT("file:/a\033[2Jb");
	struct text rest;
	struct text line;

	(void)state;
	textbuf_add_string(&source, "Rule a author=x.example");
	for (int i = 0; i < 200; i++)
		textbuf_printf(&source, ",b\xc3\xbc" "cher%d.example", i);
	textbuf_add_string(&source, " reject");
	rest = text_from(explained(textbuf_text(&source).bytes));
	while (text_next_part(&rest, '\n', &line)) {
		size_t columns = 0;

		for (size_t i = 0; i < line.length; i++)
			columns += ((unsigned char)line.bytes[i] & 0xc0) != 0x80;
		assert_true(columns <= COLUMNS);
	}
	/* What a terminal would obey does not reach it. */
	config.own_domains_source = (struct text_list){ &escape, 1, NULL };
	rules_explain(arena, &config, &out);
	assert_null(strchr(textbuf_text(&out).bytes, '\033'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(explains_conditions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joins_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(explains_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_lines_short, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
