/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_OPTIONS_H
#define DMARCMILTER_TOOL_DOMAIN_OPTIONS_H

#include <stdbool.h>

#include "tool/domain_run.h"
#include "tool/domain_source.h"

/* The command line of `dmarcmilter-check domain`. */
struct domain_options {
	struct domain_wishes wishes;
	struct domain_source_wishes source;
	const char *message_path;       /* --message; NULL: none */
	bool is_json;
	bool is_verbose;
	bool is_help;
};

/* EX_OK; else EX_USAGE, with what is wrong on standard error. */
int domain_options_read(struct arena *arena, int count, char **arguments,
			struct domain_options *options);

extern const char domain_usage[];

#endif
