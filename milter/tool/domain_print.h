/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_DOMAIN_PRINT_H
#define DMARCMILTER_TOOL_DOMAIN_PRINT_H

#include <stdbool.h>

#include "base/textbuf.h"
#include "tool/domain_facts.h"
#include "tool/terminal.h"

/* What people read of a domain: facts and findings, section by section, and a last line. */
void domain_print(const struct terminal *terminal, const struct domain_facts *facts,
		  const struct domain_findings *findings, bool is_verbose, struct textbuf *out);

/* The same as JSON, of the shape in dmarcmilter-check(1) and tests/check/domain.schema.json. */
void domain_print_json(const struct domain_facts *facts, const struct domain_findings *findings,
		       bool is_verbose, struct textbuf *out);

/* Parts of domain_print(): the tree of SPF records, and every question with its answer. */
void domain_print_spf(const struct terminal *terminal, const struct domain_spf *spf,
		      struct textbuf *out);
void domain_print_questions(const struct terminal *terminal, const struct dns_session *dns,
			    bool is_validating, struct textbuf *out);

#endif
