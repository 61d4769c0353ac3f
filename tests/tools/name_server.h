/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TESTS_NAME_SERVER_H
#define DMARCMILTER_TESTS_NAME_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "dns/zone_text.h"

/*
 * A name server around a zone text, over UDP and TCP, for tests. One thread
 * turns it by name_server_step(); an answer that is delayed holds up nobody.
 * The hooks run in that thread.
 */
struct name_server_settings {
	const char *address;            /* a loopback address, IPv4 or IPv6 */
	uint16_t port;                  /* 0: a free one */
	bool is_authoritative_only;     /* RA is not set, as by NSD */
	void *data;                     /* of the hooks, which may be NULL */
	/* A question came. */
	void (*seen)(void *data, struct text name, unsigned type, bool is_tcp);
	/* May spoil an answer, up to `size` bytes long; returns its new length, 0: no answer. */
	size_t (*spoil)(void *data, uint8_t *response, size_t length, size_t size, bool is_tcp);
};

struct name_server;

/* Opens the sockets. NULL with a word on standard error when that fails. */
struct name_server *name_server_open(const struct name_server_settings *settings,
				     const struct zone_text *zone);

/* Safe from any thread; the old zone has to stay as long as the server. */
void name_server_set_zone(struct name_server *server, const struct zone_text *zone);

unsigned name_server_port(const struct name_server *server);

/* Waits for work and does it. True when `wake` is readable. */
bool name_server_step(struct name_server *server, int wake);

void name_server_close(struct name_server **server);

#endif
