/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_RULE_LISTS_H
#define DMARCMILTER_CONFIG_RULE_LISTS_H

#include <stdbool.h>

#include "base/text.h"
#include "base/textbuf.h"
#include "config/config.h"
#include "config/line_source.h"
#include "config/options.h"

/*
 * The options around the rules that are neither a word nor a plain list:
 * reading one line, and writing it back. What is wrong is noted at the source.
 */

/* True for the types that are read by rule_line_read(): each line is one entry of the whole. */
bool option_takes_lines(const struct option *option);

/*
 * One line of Rule, TrustedForwarders or DomainPolicy; it adds to what there
 * is. The word none, alone, takes back all lines before it, those of earlier texts too.
 */
void rule_line_read(const struct line_source *source, const struct option *option,
		    struct text rest, struct config *config);

/* Appends the lines as they were written, with `separator` between them; "none" without any. */
void rule_lines_write(const struct option *option, const struct config *config,
		      const char *separator, struct textbuf *out);

/* One domain of OwnDomains. */
bool own_domain_add(struct arena *arena, struct text item, struct config *config,
		    struct text *wanted_out);

/* Keeps an item of OwnDomains, a file:/path too, as it is to be printed. */
void own_domain_note(struct arena *arena, struct text item, struct config *config);

#endif
