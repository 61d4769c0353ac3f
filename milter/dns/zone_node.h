/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_ZONE_NODE_H
#define DMARCMILTER_DNS_ZONE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/wire_name.h"
#include "dns/zone_text.h"

/*
 * A zone text in memory, between its parser (zone_text.c) and what answers
 * from it (zone_answer.c). Every name has a node, and so has every name above
 * one, up to the root: those are the empty non-terminals (RFC 4592 2.2.2).
 */
enum {
	ZONE_TYPE_ANY_LISTED = 0,       /* of a trouble: for all types without a record */
	ZONE_TYPE_SOA = 6,
	ZONE_TYPE_NS = 2,
	ZONE_TROUBLE_SILENCE = -1       /* in place of an RCODE */
};

struct zone_record {
	struct zone_record *next;       /* in the order of the text */
	unsigned type;
	uint32_t ttl;
	const uint8_t *data;
	size_t length;
};

struct zone_trouble {
	struct zone_trouble *next;
	unsigned type;
	int rcode;
};

struct zone_node {
	struct zone_node *next_in_bucket;
	struct wire_name name;
	struct zone_record *records;
	struct zone_trouble *troubles;
	unsigned delay;                 /* milliseconds */
	bool is_secure;                 /* its answers are as if DNSSEC had proved them */
};

struct zone_text {
	struct zone_node **buckets;
	size_t bucket_count;            /* a power of two */
	size_t node_count;
	bool has_secure;                /* any node is */
};

/* A table with the root alone. */
struct zone_text *zone_node_table(struct arena *arena);

/* The node of a name; makes it, and all above it, when it is new. */
struct zone_node *zone_node_make(struct arena *arena, struct zone_text *zone,
				 const struct wire_name *name);

/* The node of a name given as the bytes of a wire name (also the tail of one), or NULL. */
const struct zone_node *zone_node_find(const struct zone_text *zone, const uint8_t *name,
				       size_t length);

#endif
