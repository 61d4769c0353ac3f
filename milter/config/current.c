/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/current.h"

#include <pthread.h>
#include <stddef.h>

struct config_version {
	struct arena *arena;            /* holds the configuration and this struct */
	const struct config *config;    /* never written after config_publish() */
	unsigned long users;            /* under current_lock; `current` is one of them */
};

/* Guards `current` and every `users`. Held while they change, no longer. */
static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct config_version *current;

/* Makes `next` the current one (may be NULL) and gives back the one before. */
static void
replace(struct config_version *next)
{
	struct config_version *previous;

	(void)pthread_mutex_lock(&current_lock);
	previous = current;
	current = next;
	(void)pthread_mutex_unlock(&current_lock);
	config_release(&previous);
}

void
config_publish(struct arena *arena, const struct config *config)
{
	struct config_version *version = arena_alloc(arena, sizeof(*version));

	version->arena = arena;
	version->config = config;
	version->users = 1;
	replace(version);
}

struct config_version *
config_acquire(void)
{
	struct config_version *version;

	(void)pthread_mutex_lock(&current_lock);
	version = current;
	if (version != NULL)
		version->users++;
	(void)pthread_mutex_unlock(&current_lock);
	return version;
}

const struct config *
config_of(const struct config_version *version)
{
	return version->config;
}

void
config_release(struct config_version **version)
{
	struct config_version *released = *version;
	struct arena *arena;
	bool is_last;

	if (released == NULL)
		return;
	*version = NULL;
	(void)pthread_mutex_lock(&current_lock);
	is_last = --released->users == 0;
	(void)pthread_mutex_unlock(&current_lock);
	if (!is_last)
		return;
	/* The version lies in the arena that ends here. */
	arena = released->arena;
	arena_free(&arena);
}

void
config_withdraw(void)
{
	replace(NULL);
}
