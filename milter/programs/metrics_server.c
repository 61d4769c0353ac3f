/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/metrics_server.h"

#include "base/clock.h"
#include "base/log.h"
#include "config/current.h"
#include "programs/http_server.h"
#include "programs/metrics.h"
#include "programs/milter_server.h"
#include "programs/session.h"

#include <pthread.h>

enum { TIMEOUT = 5000 };        /* milliseconds; a scraper's own is 10 s */

/* Written by the main thread before the server's starts, and after it has ended. */
static struct listener listener = { .descriptor = -1 };
static struct http_server *server;

/*
 * Guards is_stopping. Held while the health is looked at: once the main thread
 * has said that it stops, nobody looks any more at what it takes apart.
 */
static pthread_mutex_t health_lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_stopping;

void
metrics_server_open(struct arena *arena, const struct config *config)
{
	struct text reason;

	if (text_is_empty(config->metrics_socket) ||
	    listener_open_metrics(arena, config, &listener, &reason))
		return;
	log_message(LOG_LEVEL_ERROR, "%.*s; mail is checked without it", TEXT_ARGUMENTS(reason));
}

static struct metrics_state
state_of(const struct service *service)
{
	struct config_version *version = config_acquire();
	const struct config *config = config_of(version);
	int64_t now = config->test_clock != 0 ? config->test_clock : clock_wall_seconds();
	struct metrics_state state = {
		.messages_in_work = session_messages_in_work(),
		.deferred_messages = deferrals_count(service->deferrals, now,
						     session_deferral_age(config)),
	};

	config_release(&version);
	return state;
}

/* Why nothing good can be said; NULL: all is well. The lock is held. */
static const char *
find_trouble(const struct service *service)
{
	if (is_stopping)
		return "dmarcmilter is stopping";
	if (!resolver_is_alive(service->resolver))
		return "the resolver does not answer";
	if (!milter_server_is_alive())
		return "connections of the mail server are not accepted";
	return NULL;
}

static struct http_answer
answer_health(const struct service *service, struct arena *arena)
{
	const char *trouble;

	pthread_mutex_lock(&health_lock);
	trouble = find_trouble(service);
	pthread_mutex_unlock(&health_lock);
	return (struct http_answer){
		.status = trouble == NULL ? HTTP_OK : HTTP_UNAVAILABLE,
		.content_type = "text/plain; charset=utf-8",
		.body = text_printf(arena, "%s\n", trouble == NULL ? "ok" : trouble),
	};
}

static struct http_answer
answer_metrics(const struct service *service, struct arena *arena)
{
	struct textbuf out = textbuf_new(arena, METRICS_BYTES_MAX);
	struct metrics_state state = state_of(service);

	metrics_write(&state, &out);
	return (struct http_answer){
		.status = HTTP_OK,
		.content_type = "text/plain; version=0.0.4; charset=utf-8",
		.body = textbuf_text(&out),
	};
}

static struct http_answer
answer(void *data, struct arena *arena, struct text path)
{
	const struct service *service = data;

	if (text_equal(path, TEXT("/metrics")))
		return answer_metrics(service, arena);
	if (text_equal(path, TEXT("/healthz")))
		return answer_health(service, arena);
	return (struct http_answer){
		.status = HTTP_NOT_FOUND,
		.content_type = "text/plain; charset=utf-8",
		.body = TEXT("Here are /metrics and /healthz.\n"),
	};
}

void
metrics_server_start(const struct service *service, struct arena *arena)
{
	/* The handler only reads it. */
	union { const struct service *read_only; void *plain; } bridge = { .read_only = service };
	struct http_server_settings settings = {
		.descriptor = listener.descriptor,
		.timeout_milliseconds = TIMEOUT,
		.handler = answer,
		.data = bridge.plain,
	};
	struct text reason;

	if (listener.descriptor < 0)
		return;
	server = http_server_start(&settings, arena, &reason);
	if (server == NULL)
		log_message(LOG_LEVEL_ERROR, "MetricsSocket: %.*s; mail is checked without it",
			    TEXT_ARGUMENTS(reason));
	else
		log_message(LOG_LEVEL_INFO, "metrics are served on %.*s",
			    TEXT_ARGUMENTS(listener.name));
}

void
metrics_server_say_stopping(void)
{
	pthread_mutex_lock(&health_lock);
	is_stopping = true;
	pthread_mutex_unlock(&health_lock);
}

void
metrics_server_stop(void)
{
	struct listeners one = { &listener, 1 };

	http_server_stop(&server);
	listeners_close(&one);
}

void
metrics_server_log(const struct service *service)
{
	struct arena *arena = arena_new();
	struct metrics_state state = state_of(service);
	struct text line = metrics_line(&state, arena);

	log_message(LOG_LEVEL_INFO, "metrics: %.*s", TEXT_ARGUMENTS(line));
	arena_free(&arena);
}
