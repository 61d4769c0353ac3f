/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/dkim_diagnosis.h"

#include "base/textbuf.h"
#include "mail/canonical.h"

/* All of a signature's case, for the functions below. */
struct trial {
	struct arena *arena;
	const struct dkim_signature *signature;
	const struct header_field *field;
	const struct message *message;
	const struct dkim_key *key;
	uint64_t hashed;                /* bytes so far */
};

static struct text
hash_body(struct trial *trial, struct text body, uint64_t *length_out)
{
	const struct dkim_signature *signature = trial->signature;
	struct arena *arena = arena_new();
	struct text result = TEXT("");
	struct dkim_body_hash *hash =
		dkim_body_hash_begin(arena, signature->body_form, signature->has_body_length ?
				     signature->body_length : UINT64_MAX);

	trial->hashed += body.length;
	if (hash != NULL) {
		dkim_body_hash_add(hash, body);
		result = text_copy(trial->arena, dkim_body_hash_end(hash, length_out));
	}
	arena_free(&arena);
	return result;
}

static bool
body_fits(struct trial *trial, struct text body)
{
	uint64_t length;

	return text_equal(hash_body(trial, body, &length), trial->signature->body_hash);
}

static bool
has_budget(const struct trial *trial, struct text body)
{
	return trial->hashed + body.length <= DIAGNOSIS_BYTES_MAX;
}

static struct text
first_line(struct text text)
{
	return text_trim(text_cut(text, 0, text_find(text, '\n')));
}

/* How many lines at the end were added; 0: that explains nothing. */
static size_t
find_footer(struct trial *trial, struct text body, struct text *line_out)
{
	struct text rest = body;

	for (size_t lines = 1; lines <= DIAGNOSIS_LINES_MAX && rest.length > 1; lines++) {
		size_t end = text_find_last(text_cut(rest, 0, rest.length - 1), '\n');

		rest = text_cut(rest, 0, end == TEXT_NOT_FOUND ? 0 : end + 1);
		if (!has_budget(trial, rest))
			return 0;
		if (!body_fits(trial, rest))
			continue;
		*line_out = first_line(text_from_position(body, rest.length));
		return lines;
	}
	return 0;
}

static size_t
find_banner(struct trial *trial, struct text body, struct text *line_out)
{
	struct text rest = body;

	for (size_t lines = 1; lines <= DIAGNOSIS_BANNER_LINES_MAX; lines++) {
		size_t end = text_find(rest, '\n');

		if (end == TEXT_NOT_FOUND)
			return 0;
		rest = text_from_position(rest, end + 1);
		if (!has_budget(trial, rest))
			return 0;
		if (!body_fits(trial, rest))
			continue;
		*line_out = first_line(body);
		return lines;
	}
	return 0;
}

/* What is behind l=. */
struct tail {
	struct textbuf out;
	uint64_t skip;
};

static void
take_tail(void *context, struct text part)
{
	struct tail *tail = context;
	size_t skipped = part.length < tail->skip ? part.length : (size_t)tail->skip;

	tail->skip -= skipped;
	textbuf_add(&tail->out, text_cut(part, skipped, tail->out.maximum - tail->out.length));
}

static void
read_tail(struct trial *trial, struct text body, struct dkim_diagnosis *diagnosis)
{
	enum { TAIL_BYTES_MAX = 600 };
	struct tail tail = { textbuf_new(trial->arena, TAIL_BYTES_MAX),
			     trial->signature->body_length };
	struct canonical_body canonical;
	struct text rest;
	struct text line;

	canonical_body_begin(&canonical, trial->signature->body_form, take_tail, &tail);
	canonical_body_add(&canonical, body);
	canonical_body_end(&canonical);
	rest = textbuf_text(&tail.out);
	diagnosis->tail_lines = arena_array(trial->arena, DIAGNOSIS_TAIL_LINES_MAX,
					    sizeof(*diagnosis->tail_lines));
	while (diagnosis->tail_line_count < DIAGNOSIS_TAIL_LINES_MAX && rest.length > 0 &&
	       text_next_part(&rest, '\n', &line))
		diagnosis->tail_lines[diagnosis->tail_line_count++] = text_trim(line);
}

static void
diagnose_body(struct trial *trial, struct text body, struct dkim_diagnosis *diagnosis)
{
	const struct dkim_signature *signature = trial->signature;

	diagnosis->body_is_known = true;
	diagnosis->body_hash = hash_body(trial, body, &diagnosis->body_length);
	diagnosis->body_fits = text_equal(diagnosis->body_hash, signature->body_hash);
	if (signature->has_body_length && diagnosis->body_length > signature->body_length)
		read_tail(trial, body, diagnosis);
	if (diagnosis->body_fits || signature->has_body_length)
		return;
	diagnosis->footer_lines = find_footer(trial, body, &diagnosis->added_line);
	if (diagnosis->footer_lines == 0)
		diagnosis->banner_lines = find_banner(trial, body, &diagnosis->added_line);
}

static enum dkim_fit
header_fits(const struct trial *trial, const struct header_field *fields, size_t count,
	    const struct header_field *field)
{
	struct text hash = dkim_signed_hash(trial->arena, trial->signature, field, fields, count);

	return dkim_signature_fits(trial->key, hash, trial->signature->signature);
}

/* "[list] " at the start of a subject, as mailing lists put it. */
static struct text
find_tag(struct text subject)
{
	size_t start = 0;
	size_t end;

	while (start < subject.length && byte_is_blank(subject.bytes[start]))
		start++;
	if (start == subject.length || subject.bytes[start] != '[')
		return TEXT("");
	end = text_find(subject, ']');
	if (end == TEXT_NOT_FOUND)
		return TEXT("");
	end++;
	while (end < subject.length && byte_is_blank(subject.bytes[end]))
		end++;
	return text_cut(subject, start, end - start);
}

/* The fields once more, in a copy that may be changed; *field_out is the signing one in it. */
static struct header_field *
copy_fields(const struct trial *trial, const struct header_field **field_out)
{
	const struct message *message = trial->message;
	struct header_field *copy = arena_array(trial->arena, message->field_count,
						sizeof(*copy));

	for (size_t i = 0; i < message->field_count; i++) {
		copy[i] = message->fields[i];
		if (&message->fields[i] == trial->field)
			*field_out = &copy[i];
	}
	return copy;
}

static struct text
try_subject(const struct trial *trial)
{
	const struct header_field *field = NULL;
	struct header_field *fields = copy_fields(trial, &field);
	size_t count = trial->message->field_count;

	for (size_t i = 0; i < count; i++) {
		struct text tag;
		size_t start;

		if (!text_equal_nocase(fields[i].name, TEXT("Subject")))
			continue;
		tag = find_tag(fields[i].value);
		if (text_is_empty(tag))
			return TEXT("");
		start = text_find_text(fields[i].value, tag);
		fields[i].value = text_join(trial->arena, text_cut(fields[i].value, 0, start),
					    text_from_position(fields[i].value,
							       start + tag.length));
		return header_fits(trial, fields, count, field) == DKIM_FIT_YES ? tag : TEXT("");
	}
	return TEXT("");
}

/* A field that was added although h= names one more than there were. */
static const struct header_field *
try_without_field(const struct trial *trial)
{
	const struct message *message = trial->message;
	size_t tries = 0;

	for (size_t i = 0; i < message->field_count; i++) {
		const struct header_field *field = NULL;
		struct header_field *fields;

		if (&message->fields[i] == trial->field ||
		    !dkim_signature_covers(trial->signature, message->fields[i].name))
			continue;
		if (tries++ == DIAGNOSIS_FIELDS_MAX)
			return NULL;
		fields = copy_fields(trial, &field);
		fields[i].name = TEXT("-");
		if (header_fits(trial, fields, message->field_count, field) == DKIM_FIT_YES)
			return &message->fields[i];
	}
	return NULL;
}

struct dkim_diagnosis
dkim_diagnose(struct arena *arena, const struct dkim_signature *signature,
	      const struct header_field *field, const struct message *message, struct text body,
	      bool body_is_whole, const struct dkim_key *key)
{
	struct trial trial = { arena, signature, field, message, key, 0 };
	struct dkim_diagnosis diagnosis = { .body_is_known = false };

	if (signature->status != DKIM_SIGNATURE_VALID)
		return diagnosis;
	if (body_is_whole)
		diagnose_body(&trial, body, &diagnosis);
	if (key == NULL)
		return diagnosis;
	diagnosis.header_is_known = true;
	diagnosis.header_fit = header_fits(&trial, message->fields, message->field_count, field);
	if (diagnosis.header_fit != DKIM_FIT_NO)
		return diagnosis;
	diagnosis.subject_tag = try_subject(&trial);
	if (text_is_empty(diagnosis.subject_tag))
		diagnosis.added_field = try_without_field(&trial);
	return diagnosis;
}
