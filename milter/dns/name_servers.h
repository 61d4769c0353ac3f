/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_NAME_SERVERS_H
#define DMARCMILTER_DNS_NAME_SERVERS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Name servers as an operator writes them: "192.0.2.1", "192.0.2.1:5300",
 * "2001:db8::1", "[2001:db8::1]:5300", "fe80::1%eth0".
 */

/*
 * Brings a name server into the form that libunbound takes: "ip@port" with the
 * number of the interface behind "%". False when it cannot be read, or the
 * interface does not exist.
 */
bool name_server_read(struct arena *arena, struct text source, struct text *server_out);

/*
 * Takes the next "nameserver" line off the front of *rest, a resolv.conf, and
 * writes its address. All other lines, and what is behind the address, are
 * passed over. False at the end.
 */
bool name_server_next_line(struct text *rest, struct text *address_out);

#endif
