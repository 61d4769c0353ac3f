/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/service.h"

#include "base/log.h"
#include "base/macros.h"
#include "checks/public_suffix.h"
#include "config/current.h"
#include "config/file.h"
#include "config/origin.h"

/* Tries the list that will be used, and has its file watched. */
static bool
read_public_suffix_list(struct arena *arena, const char *path, const struct config *config,
			struct config_problems *problems)
{
	bool is_psl = config->dmarc_discovery == DISCOVERY_PUBLIC_SUFFIX_LIST;
	struct text file = config->public_suffix_list;
	struct text reason;

	if (!is_psl && !config->dmarc_compare)
		return true;
	/* Before it is read: a change meanwhile is then noticed. */
	if (file.length > 0)
		(void)origin_watch(config->origin, file, file_look(text_string(arena, file)));
	if (public_suffix_refresh(file, arena, &reason))
		return true;
	config_problem_add(arena, problems, text_from(path),
			   text_printf(arena, "%s: %.*s",
				       is_psl ? "DMARCDiscovery psl" : "DMARCCompare",
				       TEXT_ARGUMENTS(reason)), false);
	return false;
}

const struct config *
service_load(struct arena *arena, const char *path, const struct config *earlier,
	     struct config_problems *problems)
{
	const struct config *config = earlier != NULL ?
		config_load_lists(arena, path, earlier, problems) :
		config_load(arena, path, problems);

	if (config == NULL || !read_public_suffix_list(arena, path, config, problems))
		return NULL;
	return config;
}

static enum log_target
choose_log_target(const struct service *service, const struct config *config)
{
	if (service->logs_to_stderr && !config->log_target_is_set)
		return LOG_TARGET_STDERR;
	switch (config->log_target) {
	case LOG_TO_SYSLOG:
		return LOG_TARGET_SYSLOG;
	case LOG_TO_JOURNAL:
		return LOG_TARGET_JOURNAL;
	case LOG_TO_STDERR:
		return LOG_TARGET_STDERR;
	case LOG_TO_FILE:
		return LOG_TARGET_FILE;
	}
	return LOG_TARGET_SYSLOG;
}

bool
service_open_log(const struct service *service, const struct config *config, struct arena *arena,
		 struct text *reason_out)
{
	struct log_settings settings = {
		.target = choose_log_target(service, config),
		.path = text_string(arena, config->log_path),
		.facility = config->syslog_facility,
		.name = text_string(arena, config->syslog_name),
		.level = (enum log_level)config->log_level,
	};

	return log_open(&settings, arena, reason_out);
}

static struct resolver_settings
resolver_settings_of(const struct config *config, struct arena *arena)
{
	return (struct resolver_settings){
		.nameservers = config->nameservers.items,
		.nameserver_count = config->nameservers.count,
		.is_recursive = config->is_recursive,
		.resolv_conf = "/etc/resolv.conf",
		.trust_anchor_file = text_is_empty(config->trust_anchor_file) ? NULL :
			text_string(arena, config->trust_anchor_file),
		.timeout_milliseconds = (int64_t)config->dns_timeout,
		.cache_bytes = (size_t)config->dns_cache_size,
		.failure_memory_milliseconds = (int64_t)config->dns_failure_memory,
		.sessions_max = (size_t)config->sessions_max,
	};
}

bool
service_start_resolver(struct service *service, const struct config *config, struct arena *arena,
		       struct text *reason_out)
{
	struct resolver_settings settings = resolver_settings_of(config, arena);

	service->resolver = resolver_start(&settings, arena, reason_out);
	return service->resolver != NULL;
}

static bool
lists_are_equal(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!text_equal(a->items[i], b->items[i]))
			return false;
	}
	return true;
}

/* Options that are read once, when the process starts. */
static void
warn_of_restart_options(const struct config *old, const struct config *fresh)
{
	const struct {
		const char *name;
		bool is_same;
	} options[] = {
		{ "Socket", lists_are_equal(&old->sockets, &fresh->sockets) },
		{ "SocketMode", old->socket_mode == fresh->socket_mode },
		{ "SocketGroup", text_equal(old->socket_group, fresh->socket_group) },
		{ "UMask", old->umask == fresh->umask },
		{ "MetricsSocket", text_equal(old->metrics_socket, fresh->metrics_socket) },
		{ "PidFile", text_equal(old->pid_file, fresh->pid_file) },
		{ "UserID", text_equal(old->user, fresh->user) },
		{ "MaxConnections", old->sessions_max == fresh->sessions_max },
		{ "IdleTimeout", old->idle_timeout == fresh->idle_timeout },
	};

	for (size_t i = 0; i < COUNT_OF(options); i++) {
		if (!options[i].is_same)
			log_message(LOG_LEVEL_WARNING, "%s was changed; it takes effect when "
				    "dmarcmilter is restarted", options[i].name);
	}
}

static void
log_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *problem = &problems->items[i];

		log_message(problem->is_warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
			    "%.*s: %.*s", TEXT_ARGUMENTS(problem->place),
			    TEXT_ARGUMENTS(problem->sentence));
	}
}

/* Everything that can fail, before the new configuration is published. */
static bool
apply(const struct service *service, const struct config *config, struct arena *arena)
{
	struct resolver_settings settings = resolver_settings_of(config, arena);
	struct text reason;

	if (!resolver_reload(service->resolver, &settings, arena, &reason)) {
		log_message(LOG_LEVEL_ERROR, "%.*s", TEXT_ARGUMENTS(reason));
		return false;
	}
	if (!service_open_log(service, config, arena, &reason))
		log_message(LOG_LEVEL_ERROR, "the log stays where it was: %.*s",
			    TEXT_ARGUMENTS(reason));
	return true;
}

bool
service_reload(const struct service *service)
{
	struct arena *arena = arena_new();
	struct config_problems problems = { NULL, 0, 0, false };
	const struct config *fresh = service_load(arena, service->config_path, NULL,
						   &problems);
	struct config_version *old;

	log_problems(&problems);
	if (fresh == NULL || !apply(service, fresh, arena)) {
		log_message(LOG_LEVEL_ERROR, "not reloaded: the running configuration stays in use "
			    "until %s is corrected", service->config_path);
		arena_free(&arena);
		return false;
	}
	old = config_acquire();
	warn_of_restart_options(config_of(old), fresh);
	config_release(&old);
	config_publish(arena, fresh);
	log_message(LOG_LEVEL_INFO, "reloaded: %s is in use, the DNS cache is empty",
		    service->config_path);
	return true;
}

/* Warnings were logged when the texts were read; only what is wrong now is news. */
static void
log_errors(const struct config_problems *problems)
{
	struct config_problems errors = { .items = problems->items };

	for (size_t i = 0; i < problems->count; i++)
		if (!problems->items[i].is_warning)
			errors.items[errors.count++] = problems->items[i];
	log_problems(&errors);
}

bool
service_reload_lists(const struct service *service, struct text path)
{
	struct config_version *old = config_acquire();
	struct config_problems problems = { NULL, 0, 0, false };
	struct arena *arena = arena_new();
	const struct config *fresh = service_load(arena, service->config_path, config_of(old),
						  &problems);

	log_errors(&problems);
	if (fresh != NULL) {
		log_message(LOG_LEVEL_INFO, "%.*s has changed: the lists are read again",
			    TEXT_ARGUMENTS(path));
		config_publish(arena, fresh);
	} else {
		log_message(LOG_LEVEL_ERROR, "%.*s has changed, but the lists have errors: all "
			    "stay in use as they were", TEXT_ARGUMENTS(path));
		arena_free(&arena);
	}
	config_release(&old);
	return fresh != NULL;
}

void
service_reopen_log(const struct service *service)
{
	struct arena *arena = arena_new();
	struct config_version *version = config_acquire();
	struct text reason;

	if (!service_open_log(service, config_of(version), arena, &reason))
		log_message(LOG_LEVEL_ERROR, "the log stays where it was: %.*s",
			    TEXT_ARGUMENTS(reason));
	config_release(&version);
	arena_free(&arena);
}
