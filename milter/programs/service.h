/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_SERVICE_H
#define DMARCMILTER_PROGRAMS_SERVICE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "config/reader.h"
#include "dns/resolver.h"
#include "programs/deferrals.h"

/*
 * What all sessions of the daemon share. Filled by the main thread before the
 * first session starts and not written afterwards; what the pointers lead to
 * has its own locks.
 */
struct service {
	const char *config_path;
	bool logs_to_stderr;            /* -f, unless LogTarget is set in the file */
	struct resolver *resolver;
	struct deferrals *deferrals;
};

/*
 * Reads the configuration file and what it names: the public suffix list is
 * tried. `earlier` is NULL, or the configuration whose lists alone are to be
 * read again. NULL when there is an error; the problems say which.
 */
const struct config *service_load(struct arena *arena, const char *path,
				  const struct config *earlier, struct config_problems *problems);

/* Opens (or reopens) the log as the configuration and -f say. */
bool service_open_log(const struct service *service, const struct config *config,
		      struct arena *arena, struct text *reason_out);

/* Starts the resolver. */
bool service_start_resolver(struct service *service, const struct config *config,
			    struct arena *arena, struct text *reason_out);

/*
 * SIGHUP: reads the configuration again, empties the DNS cache, reopens the
 * log. A bad configuration changes nothing; every problem is logged. Main
 * thread only.
 */
bool service_reload(const struct service *service);

/*
 * A list file changed (`path`: the first that did): reads the lists again, and
 * the public suffix list; everything else stays as it was read. A bad list
 * changes nothing. Main thread only.
 */
bool service_reload_lists(const struct service *service, struct text path);

/* SIGUSR1: reopens the log, e.g. after rotation. */
void service_reopen_log(const struct service *service);

#endif
