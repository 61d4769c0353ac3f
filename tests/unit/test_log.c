/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log_sink.h"

enum { READ_MAX = 1024 * 1024, DATAGRAM_MAX = 128 * 1024, LINES = 200, WRITERS = 4 };

static struct arena *arena;
static char folder[] = "/tmp/dmarcmilter-log-XXXXXX";
static int real_stderr = -1;

static char *
path_of(const char *name)
{
	return text_string(arena, text_printf(arena, "%s/%s", folder, name));
}

static struct text
content_of(const char *path)
{
	char *bytes = arena_alloc(arena, READ_MAX);
	FILE *file = fopen(path, "r");
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, READ_MAX, file);
	(void)fclose(file);
	return text_of(bytes, length);
}

/* From here on standard error goes to the file "stderr". */
static void
capture_stderr(void)
{
	int file = open(path_of("stderr"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	assert_true(file >= 0);
	real_stderr = dup(STDERR_FILENO);
	assert_true(dup2(file, STDERR_FILENO) >= 0);
	(void)close(file);
}

static struct text
captured_stderr(void)
{
	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	(void)close(real_stderr);
	return content_of(path_of("stderr"));
}

static void
open_target(enum log_target target, const char *path, enum log_level level)
{
	struct log_settings settings = { target, path, LOG_MAIL, "tester", level };
	struct text reason;

	assert_true(log_open(&settings, arena, &reason));
}

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	memcpy(strrchr(folder, '-'), "-XXXXXX", 8);
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "stderr", "log", "log.1", "journal" };

	(void)state;
	log_close();
	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(path_of(names[i]));
	(void)rmdir(folder);
	arena_free(&arena);
	return 0;
}

static void
quotes_values(void **state)
{
	static const struct {
		struct text value;
		size_t maximum;
		const char *expected;
	} rows[] = {
		{ { "", 0 }, 10, "" },
		{ { "plain text", 10 }, 10, "plain text" },
		{ { "plain text", 10 }, 9, "plain tex+" },
		{ { "a\"b\\c", 5 }, 10, "a\\x22b\\x5cc" },
		{ { "\0\n\x7f\xc3\xa4 ~", 7 }, 10, "\\x00\\x0a\\x7f\\xc3\\xa4 ~" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_string_equal(
			text_string(arena, log_quote(arena, rows[i].value, rows[i].maximum)),
			rows[i].expected);
}

/* The line behind "2026-01-31T12:00:00.000Z ". */
static struct text
without_time(struct text line)
{
	assert_true(line.length > 25 && line.bytes[10] == 'T' && line.bytes[23] == 'Z');
	return text_from_position(line, 25);
}

static struct text
expected_line(const char *name, const char *text)
{
	return text_printf(arena, "%s[%ld]: %s", name, (long)getpid(), text);
}

static void
writes_to_a_file(void **state)
{
	static const struct {
		enum log_level level;
		struct text line;
		const char *expected;
	} rows[] = {
		{ LOG_LEVEL_INFO, { "4XY: action=accept", 18 }, "4XY: action=accept" },
		{ LOG_LEVEL_WARNING, { "careful", 7 }, "warning: careful" },
		{ LOG_LEVEL_ERROR, { "a\nb\0c\xff", 6 }, "error: a\\x0ab\\x00c\\xff" },
	};
	struct text rest;
	struct text line;

	(void)state;
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
	assert_true(log_wants(LOG_LEVEL_INFO));
	assert_false(log_wants(LOG_LEVEL_DEBUG));
	log_message(LOG_LEVEL_DEBUG, "not %s", "seen");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		log_line(rows[i].level, rows[i].line, NULL, 0);
	rest = content_of(path_of("log"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(text_next_part(&rest, '\n', &line));
		assert_true(text_equal(without_time(line),
				       expected_line("tester", rows[i].expected)));
	}
	assert_int_equal(rest.length, 0);
}

static void
follows_a_rotation(void **state)
{
	(void)state;
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_DEBUG);
	log_message(LOG_LEVEL_DEBUG, "%s", "one");
	assert_int_equal(rename(path_of("log"), path_of("log.1")), 0);
	log_message(LOG_LEVEL_INFO, "%s %d", "two", 2);
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_ERROR);
	log_message(LOG_LEVEL_INFO, "not wanted");
	log_message(LOG_LEVEL_ERROR, "three");
	assert_true(text_ends_with(content_of(path_of("log.1")), TEXT(": two 2\n")));
	assert_true(text_equal(without_time(text_trim(content_of(path_of("log")))),
			       expected_line("tester", "error: three")));
}

static void
keeps_the_sink_when_a_new_fails(void **state)
{
	struct log_settings bad = { LOG_TARGET_FILE, "/nonexistent/log", 0, "x", LOG_LEVEL_DEBUG };
	struct text reason;

	(void)state;
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
	assert_false(log_open(&bad, arena, &reason));
	assert_string_equal(text_string(arena, reason),
			    "the log /nonexistent/log cannot be opened: No such file or directory");
	assert_false(log_wants(LOG_LEVEL_DEBUG));
	log_message(LOG_LEVEL_INFO, "still here");
	assert_true(text_ends_with(content_of(path_of("log")), TEXT(": still here\n")));
}

/* The settings of a configuration without LogTarget file: carry an empty path. */
static void
takes_an_empty_path_for_none(void **state)
{
	struct log_settings settings = { LOG_TARGET_FILE, "", 0, "x", LOG_LEVEL_INFO };
	struct log_sink sink;
	struct text reason;

	(void)state;
	assert_false(log_open(&settings, arena, &reason));
	assert_string_equal(text_string(arena, reason),
			    "the log without a path cannot be opened: Invalid argument");
	settings.target = LOG_TARGET_JOURNAL;
	assert_true(log_sink_open(&settings, arena, &sink, &reason));
	assert_string_equal(sink.path, "/run/systemd/journal/socket");
	log_sink_close(&sink);
}

static void
writes_to_standard_error(void **state)
{
	struct text rest;
	struct text line;

	(void)state;
	capture_stderr();
	log_close();
	(void)unsetenv("JOURNAL_STREAM");
	log_message(LOG_LEVEL_WARNING, "early");
	(void)setenv("JOURNAL_STREAM", "8:1", 1);
	log_message(LOG_LEVEL_INFO, "behind the journal");
	(void)unsetenv("JOURNAL_STREAM");
	open_target(LOG_TARGET_STDERR, NULL, LOG_LEVEL_INFO);
	log_message(LOG_LEVEL_INFO, "named");
	rest = captured_stderr();
	assert_true(text_next_part(&rest, '\n', &line));
	assert_true(text_equal(without_time(line), expected_line("dmarcmilter", "warning: early")));
	assert_true(text_next_part(&rest, '\n', &line));
	assert_true(text_equal(line, expected_line("dmarcmilter", "behind the journal")));
	assert_true(text_next_part(&rest, '\n', &line));
	assert_true(text_equal(without_time(line), expected_line("tester", "named")));
}

/* /dev/full is a disk without room. The lines go to standard error, the trouble is told once. */
static void
survives_a_full_disk(void **state)
{
	struct text rest;
	struct text line;
	int trouble = 0;
	int lines = 0;

	(void)state;
	capture_stderr();
	open_target(LOG_TARGET_FILE, "/dev/full", LOG_LEVEL_INFO);
	for (int i = 0; i < 3; i++) {
		errno = EDOM;
		log_message(LOG_LEVEL_INFO, "line %d", i);
		assert_int_equal(errno, EDOM);
	}
	rest = captured_stderr();
	while (text_next_part(&rest, '\n', &line)) {
		trouble += text_find_text(line, TEXT("takes no lines: No space "
						     "left")) != TEXT_NOT_FOUND;
		lines += text_find_text(line, TEXT(": line ")) != TEXT_NOT_FOUND;
	}
	assert_int_equal(trouble, 1);
	assert_int_equal(lines, 3);
}

static int
listen_as_journal(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = path_of("journal");
	int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(file >= 0 && strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	assert_int_equal(bind(file, (const struct sockaddr *)&address, sizeof(address)), 0);
	return file;
}

static struct text
datagram(int file)
{
	char *bytes = arena_alloc(arena, DATAGRAM_MAX);
	ssize_t length = recv(file, bytes, DATAGRAM_MAX, MSG_DONTWAIT);

	assert_true(length > 0);
	return text_of(bytes, (size_t)length);
}

static void
sends_to_the_journal(void **state)
{
	const struct log_field fields[] = {
		{ "DMARCMILTER_ACTION", TEXT("reject") },
		{ "DMARCMILTER_FROM", TEXT("x\nPRIORITY=0") },
	};
	int file = listen_as_journal();

	(void)state;
	open_target(LOG_TARGET_JOURNAL, path_of("journal"), LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_WARNING, TEXT("a\nb"), fields, COUNT_OF(fields));
	assert_true(text_equal(datagram(file),
			       text_printf(arena,
					   "PRIORITY=4\nSYSLOG_FACILITY=2\n"
					   "SYSLOG_IDENTIFIER=tester\n"
					   "SYSLOG_PID=%ld\nDMARCMILTER_ACTION=reject\n"
					   "DMARCMILTER_FROM=x\\x0aPRIORITY=0\nMESSAGE=warning: "
					   "a\\x0ab\n",
					   (long)getpid())));
	(void)close(file);
}

/* The limit of a piece is 32 KiB; nothing of a longer line is lost. */
static void
splits_long_journal_lines(void **state)
{
	static char bytes[32 * 1024 + 1];
	int file = listen_as_journal();

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	open_target(LOG_TARGET_JOURNAL, path_of("journal"), LOG_LEVEL_INFO);
	log_line(LOG_LEVEL_INFO, text_of(bytes, sizeof(bytes) - 1), NULL, 0);
	assert_true(text_ends_with(datagram(file), TEXT("x\n")));
	assert_true(recv(file, bytes, 1, MSG_DONTWAIT) < 0);
	log_line(LOG_LEVEL_INFO, text_of(bytes, sizeof(bytes)), NULL, 0);
	assert_true(text_ends_with(datagram(file), TEXT("x\n")));
	assert_true(text_ends_with(datagram(file), TEXT("\nMESSAGE=(continued) x\n")));
	(void)close(file);
}

static void
does_without_a_journal(void **state)
{
	struct text output;

	(void)state;
	capture_stderr();
	open_target(LOG_TARGET_JOURNAL, path_of("journal"), LOG_LEVEL_INFO);
	log_message(LOG_LEVEL_INFO, "alone");
	output = captured_stderr();
	assert_true(text_ends_with(output, TEXT(": alone\n")));
}

/* There may be no syslog daemon here: what is tested is that changing to and fro is safe. */
static void
changes_between_targets(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		open_target(LOG_TARGET_SYSLOG, NULL, LOG_LEVEL_ERROR);
		log_message(LOG_LEVEL_INFO, "below the level");
		open_target(LOG_TARGET_SYSLOG, NULL, LOG_LEVEL_ERROR);
		open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
		log_message(LOG_LEVEL_INFO, "round %d", i);
	}
	assert_true(text_ends_with(content_of(path_of("log")), TEXT(": round 2\n")));
}

static void
limits_what_repeats(void **state)
{
	struct log_limit limit = { 0 };
	struct log_limit other = { 0 };
	int allowed = 0;

	(void)state;
	assert_true(log_allows(&limit, 60000));
	for (int i = 0; i < 100; i++)
		allowed += log_allows(&limit, 60000);
	assert_int_equal(allowed, 0);
	assert_true(log_allows(&other, 1));
	(void)usleep(5000);
	assert_true(log_allows(&other, 1));
}

static void *
write_lines(void *argument)
{
	for (int i = 0; i < LINES; i++)
		log_message(LOG_LEVEL_INFO, "%s says %d", (const char *)argument, i);
	return NULL;
}

static void
threads_write_whole_lines(void **state)
{
	static char names[WRITERS][2] = { "a", "b", "c", "d" };
	pthread_t threads[WRITERS];
	struct text rest;
	struct text line;
	size_t count = 0;

	(void)state;
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, names[i]), 0);
	for (int i = 0; i < 20; i++)
		open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
	for (size_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	rest = content_of(path_of("log"));
	while (rest.length > 0 && text_next_part(&rest, '\n', &line)) {
		assert_true(text_starts_with(without_time(line), TEXT("tester[")));
		count++;
	}
	assert_int_equal(count, WRITERS * LINES);
}

/* The rest of a line found no room; the next one must not become a part of it. */
static void
ends_a_line_that_was_cut(void **state)
{
	struct rlimit little = { .rlim_cur = 100 };
	struct text log;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &little), 0);
	little.rlim_cur = 100;
	(void)signal(SIGXFSZ, SIG_IGN);
	open_target(LOG_TARGET_FILE, path_of("log"), LOG_LEVEL_INFO);
	capture_stderr();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	log_message(LOG_LEVEL_INFO, "%0200d", 1);
	little.rlim_cur = little.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	log_message(LOG_LEVEL_INFO, "next");
	(void)captured_stderr();
	log = content_of(path_of("log"));
	assert_int_equal(text_find(log, '\n'), 100);
	assert_true(text_starts_with(without_time(text_from_position(log, 101)), TEXT("tester[")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(quotes_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_to_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_a_rotation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_sink_when_a_new_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_an_empty_path_for_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_to_standard_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_a_line_that_was_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sends_to_the_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(splits_long_journal_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(does_without_a_journal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_between_targets, set_up, tear_down),
		cmocka_unit_test(limits_what_repeats),
		cmocka_unit_test_setup_teardown(threads_write_whole_lines, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
