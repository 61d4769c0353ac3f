/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/public_suffix.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libpsl.h>

#include "base/memory.h"

struct public_suffix_list {
	psl_ctx_t *context;     /* never written after it was read */
	char *path;             /* "" for the system's */
	unsigned users;         /* under current_lock; `current` is one */
};

/* Guards `current` and every `users`. Held while they change, no longer. */
static pthread_mutex_t current_lock = PTHREAD_MUTEX_INITIALIZER;
static struct public_suffix_list *current;

bool
public_suffix_available(void)
{
	return true;
}

/* Takes one user away. True when that was the last one: the caller frees. */
static bool
let_go_locked(struct public_suffix_list *list)
{
	return list != NULL && --list->users == 0;
}

static void
free_list(struct public_suffix_list *list)
{
	psl_free(list->context);
	free(list->path);
	free(list);
}

static void
release_list(void *object)
{
	struct public_suffix_list *list = object;
	bool is_last;

	(void)pthread_mutex_lock(&current_lock);
	is_last = let_go_locked(list);
	(void)pthread_mutex_unlock(&current_lock);
	if (is_last)
		free_list(list);
}

static struct public_suffix_list *
find_current(struct text path)
{
	struct public_suffix_list *list = NULL;

	(void)pthread_mutex_lock(&current_lock);
	if (current != NULL && text_equal(text_from(current->path), path)) {
		list = current;
		list->users++;
	}
	(void)pthread_mutex_unlock(&current_lock);
	return list;
}

/* Two sessions may read the same list at the same time after a reload; the later one stays. */
static void
make_current(struct public_suffix_list *list)
{
	struct public_suffix_list *old;
	bool is_last;

	(void)pthread_mutex_lock(&current_lock);
	old = current;
	current = list;
	is_last = let_go_locked(old);
	(void)pthread_mutex_unlock(&current_lock);
	if (is_last)
		free_list(old);
}

static struct public_suffix_list *
read_list(const char *path)
{
	psl_ctx_t *context = path[0] != '\0' ? psl_load_file(path) : psl_latest(NULL);
	struct public_suffix_list *list;
	char *copy;

	/* A file without a single rule would make every top-level domain the only suffix. */
	if (context != NULL && path[0] != '\0' && psl_suffix_count(context) == 0) {
		psl_free(context);
		context = NULL;
	}
	if (context == NULL)
		return NULL;
	copy = strdup(path);
	if (copy == NULL)
		memory_exhausted();
	list = memory_new(sizeof(*list));
	list->context = context;
	list->path = copy;
	list->users = 2;        /* the caller's and `current` */
	return list;
}

/* The list that was read, with a user more for the caller; NULL with a reason. */
static struct public_suffix_list *
read_and_keep(struct arena *arena, struct text path, struct text *reason_out)
{
	struct public_suffix_list *list = read_list(text_string(arena, path));

	if (list == NULL)
		*reason_out = text_printf(arena, "no public suffix list in %.*s",
					  TEXT_ARGUMENTS(text_is_empty(path) ?
							 TEXT("the system") : path));
	else
		make_current(list);
	return list;
}

const struct public_suffix_list *
public_suffix_acquire(struct arena *arena, struct text path, struct text *reason_out)
{
	struct public_suffix_list *list = find_current(path);

	if (list == NULL)
		list = read_and_keep(arena, path, reason_out);
	if (list != NULL)
		arena_on_empty(arena, release_list, list);
	return list;
}

bool
public_suffix_refresh(struct text path, struct arena *arena, struct text *reason_out)
{
	struct public_suffix_list *list = read_and_keep(arena, path, reason_out);

	if (list == NULL)
		return false;
	release_list(list);
	return true;
}

struct text
public_suffix_registered_domain(struct arena *arena, const struct public_suffix_list *list,
				struct text domain)
{
	const char *name = text_string(arena, domain);
	const char *registered = psl_registrable_domain(list->context, name);

	if (registered == NULL)
		return domain;
	return text_from_position(domain, (size_t)(registered - name));
}
