/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_SETTINGS_H
#define DMARCMILTER_TOOL_MESSAGE_SETTINGS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/config.h"
#include "config/reader.h"
#include "tool/dns_record.h"
#include "tool/message_options.h"

/* The configuration that a message is judged by, and where it was read. */
struct message_settings {
	struct config config;
	struct text source;             /* "/etc/dmarcmilter.conf", or what stands for it */
};

/*
 * As the daemon reads it; without -c a default file that is not there means the
 * defaults, and `source` says so. With a recording and without -c: as it was
 * recorded. False when there is an error; the problems say which.
 */
bool message_settings_load(struct arena *arena, const struct message_options *options,
			   const struct dns_recording *recording,
			   struct message_settings *settings_out,
			   struct config_problems *problems);

/* Adds to the record all that differs from the defaults, and the AuthservID. */
void message_settings_record(struct arena *arena, const struct message_settings *settings,
			     struct dns_recording *recording);

#endif
