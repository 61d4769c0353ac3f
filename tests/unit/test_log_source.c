/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/textbuf.h"
#include "tool/log_files.h"

struct fixture {
	struct arena *arena;
	char folder[64];
};

static int
set_up(void **state)
{
	struct arena *arena = arena_new();
	struct fixture *fixture = arena_alloc(arena, sizeof(*fixture));

	fixture->arena = arena;
	memcpy(fixture->folder, "/tmp/test_log_source.XXXXXX", 28);
	*state = fixture;
	return mkdtemp(fixture->folder) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	struct text command = text_printf(arena, "rm -rf '%s'", fixture->folder);
	int status = system(text_string(arena, command));

	arena_free(&arena);
	return status;
}

static const char *
path_of(const struct fixture *fixture, const char *name)
{
	return text_string(fixture->arena,
			   text_printf(fixture->arena, "%s/%s", fixture->folder, name));
}

static const char *
write_plain(const struct fixture *fixture, const char *name, struct text content)
{
	const char *path = path_of(fixture, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content.bytes, 1, content.length, file), content.length);
	assert_int_equal(fclose(file), 0);
	return path;
}

static const char *
write_compressed(const struct fixture *fixture, const char *name, struct text content)
{
	const char *path = path_of(fixture, name);
	gzFile file = gzopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, content.bytes, (unsigned)content.length), (int)content.length);
	assert_int_equal(gzclose(file), Z_OK);
	return path;
}

/* The lines, each with its length in front. */
static struct text
read_lines(struct arena *arena, const char *path, struct log_source **source_out)
{
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct text reason;
	struct log_source *source = log_source_open(arena, path, &reason);
	struct text line;

	assert_non_null(source);
	while (log_source_next(source, &line)) {
		textbuf_printf(&out, "%zu:", line.length);
		textbuf_add(&out, text_cut(line, 0, 8));
		textbuf_add_byte(&out, '|');
	}
	*source_out = source;
	return textbuf_text(&out);
}

static void
gives_line_after_line(void **state)
{
	static const struct {
		struct text content;
		const char *lines;
	} rows[] = {
		{ { "", 0 } },
		{ { "a\nbb\n", 5 }, "1:a|2:bb|" },
		{ { "a\n\nb", 4 }, "1:a|0:|1:b|" },
		{ { "a\r\n", 3 }, "2:a\r|" },
		{ { "\n", 1 }, "0:|" },
	};
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct log_source *source;
		const char *plain = write_plain(fixture, "plain", rows[i].content);
		const char *compressed = write_compressed(fixture, "compressed", rows[i].content);

		assert_true(text_equal(read_lines(fixture->arena, plain, &source),
				       text_from(rows[i].lines)));
		assert_true(text_is_empty(log_source_failure(source, fixture->arena)));
		assert_true(text_equal(read_lines(fixture->arena, compressed, &source),
				       text_from(rows[i].lines)));
		assert_true(text_is_empty(log_source_failure(source, fixture->arena)));
	}
}

/* A line of the greatest length is given, one that is longer is not, whatever stands around. */
static void
bounds_a_line(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t more = 0; more < 3; more++) {
		size_t length = (size_t)LOG_LINE_BYTES_MAX + more - 1;
		char *bytes = arena_alloc(fixture->arena, 4 * length + 100);
		struct log_source *source;
		struct text lines;
		struct text shown;

		memset(bytes, 'x', 4 * length + 100);
		bytes[1] = '\n';
		bytes[2 + length] = '\n';
		bytes[4 + length] = '\n';
		lines = read_lines(fixture->arena,
				   write_plain(fixture, "long", text_of(bytes, 4 * length + 100)),
				   &source);
		shown = text_printf(fixture->arena, "1:x|%zu:xxxxxxxx|1:x|", length);
		if (length > LOG_LINE_BYTES_MAX)
			shown = TEXT("1:x|1:x|");
		assert_true(text_equal(lines, shown));
		assert_int_equal(log_source_too_long(source), length > LOG_LINE_BYTES_MAX ? 2 : 1);
	}
}

static void
says_what_is_wrong(void **state)
{
	const struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	struct text content = TEXT("some lines that are compressed\nsome lines that are compressed\n");
	const char *path = write_compressed(fixture, "cut.gz", content);
	struct log_source *source;
	struct text reason;

	assert_int_equal(truncate(path, 30), 0);
	(void)read_lines(arena, path, &source);
	assert_true(text_find_text(log_source_failure(source, arena), TEXT("end early")) !=
		    TEXT_NOT_FOUND);
	assert_null(log_source_open(arena, path_of(fixture, "missing"), &reason));
	assert_true(text_equal(reason, TEXT("No such file or directory")));
	assert_null(log_source_open(arena, fixture->folder, &reason));
	assert_true(text_equal(reason, TEXT("Is a directory")));
}

/* A stand-in for journalctl, which says what it was asked for. */
static struct text
ask_journal(const struct fixture *fixture, const char *script, int64_t since)
{
	struct arena *arena = fixture->arena;
	struct textbuf out = textbuf_new(arena, SIZE_MAX);
	struct log_source *source;
	struct text reason;
	struct text line;
	const char *saved = getenv("PATH");

	if (script != NULL) {
		const char *path = write_plain(fixture, "journalctl", text_from(script));

		assert_int_equal(chmod(path, 0700), 0);
	} else {
		(void)unlink(path_of(fixture, "journalctl"));
	}
	saved = text_string(arena, text_from(saved));
	assert_int_equal(setenv("PATH", fixture->folder, 1), 0);
	source = log_source_open_journal(arena, TEXT("dm"), since, &reason);
	assert_int_equal(setenv("PATH", saved, 1), 0);
	assert_non_null(source);
	while (log_source_next(source, &line)) {
		textbuf_add(&out, line);
		textbuf_add_byte(&out, '|');
	}
	textbuf_add(&out, log_source_failure(source, arena));
	return textbuf_text(&out);
}

static void
reads_the_journal(void **state)
{
	static const struct {
		const char *script;
		int64_t since;
		const char *result;
	} rows[] = {
		{ "#!/bin/sh\necho \"$*\"\n", 0,
		  "--quiet --no-pager --output=json --output-fields=MESSAGE,SYSLOG_IDENTIFIER "
		  "--identifier=dm|" },
		{ "#!/bin/sh\necho \"$6\"\n", 1763726400, "--since=@1763726400|" },
		{ "#!/bin/sh\nexit 1\n", 0 },
		{ "#!/bin/sh\necho x\nexit 2\n", 0, "x|journalctl ended with status 2" },
		{ "#!/bin/sh\nkill -9 $$\n", 0, "journalctl was ended by a signal" },
		{ NULL, 0, "there is no journalctl on this machine" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text result = ask_journal(*state, rows[i].script, rows[i].since);

		if (!text_equal(result, text_from(rows[i].result)))
			fail_msg("%.*s", TEXT_ARGUMENTS(result));
	}
}

/* The export format's binary fields: their length is believed, and nothing in them. */
static void
passes_over_binary_fields(void **state)
{
	static const char content[] = "A=1\nB\n\x05\0\0\0\0\0\0\0x\n\ny=\nC=2\nD\n\xff\0\0\0\0\0\0\0ab";
	const struct fixture *fixture = *state;
	struct text reason;
	struct text line;
	struct log_source *source = log_source_open(
		fixture->arena,
		write_plain(fixture, "export", text_of(content, sizeof(content) - 1)), &reason);

	assert_true(log_source_next(source, &line));
	assert_true(log_source_next(source, &line));
	assert_true(text_equal(line, TEXT("B")));
	assert_true(log_source_skip_field(source));
	assert_true(log_source_next(source, &line));
	assert_true(text_equal(line, TEXT("C=2")));
	assert_true(log_source_next(source, &line));
	assert_false(log_source_skip_field(source));
	assert_false(log_source_next(source, &line));
}

static void
finds_rotated_files(void **state)
{
	static const struct {
		const char *name;
		long age;               /* hours */
	} rows[] = {
		{ "mail.log", 0 }, { "mail.log.1", 24 }, { "mail.log.2.gz", 48 },
		{ "mail.log-20250101.gz", 300 }, { "mail.log-20250101-12", 400 },
		{ "mail.log.2.xz", 48 }, { "mail.log.old", 48 }, { "mail.logs", 48 },
		{ "mail.log.", 48 }, { "xmail.log", 48 },
	};
	const struct fixture *fixture = *state;
	struct log_files files;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct timespec times[2] = { { .tv_sec = 1763726400 - rows[i].age * 3600 },
					     { .tv_sec = 1763726400 - rows[i].age * 3600 } };

		assert_int_equal(utimensat(-1, write_plain(fixture, rows[i].name, TEXT("12\n")),
					   times, 0), 0);
	}
	files = log_files_find(fixture->arena, path_of(fixture, "mail.log"), 0);
	assert_int_equal(files.count, 5);
	assert_int_equal(files.bytes, 15);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(files.paths[i], path_of(fixture, rows[4 - i].name));
	/* Only what was written to since then. */
	files = log_files_find(fixture->arena, path_of(fixture, "mail.log"), 1763726400 - 24 * 3600);
	assert_int_equal(files.count, 2);
	assert_int_equal(log_files_find(fixture->arena, path_of(fixture, "no.log"), 0).count, 0);
	assert_int_equal(log_files_find(fixture->arena, "/no/such/folder/x", 0).count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(gives_line_after_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_a_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_the_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(passes_over_binary_fields, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_rotated_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
