/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/limited_log.h"

#include <stdarg.h>

void
limited_log(struct limited_log *limiter, enum log_level level, const char *format, ...)
{
	struct arena *arena;
	struct text line;
	unsigned left_out;
	va_list arguments;

	if (!log_allows(&limiter->limit, LIMITED_LOG_INTERVAL)) {
		atomic_fetch_add(&limiter->left_out, 1);
		return;
	}
	left_out = atomic_exchange(&limiter->left_out, 0);
	arena = arena_new();
	va_start(arguments, format);
	line = text_vprintf(arena, format, arguments);
	va_end(arguments);
	if (left_out > 0)
		log_message(level, "%.*s (and %u times more before)", TEXT_ARGUMENTS(line),
			    left_out);
	else
		log_message(level, "%.*s", TEXT_ARGUMENTS(line));
	arena_free(&arena);
}
