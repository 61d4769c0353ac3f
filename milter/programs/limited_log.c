/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/limited_log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 1000 };         /* our own words; remote text never passes here */

void
limited_log(struct limited_log *limiter, enum log_level level, const char *format, ...)
{
	long long now = (long long)clock_milliseconds();
	long long next = atomic_load(&limiter->next);
	char line[LINE_MAX_BYTES];
	unsigned left_out;
	va_list arguments;

	if (now < next ||
	    !atomic_compare_exchange_strong(&limiter->next, &next, now + LIMITED_LOG_INTERVAL)) {
		atomic_fetch_add(&limiter->left_out, 1);
		return;
	}
	left_out = atomic_exchange(&limiter->left_out, 0);
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (left_out > 0)
		log_message(level, "%s (and %u times more before)", line, left_out);
	else
		log_message(level, "%s", line);
}
