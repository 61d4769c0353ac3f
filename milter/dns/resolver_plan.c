/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver_plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/textbuf.h"
#include "dns/name_servers.h"

enum {
	SERVERS_MAX = 16,
	RESOLV_CONF_MAX = 65536,
	ANSWER_SHARE = 4,               /* the part of DNSCacheSize for whole answers */
	TRUST_ANCHORS_MAX = 1 << 20,    /* bytes; the root's are less than one thousand */
	/* One silent question holds one socket; a session seldom has more than a few. */
	SOCKETS_PER_SESSION = 4,
	SOCKETS_MIN = 256,
	SOCKETS_MAX = 4096,
	/* Log, listeners, journal, TCP to name servers, second context during a reload, ... */
	DESCRIPTORS_BESIDE = 200
};

static bool
add_server(struct resolver_plan *plan, struct text source)
{
	struct text server;

	if (plan->forward_count == SERVERS_MAX ||
	    !name_server_read(plan->arena, source, &server))
		return false;
	plan->forwards[plan->forward_count++] = server.bytes;
	return true;
}

/* A file that is not there is like an empty one, as for the C library. */
static struct text
read_file(struct arena *arena, const char *path, size_t bytes_max)
{
	struct textbuf buffer = textbuf_new(arena, bytes_max);
	FILE *file = fopen(path, "re");
	char part[1024];
	size_t length;

	if (file == NULL)
		return TEXT("");
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		textbuf_add(&buffer, text_of(part, length));
	(void)fclose(file);
	return textbuf_text(&buffer);
}

/* Servers that cannot be read are left out, as the C library does; without any, the local host. */
static void
add_system_servers(struct resolver_plan *plan, const char *path)
{
	struct text rest = read_file(plan->arena, path, RESOLV_CONF_MAX);
	struct text address;

	while (name_server_next_line(&rest, &address))
		(void)add_server(plan, address);
	if (plan->forward_count == 0)
		(void)add_server(plan, TEXT("127.0.0.1"));
}

static bool
add_servers(struct resolver_plan *plan, const struct resolver_settings *settings,
	    struct arena *arena, struct text *reason_out)
{
	if (settings->is_recursive)
		return true;
	plan->forwards = arena_array(plan->arena, SERVERS_MAX, sizeof(char *));
	for (size_t i = 0; i < settings->nameserver_count; i++) {
		if (add_server(plan, settings->nameservers[i]))
			continue;
		*reason_out = text_printf(arena, "%.*s cannot be used as a name server: at most %d "
					  "of the forms 192.0.2.1, 192.0.2.1:53, 2001:db8::1, "
					  "[2001:db8::1]:53 are possible",
					  TEXT_ARGUMENTS(settings->nameservers[i]),
					  (int)SERVERS_MAX);
		return false;
	}
	if (plan->forward_count == 0)
		add_system_servers(plan, settings->resolv_conf);
	return true;
}

/*
 * With too few sockets silent names hold up all others; with too few
 * descriptors good names fail. So both are settled at the start.
 */
static bool
count_sockets(struct resolver_plan *plan, size_t sessions_max, struct arena *arena,
	      struct text *reason_out)
{
	struct rlimit limit;
	rlim_t needed;

	plan->sockets = SOCKETS_MAX;
	if (sessions_max < SOCKETS_MAX / SOCKETS_PER_SESSION)
		plan->sockets = sessions_max * SOCKETS_PER_SESSION;
	if (plan->sockets < SOCKETS_MIN)
		plan->sockets = SOCKETS_MIN;
	needed = plan->sockets + sessions_max + DESCRIPTORS_BESIDE;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed)
		return true;
	if (limit.rlim_max >= needed) {
		limit.rlim_cur = needed;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return true;
	}
	*reason_out = text_printf(arena, "%llu file descriptors are needed for %zu sessions and "
				  "their questions to name servers, and the limit is %llu: raise "
				  "it (LimitNOFILE of the service) or allow fewer sessions",
				  (unsigned long long)needed, sessions_max,
				  (unsigned long long)limit.rlim_max);
	return false;
}

/* Whether a line of a zone file, comments left out, may be a DS or DNSKEY record. */
static bool
names_anchor(struct text line)
{
	size_t comment = text_find(line, ';');
	struct text word;

	if (comment != TEXT_NOT_FOUND)
		line = text_cut(line, 0, comment);
	while (text_next_part(&line, ' ', &word)) {
		struct text rest = word;

		while (text_next_part(&rest, '\t', &word))
			if (text_equal_nocase(word, TEXT("DS")) ||
			    text_equal_nocase(word, TEXT("DNSKEY")))
				return true;
	}
	return false;
}

/* libunbound takes a file without anchors, and then validates nothing. */
static bool
holds_anchor(struct arena *arena, const char *path)
{
	struct text rest = read_file(arena, path, TRUST_ANCHORS_MAX);
	struct text line;

	while (text_next_part(&rest, '\n', &line))
		if (names_anchor(text_trim(line)))
			return true;
	return false;
}

static bool
take_trust_anchor(struct resolver_plan *plan, const char *path, struct arena *arena,
		  struct text *reason_out)
{
	struct stat status;

	if (path == NULL)
		return true;
	plan->trust_anchor_file = text_string(plan->arena, text_from(path));
	if (access(path, R_OK) != 0 || stat(path, &status) != 0) {
		*reason_out = text_printf(arena, "the trust anchor file %s cannot be read: %s",
					  path, strerrordesc_np(errno));
		return false;
	}
	if (S_ISREG(status.st_mode) && holds_anchor(arena, path))
		return true;
	*reason_out = text_printf(arena, "the trust anchor file %s holds no DS or DNSKEY record",
				  path);
	return false;
}

struct resolver_plan *
resolver_plan_new(const struct resolver_settings *settings, struct arena *arena,
		  struct text *reason_out)
{
	struct arena *own = arena_new();
	struct resolver_plan *plan = arena_alloc(own, sizeof(*plan));

	plan->arena = own;
	plan->timeout = settings->timeout_milliseconds;
	plan->failure_memory = settings->failure_memory_milliseconds;
	plan->answer_bytes = settings->cache_bytes / ANSWER_SHARE;
	plan->cache_bytes = settings->cache_bytes - plan->answer_bytes;
	if (add_servers(plan, settings, arena, reason_out) &&
	    take_trust_anchor(plan, settings->trust_anchor_file, arena, reason_out) &&
	    count_sockets(plan, settings->sessions_max, arena, reason_out))
		return plan;
	resolver_plan_free(&plan);
	return NULL;
}

void
resolver_plan_free(struct resolver_plan **plan)
{
	struct arena *arena;

	if (*plan == NULL)
		return;
	arena = (*plan)->arena;
	*plan = NULL;
	arena_free(&arena);
}
