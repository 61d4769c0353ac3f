/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_CURRENT_H
#define DMARCMILTER_CONFIG_CURRENT_H

#include "base/arena.h"
#include "config/config.h"

/*
 * The configuration in use: shared state. A version is immutable once it is
 * published. A session takes the current one when a message begins and gives
 * it back when the message ends, so a reload never touches a message in work.
 * The last one to give back a replaced version frees it with its arena.
 */
struct config_version;

/* Publishes a configuration that lives in `arena`; takes the arena over. */
void config_publish(struct arena *arena, const struct config *config);

/* The current version; never NULL after the first publication. Safe from any thread. */
struct config_version *config_acquire(void);
const struct config *config_of(const struct config_version *version);

/* Gives it back and clears the pointer; *version may be NULL. */
void config_release(struct config_version **version);

/* Gives back the current version itself, at exit. */
void config_withdraw(void);

#endif
