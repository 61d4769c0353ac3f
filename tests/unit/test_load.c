/* SPDX-License-Identifier: BSD-2-Clause */

/* Several texts of one configuration: Include, drop-ins, environment, and their order. */
#include "config/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macros.h"
#include "config/options.h"
#include "config/origin.h"
#include "config_folder.h"

enum { FILES_MAX = 6, TEXT_MAX = 1 << 20 };

static struct config_folder folder;
static struct config_problems problems;

static int
set_up(void **state)
{
	(void)state;
	folder = config_folder_new();
	problems = (struct config_problems){ .count = 0 };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_folder_free(&folder);
	return 0;
}

static const struct config *
load(const char *name)
{
	problems = (struct config_problems){ .count = 0 };
	return config_load(folder.arena, config_folder_path(&folder, name), &problems);
}

static struct text
printed(const struct config *config)
{
	struct textbuf out = textbuf_new(folder.arena, TEXT_MAX);
	struct textbuf lines = textbuf_new(folder.arena, TEXT_MAX);
	struct text rest;
	struct text line;

	config_print(folder.arena, config, &out);
	assert_false(out.overflowed);
	rest = config_folder_shorten(&folder, textbuf_text(&out));
	while (text_next_part(&rest, '\n', &line))
		if (line.length > 0)
			textbuf_printf(&lines, "%.*s|", TEXT_ARGUMENTS(line));
	return textbuf_text(&lines);
}

/* "PLACE: sentence|PLACE: sentence|" */
static struct text
shown_problems(void)
{
	struct textbuf out = textbuf_new(folder.arena, TEXT_MAX);

	for (size_t i = 0; i < problems.count; i++)
		textbuf_printf(&out, "%.*s: %s%.*s|", TEXT_ARGUMENTS(problems.items[i].place),
			       problems.items[i].is_warning ? "warning: " : "",
			       TEXT_ARGUMENTS(problems.items[i].sentence));
	return config_folder_shorten(&folder, textbuf_text(&out));
}

static void
assert_text(struct text text, const char *expected)
{
	assert_string_equal(text_string(folder.arena, text), expected);
}

static const struct {
	const char *name;
	struct {
		const char *name;
		const char *content;
	} files[FILES_MAX];
	const char *printed;    /* NULL: it has errors */
	const char *problems;
} rows[] = {
	{ "an included file is later than what stands before",
	  { { "c", "Mode enforce\nInclude @/a\n" }, { "a", "Mode monitor\n" } },
	  "Mode monitor|", "" },
	{ "and earlier than what stands behind",
	  { { "c", "Include @/a\nMode enforce\n" }, { "a", "Mode monitor\n" } }, "", "" },
	{ "an option stands once in a file, on whichever side",
	  { { "c", "Mode enforce\nInclude @/a\nMode monitor\n" }, { "a", "" } },
	  NULL, "@/c:3: Mode is set twice; it stands in line 1 already|" },
	{ "a list of an included file replaces",
	  { { "c", "RemoveARFrom a, b\nRemoveARFrom c\nInclude @/a\n" },
	    { "a", "RemoveARFrom d\nRemoveARFrom e\n" } },
	  "RemoveARFrom d,e|", "" },
	{ "a list behind an Include replaces",
	  { { "c", "RemoveARFrom a\nInclude @/a\nRemoveARFrom f\nRemoveARFrom g\n" },
	    { "a", "RemoveARFrom d\n" } },
	  "RemoveARFrom f,g|", "" },
	{ "a lone word is forgotten behind an Include",
	  { { "c", "IgnoreHosts none\nInclude @/a\nIgnoreHosts 10.0.0.1\n" }, { "a", "" } },
	  "IgnoreHosts 10.0.0.1|", "" },
	{ "a list that an included file does not name stays",
	  { { "c", "RemoveARFrom a\nInclude @/a\n" }, { "a", "Mode monitor\n" } },
	  "Mode monitor|RemoveARFrom a|", "" },
	{ "a pattern is read in order of names",
	  { { "c", "Include @/d/*.conf\n" }, { "d/9.conf", "RejectCode 552\n" },
	    { "d/10.conf", "RejectCode 551\n" }, { "d/A.conf", "RejectCode 553\n" },
	    { "d/a.conf", "RejectCode 554\n" } },
	  "RejectCode 554|", "" },
	{ "what editors leave is not matched",
	  { { "c", "Include @/d/*\n" }, { "d/.a", "x" }, { "d/a~", "x" }, { "d/#a#", "x" },
	    { "d/a.dpkg-old", "x" }, { "d/b", "Mode monitor" } },
	  "Mode monitor|", "" },
	{ "a pattern may match nothing", { { "c", "Include @/d/*.conf\nInclude @/x?\n" } }, "", "" },
	{ "a plain file must be there", { { "c", "\nInclude @/d\n" } }, NULL,
	  "@/c:2: Include \"@/d\": it cannot be opened: No such file or directory|" },
	{ "a folder is no file", { { "c", "Include @/d\n" }, { "d/a", "" } }, NULL,
	  "@/c:1: Include \"@/d\": it is a directory|" },
	{ "a device is no file", { { "c", "Include /dev/zero\n" } }, NULL,
	  "@/c:1: Include \"/dev/zero\": it is not a regular file|" },
	{ "the path is absolute", { { "c", "Include d/*.conf\n" } }, NULL,
	  "@/c:1: Include \"d/*.conf\": an absolute path is wanted, or a pattern such as "
	  "/etc/mail/*.conf|" },
	{ "a path is wanted", { { "c", "Include\n" } }, NULL,
	  "@/c:1: Include: a value is missing; an empty text is written as \"\"|" },
	{ "a path holds no NUL", { { "c", "Include \"/a\\x00b\"\n" } }, NULL,
	  "@/c:1: Include \"/a\\x00b\": an absolute path is wanted, or a pattern such as "
	  "/etc/mail/*.conf|" },
	{ "a file that includes itself", { { "c", "Include @/c\n" } }, NULL,
	  "@/c:1: Include \"@/c\": this file is being read already; they include one another in "
	  "a circle|" },
	{ "a circle over a pattern",
	  { { "c", "Include @/d/*\n" }, { "d/a", "\nInclude @/d/*\n" } }, NULL,
	  "@/d/a:2: Include \"@/d/a\": this file is being read already; they include one another "
	  "in a circle|" },
	{ "a file may be included twice",
	  { { "c", "Include @/a\nMode enforce\nInclude @/a\n" }, { "a", "Mode monitor\n" } },
	  "Mode monitor|", "" },
	{ "a problem stands where it is",
	  { { "c", "\nInclude @/a\nGibberish 2\n" }, { "a", "\nGibberish 1\n" } }, NULL,
	  "@/a:2: unknown option \"Gibberish\"|@/c:3: unknown option \"Gibberish\"|" },
	{ "an included text may have a byte order mark",
	  { { "c", "Include @/a\n" }, { "a", "\xef\xbb\xbfMode monitor\r\n" } },
	  "Mode monitor|", "" },
	{ "drop-ins are later than the file",
	  { { "c", "Mode enforce\nRejectCode 551\nRemoveARFrom a\n" },
	    { "c.d/20.conf", "RejectCode 553\n" }, { "c.d/10.conf", "RejectCode 552\n" },
	    { "c.d/30.conf", "RemoveARFrom b" } },
	  "RejectCode 553|RemoveARFrom b|", "" },
	{ "drop-ins end with .conf and are not hidden",
	  { { "c", "" }, { "c.d/a.conf~", "x" }, { "c.d/b", "x" }, { "c.d/.c.conf", "x" },
	    { "c.d/README", "x" } },
	  "", "" },
	{ "a drop-in with an error", { { "c", "" }, { "c.d/a.conf", "\nMode x\n" } }, NULL,
	  "@/c.d/a.conf:2: Mode \"x\": enforce or monitor is wanted|" },
	{ "a drop-in that is a folder", { { "c", "" }, { "c.d/a.conf/b", "" } }, NULL,
	  "@/c.d/a.conf: it is a directory|" },
	{ "a drop-in that was included is not read again",
	  { { "c", "Include @/c.d/*.conf\nMode monitor\n" }, { "c.d/a.conf", "Mode enforce\n" } },
	  "Mode monitor|",
	  "@/c.d/a.conf: warning: an Include has read this file already; its folder is read "
	  "without one|" },
	{ "the bytes of a pattern in the name of the file",
	  { { "c[x]*\\", "" }, { "c[x]*\\.d/a.conf", "Mode monitor\n" } },
	  "Mode monitor|", "" },
};

static void
combines_texts(void **state)
{
	(void)state;
	(void)tear_down(NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct config *config;

		(void)set_up(NULL);
		for (size_t f = 0; f < FILES_MAX && rows[i].files[f].name != NULL; f++)
			config_folder_write(&folder, rows[i].files[f].name,
					    rows[i].files[f].content);
		config = load(rows[i].files[0].name);
		if (!text_equal(shown_problems(), text_from(rows[i].problems)))
			fail_msg("%s: %s", rows[i].name,
				 text_string(folder.arena, shown_problems()));
		if ((config != NULL) != (rows[i].printed != NULL) ||
		    (config != NULL &&
		     !text_equal(printed(config), text_from(rows[i].printed))))
			fail_msg("%s: %s", rows[i].name, config == NULL ? "refused" :
				 text_string(folder.arena, printed(config)));
		(void)tear_down(NULL);
	}
	(void)set_up(NULL);
}

/* c includes 1, 1 includes 2, ... */
static void
has_a_limit_of_depth(void **state)
{
	(void)state;
	for (unsigned depth = 9; depth <= 11; depth++) {
		const struct config *config;

		config_folder_write(&folder, "c", "Include @/1\n");
		for (unsigned i = 1; i < depth; i++)
			config_folder_write(&folder, text_printf(folder.arena, "%u", i).bytes,
					    text_printf(folder.arena, "Include @/%u\n",
							i + 1).bytes);
		config_folder_write(&folder, text_printf(folder.arena, "%u", depth).bytes,
				    "Mode monitor\n");
		config = load("c");
		assert_int_equal(config != NULL, depth <= 10);
		if (config != NULL)
			assert_int_equal(config->mode, MODE_MONITOR);
	}
	assert_text(shown_problems(), "@/10:1: Include \"@/11\": this would be the eleventh file "
		    "within another; ten is the most|");
}

static void
has_a_limit_of_files(void **state)
{
	struct textbuf text = textbuf_new(folder.arena, TEXT_MAX);

	(void)state;
	config_folder_write(&folder, "a", "");
	for (unsigned i = 0; i < 1000; i++)
		textbuf_add_string(&text, "Include @/a\n");
	config_folder_write(&folder, "c", textbuf_text(&text).bytes);
	assert_non_null(load("c"));
	textbuf_add_string(&text, "Include @/a\n");
	config_folder_write(&folder, "c", textbuf_text(&text).bytes);
	assert_null(load("c"));
	assert_text(shown_problems(),
		    "@/c:1001: Include \"@/a\": more than 1000 files are included|");
}

/* Two includes in each of ten files are a thousand readings, not more. */
static void
ends_soon_when_files_double(void **state)
{
	(void)state;
	config_folder_write(&folder, "c", "Include @/1\n");
	for (unsigned i = 1; i <= 9; i++)
		config_folder_write(&folder, text_printf(folder.arena, "%u", i).bytes,
				    text_printf(folder.arena, "Include @/%u\nInclude @/%u\n"
						"Include @/%u\n", i + 1, i + 1, i + 1).bytes);
	config_folder_write(&folder, "10", "");
	assert_null(load("c"));
	assert_true(problems.has_error);
}

static void
warns_of_files_that_anybody_may_write(void **state)
{
	const char *writable;

	(void)state;
	config_folder_write(&folder, "c", "Include @/a\nIgnoreHosts file:@/list file:@/list\n");
	writable = config_folder_write(&folder, "a", "");
	assert_int_equal(chmod(writable, 0666), 0);
	writable = config_folder_write(&folder, "list", "10.0.0.1\n");
	assert_int_equal(chmod(writable, 0646), 0);
	writable = config_folder_write(&folder, "c.d/a.conf", "");
	assert_int_equal(chmod(writable, 0602 | 0020), 0);
	assert_non_null(load("c"));
	assert_text(shown_problems(), "@/a: warning: any user may write this file|"
		    "@/list: warning: any user may write this file|"
		    "@/c.d/a.conf: warning: any user may write this file|");
	/* A group may have been chosen for it. */
	assert_int_equal(chmod(config_folder_path(&folder, "a"), 0664), 0);
	assert_int_equal(chmod(config_folder_path(&folder, "list"), 0660), 0);
	assert_int_equal(chmod(writable, 0664), 0);
	assert_int_equal(chmod(config_folder_path(&folder, "c"), 0666), 0);
	assert_non_null(load("c"));
	assert_text(shown_problems(), "@/c: warning: any user may write this file|");
}

static struct config
read_environment(char *const *environment)
{
	struct config config;

	problems = (struct config_problems){ .count = 0 };
	config_set_defaults(folder.arena, &config);
	config_read_text(folder.arena, TEXT("RejectCode 551\nRemoveARFrom a,b\n"), TEXT("c"),
			 &config, &problems);
	config.origin = origin_new(folder.arena, NULL);
	config_read_environment(folder.arena, environment, &config, &problems);
	return config;
}

static void
takes_options_from_the_environment(void **state)
{
	char mode[] = "DMARCMILTER_MODE=monitor";
	char repeated[] = "DMARCMILTER_MODE=nonsense";
	char list[] = "DMARCMILTER_REMOVEARFROM=c, \"d\" # why";
	char quoted[] = "DMARCMILTER_REJECTTEXT=\"go away # now\"";
	char other[] = "PATH=/bin";
	char *const environment[] = { other, mode, repeated, list, quoted, NULL };
	struct config config = read_environment(environment);
	const struct option *option = option_find(TEXT("RemoveARFrom"));

	(void)state;
	assert_text(shown_problems(), "");
	assert_text(printed(&config), "Mode monitor|RejectCode 551|RejectText \"go away # now\"|"
		    "RemoveARFrom c,d|");
	assert_text(config.origin->places[option_index(option)], "DMARCMILTER_REMOVEARFROM");
	for (size_t i = 0; i < option_count(); i++) {
		char *variable = text_string(folder.arena, text_printf(folder.arena,
			"DMARCMILTER_%s=\x01", option_at(i)->name));
		char *const one[] = { variable, NULL };

		/* Each option has a variable: the value is looked at, and refused. */
		for (char *byte = variable; *byte != '='; byte++)
			if (*byte >= 'a' && *byte <= 'z')
				*byte = (char)(*byte - 'a' + 'A');
		(void)read_environment(one);
		assert_int_equal(problems.count, 1);
		assert_true(problems.has_error);
	}
}

static void
names_the_variable_of_a_bad_value(void **state)
{
	char mode[] = "DMARCMILTER_MODE=maybe";
	char empty[] = "DMARCMILTER_REJECTCODE=";
	char list[] = "DMARCMILTER_IGNOREHOSTS=10.0.0.1,x";
	char line[] = "DMARCMILTER_REJECTTEXT=a\nMode monitor";
	char *const environment[] = { mode, empty, list, line, NULL };

	(void)state;
	(void)read_environment(environment);
	assert_text(shown_problems(),
		    "DMARCMILTER_MODE: Mode \"maybe\": enforce or monitor is wanted|"
		    "DMARCMILTER_REJECTCODE: RejectCode: a value is missing; an empty text is "
		    "written as \"\"|"
		    "DMARCMILTER_IGNOREHOSTS: IgnoreHosts \"x\": a network such as 192.0.2.0/24 "
		    "without bits behind the prefix, an address, or file:/path is wanted|"
		    "DMARCMILTER_REJECTTEXT: RejectText: the line holds a control character; in "
		    "double quotes it can be written as \\xHH|");
}

/* What Kubernetes gives each container beside a service that is called like us, and others. */
static void
only_warns_of_other_variables(void **state)
{
	static const char *const names[] = {
		"SERVICE_HOST",	 "SERVICE_PORT",      "SERVICE_PORT_MILTER", "PORT",
		"PORT_8890_TCP", "PORT_8890_TCP_ADDR", "PORT_8890_TCP_PORT",  "PORT_8890_TCP_PROTO",
		"SOCKET_PORT",	 "Mode",	      "mode",		     "",
		"INCLUDE",
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *const environment[] = {
			text_string(folder.arena, text_printf(folder.arena, "DMARCMILTER_%s=monitor",
							      names[i])), NULL
		};

		config = read_environment(environment);
		assert_text(printed(&config), "RejectCode 551|RemoveARFrom a,b|");
		assert_int_equal(problems.count, 1);
		assert_false(problems.has_error);
		assert_string_equal(problems.items[0].place.bytes,
				    text_printf(folder.arena, "DMARCMILTER_%s", names[i]).bytes);
	}
}

static void
lets_the_environment_win(void **state)
{
	const struct config *config;

	(void)state;
	config_folder_write(&folder, "c", "Mode monitor\n");
	config_folder_write(&folder, "c.d/a.conf", "OnNone mark\nOnReject mark\n");
	assert_int_equal(setenv("DMARCMILTER_ONREJECT", "quarantine", 1), 0);
	config = load("c");
	assert_int_equal(unsetenv("DMARCMILTER_ONREJECT"), 0);
	assert_text(printed(config), "Mode monitor|OnReject quarantine|OnNone mark|");
}

static void
says_where_an_option_was_set(void **state)
{
	struct textbuf out = textbuf_new(folder.arena, TEXT_MAX);
	const struct config *config;

	(void)state;
	config_folder_write(&folder, "c", "RejectCode 551\n\nRemoveARFrom a\nRemoveARFrom b\n"
			    "OnNone accept\nInclude @/a\n");
	config_folder_write(&folder, "a", "RejectText \"a b\"\n");
	config_folder_write(&folder, "c.d/x\ny.conf", "Mode monitor\n");
	config = load("c");
	assert_non_null(config);
	config_print_with_places(folder.arena, config, &out);
	assert_text(config_folder_shorten(&folder, textbuf_text(&out)),
		    "# @/c.d/x\\x0ay.conf:1\nMode monitor\n# @/c:1\nRejectCode 551\n# @/a:1\n"
		    "RejectText \"a b\"\n# @/c:3\nRemoveARFrom a,b\n");
}

static void
reads_only_lists_again(void **state)
{
	const struct config *config;
	const struct config *again;

	(void)state;
	config_folder_write(&folder, "c", "Mode monitor\nInclude @/d/*\nInclude @/a\n");
	config_folder_write(&folder, "a", "RemoveARFrom file:@/list\n");
	config_folder_write(&folder, "d/1", "RejectCode 551\n");
	config_folder_write(&folder, "d/2", "RejectCode 552\n");
	config_folder_write(&folder, "c.d/x.conf", "IgnoreHosts file:@/hosts\n");
	config_folder_write(&folder, "list", "one.example\n");
	config_folder_write(&folder, "hosts", "10.0.0.1\n");
	config = load("c");
	assert_non_null(config);
	assert_int_equal(config->origin->watched_count, 2);

	/* Half an edit, and files that came and went: none of our business. */
	config_folder_write(&folder, "c", "Mode");
	config_folder_write(&folder, "d/3", "nonsense");
	config_folder_write(&folder, "c.d/z.conf", "nonsense");
	assert_int_equal(unlink(config_folder_path(&folder, "a")), 0);
	assert_int_equal(unlink(config_folder_path(&folder, "d/2")), 0);
	config_folder_write(&folder, "list", "two.example\nthree.example\n");
	again = config_load_lists(folder.arena, config_folder_path(&folder, "c"), config,
				  &problems);
	assert_text(shown_problems(), "");
	assert_non_null(again);
	assert_text(printed(again), "IgnoreHosts 10.0.0.1|Mode monitor|RejectCode 552|"
		    "RemoveARFrom two.example,three.example|");
	assert_null(again->origin->earlier);

	/* And once more, from what was read so. */
	config_folder_write(&folder, "list", "four.example\n\n\"five\n");
	assert_null(config_load_lists(folder.arena, config_folder_path(&folder, "c"), again,
				      &problems));
	assert_int_equal(problems.count, 1);
	assert_text(config_folder_shorten(&folder, problems.items[0].place), "@/list:3");
	problems = (struct config_problems){ .count = 0 };
	assert_int_equal(unlink(config_folder_path(&folder, "list")), 0);
	assert_null(config_load_lists(folder.arena, config_folder_path(&folder, "c"), again,
				      &problems));
	assert_text(shown_problems(), "@/a:1: RemoveARFrom \"file:@/list\": it cannot be opened: "
		    "No such file or directory|");
}

static void
makes_the_sets_of_lists(void **state)
{
	const struct config *config;
	struct ip ip;

	(void)state;
	config_folder_write(&folder, "c", "IgnoreHosts 10.0.0.0/8\nIgnoreDaemonNames Inner\n");
	config = load("c");
	assert_non_null(config->ignore_hosts.set);
	assert_non_null(config->ignore_daemon_names.set);
	assert_true(ip_parse(TEXT("10.1.2.3"), &ip));
	assert_true(network_list_contains(&config->ignore_hosts, ip));
	assert_true(ip_parse(TEXT("127.0.0.1"), &ip));
	assert_false(network_list_contains(&config->ignore_hosts, ip));
	assert_true(text_list_contains(&config->ignore_daemon_names, TEXT("INNER")));
	assert_false(text_list_contains(&config->ignore_daemon_names, TEXT("ORIGINATING")));
}

static void
includes_nothing_into_a_text_without_file(void **state)
{
	struct config config;

	(void)state;
	config_set_defaults(folder.arena, &config);
	config_read_text(folder.arena, TEXT("Include /etc/passwd\n"), TEXT("c"), &config, &problems);
	assert_text(shown_problems(),
		    "c:1: Include \"/etc/passwd\": this text is no file and can include none|");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(combines_texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_limit_of_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_limit_of_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_soon_when_files_double, set_up, tear_down),
		cmocka_unit_test_setup_teardown(warns_of_files_that_anybody_may_write, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(takes_options_from_the_environment, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(names_the_variable_of_a_bad_value, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_warns_of_other_variables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lets_the_environment_win, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_where_an_option_was_set, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_only_lists_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(makes_the_sets_of_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(includes_nothing_into_a_text_without_file, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
