/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_CLOCK_H
#define DMARCMILTER_BASE_CLOCK_H

#include <stdint.h>

/* The two clocks. Only programs and the resolver read them; checks get the time as a fact. */

/* Seconds since 1970-01-01 UTC. */
int64_t clock_wall_seconds(void);

/* Milliseconds since some fixed moment; never goes back. For deadlines and durations. */
int64_t clock_milliseconds(void);

#endif
