/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/list_watch.h"

#include "config/origin.h"

enum { MILLISECONDS = 1000 };

static size_t
count_files(const struct config *config)
{
	return config->origin != NULL ? config->origin->watched_count : 0;
}

static bool
is_on(const struct config *config)
{
	return config->list_check_interval > 0 && count_files(config) > 0;
}

static int64_t
interval_of(const struct config *config)
{
	return (int64_t)config->list_check_interval * MILLISECONDS;
}

void
list_watch_begin(struct list_watch *watch, const struct config *config, int64_t now)
{
	if (watch->arena == NULL)
		watch->arena = arena_new();
	arena_empty(watch->arena);
	watch->count = count_files(config);
	watch->paths = arena_array(watch->arena, watch->count, sizeof(*watch->paths));
	watch->seen = arena_array(watch->arena, watch->count, sizeof(*watch->seen));
	watch->reported = arena_array(watch->arena, watch->count, sizeof(*watch->reported));
	for (size_t i = 0; i < watch->count; i++) {
		watch->paths[i] = text_string(watch->arena, config->origin->watched[i].path);
		watch->seen[i] = config->origin->watched[i].stamp;
		watch->reported[i] = watch->seen[i];
	}
	watch->next = now + interval_of(config);
}

int64_t
list_watch_left(const struct list_watch *watch, const struct config *config, int64_t now)
{
	if (!is_on(config))
		return -1;
	return watch->next > now ? watch->next - now : 0;
}

/* Index of the first file that is not as it was read or reported; count: none. */
static size_t
find_news(const struct list_watch *watch, const struct watched_file *files)
{
	size_t i = 0;

	while (i < watch->count &&
	       (file_stamps_are_equal(&watch->seen[i], &files[i].stamp) ||
		file_stamps_are_equal(&watch->seen[i], &watch->reported[i])))
		i++;
	return i;
}

bool
list_watch_look(struct list_watch *watch, const struct config *config, int64_t now,
		struct text *path_out)
{
	const struct watched_file *files;
	bool is_settled = true;
	size_t news;

	if (!is_on(config) || now < watch->next)
		return false;
	files = config->origin->watched;
	for (size_t i = 0; i < watch->count; i++) {
		struct file_stamp stamp = file_look(watch->paths[i]);

		is_settled = is_settled && file_stamps_are_equal(&stamp, &watch->seen[i]);
		watch->seen[i] = stamp;
	}
	news = find_news(watch, files);
	watch->next = now + (is_settled ? interval_of(config) : LIST_SETTLE_TIME);
	if (!is_settled || news == watch->count)
		return false;
	for (size_t i = 0; i < watch->count; i++)
		watch->reported[i] = watch->seen[i];
	*path_out = files[news].path;
	return true;
}

void
list_watch_end(struct list_watch *watch)
{
	arena_free(&watch->arena);
}
