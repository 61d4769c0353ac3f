/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_LIMITED_LOG_H
#define DMARCMILTER_PROGRAMS_LIMITED_LOG_H

#include <stdatomic.h>

#include "base/log.h"
#include "base/macros.h"

/*
 * A warning that somebody outside can cause again and again: at most one line
 * in LIMITED_LOG_INTERVAL, with the number of those left out. One static
 * variable per place; zero is its start. Safe from any thread.
 */
enum { LIMITED_LOG_INTERVAL = 10000 };  /* milliseconds */

struct limited_log {
	struct log_limit limit;
	atomic_uint left_out;
};

void limited_log(struct limited_log *limiter, enum log_level level, const char *format, ...)
	ATTRIBUTE_PRINTF(3, 4);

#endif
