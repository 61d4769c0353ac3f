/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_UNITS_H
#define DMARCMILTER_CONFIG_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/textbuf.h"

/* Numbers with units, as they stand in a configuration. Pure; safe from any thread. */

/* "5s", "2h10m", "500ms"; a bare number counts seconds. False for anything else or past 64 bits. */
bool units_read_duration(struct text text, uint64_t *milliseconds_out);

/* "64k", "10M", "1G"; a bare number counts bytes. */
bool units_read_size(struct text text, uint64_t *bytes_out);

/* Digits 0 to 7 only. */
bool units_read_octal(struct text text, uint64_t *number_out);

/* The way back: the shortest form that is exact. */
void units_write_duration(struct textbuf *out, uint64_t milliseconds);
void units_write_size(struct textbuf *out, uint64_t bytes);

#endif
