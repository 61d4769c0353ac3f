/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "config/config.h"
#include "config/option_rules.h"
#include "config/option_value.h"
#include "config/reader.h"
#include "config/retired.h"
#include "config/syntax.h"

static size_t
field_size(const struct option *option)
{
	switch (option->type) {
	case OPTION_BOOLEAN:
		return sizeof(bool);
	case OPTION_COUNT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_SECONDS:
	case OPTION_OCTAL:
		return sizeof(uint64_t);
	case OPTION_TEXT:
		return sizeof(struct text);
	case OPTION_WORD:
		return sizeof(int);
	case OPTION_TEXT_LIST:
		return sizeof(struct text_list);
	case OPTION_NETWORK_LIST:
		return sizeof(struct network_list);
	case OPTION_CLASS_LIST:
		return sizeof(((struct config *)NULL)->reject_class);
	case OPTION_HEADER:
		return 2 * sizeof(struct text);
	case OPTION_NAMESERVERS:
		return sizeof(struct text_list) + sizeof(bool);
	case OPTION_LOG_TARGET:
		return offsetof(struct config, log_path) + sizeof(struct text) -
		       offsetof(struct config, log_target);
	case OPTION_DOMAINS:
		return sizeof(struct domain_set *) + sizeof(struct text_list);
	case OPTION_RULES:
		return sizeof(struct rule_list);
	case OPTION_FORWARDERS:
		return sizeof(struct trusted_forwarder_list);
	case OPTION_DOMAIN_POLICIES:
		return sizeof(struct domain_policies);
	case OPTION_NONE_YET:
		break;
	}
	return 0;
}

static void
names_are_unique_and_plain(void **state)
{
	(void)state;
	assert_null(option_at(option_count()));
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		struct text name = text_from(option->name);

		assert_int_equal(option_index(option), i);
		assert_ptr_equal(option_find(name), option);
		for (size_t j = 0; j < name.length; j++)
			assert_true(byte_is_alnum(name.bytes[j]));
		/* Kubernetes sets DMARCMILTER_PORT, and names with underscores. */
		assert_false(text_equal_nocase(name, TEXT("Port")));
		assert_true(strlen(option->help) > 10 && strlen(option->help) < 90);
		assert_non_null(option->group);
		assert_null(retired_find(name));
	}
}

static void
every_default_is_a_good_value(void **state)
{
	struct arena *arena = arena_new();
	struct config config = { .mode = MODE_ENFORCE };
	struct text wanted;

	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		struct text rest = text_from(option->default_text);
		struct syntax_item item;
		const char *reason;

		if (!option_is_list(option)) {
			assert_true(option_set(arena, option, rest, &config, &wanted));
			continue;
		}
		while (syntax_next_item(arena, &rest, &item, &reason))
			assert_true(option_is_lone_word(option, item.text) ||
				    option_add(arena, option, item.text, &config, &wanted));
		assert_null(reason);
	}
	arena_free(&arena);
}

/* Fields that no row covers would stay zero for ever; rows that overlap would fight. */
static void
fields_are_covered_once(void **state)
{
	static unsigned char covered[sizeof(struct config)];
	size_t gap = 0;

	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		size_t size = field_size(option);

		assert_true(size > 0);
		assert_true(option->offset + size <= sizeof(struct config));
		for (size_t j = 0; j < size; j++)
			assert_int_equal(covered[option->offset + j]++, 0);
	}
	/*
	 * Only padding is left: never as much as an aligned field of eight bytes. Last
	 * stands the origin, which is no setting.
	 */
	for (size_t i = 0; i < offsetof(struct config, origin); i++) {
		gap = covered[i] ? 0 : gap + 1;
		assert_true(gap < sizeof(uint64_t));
	}
}

static void
rows_fit_their_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		bool is_number = field_size(option) == sizeof(uint64_t) &&
				 option->type != OPTION_WORD;

		if (is_number)
			assert_true(option->minimum < option->maximum);
		if (option->type == OPTION_WORD || option->type == OPTION_BOOLEAN)
			assert_non_null(option->words);
		else
			assert_null(option->words);
	}
}

static struct text
number_text(struct arena *arena, const struct option *option, uint64_t number)
{
	static const char *const formats[] = {
		[OPTION_COUNT] = "%llu", [OPTION_SIZE] = "%llu", [OPTION_OCTAL] = "%llo",
		[OPTION_DURATION] = "%llums", [OPTION_SECONDS] = "%llus",
	};
	char text[32];

	(void)snprintf(text, sizeof(text), formats[option->type], (unsigned long long)number);
	return text_copy(arena, text_from(text));
}

/* Every option that is a number: just below, at and just above both of its ends. */
static void
numbers_hold_at_their_limits(void **state)
{
	struct arena *arena = arena_new();
	struct config config;
	struct text wanted;

	(void)state;
	config_set_defaults(arena, &config);
	for (size_t i = 0; i < option_count(); i++) {
		const struct option *option = option_at(i);
		uint64_t ends[] = { option->minimum, option->maximum };

		if (option->type != OPTION_COUNT && option->type != OPTION_SIZE &&
		    option->type != OPTION_OCTAL && option->type != OPTION_DURATION &&
		    option->type != OPTION_SECONDS)
			continue;
		for (size_t j = 0; j < COUNT_OF(ends); j++) {
			for (int step = -1; step <= 1; step++) {
				uint64_t number = ends[j] + (uint64_t)step;
				struct text text;
				bool ok = number >= option->minimum && number <= option->maximum;

				if (number == UINT64_MAX)
					continue;
				text = number_text(arena, option, number);
				if (option_set(arena, option, text, &config, &wanted) != ok)
					fail_msg("%s %.*s", option->name, TEXT_ARGUMENTS(text));
			}
		}
	}
	arena_free(&arena);
}

static void
finds_the_nearest_name(void **state)
{
	static const struct {
		const char *name;
		const char *nearest;
	} rows[] = {
		{ "DNSTimeot", "DNSTimeout" },
		{ "dnstimeouts", "DNSTimeout" },
		{ "OnRejct", "OnReject" },
		{ "Sockets", "Socket" },
		{ "authservid", "AuthservID" },
		{ "Xyzzy", NULL },
		{ "", NULL },
		{ "abcdefghijabcdefghijabcdefghijabcdefghijX", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *nearest = option_nearest(text_from(rows[i].name));

		if (rows[i].nearest == NULL)
			assert_null(nearest);
		else
			assert_string_equal(nearest, rows[i].nearest);
	}
}

static void
retired_names_are_sane(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct retired_name *row; (row = retired_at(count)) != NULL; count++) {
		assert_ptr_equal(retired_find(text_from(row->name)), row);
		if (row->kind == RETIRED_RENAMED)
			assert_non_null(option_find(text_from(row->replacement)));
		else
			assert_true(row->sentence[0] != '\0');
	}
	assert_true(count > 50);
	assert_null(retired_find(TEXT("Socket")));
}

static void
rules_hold_at_their_limits(void **state)
{
	static char bytes[REPLY_TEXT_MAX + 101];
	const struct {
		const struct option_rule *rule;
		size_t maximum;
	} limits[] = {
		{ &rule_reply_text, REPLY_TEXT_MAX }, { &rule_authserv_id, 255 },
		{ &rule_daemon_name, 255 }, { &rule_group, 64 }, { &rule_syslog_name, 64 },
	};

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	for (size_t i = 0; i < COUNT_OF(limits); i++) {
		assert_true(limits[i].rule->holds(text_of(bytes, limits[i].maximum - 1)));
		assert_true(limits[i].rule->holds(text_of(bytes, limits[i].maximum)));
		assert_false(limits[i].rule->holds(text_of(bytes, limits[i].maximum + 1)));
	}
	bytes[0] = '/';
	assert_true(rule_absolute_path.holds(text_of(bytes, 1000)));
	assert_false(rule_absolute_path.holds(text_of(bytes, 1001)));
}

static void
rules_tell_good_from_bad(void **state)
{
	static const struct {
		const struct option_rule *rule;
		struct text value;
		bool holds;
	} rows[] = {
		{ &rule_reply_code, { "550", 3 }, true },
		{ &rule_reply_code, { "559", 3 }, true },
		{ &rule_reply_code, { "560", 3 }, false },
		{ &rule_reply_code, { "450", 3 }, false },
		{ &rule_reply_code, { "55", 2 }, false },
		{ &rule_reply_code, { "5500", 4 }, false },
		{ &rule_reply_status, { "5.7.26", 6 }, true },
		{ &rule_reply_status, { "5.0.0", 5 }, true },
		{ &rule_reply_status, { "5.999.999", 9 }, true },
		{ &rule_reply_status, { "5.1000.1", 8 }, false },
		{ &rule_reply_status, { "5.07.1", 6 }, false },
		{ &rule_reply_status, { "4.7.26", 6 }, false },
		{ &rule_reply_status, { "5.7", 3 }, false },
		{ &rule_reply_status, { "5.7.", 4 }, false },
		{ &rule_reply_status, { "5.7.1.1", 7 }, false },
		{ &rule_reply_text, { "100%% of %d %i %q", 17 }, true },
		{ &rule_reply_text, { "%", 1 }, false },
		{ &rule_reply_text, { "%s", 2 }, false },
		{ &rule_reply_text, { "%%%", 3 }, false },
		{ &rule_reply_text, { "", 0 }, false },
		{ &rule_reply_text, { "a\nb", 3 }, false },
		{ &rule_reply_text, { "\xc3\xa4", 2 }, false },
		{ &rule_authserv_id, { "mail.example.com", 16 }, true },
		{ &rule_authserv_id, { "a \"quoted\" id;", 14 }, true },
		{ &rule_authserv_id, { " a", 2 }, false },
		{ &rule_authserv_id, { "", 0 }, false },
		{ &rule_authserv_id, { "a\0b", 3 }, false },
		{ &rule_user, { "", 0 }, true },
		{ &rule_user, { "mail", 4 }, true },
		{ &rule_user, { "mail:post", 9 }, true },
		{ &rule_user, { "mail:", 5 }, false },
		{ &rule_user, { ":post", 5 }, false },
		{ &rule_user, { "a:b:c", 5 }, false },
		{ &rule_group, { "-x", 2 }, false },
		{ &rule_group, { "a b", 3 }, false },
		{ &rule_absolute_path, { "relative", 8 }, false },
		{ &rule_absolute_path, { "/a\0b", 4 }, false },
		{ &rule_daemon_name, { "", 0 }, false },
		{ &rule_daemon_name, { "a b", 3 }, false },
		{ &rule_syslog_name, { "", 0 }, false },
		{ &rule_domain_name, { "lists.example", 13 }, true },
		{ &rule_domain_name, { "a_b.x-1.Example", 15 }, true },
		{ &rule_domain_name, { "example", 7 }, false },
		{ &rule_domain_name, { "example.", 8 }, false },
		{ &rule_domain_name, { ".example", 8 }, false },
		{ &rule_domain_name, { "a..example", 10 }, false },
		{ &rule_domain_name, { "a b.example", 11 }, false },
		{ &rule_domain_name, { "*.example", 9 }, false },
		{ &rule_domain_name, { "\xc3\xa4.example", 10 }, false },
		{ &rule_domain_name, { "", 0 }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(rows[i].rule->holds(rows[i].value), rows[i].holds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_unique_and_plain),
		cmocka_unit_test(every_default_is_a_good_value),
		cmocka_unit_test(fields_are_covered_once),
		cmocka_unit_test(rows_fit_their_types),
		cmocka_unit_test(numbers_hold_at_their_limits),
		cmocka_unit_test(finds_the_nearest_name),
		cmocka_unit_test(retired_names_are_sane),
		cmocka_unit_test(rules_hold_at_their_limits),
		cmocka_unit_test(rules_tell_good_from_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
