/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon_fixture.h"

#include "base/clock.h"
#include "base/macros.h"
#include "base/textbuf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STEP = 10,              /* milliseconds between two looks */
	OUTPUT_MAX = 1 << 20
};

static const char *
find_program(const char *variable, const char *usual)
{
	const char *path = getenv(variable);

	return path != NULL ? path : usual;
}

static void
wait_a_step(void)
{
	struct timespec step = { .tv_nsec = STEP * 1000000L };

	nanosleep(&step, NULL);
}

static struct text
read_file(struct arena *arena, const char *path)
{
	char *bytes = arena_alloc(arena, OUTPUT_MAX);
	int handle = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got = 1;

	while (handle >= 0 && got > 0 && length < OUTPUT_MAX) {
		got = read(handle, bytes + length, OUTPUT_MAX - length);
		if (got > 0)
			length += (size_t)got;
	}
	if (handle >= 0)
		close(handle);
	return text_of(bytes, length);
}

static bool
write_file(const char *path, struct text text)
{
	FILE *file = fopen(path, "we");
	bool is_good;

	if (file == NULL)
		return false;
	is_good = fwrite(text.bytes, 1, text.length, file) == text.length;
	return fclose(file) == 0 && is_good;
}

/* In the child: dies with the test program, and has the usual signals. */
static void
become_child(void)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
start_name_server(struct daemon_fixture *fixture, const char *zone)
{
	const char *program = find_program("ZONE_SERVER", "tests/tools/zone_server");
	char *path = text_string(fixture->arena, text_printf(fixture->arena, "%s/zone",
							     fixture->folder));
	int ends[2];
	FILE *output;
	int found;

	if (!write_file(path, text_from(zone)) || pipe2(ends, O_CLOEXEC) != 0)
		return false;
	fixture->name_server = fork();
	if (fixture->name_server == 0) {
		become_child();
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, path, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	output = fdopen(ends[0], "r");
	found = fscanf(output, "ready %u", &fixture->name_server_port);
	fclose(output);
	return found == 1;
}

bool
daemon_fixture_prepare(struct daemon_fixture *fixture, const char *zone)
{
	char folder[] = "/tmp/dmarcmilter-test-XXXXXX";
	struct arena *arena = arena_new();

	*fixture = (struct daemon_fixture){ .arena = arena };
	if (mkdtemp(folder) == NULL)
		return false;
	fixture->folder = text_string(arena, text_from(folder));
	fixture->config_path = text_string(arena, text_printf(arena, "%s/conf", folder));
	fixture->log_path = text_string(arena, text_printf(arena, "%s/log", folder));
	fixture->socket = text_string(arena, text_printf(arena, "unix:%s/socket", folder));
	return zone == NULL || start_name_server(fixture, zone);
}

/* A line of "Name value", unless the settings have the option themselves. */
static void
add_default(struct textbuf *text, const char *settings, const char *name, const char *value)
{
	struct text rest = text_from(settings);
	struct text line;

	while (text_next_part(&rest, '\n', &line)) {
		if (text_starts_with(line, text_from(name)))
			return;
	}
	textbuf_printf(text, "%s %s\n", name, value);
}

bool
daemon_fixture_configure(struct daemon_fixture *fixture, const char *settings)
{
	struct arena *arena = fixture->arena;
	struct textbuf text = textbuf_new(arena, OUTPUT_MAX);
	/* Without a name server nobody answers: port 9 is "discard". */
	unsigned port = fixture->name_server_port != 0 ? fixture->name_server_port : 9;

	add_default(&text, settings, "Socket", fixture->socket);
	add_default(&text, settings, "LogTarget",
		    text_printf(arena, "file:%s", fixture->log_path).bytes);
	add_default(&text, settings, "LogLevel", "debug");
	add_default(&text, settings, "IgnoreHosts", "none");
	add_default(&text, settings, "AuthservID", "mx.test");
	add_default(&text, settings, "Nameservers",
		    text_printf(arena, "127.0.0.1:%u", port).bytes);
	add_default(&text, settings, "DNSFailureMemory", "0");
	textbuf_add_string(&text, settings);
	return write_file(fixture->config_path, textbuf_text(&text));
}

static void
execute(const struct daemon_fixture *fixture, const char *program,
	const char *const *environment, int inherited)
{
	char number[32];

	become_child();
	for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
		char *entry = strdup(environment[i]);
		char *equals = entry != NULL ? strchr(entry, '=') : NULL;

		if (equals == NULL)
			_exit(126);
		*equals = '\0';
		setenv(entry, equals + 1, 1);
	}
	if (inherited >= 0) {
		/* Where it is 3 already, dup2() would leave it to be closed. */
		if (inherited == 3)
			(void)fcntl(inherited, F_SETFD, 0);
		else
			dup2(inherited, 3);
		snprintf(number, sizeof(number), "%ld", (long)getpid());
		setenv("LISTEN_PID", number, 1);
		setenv("LISTEN_FDS", "1", 1);
	}
	execl(program, program, "-c", fixture->config_path, (char *)NULL);
	_exit(127);
}

bool
daemon_fixture_start(struct daemon_fixture *fixture, const char *program,
		     const char *const *environment, int inherited)
{
	if (program == NULL)
		program = find_program("DMARCMILTER", "./dmarcmilter");
	fixture->daemon = fork();
	if (fixture->daemon < 0)
		return false;
	if (fixture->daemon == 0)
		execute(fixture, program, environment, inherited);
	return daemon_fixture_wait_for_log(fixture, "listening on", 1);
}

bool
daemon_fixture_begin(struct daemon_fixture *fixture, const char *zone, const char *settings)
{
	return daemon_fixture_prepare(fixture, zone) &&
	       daemon_fixture_configure(fixture, settings) &&
	       daemon_fixture_start(fixture, NULL, NULL, -1);
}

struct text
daemon_fixture_log(const struct daemon_fixture *fixture)
{
	return read_file(fixture->arena, fixture->log_path);
}

static unsigned
count_parts(struct text text, struct text part)
{
	unsigned count = 0;
	size_t position;

	while ((position = text_find_text(text, part)) != TEXT_NOT_FOUND) {
		text = text_from_position(text, position + part.length);
		count++;
	}
	return count;
}

bool
daemon_fixture_wait_for_log(const struct daemon_fixture *fixture, const char *part,
			    unsigned count)
{
	int64_t deadline = clock_milliseconds() + FIXTURE_PATIENCE;
	bool is_there = false;

	while (!is_there && clock_milliseconds() < deadline) {
		struct arena *arena = arena_new();

		is_there = count_parts(read_file(arena, fixture->log_path), text_from(part)) >=
			count;
		arena_free(&arena);
		if (!is_there)
			wait_a_step();
		/* A daemon that has ended will not say it any more. */
		if (!is_there && fixture->daemon > 0 &&
		    waitid(P_PID, (id_t)fixture->daemon, &(siginfo_t){ 0 },
			   WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    kill(fixture->daemon, 0) != 0)
			return false;
	}
	return is_there;
}

void
daemon_fixture_signal(const struct daemon_fixture *fixture, int number)
{
	if (fixture->daemon > 0)
		kill(fixture->daemon, number);
}

static int
wait_for_process(pid_t *process)
{
	int64_t deadline = clock_milliseconds() + FIXTURE_PATIENCE;
	pid_t id = *process;
	int status = 0;

	if (id <= 0)
		return -1;
	*process = 0;
	while (waitpid(id, &status, WNOHANG) == 0) {
		if (clock_milliseconds() >= deadline) {
			kill(id, SIGKILL);
			waitpid(id, &status, 0);
			return -1;
		}
		wait_a_step();
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

int
daemon_fixture_wait(struct daemon_fixture *fixture)
{
	return wait_for_process(&fixture->daemon);
}

int
daemon_fixture_stop(struct daemon_fixture *fixture)
{
	daemon_fixture_signal(fixture, SIGTERM);
	return daemon_fixture_wait(fixture);
}

static void
remove_folder(struct arena *arena, const char *folder)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		(void)unlink(text_string(arena, text_printf(arena, "%s/%s", folder,
							    entry->d_name)));
	if (directory != NULL)
		closedir(directory);
	(void)rmdir(folder);
}

void
daemon_fixture_end(struct daemon_fixture *fixture)
{
	if (fixture->daemon > 0)
		kill(fixture->daemon, SIGKILL);
	(void)wait_for_process(&fixture->daemon);
	if (fixture->name_server > 0)
		kill(fixture->name_server, SIGKILL);
	(void)wait_for_process(&fixture->name_server);
	if (fixture->folder != NULL)
		remove_folder(fixture->arena, fixture->folder);
	arena_free(&fixture->arena);
}

int
daemon_run_to_end(struct arena *arena, const char *const *arguments, struct text *output_out)
{
	const char *program = find_program("DMARCMILTER", "./dmarcmilter");
	char *list[16] = { text_string(arena, text_from(program)) };
	char path[] = "/tmp/dmarcmilter-output-XXXXXX";
	int handle = mkostemp(path, O_CLOEXEC);
	pid_t process;
	int code;

	for (size_t i = 0; arguments[i] != NULL && i + 2 < COUNT_OF(list); i++)
		list[i + 1] = text_string(arena, text_from(arguments[i]));
	process = fork();
	if (process == 0) {
		become_child();
		dup2(handle, STDOUT_FILENO);
		dup2(handle, STDERR_FILENO);
		execv(program, list);
		_exit(127);
	}
	code = wait_for_process(&process);
	*output_out = read_file(arena, path);
	close(handle);
	unlink(path);
	return code;
}
