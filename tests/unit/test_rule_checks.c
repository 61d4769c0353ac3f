/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/rule_cover.h"

enum { TEXT_MAX = 1024 * 1024 };

#define WORD " lets mail in on its sender's word: "
#define WORD_END " can be written by anybody; add what is proved, such as client=, fcrdns=, " \
		 "dkim-domain= or aligned="

static struct arena *arena;
static struct config config;
static struct config_problems problems;

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

/* The warnings of a configuration, one a line; anything that is no warning fails. */
static const char *
warnings_of(struct text source)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	problems = (struct config_problems){ .count = 0 };
	config_set_defaults(arena, &config);
	config.authserv_id = TEXT("mx.example");
	config_read_text(arena, source, TEXT("c"), &config, &problems);
	config_finish(arena, &config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		textbuf_printf(&out, "%s%.*s: %.*s", i > 0 ? "\n" : "",
			       TEXT_ARGUMENTS(problems.items[i].place),
			       TEXT_ARGUMENTS(problems.items[i].sentence));
		if (!problems.items[i].is_warning)
			fail_msg("%.*s", TEXT_ARGUMENTS(problems.items[i].sentence));
	}
	return text_string(arena, textbuf_text(&out));
}

#define UNANSWERED " also holds when DNS gives no answer, and good mail would be lost; write "

static const struct {
	const char *source;
	const char *warnings;
} rows[] = {
	{ "Rule a author=bank.example dmarc!=pass,temperror reject\nRule b reject", "" },

	/* Never reached. */
	{ "Rule a reject\nRule b author=x.example reject", "c:2: Rule b is never reached: rule a (c:1) "
	  "matches first whenever it would" },
	{ "Rule a none\nRule b reject", "c:2: Rule b is never reached: rule a (c:1) matches first "
	  "whenever it would" },
	{ "Rule a reject shadow\nRule b reject", "" },
	{ "Rule a spf=fail,softfail reject\nRule b spf=fail tls=no mark", "c:2: Rule b is never "
	  "reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a spf=fail reject\nRule b spf=fail,softfail mark", "" },
	{ "Rule a spf!=pass quarantine\nRule b spf!=pass,none mark", "c:2: Rule b is never reached: rule a "
	  "(c:1) matches first whenever it would" },
	{ "Rule a spf!=pass,none quarantine\nRule b spf!=pass mark", "" },
	{ "Rule a dmarc!=pass quarantine\nRule b dmarc=fail mark", "c:2: Rule b is never reached: rule a "
	  "(c:1) matches first whenever it would" },
	{ "Rule a dmarc!=pass quarantine\nRule b dmarc=fail,pass mark", "" },
	{ "Rule a aligned!=spf reject\nRule b aligned=dkim mark", "" },
	{ "Rule a aligned=spf,dkim reject\nRule b aligned=dkim mark", "c:2: Rule b is never reached: "
	  "rule a (c:1) matches first whenever it would" },
	{ "Rule a author=.example.com reject\nRule b author=a.example.com,.b.example.com mark",
	  "c:2: Rule b is never reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a author=.example.com reject\nRule b author=example.com mark", "" },
	{ "Rule a author!=example.com reject\nRule b author=a.example.com mark", "c:2: Rule b is never "
	  "reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a author!=.example.com reject\nRule b author=a.example.com mark", "" },
	{ "Rule a author!=a.example.com reject\nRule b author=.example.com mark", "" },
	{ "Rule a dkim-domain!=example.com reject\nRule b dkim-domain=example.org mark", "" },
	{ "Rule a envelope=<>,x.example reject\nRule b envelope=<> mark", "c:2: Rule b is never "
	  "reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a envelope=x.example reject\nRule b envelope=<> mark", "" },
	{ "Rule a recipient=example.org reject\nRule b recipient=u@example.org mark", "c:2: Rule b is "
	  "never reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a recipient=u@example.org reject\nRule b recipient=example.org mark", "" },
	{ "Rule a client=192.0.2.0/24,2001:db8::/32 reject\nRule b client=192.0.2.7 mark", "c:2: Rule b "
	  "is never reached: rule a (c:1) matches first whenever it would" },
	{ "Rule a client=192.0.2.0/25 reject\nRule b client=192.0.2.0/24 mark", "" },
	{ "Rule a daemon=mx reject\nRule b daemon=MX mark", "c:2: Rule b is never reached: rule a (c:1) "
	  "matches first whenever it would" },
	{ "Rule a size>1k reject\nRule b size>10k mark", "c:2: Rule b is never reached: rule a (c:1) "
	  "matches first whenever it would" },
	{ "Rule a size>10k reject\nRule b size>1k mark", "" },
	{ "Rule a helo=x.example reject\nRule b author=x.example mark", "" },

	/* Never matches. */
	{ "Rule a spf=pass spf=fail reject", "c:1: Rule a never matches: spf=pass and spf=fail exclude "
	  "each other" },
	{ "Rule a aligned=spf aligned=none reject", "" },
	{ "Rule a aligned=spf aligned!=spf,dkim reject", "c:1: Rule a never matches: aligned=spf and "
	  "aligned!=spf,dkim exclude each other" },
	{ "Rule a author=a.example author=b.example reject", "c:1: Rule a never matches: "
	  "author=a.example and author=b.example exclude each other" },
	{ "Rule a author=.example author=b.example reject", "" },
	{ "Rule a author=.b.example author=.example reject", "" },
	{ "Rule a author=b.example author!=.example reject", "c:1: Rule a never matches: "
	  "author=b.example and author!=.example exclude each other" },
	{ "Rule a author=.example author!=b.example reject", "" },
	{ "Rule a recipient=a.example recipient=b.example reject", "" },
	{ "Rule a dkim-domain=a.example dkim-domain=b.example reject", "" },
	{ "Rule a client=192.0.2.0/24 client=2001:db8::/32 reject", "c:1: Rule a never matches: "
	  "client=192.0.2.0/24 and client=2001:db8::/32 exclude each other" },
	{ "Rule a client=192.0.2.0/24 client!=192.0.2.1 reject", "" },
	{ "Rule a size>10 size<10 reject", "c:1: Rule a never matches: size>10 and size<10 exclude each "
	  "other" },
	{ "Rule a size>9 size<11 reject", "" },
	{ "Rule a size>10 size<11 reject", "c:1: Rule a never matches: size>10 and size<11 exclude each "
	  "other" },
	{ "Rule a dmarc=softfail reject", "c:1: Rule a never matches: dmarc is never softfail" },
	{ "Rule a dmarc=softfail,policy,fail reject", "c:1: Rule a: dmarc is never softfail or policy" },
	{ "Rule a arc=temperror reject", "c:1: Rule a never matches: arc is never temperror" },
	{ "Rule a iprev=none reject", "c:1: Rule a never matches: iprev is never none" },
	{ "Rule a class=trusted accept", "c:1: Rule a never matches: rules are not asked about mail of "
	  "the class trusted" },
	{ "Rule a class=trusted,pass accept", "c:1: Rule a: rules are not asked about mail of the class "
	  "trusted" },
	{ "Rule a class=forwarded accept", "c:1: Rule a never matches: no mail has the class forwarded "
	  "without TrustedForwarders and TrustedARCSealers" },
	{ "Rule a class=forwarded accept\nTrustedForwarders 192.0.2.1", "" },
	{ "Rule a class=forwarded accept\nTrustedARCSealers x.example", "" },
	{ "Rule a authenticated=yes accept", "c:1: Rule a never matches: rules are not asked about the "
	  "mail of authenticated=yes, by IgnoreAuthenticatedClients" },
	{ "Rule a authenticated!=no accept", "c:1: Rule a never matches: rules are not asked about the "
	  "mail of authenticated!=no, by IgnoreAuthenticatedClients" },
	{ "Rule a authenticated=no mark\nRule b authenticated=yes,no mark", "" },
	{ "Rule a authenticated=yes accept\nIgnoreAuthenticatedClients no", "" },
	{ "Rule a client=127.0.0.1,::1 accept", "c:1: Rule a never matches: rules are not asked about "
	  "the mail of client=127.0.0.1,::1, by IgnoreHosts" },
	{ "Rule a client=127.0.0.1,192.0.2.1 accept", "" },
	{ "Rule a client!=127.0.0.1 mark", "" },
	{ "Rule a daemon=originating accept", "c:1: Rule a never matches: rules are not asked about the "
	  "mail of daemon=originating, by IgnoreDaemonNames" },
	{ "Rule a daemon=originating,mx accept", "" },

	/* Checks that are off. */
	{ "Rule a arc=pass mark\nCheckARC no", "c:1: Rule a never matches: arc=pass cannot hold with "
	  "CheckARC no" },
	{ "Rule a arc!=pass mark\nCheckARC no", "c:1: Rule a: arc!=pass always holds with CheckARC no" },
	{ "Rule a fcrdns=x.example accept\nCheckIPRev no", "c:1: Rule a never matches: "
	  "fcrdns=x.example cannot hold with CheckIPRev no" },
	{ "Rule a spf=pass mark\nCheckSPF no", "c:1: Rule a never matches: spf=pass cannot hold with "
	  "CheckSPF no" },
	{ "Rule a spf-helo=pass mark\nSPFHelo no", "c:1: Rule a never matches: spf-helo=pass cannot "
	  "hold with SPFHelo no" },
	{ "Rule a dkim-domain=x.example accept\nCheckDKIM no", "c:1: Rule a never matches: "
	  "dkim-domain=x.example cannot hold with CheckDKIM no" },
	{ "Rule a published=unknown mark\nRule b class=none mark\nRule c aligned=none mark\n"
	  "CheckDMARC no", "" },
	{ "Rule a published=reject mark\nCheckDMARC no", "c:1: Rule a never matches: published=reject "
	  "cannot hold with CheckDMARC no" },
	{ "Rule a class=spoof mark\nCheckDMARC no", "c:1: Rule a never matches: class=spoof cannot hold "
	  "with CheckDMARC no" },

	/* The sender's word. */
	{ "Rule a list-mail=yes accept", "c:1: Rule a" WORD "list-mail=yes" WORD_END },
	{ "Rule a list-mail!=no accept", "c:1: Rule a" WORD "list-mail!=no" WORD_END },
	{ "Rule a list-mail=no accept", "" },
	{ "Rule a list-mail=yes mark", "" },
	{ "Rule a list-mail=yes accept shadow", "" },
	{ "Rule a author=x.example accept", "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author!=x.example accept", "" },
	{ "Rule a helo=x.example accept", "c:1: Rule a" WORD "helo=x.example" WORD_END },
	{ "Rule a envelope=x.example accept", "c:1: Rule a" WORD "envelope=x.example" WORD_END },
	{ "Rule a author=x.example spf=pass accept", "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author=x.example dkim=pass arc=pass iprev=pass accept",
	  "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a envelope=x.example spf=pass accept", "" },
	{ "Rule a envelope=<> spf=pass accept", "c:1: Rule a" WORD "envelope=<>" WORD_END },
	{ "Rule a envelope=x.example spf=pass,none accept",
	  "c:1: Rule a" WORD "envelope=x.example" WORD_END },
	{ "Rule a helo=x.example spf-helo=pass accept", "" },
	{ "Rule a author=x.example client=192.0.2.1 accept", "" },
	{ "Rule a author=x.example client!=192.0.2.1 accept",
	  "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author=x.example fcrdns=.y.example accept", "" },
	{ "Rule a author=x.example dkim-domain=y.example accept", "" },
	{ "Rule a author=x.example dmarc=pass accept", "" },
	{ "Rule a author=x.example dmarc=pass,none accept",
	  "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author=x.example aligned=spf,dkim accept", "" },
	{ "Rule a author=x.example aligned=spf,none accept",
	  "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author=x.example class=pass accept", "" },
	{ "Rule a author=x.example class=indirect accept",
	  "c:1: Rule a" WORD "author=x.example" WORD_END },
	{ "Rule a author=x.example daemon=mx accept", "" },
	{ "Rule a author=x.example authenticated=yes accept\nIgnoreAuthenticatedClients no", "" },
	{ "Rule a recipient=abuse@example.org accept", "" },

	/* Refused for good for want of an answer. */
	{ "Rule a author=x.example dmarc!=pass reject", "c:1: Rule a: dmarc!=pass" UNANSWERED
	  "dmarc!=pass,temperror" },
	{ "Rule a spf!=pass,none discard", "c:1: Rule a: spf!=pass,none" UNANSWERED
	  "spf!=pass,none,temperror" },
	{ "Rule a iprev!=pass reject shadow", "c:1: Rule a: iprev!=pass" UNANSWERED
	  "iprev!=pass,temperror" },
	{ "Rule a dkim!=pass class!=pass reject", "c:1: Rule a: dkim!=pass" UNANSWERED
	  "dkim!=pass,temperror" },
	{ "Rule a spf!=pass dmarc!=pass,temperror reject", "" },
	{ "Rule a spf!=pass dmarc=fail reject", "" },
	{ "Rule a dmarc!=pass class=spoof,misaligned reject", "" },
	{ "Rule a dmarc!=pass class!=error reject", "" },
	{ "Rule a dmarc!=pass quarantine", "" },
	{ "Rule a dmarc!=pass tempfail", "" },
	{ "Rule a arc!=pass reject", "" },
	{ "Rule a published!=none reject", "" },

	/* Actions, and the options around. */
	{ "Rule a none shadow", "c:1: Rule a: shadow has no effect on none: it does nothing but be "
	  "logged" },
	{ "Rule a recipient=example.org discard", "c:1: Rule a discards the message for all recipients "
	  "that meet its conditions, and neither they nor the sender are told" },
	{ "Rule a recipient=example.org discard shadow\nRule b discard", "" },
	{ "OwnDomains example.org\nTrustedForwarders 192.0.2.1\nDomainPolicy none x.example\n"
	  "CheckDMARC no",
	  "configuration: OwnDomains is not used without CheckDMARC\n"
	  "configuration: TrustedForwarders is not used without CheckDMARC\n"
	  "configuration: DomainPolicy is not used without CheckDMARC" },
	{ "TrustedForwarders 192.0.2.1\nTrustedForwarders x.example\nCheckIPRev no",
	  "configuration: TrustedForwarders by host name are not recognized without CheckIPRev" },
	{ "TrustedForwarders 192.0.2.1\nCheckIPRev no", "" },
};

static void
warns_of_what_is_certain(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(warnings_of(text_from(rows[i].source)), rows[i].warnings);
}

/* A condition with an empty list fits nothing, and its opposite everything. */
static void
knows_empty_lists(void **state)
{
	struct rule_condition condition = { .kind = CONDITION_AUTHOR,
					    .source = TEXT("author=file:/none") };
	struct rule rule = { .name = TEXT("a"), .place = TEXT("c:1"), .conditions = &condition,
			     .condition_count = 1, .action = ACTION_REJECT };

	(void)state;
	(void)warnings_of(TEXT(""));
	config.rules = (struct rule_list){ .items = &rule, .count = 1 };
	rule_checks(arena, &config, &problems);
	assert_int_equal(problems.count, 1);
	assert_string_equal(text_string(arena, problems.items[0].sentence),
			    "Rule a never matches: author=file:/none has no value");
	condition.is_negated = true;
	rule_checks(arena, &config, &problems);
	assert_int_equal(problems.count, 1);
}

/* Without any work left nothing is certain. */
static void
does_bounded_work(void **state)
{
	struct rule *rules;

	(void)state;
	(void)warnings_of(TEXT("Rule a author=x.example,y.example reject\n"
			       "Rule b author=y.example,x.example reject"));
	rules = config.rules.items;
	for (size_t work = 0; work <= 3; work++) {
		size_t left = work;

		/* One pair of conditions and two values. */
		assert_int_equal(rule_covers(&rules[0], &rules[1], &left), work >= 3);
		assert_int_equal(left, 0);
		left = work;
		assert_int_equal(rule_condition_implies(&rules[0].conditions[0],
							&rules[1].conditions[0], &left), work >= 3);
		left = work;
		assert_false(rule_conditions_exclude(&rules[0].conditions[0],
						     &rules[1].conditions[0], &left));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(warns_of_what_is_certain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(knows_empty_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(does_bounded_work, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
