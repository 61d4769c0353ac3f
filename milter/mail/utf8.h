/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_MAIL_UTF8_H
#define DMARCMILTER_MAIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing past
 * U+10FFFF. Pure; safe from any thread.
 */

/*
 * The code point at *position, which is advanced behind it. False (and nothing changed)
 * when there is none.
 */
bool utf8_next(struct text text, size_t *position, uint32_t *code_point_out);

/* True when all of `text` is UTF-8; plain ASCII (NUL included) is. */
bool utf8_is_valid(struct text text);

/* True when every byte is below 0x80. */
bool utf8_is_ascii(struct text text);

#endif
