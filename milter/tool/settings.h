/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_SETTINGS_H
#define DMARCMILTER_TOOL_SETTINGS_H

#include <stdbool.h>

#include "base/arena.h"
#include "config/config.h"
#include "config/reader.h"

/* The daemon's configuration, as all commands read it. False when the problems hold an error. */

/* Where it is without -c. */
extern const char settings_default_path[];

bool settings_load_file(struct arena *arena, const char *path, struct config *config_out,
			struct config_problems *problems);

/* Without that file: what the daemon takes from elsewhere is taken all the same. */
bool settings_load_defaults(struct arena *arena, struct config *config_out,
			    struct config_problems *problems);

/* After all options are read: what they need of the system is there. */
bool settings_finish(struct arena *arena, struct config *config,
		     struct config_problems *problems);

#endif
