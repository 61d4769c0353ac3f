/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "config/options.h"
#include "config/reader.h"
#include "programs/migrate_table.h"

static struct arena *arena;
static struct migrate_problems problems;
static size_t times_read;

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

/* The files of the tests. */
static bool
read_file(struct arena *into, struct text path, struct text *content_out, struct text *reason_out)
{
	static const struct {
		const char *path;
		const char *content;
	} files[] = {
		{ "/lists/good", "# ours\r\n192.0.2.1\r\n\n2001:db8::/32 # net\n" },
		{ "/lists/glued", "192.0.2.1#glued\n" },
		{ "/lists/mixed", "192.0.2.1 office\n[192.0.2.2]\n10.1.2.3/8\n.example.org\n!10.1.1.1\n" },
		{ "/lists/empty", "# nothing\n" },
		{ "/lists/sealers", "arc.example\nlabel\n" },
		{ "/etc/more", "AuthservID included.example\n" },
		{ "/etc/loop", "Include /etc/loop\n" },
	};

	(void)into;
	times_read++;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (text_equal(path, text_from(files[i].path))) {
			*content_out = text_from(files[i].content);
			return true;
		}
	if (text_equal(path, TEXT("/lists/binary"))) {
		*content_out = TEXT("192.0.2.1\0\n");
		return true;
	}
	*reason_out = TEXT("it is not there");
	return false;
}

static bool
run(const struct migrate_source *sources, size_t count, struct text *result_out)
{
	struct textbuf out = textbuf_new(arena, MIGRATE_OUTPUT_MAX);
	bool is_known;

	problems = (struct migrate_problems){ NULL, 0, 0 };
	times_read = 0;
	is_known = migrate(arena, sources, count, read_file, &out, &problems);
	assert_false(out.overflowed);
	*result_out = textbuf_text(&out);
	return is_known;
}

static struct text
result_of(const char *name, const char *content)
{
	struct migrate_source source = { text_from(name), text_from(content) };
	struct text result;

	assert_true(run(&source, 1, &result));
	return result;
}

static bool
has(struct text result, const char *line)
{
	struct text rest = result;
	struct text one;

	while (text_next_part(&rest, '\n', &one))
		if (text_equal(one, text_from(line)))
			return true;
	return false;
}

/* The text has its parts in the lines of a comment, which may wrap. */
static bool
says(struct text result, const char *words)
{
	struct textbuf joined = textbuf_new(arena, SIZE_MAX);
	struct text line;

	while (text_next_part(&result, '\n', &line)) {
		size_t start = 0;

		while (start < line.length && (line.bytes[start] == '#' || line.bytes[start] == ' '))
			start++;
		textbuf_add(&joined, text_from_position(line, start));
		textbuf_add_byte(&joined, ' ');
	}
	return text_find_text(textbuf_text(&joined), text_from(words)) != TEXT_NOT_FOUND;
}

/* One setting of a program, and what the result has: a line, or words of a comment. */
struct row {
	const char *file;
	const char *setting;
	const char *line;       /* NULL: none in particular */
	const char *words;      /* NULL: none in particular */
};

static const struct row settings[] = {
	{ "opendmarc.conf", "AuthservID mx.example", "AuthservID mx.example", "kept" },
	{ "opendmarc.conf", "AuthservID two words", "AuthservID \"two words\"", "kept" },
	{ "opendmarc.conf", "authservid HOSTNAME # x", "AuthservID HOSTNAME", "opendmarc.conf:1: authservid HOSTNAME" },
	{ "opendmarc.conf", "AuthservIDWithJobID t", "AuthservIDWithJobID yes", NULL },
	{ "opendmarc.conf", "AuthservIDWithJobID maybe", NULL, "the value cannot be understood" },
	{ "opendmarc.conf", "SoftwareHeader", NULL, "the value cannot be understood" },
	{ "opendmarc.conf", "Background no", NULL, "not needed: dmarcmilter stays in the foreground" },
	{ "opendmarc.conf", "FailureReports yes", NULL, "not possible: this version writes no reports" },
	{ "opendmarc.conf", "FailureReports no", NULL, "not needed: it is switched off" },
	{ "opendmarc.conf", "IgnoreHosts /lists/good", "IgnoreHosts file:/lists/good", NULL },
	{ "opendmarc.conf", "IgnoreHosts /lists/glued", "IgnoreHosts 192.0.2.1", NULL },
	{ "opendmarc.conf", "IgnoreHosts /lists/mixed", "IgnoreHosts 192.0.2.1,192.0.2.2,10.0.0.0/8", "\"!10.1.1.1\"" },
	{ "opendmarc.conf", "IgnoreHosts /lists/empty", NULL, "not possible: the list holds no network" },
	{ "opendmarc.conf", "IgnoreHosts /lists/gone", "#IgnoreHosts file:/lists/gone", "it is not there" },
	{ "opendmarc.conf", "IgnoreHosts /lists/binary", "#IgnoreHosts file:/lists/binary", "not a text file" },
	{ "opendmarc.conf", "IgnoreHosts hosts", NULL, "the path is not absolute" },
	{ "opendmarc.conf", "DomainWhitelistFile /lists/sealers", "TrustedARCSealers arc.example", "\"label\"" },
	{ "opendmarc.conf", "RejectString no %s, 5%", "RejectText \"no %d, 5%%\"", NULL },
	{ "opendmarc.conf", "Socket inet:8893", "Socket inet:8893", "every address of the machine" },
	{ "opendmarc.conf", "Socket inet:0@x", NULL, "not possible: it is no socket" },
	{ "opendmarc.conf", "Socket /tmp/x.sock", "Socket unix:" DEFAULT_SOCKET, NULL },
	{ "opendmarc.conf", "DNSTimeout 0", NULL, "the default of 5 s holds" },
	{ "opendmarc.conf", "DNSTimeout 60", "DNSTimeout 60s", NULL },
	{ "opendmarc.conf", "DNSTimeout 61", NULL, "the default of 5 s holds" },
	{ "opendmarc.conf", "UMask 9", NULL, "not possible: UMask" },
	{ "opendmarc.conf", "RejectFailures true", "OnReject reject", "OnTempErrorUnknown tempfail" },
	{ "opendmarc.conf", "RejectFailures false", "Mode monitor", "what fails DMARC is not refused" },
	{ "opendmarc.conf", "HoldQuarantinedMessages 1", "OnQuarantine quarantine", "OnReject accept" },
	{ "opendmarc.conf", "RequiredHeaders yes", "OnMissingFrom reject", "OnMultipleDomains accept" },
	{ "opendmarc.conf", "RejectMultiValueFrom yes", "OnMultipleDomains reject", "OnMissingFrom accept" },
	{ "opendkim.conf", "MaximumHeaders 0", "MaxHeaders 64M", NULL },
	{ "opendkim.conf", "MaximumHeaders 16383", "MaxHeaders 16k", NULL },
	{ "opendkim.conf", "MaximumHeaders 16384", "MaxHeaders 16384", NULL },
	{ "opendkim.conf", "MinimumKeyBits 1023", NULL, "keys under 1024 bits never count" },
	{ "opendkim.conf", "MinimumKeyBits 1024", "DKIMMinimumKeyBits 1024", "as DKIMMinimumKeyBits" },
	{ "opendkim.conf", "MinimumKeyBits 8192", NULL, "not possible: DKIMMinimumKeyBits" },
	{ "opendkim.conf", "InternalHosts csl:192.0.2.1,10.0.0.1/8", "IgnoreHosts 192.0.2.1,10.0.0.0/8", NULL },
	{ "opendkim.conf", "PeerList ldap://x", NULL, "the list stands in a database" },
	{ "opendkim.conf", "RemoveARFrom a.example,.b.example", "RemoveARFrom a.example", "whole names only" },
	{ "opendkim.conf", "On-NoSignature r", NULL, "not possible: most honest mail" },
	{ "opendkim.conf", "On-NoSignature accept", NULL, "not needed: most honest mail" },
	{ "opendkim.conf", "On-InternalError r", "OnInternalError reject", "Mode enforce" },
	{ "opendkim.conf", "On-InternalError x", NULL, "not possible: it is no action" },
	{ "opendkim.conf", "Mode v", NULL, "not needed: dmarcmilter verifies" },
	{ "opendkim.conf", "Mode sv", NULL, "for signing: set it to s" },
	{ "opendkim.conf", "KeyFile /etc/key", NULL, "for signing: stays where it is" },
	{ "opendkim.conf", "TrustAnchorFile /lists/good", "TrustAnchorFile /lists/good", NULL },
	{ "opendkim.conf", "TrustAnchorFile /gone", "#TrustAnchorFile /gone", "it is not there" },
	{ "opendkim.conf", "Include /etc/more", "AuthservID included.example", "/etc/more:1: AuthservID" },
	{ "policyd-spf.conf", "TestOnly = 0", "Mode monitor", NULL },
	{ "policyd-spf.conf", "debugLevel=1", "OnSPFFail reject", "OnHeloFail reject" },
	{ "policyd-spf.conf", "debugLevel = 0", "#LogLevel warning", NULL },
	{ "policyd-spf.conf", "HELO_reject = No_Check", "SPFHelo no", NULL },
	{ "policyd-spf.conf", "HELO_reject = Never", "OnSPFFail reject", "the value is none of its words" },
	{ "policyd-spf.conf", "Mail_From_reject = False", "OnSPFFail accept", "kept: as OnSPFFail accept" },
	{ "policyd-spf.conf", "No_Mail = True", "Mode monitor", "\"-all\" alone is not told" },
	{ "policyd-spf.conf", "Header_Type = AR", NULL, "the one Authentication-Results field" },
	{ "policyd-spf.conf", "Lookup_Time = 20", NULL, "DeadlinePerMessage" },
	{ "policyd-spf.conf", "Lookup_Time = 21", "DeadlinePerMessage 21s", NULL },
	{ "policyd-spf.conf", "skip_addresses = ::ffff:127.0.0.0/104", "IgnoreHosts 127.0.0.0/8", NULL },
	{ "policyd-spf.conf", "Domain_Whitelist = a.example", NULL, "not possible: a client is not looked for" },
};

static void
translates_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct row *row = &settings[i];
		struct text source = text_printf(arena, "%s\n", row->setting);
		struct text result = result_of(row->file, source.bytes);

		if ((row->line != NULL && !has(result, row->line)) ||
		    (row->words != NULL && !says(result, row->words)) ||
		    problems.count != 0)
			fail_msg("%s: %s\n%.*s", row->file, row->setting, TEXT_ARGUMENTS(result));
	}
}

/* No row is dead, and what a row keeps is an option of ours. */
static void
has_a_sound_table(void **state)
{
	const struct migrate_row *row;
	size_t count = 0;

	(void)state;
	for (; (row = migrate_row_at(count)) != NULL; count++) {
		bool is_found = false;

		for (int i = MIGRATE_OPENDKIM; i < MIGRATE_PROGRAM_COUNT; i++)
			if ((row->programs & (1U << i)) != 0) {
				assert_ptr_equal(migrate_row_find((enum migrate_program)i, text_from(row->name)),
						 row);
				is_found = true;
			}
		assert_true(is_found);
		assert_int_not_equal(row->fate, MIGRATE_UNKNOWN);
		assert_true(row->fate != MIGRATE_KEPT || option_find(text_from(row->option)) != NULL);
		assert_true(row->translate != NULL || row->fate == MIGRATE_FOR_SIGNING || row->sentence[0] != '\0');
	}
	assert_true(count > 150);
	assert_null(migrate_row_find(MIGRATE_OPENDMARC, TEXT("KeyTable")));
	assert_null(migrate_row_find(MIGRATE_POLICYD_SPF, TEXT("Socket")));
}

static void
tells_programs_apart(void **state)
{
	static const struct {
		const char *name;
		const char *content;
		const char *program;    /* NULL: refused */
	} rows[] = {
		{ "opendkim.conf", "", "opendkim" },
		{ "/etc/OpenDMARC.conf.bak", "Syslog yes\n", "opendmarc" },
		{ "x", "Syslog yes\n", NULL },
		{ "x", "Syslog yes\nKeyTable x\n", "opendkim" },
		{ "x", "Syslog yes\nRejectFailures x\n", "opendmarc" },
		{ "x", "KeyFileEd25519 x\n", "dkimpy-milter" },
		{ "x", "HELO_reject = Fail\n", "policyd-spf" },
		{ "x", "HELO_reject = Fail\nSocket = inet:1\n", "pyspf-milter" },
		{ "policyd-spf.conf", "HELO_reject = Fail\nSocket = inet:1\n", "pyspf-milter" },
		{ "opendmarc.conf", "KeyTable a\nSigningTable b\nMode s\nDomain c\nSelector d\n", "opendkim" },
		{ "opendmarc.conf", "Syslog yes\nOne 1\n", "opendmarc" },
		{ "opendmarc.conf", "Syslog yes\nOne 1\nTwo 2\n", NULL },
		{ "x", "", NULL },
		{ "x", "a b\nc d\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct migrate_source source = { text_from(rows[i].name), text_from(rows[i].content) };
		struct text result;
		bool is_known = run(&source, 1, &result);

		if (is_known != (rows[i].program != NULL))
			fail_msg("row %zu", i);
		if (!is_known) {
			assert_int_equal(result.length, 0);
			assert_int_equal(problems.count, 1);
		} else if (!says(result, text_printf(arena, "taken for a file of %s,", rows[i].program).bytes)) {
			fail_msg("row %zu: %.*s", i, TEXT_ARGUMENTS(result));
		}
	}
}

static void
lets_the_first_file_decide(void **state)
{
	const struct migrate_source sources[] = {
		{ TEXT("opendmarc.conf"), TEXT("AuthservID a.example\nSocket inet:1@localhost\nUMask 007\n"
					       "AuthservID b.example\n") },
		{ TEXT("opendkim.conf"), TEXT("AuthservID c.example\nSocket inet:2@localhost\nUMask 007\n") },
	};
	struct text result;

	(void)state;
	assert_true(run(sources, 2, &result));
	assert_true(has(result, "AuthservID b.example"));
	assert_false(has(result, "AuthservID c.example"));
	assert_true(says(result, "line 4 sets it again"));
	assert_true(says(result, "opendmarc.conf:4 sets AuthservID to \"b.example\" and the file named first counts; "
				 "here it would be \"c.example\""));
	assert_true(says(result, "opendmarc.conf:2 sets Socket to \"inet:1@localhost\""));
	assert_true(says(result, "opendmarc.conf:3 sets UMask to the same"));
}

static void
splits_signing_off(void **state)
{
	struct text result = result_of("opendkim.conf", "Mode sv\nKeyTable /k\nSigningTable refile:/s\n"
				       "Socket inet:8891@localhost\n");

	(void)state;
	assert_false(has(result, "Socket inet:8891@localhost"));
	assert_true(has(result, "#     Mode s"));
	assert_true(has(result, "#     SigningTable refile:/s"));
	assert_true(has(result, "#     non_smtpd_milters = inet:localhost:8891"));
	result = result_of("opendkim.conf", "Mode v\nKeyTable /k\nSocket inet:8891@localhost\n");
	assert_true(has(result, "Socket inet:8891@localhost"));
	assert_false(says(result, "--- Signing ---"));
}

static void
counts_what_is_not_known(void **state)
{
	struct text result = result_of("opendmarc.conf", "Syslog yes\nSocket inet:1@x\nSyslgo yes\nIn\"clu\x01 x\n");

	(void)state;
	assert_int_equal(problems.count, 2);
	assert_true(text_equal(problems.items[0].place, TEXT("opendmarc.conf:3")));
	assert_true(text_equal(problems.items[1].sentence,
			       TEXT("\"In\\x22clu\\x01\" is not known as an option of opendmarc")));
	assert_true(says(result, "not known 2"));
}

static void
includes_no_more_than_it_should(void **state)
{
	(void)state;
	(void)result_of("opendkim.conf", "Include /etc/loop\n");
	assert_int_equal(times_read, 5);
	assert_int_equal(problems.count, 1);
	(void)result_of("opendkim.conf", "Include /gone\nInclude more\nInclude /etc/more\nInclude /lists/binary\n");
	assert_int_equal(problems.count, 3);
}

/* Bytes, lines and settings at their limits. */
static void
keeps_its_limits(void **state)
{
	static const size_t counts[] = { MIGRATE_SETTINGS_MAX - 1, MIGRATE_SETTINGS_MAX, MIGRATE_SETTINGS_MAX + 1 };
	struct migrate_source source = { TEXT("opendkim.conf"), TEXT("Syslog yes\0") };
	struct text result;

	(void)state;
	assert_false(run(&source, 1, &result));
	assert_true(text_equal(problems.items[0].sentence, TEXT("it is not a text file")));
	for (size_t i = 0; i < 3; i++) {
		struct textbuf lines = textbuf_new(arena, SIZE_MAX);

		for (size_t j = 0; j < counts[i]; j++)
			textbuf_add_string(&lines, "Syslog yes\n");
		source.content = textbuf_text(&lines);
		assert_int_equal(run(&source, 1, &result), counts[i] <= MIGRATE_SETTINGS_MAX);
	}
	for (size_t length = MIGRATE_FILE_MAX - 1; length <= MIGRATE_FILE_MAX + 1; length++) {
		char *bytes = arena_alloc(arena, length);

		for (size_t j = 0; j < length; j++)
			bytes[j] = '#';
		source.content = text_of(bytes, length);
		assert_int_equal(run(&source, 1, &result), length <= MIGRATE_FILE_MAX);
	}
}

/* Long words and odd bytes do not make a line that our reader refuses. */
static void
stays_readable(void **state)
{
	struct textbuf source = textbuf_new(arena, SIZE_MAX);
	struct config_problems found = { .count = 0 };
	struct config config;
	struct text result;

	(void)state;
	for (size_t i = 0; i < 9000; i++)
		textbuf_add_byte(&source, (char)(i % 255 + 1));
	textbuf_add_string(&source, "\nAuthservID ");
	for (size_t i = 0; i < 9000; i++)
		textbuf_add_byte(&source, i < 5000 ? 'x' : '\xff');
	textbuf_add_string(&source, "\nIgnoreHosts /");
	for (size_t i = 0; i < 9000; i++)
		textbuf_add_byte(&source, 'y');
	for (size_t i = 0; i < 64; i++)
		textbuf_add_string(&source, "\nSyslog yes");
	result = result_of("opendmarc.conf", textbuf_text(&source).bytes);
	config_set_defaults(arena, &config);
	config_read_text(arena, result, TEXT("result"), &config, &found);
	assert_false(found.has_error);
	assert_true(says(result, "(and more)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(translates_settings, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_sound_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_programs_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lets_the_first_file_decide, set_up, tear_down),
		cmocka_unit_test_setup_teardown(splits_signing_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_what_is_not_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(includes_no_more_than_it_should, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_its_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stays_readable, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
