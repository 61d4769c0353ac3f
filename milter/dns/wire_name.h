/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_DNS_WIRE_NAME_H
#define DMARCMILTER_DNS_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * Domain names as DNS messages carry them (RFC 1035 3.1 and 4.1.4), and the
 * way to and from presentation form. A wire_name is always valid, lower case
 * (RFC 4343), uncompressed, and ends with the root label. Pure.
 */
enum {
	WIRE_NAME_MAX = 255,    /* RFC 1035 2.3.4: with all length bytes and the root */
	WIRE_LABEL_MAX = 63
};

struct wire_name {
	uint8_t bytes[WIRE_NAME_MAX];
	size_t length;
};

/*
 * From presentation form, any case, one trailing dot allowed; \DDD and \c are
 * understood. False for what cannot be a name in the DNS: empty, an empty
 * label, a label or a name that is too long, a broken escape. "." is the root.
 */
bool wire_name_from_text(struct text text, struct wire_name *name_out);

/* Lower case, no trailing dot; dots and backslashes in labels and bytes outside 0x21-0x7e as
 * \DDD; "" for the root. */
struct text wire_name_to_text(struct arena *arena, const struct wire_name *name);

/*
 * Reads a name at *position of a message, following compression pointers, and
 * moves *position behind it. False, and nothing changed, when it is not whole,
 * too long, or a pointer does not go back (every pointer must point before the
 * labels that it ends, so no loop is possible), or there are too many.
 */
bool wire_name_read(const uint8_t *message, size_t length, size_t *position,
		    struct wire_name *name_out);

bool wire_name_equal(const struct wire_name *a, const struct wire_name *b);

#endif
