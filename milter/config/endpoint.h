/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_ENDPOINT_H
#define DMARCMILTER_CONFIG_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"

/*
 * The forms of Socket and of Nameservers, taken apart. Pure: names are not
 * resolved. Results share the bytes of the text. Safe from any thread.
 */
enum endpoint_kind {
	ENDPOINT_NONE_YET,
	ENDPOINT_UNIX,          /* unix:PATH, local:PATH, or PATH */
	ENDPOINT_INET,          /* inet:PORT@HOST, inet:HOST:PORT, inet:PORT */
	ENDPOINT_INET6,         /* inet6:PORT@HOST, inet6:[HOST]:PORT, inet6:PORT */
	ENDPOINT_DESCRIPTOR     /* fd:N, a listening socket that we inherit */
};

struct endpoint {
	enum endpoint_kind kind;
	struct text path;       /* ENDPOINT_UNIX: absolute */
	struct text host;       /* name or address, without brackets; empty: every address */
	uint16_t port;          /* 1 to 65535 */
	int descriptor;         /* ENDPOINT_DESCRIPTOR: 3 and up */
};

/* False, with *endpoint_out untouched, for any other form. */
bool endpoint_parse(struct text text, struct endpoint *endpoint_out);

/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53"; port 53 when there is none. */
bool nameserver_parse(struct text text, struct ip *ip_out, uint16_t *port_out);

#endif
