/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "mail/dkim_signature.h"
#include "mail/domain_name.h"
#include "tool/complaint.h"
#include "tool/mail_parser.h"

enum {
	SIGNATURES_MAX = 50,            /* of one mail */
	CHUNK_BYTES = 65536
};

struct reading {
	struct arena *arena;
	struct domain_wishes *wishes;
	size_t signature_count;
};

void
domain_message_add_signature(struct arena *arena, struct text value, struct domain_wishes *wishes)
{
	struct dkim_signature signature = dkim_signature_parse(arena, value);
	struct domain_selector *selectors;

	if (text_is_empty(signature.domain) || text_is_empty(signature.selector))
		return;
	if (!domain_name_is_at_or_below(signature.domain, wishes->domain) &&
	    !domain_name_is_at_or_below(wishes->domain, signature.domain)) {
		wishes->foreign_signatures++;
		return;
	}
	selectors = arena_array(arena, wishes->selector_count + 1, sizeof(*selectors));
	if (wishes->selector_count > 0)
		memcpy(selectors, wishes->selectors,
		       wishes->selector_count * sizeof(*selectors));
	selectors[wishes->selector_count++] = (struct domain_selector){
		.name = signature.selector, .domain = signature.domain, .is_from_message = true,
	};
	wishes->selectors = selectors;
}

static void
on_field(void *context, struct text name, struct text value)
{
	struct reading *reading = context;

	if (!text_equal_nocase(name, TEXT("DKIM-Signature")) ||
	    reading->signature_count == SIGNATURES_MAX)
		return;
	reading->signature_count++;
	domain_message_add_signature(reading->arena, text_copy(reading->arena, value),
				     reading->wishes);
}

static void
on_header_end(void *context)
{
	(void)context;
}

static void
on_body(void *context, struct text part)
{
	(void)context;
	(void)part;
}

static int
complain(struct arena *arena, const char *path, const char *what)
{
	complaint_of(arena, path, text_from(what));
	return EX_NOINPUT;
}

/* Only the header is looked at. */
static int
parse_file(struct reading *reading, FILE *file, const char *path)
{
	const struct mail_sink sink = { .context = reading, .field = on_field,
					.header_end = on_header_end, .body = on_body };
	struct mail_parser parser = mail_parser_new(reading->arena, sink, MAIL_ENDS_UNKNOWN);
	char *chunk = arena_alloc(reading->arena, CHUNK_BYTES);
	enum mail_problem problem;
	size_t length;

	while (!parser.is_in_body && parser.problem == MAIL_FINE &&
	       (length = fread(chunk, 1, CHUNK_BYTES, file)) > 0)
		mail_parser_add(&parser, text_of(chunk, length));
	if (ferror(file))
		return complain(reading->arena, path, strerrordesc_np(errno));
	problem = mail_parser_end(&parser);
	if (problem != MAIL_FINE)
		return complain(reading->arena, path, mail_problem_clause(problem));
	if (reading->signature_count == 0)
		complaint_of(reading->arena, path, TEXT("it has no DKIM-Signature field"));
	return EX_OK;
}

int
domain_message_read(struct arena *arena, const char *path, struct domain_wishes *wishes)
{
	struct reading reading = { .arena = arena, .wishes = wishes };
	FILE *file = fopen(path, "re");
	int status;

	if (file == NULL)
		return complain(arena, path, strerrordesc_np(errno));
	status = parse_file(&reading, file, path);
	(void)fclose(file);
	wishes->has_message = status == EX_OK;
	return status;
}
