/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/rule_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/origin.h"
#include "config/reader.h"
#include "config/rule_table.h"
#include "config/syntax.h"
#include "mail/result.h"

enum { TEXT_MAX = 16 * 1024 * 1024, MANY = 3000 };

#define BIT(value) (UINT32_C(1) << (value))

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

static void
read_text(struct text source)
{
	problems = (struct config_problems){ .count = 0 };
	config_set_defaults(arena, &config);
	config_read_text(arena, source, TEXT("c"), &config, &problems);
}

static struct text
printed(void)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	config_print(arena, &config, &out);
	assert_false(out.overflowed);
	return textbuf_text(&out);
}

static const char *
shown_problems(void)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	for (size_t i = 0; i < problems.count; i++)
		textbuf_printf(&out, "%s%.*s: %.*s", i > 0 ? "\n" : "",
			       TEXT_ARGUMENTS(problems.items[i].place),
			       TEXT_ARGUMENTS(problems.items[i].sentence));
	return text_string(arena, textbuf_text(&out));
}

/* The one rule of "Rule a CONDITION accept". */
static const struct rule_condition *
read_condition(const char *condition)
{
	read_text(text_printf(arena, "Rule a %s accept", condition));
	assert_string_equal(shown_problems(), "");
	assert_int_equal(config.rules.count, 1);
	assert_int_equal(config.rules.items[0].condition_count, 1);
	return &config.rules.items[0].conditions[0];
}

static void
reads_a_rule(void **state)
{
	const struct rule *rule;

	(void)state;
	read_text(TEXT("\nRule \tbank author=bank.example,.bank.example\tdmarc!=pass reject shadow "
		       "reply=\"550 5.7.26  mail of %d has to pass\" # a comment"));
	assert_string_equal(shown_problems(), "");
	assert_int_equal(config.rules.count, 1);
	rule = &config.rules.items[0];
	assert_string_equal(text_string(arena, rule->name), "bank");
	assert_string_equal(text_string(arena, rule->place), "c:2");
	assert_int_equal(rule->condition_count, 2);
	assert_int_equal(rule->conditions[0].kind, CONDITION_AUTHOR);
	assert_false(rule->conditions[0].is_negated);
	assert_int_equal(rule->conditions[1].kind, CONDITION_DMARC);
	assert_true(rule->conditions[1].is_negated);
	assert_int_equal(rule->conditions[1].words, BIT(RESULT_PASS));
	assert_int_equal(rule->action, ACTION_REJECT);
	assert_true(rule->is_shadow);
	assert_false(rule->names_recipients);
	assert_string_equal(text_string(arena, rule->reply_code), "550");
	assert_string_equal(text_string(arena, rule->reply_status), "5.7.26");
	assert_string_equal(text_string(arena, rule->reply_text), "mail of %d has to pass");
	assert_string_equal(text_string(arena, rule->source),
			    "bank author=bank.example,.bank.example\tdmarc!=pass reject shadow "
			    "reply=\"550 5.7.26  mail of %d has to pass\"");
	assert_string_equal(text_string(arena, rule->conditions[0].source),
			    "author=bank.example,.bank.example");
}

static void
reads_every_action(void **state)
{
	static const struct {
		const char *word;
		int action;
	} rows[] = {
		{ "none", ACTION_NONE_YET }, { "accept", ACTION_ACCEPT }, { "MARK", ACTION_MARK },
		{ "quarantine", ACTION_QUARANTINE }, { "tempfail", ACTION_TEMPFAIL },
		{ "Reject", ACTION_REJECT }, { "discard", ACTION_DISCARD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_text(text_printf(arena, "Rule a %s", rows[i].word));
		assert_string_equal(shown_problems(), "");
		assert_int_equal(config.rules.count, 1);
		assert_int_equal(config.rules.items[0].action, rows[i].action);
		assert_int_equal(config.rules.items[0].condition_count, 0);
		assert_int_equal(config.rules.items[0].reply_code.length, 0);
	}
}

/* Domains are brought into normal form; a dot in front stands for what is below. */
static void
reads_domains(void **state)
{
	static const struct {
		const char *condition;
		const char *domain;
		bool contains;
	} rows[] = {
		{ "author=Example.COM", "example.com", true },
		{ "author=example.com", "a.example.com", false },
		{ "author=.example.com", "example.com", false },
		{ "author=.example.com", "b.a.example.com", true },
		{ "author=example.com.", "example.com", true },
		{ "AUTHOR!=b\xc3\xbc" "cher.example", "xn--bcher-kva.example", true },
		{ "helo=\"mail.example\",.x.example", "mail.example", true },
		{ "helo=\"mail.example\",.x.example", "a.x.example", true },
		{ "envelope=<>,example.com", "example.com", true },
		{ "fcrdns=.a_b.example", "c.a_b.example", true },
		{ "dkim-domain=xn--bcher-kva.example", "xn--bcher-kva.example", true },
		{ "recipient=example.org", "example.org", true },
		{ "recipient=.com", "example.com", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct rule_condition *condition = read_condition(rows[i].condition);

		if (domain_set_contains(condition->domains, text_from(rows[i].domain)) !=
		    rows[i].contains)
			fail_msg("row %zu: %s", i, rows[i].condition);
		assert_int_equal(condition->has_null_sender, condition->kind == CONDITION_ENVELOPE);
		assert_int_equal(config.rules.items[0].names_recipients,
				 condition->kind == CONDITION_RECIPIENT);
	}
}

static void
reads_recipients(void **state)
{
	static const struct {
		const char *value;
		const char *address;
	} rows[] = {
		{ "user@example.org", "user@example.org" },
		{ "User@Example.ORG", "user@example.org" },
		{ "user+tag@example.org", "user+tag@example.org" },
		{ "\"\\\"a b\\\"@example.org\"", "a b@example.org" },
		{ "\"\\\"user\\\"@example.org\"", "user@example.org" },
		{ "user@b\xc3\xbc" "cher.example", "user@xn--bcher-kva.example" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct rule_condition *condition =
			read_condition(text_printf(arena, "recipient=%s,.x.example",
						   rows[i].value).bytes);

		if (!text_set_contains(condition->names, text_from(rows[i].address)))
			fail_msg("row %zu: %s", i, rows[i].value);
		assert_int_equal(text_set_count(condition->names), 1);
		assert_int_equal(domain_set_count(condition->domains), 1);
	}
}

static void
reads_words_and_names(void **state)
{
	static const struct {
		const char *condition;
		enum rule_condition_kind kind;
		uint32_t words;
	} rows[] = {
		{ "class=spoof,Misaligned", CONDITION_CLASS,
		  BIT(CLASS_SPOOF) | BIT(CLASS_MISALIGNED) },
		{ "class!=trusted", CONDITION_CLASS, BIT(CLASS_TRUSTED) },
		{ "iprev=pass", CONDITION_IPREV, BIT(RESULT_PASS) },
		{ "spf=softfail,neutral", CONDITION_SPF, BIT(RESULT_SOFTFAIL) | BIT(RESULT_NEUTRAL) },
		{ "spf-helo=none", CONDITION_SPF_HELO, BIT(RESULT_NONE) },
		{ "dkim=policy", CONDITION_DKIM, BIT(RESULT_POLICY) },
		{ "arc!=fail", CONDITION_ARC, BIT(RESULT_FAIL) },
		{ "dmarc=temperror,permerror", CONDITION_DMARC,
		  BIT(RESULT_TEMPERROR) | BIT(RESULT_PERMERROR) },
		{ "published=unknown,none", CONDITION_PUBLISHED,
		  BIT(DMARC_POLICY_UNKNOWN) | BIT(DMARC_POLICY_NONE) },
		{ "effective=quarantine,reject", CONDITION_EFFECTIVE,
		  BIT(DMARC_POLICY_QUARANTINE) | BIT(DMARC_POLICY_REJECT) },
		{ "aligned=none", CONDITION_ALIGNED, BIT(RULE_ALIGNED_NONE) },
		{ "aligned=spf,dkim", CONDITION_ALIGNED, BIT(RULE_ALIGNED_SPF) | BIT(RULE_ALIGNED_DKIM) },
		{ "list-mail=yes", CONDITION_LIST_MAIL, BIT(1) },
		{ "authenticated=no", CONDITION_AUTHENTICATED, BIT(0) },
		{ "tls=true,off", CONDITION_TLS, BIT(1) | BIT(0) },
	};
	const struct rule_condition *condition;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		condition = read_condition(rows[i].condition);
		assert_int_equal(condition->kind, rows[i].kind);
		assert_int_equal(condition->words, rows[i].words);
		assert_string_equal(text_string(arena, condition->source), rows[i].condition);
	}
	condition = read_condition("daemon=mx,\"smtpd-25\"");
	assert_true(text_set_contains(condition->names, TEXT("MX")));
	assert_true(text_set_contains(condition->names, TEXT("smtpd-25")));
	condition = read_condition("client=192.0.2.0/24,2001:db8::1");
	assert_int_equal(condition->network_count, 2);
	for (size_t i = 0; i < condition->network_count; i++)
		assert_true(ip_set_covers(condition->networks, &condition->network_entries[i]));
}

static void
reads_sizes(void **state)
{
	static const struct {
		const char *condition;
		uint64_t minimum;
		uint64_t maximum;
	} rows[] = {
		{ "size>0", 1, UINT64_MAX },
		{ "size>=0", 0, UINT64_MAX },
		{ "size>10M", 10485761, UINT64_MAX },
		{ "size>=10M", 10485760, UINT64_MAX },
		{ "size<1k", 0, 1023 },
		{ "size<=1k", 0, 1024 },
		{ "size<1", 0, 0 },
		{ "size>18446744073709551614", UINT64_MAX, UINT64_MAX },
		{ "size<18446744073709551615", 0, UINT64_MAX - 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct rule_condition *condition = read_condition(rows[i].condition);

		assert_true(condition->size_minimum == rows[i].minimum);
		assert_true(condition->size_maximum == rows[i].maximum);
	}
}

#define MISSING "a value is missing; values are separated by a comma, without blanks"

static const struct {
	const char *line;
	const char *problems;   /* without "c:1: Rule" in front of the first */
} wrong_rows[] = {
	{ "", ": a name, conditions and an action are wanted, such as Rule bank "
	  "author=bank.example dmarc!=pass,temperror reject" },
	{ "author=x reject", " \"author=x\": first stands a name of 1 to 32 letters, digits, dashes, "
	  "underscores and dots, that begins with a letter or a digit" },
	{ "-a accept", " \"-a\": first stands a name of 1 to 32 letters, digits, dashes, "
	  "underscores and dots, that begins with a letter or a digit" },
	{ "dmarc-reject accept", " dmarc-reject: this name has a meaning of its own; choose another" },
	{ "None accept", " None: this name has a meaning of its own; choose another" },
	{ "a", " a: the action is missing: accept, mark, quarantine, tempfail, reject, discard or "
	  "none" },
	{ "a accept reject", " a: a rule has one action only" },
	{ "a accept author=x", " a: author stands behind the action; conditions stand before it" },
	{ "a autor=x accept", " a \"autor=x\": this is no condition and no action; did you mean "
	  "author?" },
	{ "a rejekt", " a \"rejekt\": this is no condition and no action; did you mean reject?\n"
	  "c:1: Rule a: the action is missing: accept, mark, quarantine, tempfail, reject, discard "
	  "or none" },
	{ "a accept=x", " a \"accept=x\": this is no condition and no action; did you mean accept?\n"
	  "c:1: Rule a: the action is missing: accept, mark, quarantine, tempfail, reject, discard "
	  "or none" },
	{ "a qqqqqqqqqqqq=x accept", " a \"qqqqqqqqqqqq=x\": this is no condition and no action" },
	{ "a author accept", " a, author: author= or author!= with a value is wanted" },
	{ "a author>x accept", " a, author: author= or author!= with a value is wanted" },
	{ "a author= accept", " a, author: " MISSING },
	{ "a author=x, accept", " a, author: " MISSING },
	{ "a author=x,,y accept", " a, author: " MISSING },
	{ "a author=,x accept", " a, author: " MISSING },
	{ "a author=*.x.example accept", " a, author \"*.x.example\": everything below a domain is "
	  "written with a dot in front, such as .example.com" },
	{ "a author=u@x.example accept", " a, author \"u@x.example\": a domain such as example.com is "
	  "wanted, no address" },
	{ "a author=.. accept", " a, author \"..\": a domain such as example.com is wanted, or "
	  ".example.com for everything below it" },
	{ "a author=<> accept", " a, author \"<>\": a domain such as example.com is wanted, or "
	  ".example.com for everything below it" },
	{ "a author=\"x accept", " a, author: the closing double quote is missing\n"
	  "c:1: Rule a: the action is missing: accept, mark, quarantine, tempfail, reject, discard "
	  "or none" },
	{ "a author=x\"y\" accept", " a, author: a double quote stands at both ends of a value, or "
	  "inside as \\\"" },
	{ "a recipient=<u@x.example> accept", " a, recipient \"<u@x.example>\": an address such as "
	  "user@example.org is wanted, or a domain such as example.org or .example.org" },
	{ "a recipient=@x.example accept", " a, recipient \"@x.example\": an address such as "
	  "user@example.org is wanted, or a domain such as example.org or .example.org" },
	{ "a recipient=u@[192.0.2.1] accept", " a, recipient \"u@[192.0.2.1]\": an address such as "
	  "user@example.org is wanted, or a domain such as example.org or .example.org" },
	{ "a client=192.0.2.1/24 accept", " a, client \"192.0.2.1/24\": a network such as "
	  "192.0.2.0/24 without bits behind the prefix, or an address, is wanted" },
	{ "a daemon=\"a b\" accept", " a, daemon \"a b\": a printable ASCII word is wanted" },
	{ "a dmarc=passed accept", " a, dmarc \"passed\": none, pass, fail, softfail, neutral, policy, "
	  "temperror or permerror is wanted" },
	{ "a tls=maybe accept", " a, tls \"maybe\": yes or no is wanted" },
	{ "a spf=file:/dev/null accept", " a, spf \"file:/dev/null\": none, pass, fail, softfail, "
	  "neutral, policy, temperror or permerror is wanted" },
	{ "a author=file:list accept", " a, author \"file:list\": file: is followed by an absolute "
	  "path" },
	{ "a size=10 accept", " a, size: a comparison such as size>10M, size>=10M, size<1k or "
	  "size<=1k is wanted" },
	{ "a size>10X accept", " a, size \"10X\": a size such as 64k, 10M or 1G is wanted" },
	{ "a size< accept", " a, size \"\": a size such as 64k, 10M or 1G is wanted" },
	{ "a size<0 accept", " a, size \"0\": no message has such a size" },
	{ "a size>18446744073709551615 accept", " a, size \"18446744073709551615\": no message has "
	  "such a size" },
	{ "a shadow accept", " a: shadow stands behind the action" },
	{ "a accept shadow shadow", " a: shadow stands once only" },
	{ "a reply=\"550 5.7.1 x\" reject", " a: reply= stands behind the action" },
	{ "a reject reply=\"550 5.7.1 x\" reply=\"550 5.7.1 y\"", " a: reply= stands once only" },
	{ "a accept reply=\"550 5.7.1 x\"", " a: reply= goes with reject or tempfail only" },
	{ "a reject reply", " a: reply=\"550 5.7.26 text\" is wanted\n"
	  "c:1: Rule a, reply \"\": a code from 500 to 559 is wanted\n"
	  "c:1: Rule a, reply \"\": an enhanced status code of class 5 such as 5.7.26 is wanted\n"
	  "c:1: Rule a, reply \"\": 1 to 900 bytes of printable ASCII are wanted; after % stands d "
	  "(author domain), i (client), q (queue id) or %" },
	{ "a reject reply=\"450 5.7.1 x\"", " a, reply \"450\": a code from 500 to 559 is wanted" },
	{ "a reject reply=\"550 4.7.1 x\"", " a, reply \"4.7.1\": an enhanced status code of class 5 "
	  "such as 5.7.26 is wanted" },
	{ "a tempfail reply=\"550 4.7.1 x\"", " a, reply \"550\": a code from 400 to 459 but 421 is "
	  "wanted" },
	{ "a tempfail reply=\"421 4.7.1 x\"", " a, reply \"421\": a code from 400 to 459 but 421 is "
	  "wanted" },
	{ "a tempfail reply=\"450 5.7.1 x\"", " a, reply \"5.7.1\": an enhanced status code of class "
	  "4 such as 4.7.1 is wanted" },
	{ "a reject reply=\"550 5.7.1 %x\"", " a, reply \"%x\": 1 to 900 bytes of printable ASCII are "
	  "wanted; after % stands d (author domain), i (client), q (queue id) or %" },
};

static void
says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong_rows); i++) {
		struct text expected = text_printf(arena, "c:1: Rule%s", wrong_rows[i].problems);

		read_text(text_printf(arena, "Rule %s", wrong_rows[i].line));
		assert_string_equal(shown_problems(), expected.bytes);
		assert_true(problems.has_error);
		/* A rule with an error never takes effect in part. */
		assert_int_equal(config.rules.count, 0);
	}
}

static void
names_are_unique(void **state)
{
	(void)state;
	read_text(TEXT("Rule a none\nRule b none\nRule A accept\nRule c author=. none\nRule c none"));
	assert_string_equal(shown_problems(),
			    "c:3: Rule A: the name is taken; it stands at c:1 already\n"
			    "c:4: Rule c, author \".\": a domain such as example.com is wanted, or "
			    ".example.com for everything below it");
	assert_int_equal(config.rules.count, 3);
}

static void
keeps_its_limits(void **state)
{
	struct textbuf source;

	(void)state;
	for (int length = RULE_NAME_MAX - 1; length <= RULE_NAME_MAX + 1; length++) {
		read_text(text_printf(arena, "Rule %0*d none", length, 0));
		assert_int_equal(problems.has_error, length > RULE_NAME_MAX);
	}
	for (size_t count = RULES_MAX - 1; count <= RULES_MAX + 1; count++) {
		source = textbuf_new(arena, TEXT_MAX);
		for (size_t i = 0; i < count; i++)
			textbuf_printf(&source, "Rule r%zu none\n", i);
		read_text(textbuf_text(&source));
		assert_string_equal(shown_problems(), count <= RULES_MAX ? "" :
				    "c:1001: Rule: there are more than 1000 rules; values of one "
				    "condition can be read with file:/path");
	}
	for (size_t count = RULE_CONDITIONS_MAX - 1; count <= RULE_CONDITIONS_MAX + 1; count++) {
		source = textbuf_new(arena, TEXT_MAX);
		textbuf_add_string(&source, "Rule a");
		for (size_t i = 0; i < count; i++)
			textbuf_add_string(&source, " size>1");
		textbuf_add_string(&source, " none");
		read_text(textbuf_text(&source));
		assert_string_equal(shown_problems(), count <= RULE_CONDITIONS_MAX ? "" :
				    "c:1: Rule a: a rule has at most 32 conditions");
	}
	for (int length = SYNTAX_LINE_MAX - 1; length <= SYNTAX_LINE_MAX + 1; length++) {
		source = textbuf_new(arena, TEXT_MAX);
		textbuf_add_string(&source, "Rule a author=x");
		while (source.length + 9 < (size_t)length)
			textbuf_add_string(&source, ",y");
		textbuf_printf(&source, "%*s", length - (int)source.length, " accept");
		assert_int_equal(source.length, length);
		read_text(textbuf_text(&source));
		assert_int_equal(problems.has_error, length > SYNTAX_LINE_MAX);
	}
	for (int length = 899; length <= 901; length++) {
		read_text(text_printf(arena, "Rule a reject reply=\"550 5.7.1 %0*d\"", length, 0));
		assert_int_equal(problems.has_error, length > 900);
	}
}

/* What is printed is read to the same; each line as it was written. */
static void
prints_what_it_read(void **state)
{
	static const struct {
		const char *source;
		const char *printed;
	} rows[] = {
		{ "Rule = a  author=x.example   reject# x", NULL },
		{ "rule a  author=x.example   reject # x", "Rule a  author=x.example   reject\n" },
		{ "Rule a daemon=\"x,y # z\\\"\" none", NULL },
		{ "Rule a daemon=\"x,y#z\" none", "Rule a daemon=\"x,y#z\" none\n" },
		{ "Rule b none\nMode monitor\nRule a none",
		  "Mode monitor\nRule b none\nRule a none\n" },
		{ "Rule b none\nRule none\nRule a none", "Rule a none\n" },
		{ "Rule none", "" },
		{ "OwnDomains a.example\nOwnDomains .b.example, c.example",
		  "OwnDomains a.example,.b.example,c.example\n" },
		{ "OwnDomains none", "" },
		{ "TrustedForwarders 192.0.2.1, .x.example for=a.example, .b.example # x\n"
		  "TrustedForwarders y.example",
		  "TrustedForwarders 192.0.2.1, .x.example for=a.example, .b.example\n"
		  "TrustedForwarders y.example\n" },
		{ "TrustedForwarders y.example\nTrustedForwarders none", "" },
		{ "DomainPolicy Reject a.example .b.example\nDomainPolicy none c.example",
		  "DomainPolicy Reject a.example .b.example\nDomainPolicy none c.example\n" },
		{ "DomainPolicy none", "" },
		{ "SplitRecipients no", "SplitRecipients no\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text first;

		read_text(text_from(rows[i].source));
		if (rows[i].printed == NULL) {
			assert_true(problems.has_error);
			continue;
		}
		assert_string_equal(shown_problems(), "");
		first = printed();
		assert_string_equal(text_string(arena, first), rows[i].printed);
		read_text(first);
		assert_string_equal(shown_problems(), "");
		assert_true(text_equal(printed(), first));
	}
}

static void
later_texts_add_behind(void **state)
{
	(void)state;
	read_text(TEXT("Rule a accept\nOwnDomains a.example\nDomainPolicy none a.example\n"
		       "TrustedForwarders 192.0.2.1"));
	config_read_text(arena, TEXT("Rule b accept\nOwnDomains b.example\n"
				     "DomainPolicy reject b.example\nTrustedForwarders 192.0.2.2"),
			 TEXT("d"), &config, &problems);
	assert_string_equal(shown_problems(), "");
	assert_string_equal(text_string(arena, printed()),
			    "Rule a accept\nRule b accept\nOwnDomains b.example\n"
			    "TrustedForwarders 192.0.2.1\nTrustedForwarders 192.0.2.2\n"
			    "DomainPolicy none a.example\nDomainPolicy reject b.example\n");
	assert_string_equal(text_string(arena, config.rules.items[1].place), "d:1");
}

static void
reads_the_options_around(void **state)
{
	const struct trusted_forwarder *forwarder;
	struct ip ip;

	(void)state;
	read_text(TEXT("TrustedForwarders 192.0.2.0/24 .x.example for=a.example\n"
		       "TrustedForwarders y.example\n"
		       "DomainPolicy quarantine a.example\nDomainPolicy REJECT .a.example,b.example\n"
		       "OwnDomains \"none\" b\xc3\xbc" "cher.example"));
	assert_string_equal(shown_problems(), "");
	assert_true(ip_parse(TEXT("192.0.2.9"), &ip));
	assert_int_equal(config.trusted_forwarders.count, 2);
	forwarder = &config.trusted_forwarders.items[0];
	assert_true(ip_set_contains(forwarder->networks, ip));
	assert_true(domain_set_contains(forwarder->names, TEXT("m.x.example")));
	assert_true(domain_set_contains(forwarder->recipient_domains, TEXT("a.example")));
	forwarder = &config.trusted_forwarders.items[1];
	assert_null(forwarder->networks);
	assert_true(domain_set_contains(forwarder->names, TEXT("y.example")));
	assert_null(forwarder->recipient_domains);
	assert_null(config.domain_policies.none);
	assert_true(domain_set_contains(config.domain_policies.quarantine, TEXT("a.example")));
	assert_true(domain_set_contains(config.domain_policies.reject, TEXT("x.a.example")));
	assert_true(domain_set_contains(config.own_domains, TEXT("none")));
	assert_true(domain_set_contains(config.own_domains, TEXT("xn--bcher-kva.example")));
}

static void
refuses_wrong_options(void **state)
{
	static const struct {
		const char *source;
		const char *problems;
	} rows[] = {
		{ "TrustedForwarders", "c:1: TrustedForwarders: first stands a client: a network, an "
		  "address, a host name, or file:/path" },
		{ "TrustedForwarders for=a.example", "c:1: TrustedForwarders: first stands a client: a "
		  "network, an address, a host name, or file:/path" },
		{ "TrustedForwarders 192.0.2.1/24", "c:1: TrustedForwarders \"192.0.2.1/24\": a network "
		  "such as 192.0.2.0/24 without bits behind the prefix, an address, or a host name such "
		  "as .example.com is wanted" },
		{ "TrustedForwarders x.example for=a.example 192.0.2.1", "c:1: TrustedForwarders, for "
		  "\"192.0.2.1\": clients stand before for=, domains of recipients behind it" },
		{ "TrustedForwarders *.example", "c:1: TrustedForwarders \"*.example\": everything below "
		  "a domain is written with a dot in front, such as .example.com" },
		{ "TrustedForwarders a.example for=", "c:1: TrustedForwarders, for \"\": a domain such as "
		  "example.com is wanted, or .example.com for everything below it" },
		{ "TrustedForwarders \"a.example", "c:1: TrustedForwarders: the closing double quote is "
		  "missing" },
		{ "DomainPolicy", "c:1: DomainPolicy: first stands a policy: none, quarantine or reject" },
		{ "DomainPolicy a.example", "c:1: DomainPolicy: first stands a policy: none, quarantine "
		  "or reject" },
		{ "DomainPolicy reject", "c:1: DomainPolicy: a domain is missing behind the policy, or "
		  "file:/path" },
		{ "DomainPolicy reject \"a", "c:1: DomainPolicy: the closing double quote is missing" },
		{ "DomainPolicy reject a.example\nDomainPolicy none A.example",
		  "c:2: DomainPolicy \"A.example\": it stands with another policy already" },
		{ "DomainPolicy none .a.example\nDomainPolicy quarantine .a.example",
		  "c:2: DomainPolicy \".a.example\": it stands with another policy already" },
		{ "DomainPolicy quarantine a.example a.example\nDomainPolicy reject .a.example", "" },
		{ "OwnDomains *.x.example", "c:1: OwnDomains \"*.x.example\": everything below a domain is "
		  "written with a dot in front, such as .example.com" },
		{ "OwnDomains", "c:1: OwnDomains: a value is missing; the empty list is written as none" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_text(text_from(rows[i].source));
		assert_string_equal(shown_problems(), rows[i].problems);
	}
}

static void
reads_list_files(void **state)
{
	char path[] = "/tmp/test_rules.XXXXXX";
	int file = mkstemp(path);
	FILE *stream = fdopen(file, "w");
	const struct rule_condition *condition;
	struct text first;

	(void)state;
	assert_non_null(stream);
	fputs("# comment\n\n example.com # x\n.example.org\n", stream);
	for (int i = 0; i < MANY; i++)
		fprintf(stream, "host%d.example.net\n", i);
	assert_int_equal(fclose(stream), 0);
	condition = read_condition(text_printf(arena, "author=file:%s,x.example", path).bytes);
	assert_int_equal(domain_set_count(condition->domains), MANY + 3);
	assert_true(domain_set_contains(condition->domains, TEXT("a.example.org")));
	assert_true(domain_set_contains(condition->domains, TEXT("host2999.example.net")));
	assert_int_equal(condition->value_count, 2);
	first = printed();
	assert_true(text_equal(first, text_printf(arena, "Rule a author=file:%s,x.example accept\n",
						  path)));
	read_text(text_printf(arena, "OwnDomains file:%s\nDomainPolicy none file:%s\n"
				     "TrustedForwarders file:%s\n", path, path, path));
	assert_string_equal(shown_problems(), "");
	assert_true(domain_set_contains(config.own_domains, TEXT("host0.example.net")));
	assert_true(domain_set_contains(config.domain_policies.none, TEXT("host0.example.net")));
	assert_true(domain_set_contains(config.trusted_forwarders.items[0].names,
					TEXT("host0.example.net")));
	/* Noted as files to be watched: a change is a reason to load again. */
	config_set_defaults(arena, &config);
	config.origin = origin_new(arena, NULL);
	config_read_text(arena, first, TEXT("c"), &config, &problems);
	assert_int_equal(config.origin->watched_count, 1);
	assert_string_equal(text_string(arena, config.origin->watched[0].path), path);
	read_text(text_printf(arena, "Rule a client=file:%s accept", path));
	assert_true(text_starts_with(problems.items[0].place, text_from(path)));
	assert_true(text_ends_with(problems.items[0].place, TEXT(":3")));
	assert_int_equal(config.rules.count, 0);
	assert_int_equal(unlink(path), 0);
	read_text(text_printf(arena, "Rule a author=file:%s accept", path));
	assert_true(problems.has_error);
	assert_int_equal(config.rules.count, 0);
}

/* The table names each kind once, in order. */
static void
table_is_complete(void **state)
{
	(void)state;
	for (enum rule_condition_kind kind = 0; kind < CONDITION_KIND_COUNT; kind++) {
		const struct rule_condition_row *row = rule_condition_row(kind);

		assert_int_equal(row->kind, kind);
		assert_ptr_equal(rule_condition_find(text_from(row->word)), row);
		assert_string_equal(rule_condition_word(kind), row->word);
		assert_int_equal(row->words != NULL, row->type == RULE_VALUE_WORDS);
		assert_int_equal(row->possible != 0, row->type == RULE_VALUE_WORDS);
		assert_int_equal(row->without & ~row->possible, 0);
		for (size_t i = 0; i < RULE_NEEDS_MAX && row->needs[i] != NULL; i++)
			assert_int_equal(option_find(text_from(row->needs[i]))->type, OPTION_BOOLEAN);
	}
	assert_null(rule_condition_find(TEXT("from")));
	for (enum action action = ACTION_NONE_YET; action <= ACTION_DISCARD; action++) {
		const char *word = action == ACTION_NONE_YET ? "none" : action_keyword(action);
		enum action found = ACTION_DISCARD + 1;

		assert_true(rule_action_find(text_from(word), &found));
		assert_int_equal(found, action);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_a_rule, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_every_action, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_domains, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_recipients, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_words_and_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_sizes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_are_unique, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_its_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prints_what_it_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(later_texts_add_behind, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_the_options_around, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_wrong_options, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_list_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(table_is_complete, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
