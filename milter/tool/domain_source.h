/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_SOURCE_H
#define DMARCMILTER_TOOL_DOMAIN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/config.h"
#include "dns/backend.h"
#include "programs/service.h"

/*
 * Where the answers come from: the name servers of the daemon's configuration,
 * those of the command line, or a zone text.
 */
struct domain_source_wishes {
	const char *config_path;        /* -c; NULL: the daemon's, when there is one */
	const char *zone_path;          /* --zone; NULL: ask name servers */
	struct text *name_servers;      /* --nameserver */
	size_t name_server_count;
};

struct domain_source {
	struct config config;
	struct service service;         /* its resolver; NULL with a zone text */
	struct dns_backend *backend;
	int64_t patience;               /* milliseconds for all questions together */
	bool is_validating;             /* answers say whether DNSSEC proved them */
	bool is_offline;                /* a zone text */
};

/* EX_OK; or an exit status, with what is wrong on standard error. */
int domain_source_open(struct arena *arena, const struct domain_source_wishes *wishes,
		       struct domain_source *source);

/* After every session of it has ended. */
void domain_source_close(struct domain_source *source);

#endif
