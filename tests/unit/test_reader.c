/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "config/file.h"
#include "config/options.h"
#include "config/syntax.h"

enum { TEXT_MAX = 1024 * 1024 };

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

/* All problems as they would be shown, one a line. */
static struct text
shown_problems(void)
{
	struct textbuf out = textbuf_new(arena, TEXT_MAX);

	for (size_t i = 0; i < problems.count; i++)
		textbuf_printf(&out, "%s%.*s: %s%.*s", i > 0 ? "\n" : "",
			       TEXT_ARGUMENTS(problems.items[i].place),
			       problems.items[i].is_warning ? "warning: " : "",
			       TEXT_ARGUMENTS(problems.items[i].sentence));
	return textbuf_text(&out);
}

static void
assert_text(struct text text, const char *expected)
{
	assert_string_equal(text_string(arena, text), expected);
}

/* What is read without a problem, and how it is printed. */
static void
reads_values(void **state)
{
	static const struct {
		const char *source;
		const char *printed;
	} rows[] = {
		{ "", "" },
		{ "# only a comment", "" },
		{ "\xef\xbb\xbf" "Mode monitor\r\n\r\n", "Mode monitor\n" },
		{ " \tMODE\t=\tMonitor \t", "Mode monitor\n" },
		{ "Mode=monitor# no comment without a blank", NULL },
		{ "Mode=monitor # comment", "Mode monitor\n" },
		{ "Mode \"monitor\" # comment", "Mode monitor\n" },
		{ "CheckSPF off\nCheckDKIM 0\nCheckIPRev FALSE\nSPFHelo no",
		  "CheckIPRev no\nCheckSPF no\nCheckDKIM no\nSPFHelo no\n" },
		{ "AuthResSplit on\nSoftwareHeader 1\nRemoveARAll true",
		  "AuthResSplit yes\nRemoveARAll yes\nSoftwareHeader yes\n" },
		{ "DNSTimeout 5000ms", "" },
		{ "DNSTimeout 7", "DNSTimeout 7s\n" },
		{ "DNSTimeout 1500ms", "DNSTimeout 1s500ms\n" },
		{ "IdleTimeout 130m", "" },
		{ "IdleTimeout 1D", "IdleTimeout 1d\n" },
		{ "DKIMClockDrift 1h1m1s", "DKIMClockDrift 1h1m1s\n" },
		{ "DNSFailureMemory 0", "DNSFailureMemory 0s\n" },
		{ "MaxHeaders 1024k", "" },
		{ "MaxHeaders 16385", "MaxHeaders 16385\n" },
		{ "DNSCacheSize 1g", "DNSCacheSize 1G\n" },
		{ "SocketMode 600\nUMask 0", "SocketMode 0600\nUMask 00\n" },
		{ "RejectText a \\b # c", "RejectText \"a \\\\b\"\n" },
		{ "RejectText \"a \\\"b\\\" \\x63 # \\\\ %%\"", "RejectText \"a \\\"b\\\" c # "
								"\\\\ %%\"\n" },
		{ "AuthservID ab#c", "AuthservID \"ab#c\"\n" },
		{ "AuthservID ==x", "AuthservID \"=x\"\n" },
		{ "UserID \"\"", "" },
		{ "PidFile /run/\xc3\xa4", "PidFile \"/run/\\xc3\\xa4\"\n" },
		{ "IgnoreHosts none", "IgnoreHosts none\n" },
		{ "IgnoreHosts ::1 , 127.0.0.0/8,", "IgnoreHosts ::1,127.0.0.0/8\n" },
		{ "IgnoreHosts 127.0.0.0/8 # x\nignorehosts ::1", "" },
		{ "IgnoreHosts ::ffff:192.0.2.1 0.0.0.0/0", "IgnoreHosts 192.0.2.1,0.0.0.0/0\n" },
		{ "RemoveARFrom \"none\" b,#c \"d, e\"", "RemoveARFrom \"none\",b,\"#c\",\"d, "
							 "e\"\n" },
		{ "RejectClasses none", "RejectClasses none\n" },
		{ "RejectClasses SPOOF\nRejectClasses indirect", "RejectClasses indirect,spoof\n" },
		{ "RejectClasses spoof,misaligned,spoof", "" },
		{ "Nameservers recursive", "Nameservers recursive\n" },
		{ "Nameservers System", "" },
		{ "Nameservers 192.0.2.53 [2001:db8::1]:54",
		  "Nameservers 192.0.2.53,[2001:db8::1]:54\n" },
		{ "MetricsSocket inet:8894@127.0.0.1", "MetricsSocket inet:8894@127.0.0.1\n" },
		{ "MetricsSocket \"\"", "" },
		{ "MetricsSocket unix:/run/dmarcmilter/metrics.sock",
		  "MetricsSocket unix:/run/dmarcmilter/metrics.sock\n" },
		{ "Socket inet:8891@localhost\nSocket fd:3", "Socket inet:8891@localhost,fd:3\n" },
		{ "QuarantineHeader X-Spam:YES", "QuarantineHeader \"X-Spam: YES\"\n" },
		{ "LogTarget syslog", "LogTarget syslog\n" },
		{ "LogTarget FILE:/var/log/a b", "LogTarget \"file:/var/log/a b\"\n" },
		{ "SyslogFacility LOCAL7\nLogLevel debug", "SyslogFacility local7\nLogLevel "
							   "debug\n" },
		{ "DKIMAllowBodyLength true", "DKIMAllowBodyLength yes\n" },
		{ "DKIMAllowBodyLength refuse", "DKIMAllowBodyLength refuse\n" },
		{ "TestClock 253402300799", "TestClock 253402300799\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_text(text_from(rows[i].source));
		if (rows[i].printed == NULL) {
			assert_true(problems.has_error);
			continue;
		}
		assert_text(shown_problems(), "");
		assert_text(printed(), rows[i].printed);
	}
}

/* A text, and every sentence about it. */
static void
says_what_is_wrong(void **state)
{
	static const struct {
		struct text source;
		const char *sentences;
	} rows[] = {
		{ { "\n\nDNSTimeout fast", 17 },
		  "c:3: DNSTimeout \"fast\": a duration such as 5s or 500ms is wanted" },
		{ { "DNSTimeout 99ms\n", 16 },
		  "c:1: DNSTimeout \"99ms\": a value from 100ms to 1m is wanted" },
		{ { "DKIMClockDrift 1ms", 18 },
		  "c:1: DKIMClockDrift \"1ms\": a duration in whole seconds such as 90s, 5m or "
		  "1d is wanted" },
		{ { "MaxHeaders 1x", 13 }, "c:1: MaxHeaders \"1x\": a size such as 64k, 10M or "
					   "1G is wanted" },
		{ { "MaxHeaders 1k", 13 }, "c:1: MaxHeaders \"1k\": a value from 16k to 64M is "
					   "wanted" },
		{ { "MetricsSocket fd:3", 18 },
		  "c:1: MetricsSocket \"fd:3\": unix:/path (at most 107 bytes), inet:PORT@HOST or "
		  "inet6:PORT@HOST is wanted, or \"\" for none" },
		{ { "SocketMode 0888", 15 }, "c:1: SocketMode \"0888\": an octal number such as "
					     "0660 is wanted" },
		{ { "SocketMode 1000", 15 }, "c:1: SocketMode \"1000\": a value from 00 to 0777 "
					     "is wanted" },
		{ { "SPFVoidLimit -1", 15 }, "c:1: SPFVoidLimit \"-1\": a number is wanted" },
		{ { "CheckSPF maybe", 14 }, "c:1: CheckSPF \"maybe\": yes or no is wanted" },
		{ { "Mode sv", 7 }, "c:1: Mode \"sv\": enforce or monitor is wanted" },
		{ { "OnNone drop", 11 },
		  "c:1: OnNone \"drop\": accept, mark, quarantine, tempfail, reject or discard "
		  "is wanted" },
		{ { "DKIMAllowBodyLength x", 21 },
		  "c:1: DKIMAllowBodyLength \"x\": no, yes or refuse is wanted" },
		{ { "LogTarget file:x", 16 },
		  "c:1: LogTarget \"file:x\": syslog, journal, stderr or file:/path is wanted" },
		{ { "QuarantineHeader \"from: x\"", 26 },
		  "c:1: QuarantineHeader \"from: x\": a header field such as "
		  "\"X-DMARC-Quarantine: yes\" is wanted, printable ASCII on one line, none that "
		  "mail itself uses" },
		{ { "QuarantineHeader X", 18 },
		  "c:1: QuarantineHeader \"X\": a header field such as \"X-DMARC-Quarantine: yes\" "
		  "is wanted, printable ASCII on one line, none that mail itself uses" },
		{ { "QuarantineHeader \"X: a\\x0ab\"", 28 },
		  "c:1: QuarantineHeader \"X: a\\x0ab\": a header field such as "
		  "\"X-DMARC-Quarantine: yes\" "
		  "is wanted, printable ASCII on one line, none that mail itself uses" },
		{ { "RejectCode 450", 14 }, "c:1: RejectCode \"450\": a code from 500 to 559 is "
					    "wanted" },
		{ { "RejectClasses pass", 18 },
		  "c:1: RejectClasses \"pass\": forwarded, indirect, misaligned or spoof is "
		  "wanted, "
		  "or none alone" },
		{ { "IgnoreHosts /etc/hosts", 22 },
		  "c:1: IgnoreHosts \"/etc/hosts\": a network such as 192.0.2.0/24 without bits "
		  "behind "
		  "the prefix, an address, or file:/path is wanted" },
		{ { "IgnoreHosts 10.0.0.1/8,none", 27 },
		  "c:1: IgnoreHosts \"10.0.0.1/8\": a network such as 192.0.2.0/24 without bits "
		  "behind "
		  "the prefix, an address, or file:/path is wanted\n"
		  "c:1: IgnoreHosts \"none\": this word stands alone or not at all" },
		{ { "Nameservers system\nNameservers 192.0.2.1", 40 },
		  "c:2: Nameservers \"192.0.2.1\": nothing may stand beside the word that was "
		  "given before" },
		{ { "IgnoreHosts file:hosts", 22 },
		  "c:1: IgnoreHosts \"file:hosts\": file: is followed by an absolute path" },
		{ { "IgnoreHosts file:/nonexistent/x", 31 },
		  "c:1: IgnoreHosts \"file:/nonexistent/x\": it cannot be opened: No such file "
		  "or directory" },
		{ { "IgnoreHosts file:/", 18 }, "c:1: IgnoreHosts \"file:/\": it is a directory" },
		{ { "IgnoreHosts file:/dev/null", 26 },
		  "c:1: IgnoreHosts \"file:/dev/null\": it is not a regular file" },
		{ { "IgnoreHosts", 11 },
		  "c:1: IgnoreHosts: a value is missing; the empty list is written as none" },
		{ { "Nameservers ,", 13 },
		  "c:1: Nameservers: a value is missing; the default is written as system" },
		{ { "UserID # nobody", 15 },
		  "c:1: UserID: a value is missing; an empty text is written as \"\"" },
		{ { "UserID =", 8 }, "c:1: UserID: a value is missing; an empty text is written "
				     "as \"\"" },
		{ { "RejectText \"a", 13 }, "c:1: RejectText: the closing double quote is "
					    "missing" },
		{ { "RejectText \"a\\\"", 15 }, "c:1: RejectText: the closing double quote is "
						"missing" },
		{ { "RejectText \"\\n\"", 15 },
		  "c:1: RejectText: in double quotes a backslash stands before \\, \" or xHH "
		  "only" },
		{ { "RejectText \"a\" b", 16 },
		  "c:1: RejectText: nothing but a comment may follow the closing double quote" },
		{ { "RejectText \"a\"#b", 16 },
		  "c:1: RejectText: nothing but a comment may follow the closing double quote" },
		{ { "RejectText a \"b\"", 16 },
		  "c:1: RejectText: a double quote stands at both ends of a value, or inside as "
		  "\\\"" },
		{ { "RemoveARFrom a\"b", 16 },
		  "c:1: RemoveARFrom: a double quote stands at both ends of an item, or inside "
		  "as \\\"" },
		{ { "RemoveARFrom \"a\"b", 17 },
		  "c:1: RemoveARFrom: a comma or a blank must follow the closing double quote" },
		{ { "Mode enforce\nmode monitor\n", 26 },
		  "c:2: Mode is set twice; it stands in line 1 already" },
		{ { "DNSTimout 3", 11 }, "c:1: unknown option \"DNSTimout\"; did you mean "
					 "DNSTimeout?" },
		{ { "= 3", 3 }, "c:1: unknown option \"\"" },
		{ { "<xml>", 5 }, "c:1: unknown option \"<xml>\"" },
		{ { "Mode\0 monitor", 13 }, "c:1: the line holds a NUL byte; is this a text "
					    "file?" },
		{ { "Mode mon\033", 9 },
		  "c:1: the line holds a control character; in double quotes it can be written "
		  "as \\xHH" },
		{ { "Mode mon\r\r\n", 11 },
		  "c:1: the line holds a control character; in double quotes it can be written "
		  "as \\xHH" },
		{ { "# \xff", 3 }, "c:1: the line is not valid UTF-8" },
		{ { "AutoRestart yes\nClockDrift 60\nRejectFailures \"x", 47 },
		  "c:1: warning: AutoRestart is not needed and ignored: the service manager "
		  "starts the "
		  "daemon again after a crash\n"
		  "c:2: warning: ClockDrift is called DKIMClockDrift here\n"
		  "c:3: RejectFailures does not exist here: use Mode enforce (yes) or Mode "
		  "monitor (no)" },
		{ { "ClockDrift 60\nDKIMClockDrift 60", 31 },
		  "c:1: warning: ClockDrift is called DKIMClockDrift here\n"
		  "c:2: DKIMClockDrift is set twice; it stands in line 1 already" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_text(rows[i].source);
		assert_text(shown_problems(), rows[i].sentences);
		assert_true(problems.has_error);
	}
}

static void
knows_utf8(void **state)
{
	static const struct {
		const char *bytes;
		bool is_good;
	} rows[] = {
		{ "\x7e", true }, { "\xc2\x80", true }, { "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true }, { "\xed\x9f\xbf", true }, { "\xee\x80\x80", true },
		{ "\xf0\x90\x80\x80", true }, { "\xf4\x8f\xbf\xbf", true },
		{ "\x80", false }, { "\xc1\xbf", false }, { "\xc2", false }, { "\xc2\x41", false },
		{ "\xe0\x9f\xbf", false }, { "\xed\xa0\x80", false }, { "\xe1\x80", false },
		{ "\xf0\x8f\xbf\xbf", false }, { "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false }, { "\xf1\x80\x80", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(syntax_line_error(text_from(rows[i].bytes)) == NULL,
				 rows[i].is_good);
}

static void
keeps_its_limits(void **state)
{
	static const struct {
		const char *name;
		const char *good[2];
		const char *bad[2];
	} rows[] = {
		{ "MaxConnections", { "1", "65536" }, { "0", "65537" } },
		{ "SPFLookupLimit", { "1", "50" }, { "0", "51" } },
		{ "DKIMMinimumKeyBits", { "1024", "4096" }, { "1023", "4097" } },
		{ "DNSTimeout", { "100ms", "60s" }, { "99ms", "60s1ms" } },
		{ "DeferMaximum", { "0", "30d" }, { "500ms", "30d1s" } },
		{ "MaxHeaders", { "16k", "64M" }, { "16383", "67108865" } },
		{ "UMask", { "0", "0777" }, { "8", "01000" } },
		{ "DNSCacheSize", { "64k", "4G" }, { "65535", "18446744073709551616" } },
		{ "StopTimeout", { "0", "1h" }, { "1h1ms", "213503982335d" } },
	};
	char line[SYNTAX_LINE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t j = 0; j < 2; j++) {
			read_text(text_printf(arena, "%s %s", rows[i].name, rows[i].good[j]));
			assert_text(shown_problems(), "");
			read_text(text_printf(arena, "%s %s", rows[i].name, rows[i].bad[j]));
			assert_int_equal(problems.count, 1);
			assert_true(problems.has_error);
		}
	}
	memset(line, '#', sizeof(line));
	read_text(text_of(line, SYNTAX_LINE_MAX));
	assert_int_equal(problems.count, 0);
	read_text(text_of(line, SYNTAX_LINE_MAX + 1));
	assert_text(shown_problems(),
		    "c:1: the line is longer than 4096 bytes; lists may be repeated or read with "
		    "file:/path");
}

static void
stops_listing_problems(void **state)
{
	struct textbuf source = textbuf_new(arena, TEXT_MAX);

	(void)state;
	for (int i = 0; i < 150; i++)
		textbuf_add_string(&source, "x\n");
	read_text(textbuf_text(&source));
	assert_int_equal(problems.count, 101);
	assert_text(problems.items[99].place, "c:100");
	assert_text(problems.items[100].sentence, "further problems are not listed");
	/* An error among those that are not listed still counts. */
	read_text(text_join(arena, TEXT("AutoRestart 1\n"), textbuf_text(&source)));
	assert_true(problems.has_error);
	/* Warnings do not hide an error that comes after them. */
	source = textbuf_new(arena, TEXT_MAX);
	for (int i = 0; i < 150; i++)
		textbuf_add_string(&source, "AutoRestart yes\n");
	textbuf_add_string(&source, "x\n");
	read_text(textbuf_text(&source));
	assert_int_equal(problems.count, 102);
	assert_text(problems.items[100].sentence, "further warnings are not listed");
	assert_text(problems.items[101].place, "c:151");
}

static char *
write_file(const char *content)
{
	char *path = text_string(arena, TEXT("/tmp/dmarcmilter-test-XXXXXX"));
	int file = mkstemp(path);
	size_t length = strlen(content);

	assert_true(file >= 0);
	assert_int_equal(write(file, content, length), length);
	assert_int_equal(close(file), 0);
	return path;
}

/* Each bad line once took memory for its sentence: 32 megabytes of them took seven gigabytes. */
static void
stops_reading_a_list_of_errors(void **state)
{
	struct textbuf list = textbuf_new(arena, TEXT_MAX);
	char *path;
	size_t used;

	(void)state;
	for (size_t i = 0; i < 20000; i++)
		textbuf_add_string(&list, "!\n");
	path = write_file(text_string(arena, textbuf_text(&list)));
	used = arena_used(arena);
	read_text(text_printf(arena, "IgnoreHosts file:%s", path));
	(void)unlink(path);
	assert_int_equal(problems.count, 101);
	assert_true(arena_used(arena) - used < 200000);
}

static void
reads_list_files(void **state)
{
	char *path = write_file("# ours\r\n192.0.2.0/24\r\n\n  2001:db8::1 # "
				"one\n\"198.51.100.1\"");
	char *bad = write_file("1.2.3\nfile:/x\n\"");
	struct text text;

	(void)state;
	read_text(text_printf(arena, "IgnoreHosts 203.0.113.1 file:%s", path));
	assert_text(shown_problems(), "");
	assert_text(printed(), "IgnoreHosts 203.0.113.1,192.0.2.0/24,2001:db8::1,198.51.100.1\n");
	read_text(text_printf(arena, "IgnoreHosts file:%s", bad));
	assert_int_equal(problems.count, 3);
	text = text_printf(arena, "%s:2", bad);
	assert_true(text_equal(problems.items[1].place, text));
	assert_text(problems.items[1].sentence,
		    "IgnoreHosts: a list file may not name another file");
	assert_text(problems.items[2].sentence, "IgnoreHosts: the closing double quote is missing");
	(void)unlink(path);
	(void)unlink(bad);
}

static void
reads_files(void **state)
{
	char *path = write_file("Mode monitor\nAuthservID a.example");
	char *bad = write_file("Mode maybe");
	const struct config *loaded;

	(void)state;
	problems = (struct config_problems){ .count = 0 };
	loaded = config_load(arena, path, &problems);
	assert_non_null(loaded);
	assert_int_equal(loaded->mode, MODE_MONITOR);
	assert_text(loaded->authserv_id, "a.example");
	assert_non_null(config_load(arena, "/dev/null", &problems));
	assert_int_equal(problems.count, 0);
	assert_null(config_load(arena, bad, &problems));
	assert_null(config_load(arena, "/nonexistent", &problems));
	assert_null(config_load(arena, "/", &problems));
	assert_int_equal(problems.count, 3);
	assert_text(problems.items[1].place, "/nonexistent");
	assert_text(problems.items[1].sentence, "it cannot be opened: No such file or directory");
	assert_text(problems.items[2].sentence, "it is a directory");
	(void)unlink(path);
	(void)unlink(bad);
}

static void
refuses_large_files(void **state)
{
	struct file_content content;
	struct text reason;
	char *path = write_file("12345");

	(void)state;
	assert_true(file_read(arena, path, 5, true, &content, &reason));
	assert_text(content.text, "12345");
	assert_false(file_read(arena, path, 4, true, &content, &reason));
	assert_text(reason, "it is larger than 4 bytes");
	(void)unlink(path);
}

static void
has_the_documented_defaults(void **state)
{
	(void)state;
	config_set_defaults(arena, &config);
	assert_int_equal(config.on_reject, ACTION_REJECT);
	assert_int_equal(config.on_quarantine, ACTION_MARK);
	assert_true(config.reject_class[CLASS_SPOOF] && config.reject_class[CLASS_MISALIGNED]);
	assert_false(config.reject_class[CLASS_INDIRECT]);
	assert_int_equal(config.ignore_hosts.count, 2);
	assert_int_equal(config.idle_timeout, 7800000);
	assert_int_equal(config.dkim_clock_drift, 300);
	assert_int_equal(config.defer_maximum, 86400);
	assert_int_equal(config.socket_mode, 0660);
	assert_int_equal(config.syslog_facility, LOG_MAIL);
	assert_int_equal(config.log_level, LOG_LEVEL_INFO);
	assert_false(config.log_target_is_set);
	assert_int_equal(config.nameservers.count, 0);
	assert_text(config.quarantine_header_name, "X-DMARC-Quarantine");
	assert_text(config.quarantine_header_value, "yes");
}

static void
checks_options_together(void **state)
{
	static const struct {
		const char *source;
		const char *sentence;           /* the start of it */
		bool is_error;
	} rows[] = {
		{ "Socket none", "Socket none: ", true },
		{ "Socket unix:/x\nSocket local:/y\nMetricsSocket unix:/y",
		  "MetricsSocket is one", true },
		{ "Socket inet:8894@127.0.0.1\nMetricsSocket inet:127.0.0.1:8894",
		  "MetricsSocket is one", true },
		{ "SocketMode 0666", "SocketMode lets", false },
		{ "TestClock 1", "TestClock is set", false },
		{ "PublicSuffixList /x", "PublicSuffixList is not used", false },
		{ "CheckSPF no\nCheckDKIM no", "CheckDMARC without", false },
		{ "DNSTimeout 30s", "DNSTimeout is longer", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		read_text(text_from(rows[i].source));
		assert_int_equal(problems.count, 0);
		config_finish(arena, &config, &problems);
		assert_int_equal(problems.count, 1);
		assert_int_equal(problems.has_error, rows[i].is_error);
		assert_true(text_starts_with(problems.items[0].sentence,
					     text_from(rows[i].sentence)));
	}
	read_text(TEXT("DMARCDiscovery psl"));
	config_finish(arena, &config, &problems);
	assert_int_equal(problems.has_error, !config_knows_public_suffix_list);
	read_text(TEXT("DMARCCompare yes\nPublicSuffixList /x"));
	config_finish(arena, &config, &problems);
	assert_int_equal(problems.has_error, !config_knows_public_suffix_list);
	assert_int_equal(problems.count, config_knows_public_suffix_list ? 0 : 1);
	read_text(TEXT("Socket inet:8894@127.0.0.1\nSocket inet:8893@::1\nSocket unix:/x\n"
		       "MetricsSocket inet:8893@127.0.0.1"));
	config_finish(arena, &config, &problems);
	assert_int_equal(problems.count, 0);
	read_text(TEXT("AuthservID HOSTNAME"));
	config_finish(arena, &config, &problems);
	assert_false(problems.has_error);
	assert_false(text_equal(config.authserv_id, TEXT("HOSTNAME")));
	assert_text(printed(), "");
}

/* A later text overrides an earlier one; within a text nothing is said twice. */
static void
later_texts_override(void **state)
{
	(void)state;
	read_text(TEXT("IgnoreHosts 192.0.2.1\nMode monitor\nNameservers recursive"));
	config_read_text(arena, TEXT("IgnoreHosts 192.0.2.2\nMode enforce\nNameservers 192.0.2.3"),
			 TEXT("d"), &config, &problems);
	assert_int_equal(problems.count, 0);
	assert_text(printed(), "IgnoreHosts 192.0.2.2\nNameservers 192.0.2.3\n");
}

/* A list that is longer than a line is printed on several. */
static void
prints_long_lists(void **state)
{
	struct textbuf source = textbuf_new(arena, TEXT_MAX);
	struct text first;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		textbuf_printf(&source, "IgnoreHosts 2001:db8:%x::/48\n", i + 1);
	textbuf_add_string(&source, "RejectClasses none\n");
	read_text(textbuf_text(&source));
	assert_int_equal(config.ignore_hosts.count, 1000);
	first = printed();
	assert_true(text_equal(first, textbuf_text(&source)));
	read_text(first);
	assert_int_equal(problems.count, 0);
	assert_true(text_equal(printed(), first));
}

/* The sample, with its comment signs taken away, says nothing new. */
static void
sample_shows_the_defaults(void **state)
{
	const char *folder = getenv("srcdir");
	struct textbuf source = textbuf_new(arena, TEXT_MAX);
	struct file_content sample;
	struct text reason;
	struct text line;

	(void)state;
	assert_true(file_read(arena,
			      text_printf(arena, "%s/conf/dmarcmilter.conf",
					  folder != NULL ? folder : ".").bytes,
			      TEXT_MAX, true, &sample, &reason));
	while (text_next_part(&sample.text, '\n', &line)) {
		bool is_option = line.length > 1 && line.bytes[0] == '#' &&
				 byte_is_alpha(line.bytes[1]);

		/* The socket depends on how this program was configured. */
		if (text_starts_with(line, TEXT("#Socket ")))
			continue;
		textbuf_add(&source, text_from_position(line, is_option ? 1 : 0));
		textbuf_add_byte(&source, '\n');
	}
	read_text(textbuf_text(&source));
	assert_text(shown_problems(), "");
	assert_true(config.log_target_is_set);
	assert_text(printed(), "LogTarget syslog\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_what_is_wrong, set_up, tear_down),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test_setup_teardown(keeps_its_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops_listing_problems, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops_reading_a_list_of_errors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_list_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_large_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_the_documented_defaults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(checks_options_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(later_texts_override, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prints_long_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sample_shows_the_defaults, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
