/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_SUPPORT_DKIM_RUN_H
#define DMARCMILTER_TESTS_SUPPORT_DKIM_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "checks/findings.h"
#include "config/config.h"

/* Takes a whole message through the DKIM check, with a zone text as its DNS. */
struct dkim_run {
	struct text zone;
	const struct config *config;
	int64_t received_at;
	size_t chunk;           /* bytes of body handed over at once; 0: all */
	size_t questions_max;   /* 0: plenty */
	size_t header_bytes_max;        /* 0: plenty */
};

/* The finding; its texts are in `arena`. Ends the program when the zone cannot be parsed. */
struct dkim_finding dkim_run(struct arena *arena, const struct dkim_run *run, struct text message);

#endif
