/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * run_scenarios [-k KEYS] [-d DAEMON] [-m CHECK] [-v] FILE...
 *
 * Runs scenarios (tests/scenarios/README.md) through the core and, with -d,
 * through the daemon, and with -m through dmarcmilter-check too; all must agree.
 * One line per scenario and way; the last line is "N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/options.h"
#include "scenario.h"

struct run {
	const char *keys;
	const char *daemon;     /* NULL: not through the daemon */
	const char *tool;       /* NULL: not through dmarcmilter-check */
	bool is_verbose;
	size_t passed;
	size_t failed;
};

static bool
read_file(struct arena *arena, const char *path, struct text *text_out)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
		perror(path);
		return false;
	}
	rewind(file);
	bytes = arena_alloc(arena, (size_t)size + 1);
	if (fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		perror(path);
		return false;
	}
	(void)fclose(file);
	*text_out = text_of(bytes, (size_t)size);
	return true;
}

static void
print_lines(const char *title, const struct scenario_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		printf("    %s %.*s\n", title, TEXT_ARGUMENTS(lines->items[i]));
}

static void
print_result(const struct scenario_result *result)
{
	printf("    log %.*s\n", TEXT_ARGUMENTS(result->log));
	printf("    reply %.*s\n", TEXT_ARGUMENTS(result->reply));
	print_lines("removed", &result->removed);
	print_lines("added", &result->added);
}

static void
report(struct run *run, const struct scenario *scenario, const char *way,
       const struct scenario_result *result, const struct scenario_lines *differences)
{
	bool ok = differences->count == 0;

	printf("%s %.*s (%s)\n", ok ? "ok" : "NOT OK", TEXT_ARGUMENTS(scenario->name), way);
	print_lines("-", differences);
	if (result != NULL && (!ok || run->is_verbose))
		print_result(result);
	if (ok)
		run->passed++;
	else
		run->failed++;
}

static void
compare_lines(struct arena *arena, const char *what, const struct scenario_lines *core,
	      const struct scenario_lines *other, struct scenario_lines *differences)
{
	for (size_t i = 0; i < core->count || i < other->count; i++) {
		struct text a = i < core->count ? core->items[i] : TEXT("nothing");
		struct text b = i < other->count ? other->items[i] : TEXT("nothing");

		if (!text_equal(a, b))
			scenario_add_line(arena, differences,
					  text_printf(arena, "%s: core %.*s, not %.*s", what,
						      TEXT_ARGUMENTS(a), TEXT_ARGUMENTS(b)));
	}
}

/*
 * All ways must say the same, word for word. Only the time may differ, and the number of
 * questions: what is asked in advance depends on which answer comes first.
 */
static void
compare(struct arena *arena, const struct scenario_result *core,
	const struct scenario_result *other, struct scenario_lines *differences)
{
	size_t core_end = text_find_text(core->log, TEXT(" dns="));
	size_t other_end = text_find_text(other->log, TEXT(" dns="));

	if (!text_equal(core->reply, other->reply))
		scenario_add_line(arena, differences,
				  text_printf(arena, "reply: core %.*s, not %.*s",
					      TEXT_ARGUMENTS(core->reply),
					      TEXT_ARGUMENTS(other->reply)));
	if (!text_equal(text_cut(core->log, 0, core_end), text_cut(other->log, 0, other_end)))
		scenario_add_line(arena, differences,
				  text_printf(arena, "log: core %.*s",
					      TEXT_ARGUMENTS(core->log)));
	compare_lines(arena, "removed", &core->removed, &other->removed, differences);
	compare_lines(arena, "added", &core->added, &other->added, differences);
	compare_lines(arena, "place", &core->places, &other->places, differences);
}

static void
run_daemon(struct run *run, struct arena *arena, const struct scenario *scenario,
	   const struct scenario_result *core)
{
	struct scenario_lines differences = { NULL, 0, 0 };
	struct scenario_result result;
	struct text reason;

	if (!scenario_run_daemon(arena, scenario, run->daemon, &result, &reason)) {
		scenario_add_line(arena, &differences, reason);
		report(run, scenario, "daemon", NULL, &differences);
		return;
	}
	scenario_judge(arena, scenario, &result, &differences);
	compare(arena, core, &result, &differences);
	report(run, scenario, "daemon", &result, &differences);
}

static void
run_tool(struct run *run, struct arena *arena, const struct scenario *scenario,
	 const struct scenario_result *core)
{
	struct scenario_lines differences = { NULL, 0, 0 };
	struct scenario_result result;
	struct text reason;

	if (!scenario_run_tool(arena, scenario, run->tool, &result, &reason)) {
		scenario_add_line(arena, &differences, reason);
		report(run, scenario, "check", NULL, &differences);
		return;
	}
	scenario_judge(arena, scenario, &result, &differences);
	compare(arena, core, &result, &differences);
	report(run, scenario, "check", &result, &differences);
}

/* Some settings need a library that a build may do without. */
static bool
can_run(const struct scenario *scenario)
{
	return config_knows_public_suffix_list ||
	       (text_find_text(scenario->settings, TEXT("DMARCCompare yes")) == TEXT_NOT_FOUND &&
		text_find_text(scenario->settings, TEXT("DMARCDiscovery psl")) == TEXT_NOT_FOUND);
}

static void
run_file(struct run *run, const char *path)
{
	struct arena *arena = arena_new();
	const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	struct scenario_lines differences = { NULL, 0, 0 };
	struct scenario scenario = { .name = text_from(name) };
	struct scenario_result result;
	struct text source;
	struct text reason = TEXT("cannot be read");
	bool is_read = read_file(arena, path, &source) &&
		       scenario_parse(arena, source, text_from(name), run->keys, &scenario,
				      &reason);

	if (is_read && !can_run(&scenario)) {
		printf("skipped %s: built without libpsl\n", name);
	} else if (is_read && scenario_run_core(arena, &scenario, &result, &reason)) {
		scenario_judge(arena, &scenario, &result, &differences);
		report(run, &scenario, "core", &result, &differences);
		if (run->daemon != NULL)
			run_daemon(run, arena, &scenario, &result);
		if (run->tool != NULL)
			run_tool(run, arena, &scenario, &result);
	} else {
		scenario_add_line(arena, &differences, reason);
		report(run, &scenario, "core", NULL, &differences);
	}
	arena_free(&arena);
}

int
main(int argc, char **argv)
{
	struct run run = { .keys = "tests/keys" };
	int option;

	/* Several run at a time, with one output: whole lines. */
	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	while ((option = getopt(argc, argv, "k:d:m:v")) != -1) {
		if (option == 'k')
			run.keys = optarg;
		else if (option == 'd')
			run.daemon = optarg;
		else if (option == 'm')
			run.tool = optarg;
		else if (option == 'v')
			run.is_verbose = true;
		else
			return EXIT_FAILURE;
	}
	for (int i = optind; i < argc; i++)
		run_file(&run, argv[i]);
	printf("%zu passed, %zu failed\n", run.passed, run.failed);
	return run.failed == 0 && run.passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
