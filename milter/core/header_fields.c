/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "core/header_fields.h"

#include <limits.h>

#include "base/textbuf.h"
#include "core/received_spf.h"
#include "mail/authentication_results.h"
#include "mail/domain_name.h"

#define AUTHENTICATION_RESULTS TEXT("Authentication-Results")

/* What the writers below need to know. */
struct scene {
	struct arena *arena;
	const struct config *config;
	const struct message *message;
	const struct findings *findings;
	const struct verdict *verdict;
};

static void
add_reason(struct authentication_results_writer *out, const struct scene *scene,
	   const char *reason)
{
	if (reason != NULL && scene->config->comment_authentication_results)
		authentication_results_reason(out, text_from(reason));
}

/* What was done, in the words of DMARC: none, quarantine, reject. */
static const char *
disposition(const struct verdict *verdict)
{
	switch (verdict->decided) {
	case ACTION_NONE_YET:
	case ACTION_ACCEPT:
		return "none";
	case ACTION_MARK:
	case ACTION_QUARANTINE:
		return "quarantine";
	case ACTION_TEMPFAIL:
		return "tempfail";
	case ACTION_REJECT:
	case ACTION_DISCARD:
		return "reject";
	}
	return "none";
}

/* " rule=NAME shadow=NAME:ACTION": which of the operator's rules matched. */
static struct text
rules_comment(const struct scene *scene)
{
	const struct verdict *verdict = scene->verdict;
	struct text shadows = verdict->shadows;

	return text_printf(scene->arena, "%s%s%s%.*s",
			   verdict->operator_rule != NULL ? " rule=" : "",
			   verdict->operator_rule != NULL ? verdict->rule : "",
			   text_is_empty(shadows) ? "" : " shadow=", TEXT_ARGUMENTS(shadows));
}

/* The first result carries it when there is no record whose policy it could stand beside. */
static void
add_rules_comment(struct authentication_results_writer *out, const struct scene *scene)
{
	struct text rules = rules_comment(scene);

	if (scene->config->comment_authentication_results && !text_is_empty(rules))
		authentication_results_comment(out, text_from_position(rules, 1));
}

/* RFC 9989 9.1. The comment's start is what rules of content filters match: (p=reject dis=none). */
static void
write_dmarc(struct authentication_results_writer *out, const struct scene *scene, size_t index)
{
	const struct dmarc_finding *dmarc = &scene->findings->dmarc;

	(void)index;
	authentication_results_method(out, "dmarc", result_keyword(dmarc->result));
	if (scene->config->comment_authentication_results &&
	    dmarc->published != DMARC_POLICY_UNKNOWN)
		authentication_results_comment(
			out, text_printf(scene->arena, "p=%s dis=%s%s%s%s%.*s",
					 dmarc_policy_keyword(dmarc->published),
					 disposition(scene->verdict),
					 dmarc->is_testing ? " t=y" : "",
					 scene->verdict->override != NULL ? " override=" : "",
					 scene->verdict->override != NULL
						 ? scene->verdict->override
						 : "",
					 TEXT_ARGUMENTS(rules_comment(scene))));
	else
		add_rules_comment(out, scene);
	add_reason(out, scene, dmarc->result == RESULT_PASS ? NULL : dmarc->reason);
	authentication_results_address(out, "header", "from", TEXT(""), dmarc->author.domain);
	if (dmarc->effective != DMARC_POLICY_UNKNOWN)
		authentication_results_property(out, "policy", "dmarc",
						text_from(dmarc_policy_keyword(dmarc->effective)));
}

static void
write_spf(struct authentication_results_writer *out, const struct scene *scene,
	  const struct spf_identity *identity, bool is_helo)
{
	struct text local_part = identity->used_local_part && !is_helo
					 ? scene->message->sender.local_part
					 : TEXT("");

	authentication_results_method(out, "spf", result_keyword(identity->result));
	if (!text_is_empty(identity->reason) && scene->config->comment_authentication_results)
		authentication_results_reason(out, identity->reason);
	if (is_helo)
		authentication_results_address(out, "smtp", "helo", TEXT(""), identity->domain);
	else
		authentication_results_address(out, "smtp", "mailfrom", local_part,
					       identity->domain);
}

static void
write_sender_spf(struct authentication_results_writer *out, const struct scene *scene,
		 size_t index)
{
	(void)index;
	write_spf(out, scene, &scene->findings->spf.mail_from, scene->findings->spf.sender_is_null);
}

static void
write_helo_spf(struct authentication_results_writer *out, const struct scene *scene, size_t index)
{
	(void)index;
	write_spf(out, scene, &scene->findings->spf.helo, true);
}

/* RFC 8601 2.7.2: the HELO result beside the other only where it says something. */
static bool
helo_is_worth_saying(const struct spf_finding *spf)
{
	return !spf->sender_is_null && spf->helo.result != RESULT_NOT_CHECKED &&
	       spf->helo.result != RESULT_NONE;
}

static void
write_signature(struct authentication_results_writer *out, const struct scene *scene,
		size_t index)
{
	const struct dkim_signature_finding *signature = &scene->findings->dkim.signatures[index];

	authentication_results_method(out, "dkim", result_keyword(signature->result));
	if (scene->config->comment_authentication_results && signature->key_bits > 0)
		authentication_results_comment(
			out, text_printf(scene->arena, "%u-bit key%s", signature->key_bits,
					 signature->is_testing ? ", testing" : ""));
	add_reason(out, scene, signature->reason);
	authentication_results_address(out, "header", "d", TEXT(""), signature->domain);
	authentication_results_property(out, "header", "i", signature->identity);
	authentication_results_property(out, "header", "s", signature->selector);
	authentication_results_property(out, "header", "a", signature->algorithm);
	authentication_results_property(out, "header", "b", signature->signature_start);
}

static void
write_no_signature(struct authentication_results_writer *out, const struct scene *scene,
		   size_t index)
{
	(void)index;
	authentication_results_method(out, "dkim",
				      result_keyword(scene->findings->dkim.result));
	add_reason(out, scene, scene->findings->dkim.reason);
}

/* RFC 8617 10.2. The comment names who sealed, oldest first. */
static void
write_arc(struct authentication_results_writer *out, const struct scene *scene, size_t index)
{
	const struct arc_finding *arc = &scene->findings->arc;
	struct text sealers = TEXT("");

	(void)index;
	authentication_results_method(out, "arc", result_keyword(arc->result));
	if (arc->result == RESULT_NONE)
		return;
	for (size_t i = 0; i < arc->count; i++)
		sealers = text_printf(scene->arena, "%.*s%si=%zu d=%.*s", TEXT_ARGUMENTS(sealers),
				      i > 0 ? ", " : "", i + 1,
				      TEXT_ARGUMENTS(arc->instances[i].domain));
	if (scene->config->comment_authentication_results && arc->count > 0)
		authentication_results_comment(out, sealers);
	add_reason(out, scene, arc->reason);
	authentication_results_property(out, "smtp", "remote-ip",
					ip_text(scene->arena, scene->message->connection->client));
	if (arc->result == RESULT_PASS)
		authentication_results_property(out, "header", "oldest-pass",
						text_printf(scene->arena, "%u",
							    arc->oldest_pass));
}

static void
write_iprev(struct authentication_results_writer *out, const struct scene *scene, size_t index)
{
	const struct iprev_finding *iprev = &scene->findings->iprev;

	(void)index;
	authentication_results_method(out, "iprev", result_keyword(iprev->result));
	if (scene->config->comment_authentication_results && iprev->result == RESULT_PASS)
		authentication_results_comment(out, iprev->name);
	add_reason(out, scene, iprev->result == RESULT_PASS ? NULL : iprev->reason);
	authentication_results_property(out, "policy", "iprev",
					ip_text(scene->arena, scene->message->connection->client));
}

/* One result of the message that has something to say; `index` is the signature's. */
struct result_line {
	void (*write)(struct authentication_results_writer *out, const struct scene *scene,
		      size_t index);
	size_t index;
};

struct result_lines {
	struct result_line *items;
	size_t count;
	size_t capacity;
};

static void
add_line(struct result_lines *lines, const struct scene *scene, bool is_worth_saying,
	 void (*write)(struct authentication_results_writer *out, const struct scene *scene,
		       size_t index),
	 size_t index)
{
	if (!is_worth_saying)
		return;
	lines->items = arena_grow(scene->arena, lines->items, lines->count, &lines->capacity,
				  sizeof(*lines->items));
	lines->items[lines->count++] = (struct result_line){ write, index };
}

/*
 * In the order in which readers want them: DMARC, SPF of the sender, of HELO, signatures,
 * ARC, iprev.
 */
static struct result_lines
list_results(const struct scene *scene)
{
	const struct findings *findings = scene->findings;
	const struct spf_finding *spf = &findings->spf;
	const struct dkim_finding *dkim = &findings->dkim;
	struct result_lines lines = { NULL, 0, 0 };

	add_line(&lines, scene, findings->dmarc.result != RESULT_NOT_CHECKED, write_dmarc, 0);
	add_line(&lines, scene, spf->mail_from.result != RESULT_NOT_CHECKED, write_sender_spf, 0);
	add_line(&lines, scene, helo_is_worth_saying(spf), write_helo_spf, 0);
	for (size_t i = 0; i < dkim->count; i++)
		add_line(&lines, scene, true, write_signature, i);
	add_line(&lines, scene, dkim->count == 0 && dkim->result != RESULT_NOT_CHECKED,
		 write_no_signature, 0);
	add_line(&lines, scene, findings->arc.result != RESULT_NOT_CHECKED, write_arc, 0);
	add_line(&lines, scene, findings->iprev.result != RESULT_NOT_CHECKED, write_iprev, 0);
	return lines;
}

static struct authentication_results_writer
begin_field(const struct scene *scene)
{
	struct text job_id = scene->config->authserv_id_with_job_id ? scene->message->queue_id
								    : TEXT("");

	return authentication_results_begin(scene->arena, scene->config->authserv_id, job_id,
					    scene->message->is_smtputf8);
}

/* Where DMARC says nothing, the first result says which of the operator's rules matched. */
static void
write_line(struct authentication_results_writer *out, const struct scene *scene,
	   const struct result_lines *lines, size_t index)
{
	lines->items[index].write(out, scene, lines->items[index].index);
	if (index == 0 && scene->findings->dmarc.result == RESULT_NOT_CHECKED)
		add_rules_comment(out, scene);
}

static struct text
all_results(const struct scene *scene)
{
	struct authentication_results_writer out = begin_field(scene);
	struct result_lines lines = list_results(scene);

	for (size_t i = 0; i < lines.count; i++)
		write_line(&out, scene, &lines, i);
	return authentication_results_end(&out);
}

struct text
header_fields_results(struct arena *arena, const struct config *config,
		      const struct message *message, const struct outcome *outcome)
{
	struct scene scene = { arena, config, message, &outcome->findings, &outcome->verdict };

	return all_results(&scene);
}

/* The edits of an outcome, growing. */
struct edit_list {
	struct arena *arena;
	struct outcome *outcome;
	size_t capacity;
};

static struct header_edit *
add_edit(struct edit_list *list)
{
	struct outcome *outcome = list->outcome;

	outcome->edits = arena_grow(list->arena, outcome->edits, outcome->edit_count,
				    &list->capacity, sizeof(*outcome->edits));
	return &outcome->edits[outcome->edit_count++];
}

static void
insert(struct edit_list *list, struct text name, uint64_t position, struct text value)
{
	struct header_edit *edit = add_edit(list);

	edit->name = name;
	edit->position = position > UINT_MAX ? UINT_MAX : (unsigned)position;
	edit->value = text_copy(list->arena, value);
}

/* RFC 8601 5: our own ids always, and those the operator names. */
static bool
is_forged(const struct scene *scene, const struct header_field *field)
{
	const struct config *config = scene->config;

	if (text_equal_nocase(field->name, AUTHENTICATION_RESULTS))
		return config->remove_all ||
		       authentication_results_is_claimed(scene->arena, field->value,
							 &config->authserv_id, 1) ||
		       authentication_results_is_claimed(scene->arena, field->value,
							 config->remove_from.items,
							 config->remove_from.count);
	/* A field that only we may write: a filter behind us acts on it. */
	return !text_is_empty(field->name) &&
	       text_equal_nocase(field->name, config->quarantine_header_name);
}

static void
delete(struct edit_list *list, struct text name, unsigned instance)
{
	struct header_edit *edit = add_edit(list);

	edit->is_deletion = true;
	edit->name = name;
	edit->instance = instance;
	list->outcome->removed_count++;
}

/* Fields behind the header limit: how many of that name there are is all that is known. */
static void
remove_not_kept(struct edit_list *list, const struct message *message, struct text name,
		size_t not_kept)
{
	size_t kept = message_count_fields(message, name);

	for (size_t i = not_kept; i > 0; i--)
		delete(list, name, (unsigned)(kept + i));
}

/*
 * From the last to the first: deleting a field renumbers those behind it.
 * Fields behind the header limit were not kept, so nobody knows whose results
 * they claim to be: they go, all of them.
 */
static void
remove_forged(struct edit_list *list, const struct scene *scene)
{
	const struct message *message = scene->message;

	remove_not_kept(list, message, AUTHENTICATION_RESULTS, message->results_not_kept);
	remove_not_kept(list, message, message->own_field_name, message->own_fields_not_kept);
	for (size_t i = message->field_count; i > 0; i--) {
		const struct header_field *field = &message->fields[i - 1];

		if (is_forged(scene, field))
			delete(list, field->name, field->instance);
	}
}

/*
 * One field per result; the last one inserted at a place is on top, so the first result
 * comes last.
 */
static void
insert_split_results(struct edit_list *list, const struct scene *scene)
{
	struct result_lines lines = list_results(scene);

	for (size_t i = lines.count; i > 0; i--) {
		struct authentication_results_writer out = begin_field(scene);

		write_line(&out, scene, &lines, i - 1);
		insert(list, AUTHENTICATION_RESULTS,
		       scene->config->authentication_results_position,
		       authentication_results_end(&out));
	}
}

static void
insert_own(struct edit_list *list, const struct scene *scene)
{
	const struct config *config = scene->config;
	uint64_t position = config->authentication_results_position;
	enum action action = scene->verdict->action;

	if (config->software_header)
		insert(list, TEXT("DMARC-Filter"), position,
		       text_join(scene->arena, TEXT(" dmarcmilter " PACKAGE_VERSION " at "),
				 config->authserv_id));
	if ((action == ACTION_MARK || action == ACTION_QUARANTINE) &&
	    !text_is_empty(config->quarantine_header_name))
		insert(list, config->quarantine_header_name, position,
		       text_join(scene->arena, TEXT(" "), config->quarantine_header_value));
	if (config->spf_received_header) {
		struct text value = received_spf_value(scene->arena, config, scene->message,
						       scene->findings);

		if (!text_is_empty(value))
			insert(list, TEXT("Received-SPF"), position, value);
	}
	if (!config->add_authentication_results)
		return;
	if (config->split_authentication_results)
		insert_split_results(list, scene);
	else
		insert(list, AUTHENTICATION_RESULTS, position, all_results(scene));
}

void
header_fields_write(struct arena *arena, const struct config *config,
		    const struct message *message, struct outcome *outcome)
{
	struct scene scene = { arena, config, message, &outcome->findings, &outcome->verdict };
	struct edit_list list = { arena, outcome, 0 };

	if (outcome->verdict.trust == TRUST_HOST)
		return;
	remove_forged(&list, &scene);
	if (outcome->verdict.trust == TRUST_NOT)
		insert_own(&list, &scene);
}
