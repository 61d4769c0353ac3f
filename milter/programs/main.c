/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "config/reader.h"
#include "config/rule_explain.h"
#include "programs/daemon.h"
#include "programs/health.h"
#include "programs/migrate_command.h"
#include "programs/service.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum {
	PRINTED_MAX = 256 << 20,        /* bytes of a printed configuration, with all its lists */

	/* Options without a letter, behind all letters. */
	OPTION_EXPLAIN_RULES = 256,
	OPTION_HEALTH,
	OPTION_MIGRATE
};

struct command_line {
	const char *config_path;
	bool logs_to_stderr;            /* -f */
	bool checks_config;             /* -n */
	bool prints_config;             /* -C */
	bool explains_rules;            /* --explain-rules */
	bool asks_for_health;           /* --health */
	const char *health_socket;      /* its argument; NULL: none */
	bool migrates;                  /* --migrate; files follow */
	char *const *files;
	size_t file_count;
};

static const char default_path[] = SYSCONFDIR "/dmarcmilter.conf";

static const char usage[] =
	"usage: dmarcmilter [-f] [-n] [-C] [-V] [-c FILE] [--explain-rules]\n"
	"       dmarcmilter [-c FILE] --health [SOCKET]\n"
	"       dmarcmilter --migrate FILE...\n"
	"  -c FILE  read the configuration from FILE [" SYSCONFDIR "/dmarcmilter.conf]\n"
	"  -f       log to standard error, unless the configuration sets LogTarget\n"
	"  -n       check the configuration, print every problem, and end\n"
	"  -C       print the settings that differ from their defaults, and end\n"
	"  --explain-rules\n"
	"           say in plain words what the rules do, and end\n"
	"  -V       print the version, and end (also --version)\n"
	"  -h       print this help, and end (also --help)\n"
	"  --health [SOCKET]\n"
	"           see whether a milter answers on SOCKET, or on each Socket of the\n"
	"           configuration, and end with 0 or 1\n"
	"  --migrate FILE...\n"
	"           print a configuration made of those of opendkim, opendmarc,\n"
	"           policyd-spf, pyspf-milter and dkimpy-milter, and end\n"
	"See dmarcmilter(8) and dmarcmilter.conf(5).\n";

static const struct option long_options[] = {
	{ "explain-rules", no_argument, NULL, OPTION_EXPLAIN_RULES },
	{ "health", no_argument, NULL, OPTION_HEALTH },
	{ "help", no_argument, NULL, 'h' },
	{ "migrate", no_argument, NULL, OPTION_MIGRATE },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Says what is wrong with the command line. */
static int
refuse(const char *what, const char *argument)
{
	fprintf(stderr, "dmarcmilter: %s%s%s%s\n%s", what, argument != NULL ? " \"" : "",
		argument != NULL ? argument : "", argument != NULL ? "\"" : "", usage);
	return EX_USAGE;
}

/* What stands behind the options; the status when it is wrong, else EX_OK. */
static int
read_arguments(struct command_line *line, char *const *arguments, size_t count)
{
	bool does_other = line->checks_config || line->prints_config || line->explains_rules;

	if ((line->asks_for_health && (line->migrates || does_other)) ||
	    (line->migrates && (does_other || line->config_path != default_path)))
		return refuse("--health and --migrate stand alone", NULL);
	if (line->migrates) {
		line->files = arguments;
		line->file_count = count;
		return count > 0 ? EX_OK : refuse("--migrate wants the files to read", NULL);
	}
	if (line->asks_for_health && count > 0) {
		line->health_socket = *arguments++;
		count--;
	}
	return count == 0 ? EX_OK : refuse("unexpected argument", *arguments);
}

/* False when the process is to end with *exit_code_out. */
static bool
read_command_line(int count, char **arguments, struct command_line *line, int *exit_code_out)
{
	int letter;

	*exit_code_out = EX_OK;
	while ((letter = getopt_long(count, arguments, "c:fnCVh", long_options, NULL)) != -1) {
		switch (letter) {
		case 'c':
			line->config_path = optarg;
			break;
		case 'f':
			line->logs_to_stderr = true;
			break;
		case 'n':
			line->checks_config = true;
			break;
		case 'C':
			line->prints_config = true;
			break;
		case OPTION_EXPLAIN_RULES:
			line->explains_rules = true;
			break;
		case OPTION_HEALTH:
			line->asks_for_health = true;
			break;
		case OPTION_MIGRATE:
			line->migrates = true;
			break;
		case 'V':
			puts(PACKAGE_STRING);
			return false;
		case 'h':
			fputs(usage, stdout);
			return false;
		default:
			fputs(usage, stderr);
			*exit_code_out = EX_USAGE;
			return false;
		}
	}
	*exit_code_out = read_arguments(line, &arguments[optind], (size_t)(count - optind));
	return *exit_code_out == EX_OK;
}

static void
print_text(FILE *stream, struct text text)
{
	fwrite(text.bytes, 1, text.length, stream);
}

static void
print_problem(struct text place, struct text sentence, bool is_warning)
{
	print_text(stderr, place);
	fputs(is_warning ? ": warning: " : ": ", stderr);
	print_text(stderr, sentence);
	fputc('\n', stderr);
}

static int
check_config(struct arena *arena, const struct command_line *line)
{
	struct config_problems problems = { NULL, 0, 0, false };
	const struct config *config = service_load(arena, line->config_path, NULL, &problems);

	for (size_t i = 0; i < problems.count; i++)
		print_problem(problems.items[i].place, problems.items[i].sentence,
			      problems.items[i].is_warning);
	if (config == NULL)
		return EX_CONFIG;
	if (line->prints_config) {
		struct textbuf out = textbuf_new(arena, PRINTED_MAX);

		config_print_with_places(arena, config, &out);
		if (out.overflowed) {
			fputs("dmarcmilter: the lists are too long to be printed\n", stderr);
			return EX_SOFTWARE;
		}
		print_text(stdout, textbuf_text(&out));
	}
	if (line->explains_rules) {
		struct textbuf out = textbuf_new(arena, PRINTED_MAX);

		rules_explain(arena, config, &out);
		print_text(stdout, textbuf_text(&out));
	}
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int
main(int count, char **arguments)
{
	struct command_line line = { .config_path = default_path };
	int exit_code;

	daemon_block_signals();
	if (!read_command_line(count, arguments, &line, &exit_code))
		return exit_code;
	if (line.asks_for_health)
		return health_run(line.config_path, text_from(line.health_socket));
	if (line.migrates)
		return migrate_command(line.files, line.file_count);
	if (line.checks_config || line.prints_config || line.explains_rules) {
		struct arena *arena = arena_new();

		exit_code = check_config(arena, &line);
		arena_free(&arena);
		return exit_code;
	}
	return daemon_run(line.config_path, line.logs_to_stderr);
}
