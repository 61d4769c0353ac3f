/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_ZONE_LINE_H
#define DMARCMILTER_TOOL_ZONE_LINE_H

#include "base/arena.h"
#include "base/ip.h"
#include "base/text.h"

/*
 * Lines of a zone file (RFC 1035 5.1), ready to paste: absolute names, texts
 * quoted and escaped, and split into strings of 255 bytes. Names are in
 * presentation form without trailing dot; "" is the root. Pure; results are
 * in the arena.
 */
struct text zone_line_address(struct arena *arena, struct text owner, struct ip ip);
struct text zone_line_mx(struct arena *arena, struct text owner, unsigned preference,
			 struct text host);
struct text zone_line_ptr(struct arena *arena, struct ip ip, struct text host);
struct text zone_line_srv(struct arena *arena, struct text owner, unsigned priority,
			  unsigned weight, unsigned port, struct text host);
struct text zone_line_txt(struct arena *arena, struct text owner, struct text content);

/* The data of a TXT record: "..." "..." */
struct text zone_line_strings(struct arena *arena, struct text content);

#endif
