/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_outcome.h"

#include "base/textbuf.h"
#include "programs/limited_log.h"

enum {
	REPLY_BYTES_MAX = 980,  /* of a line; libmilter refuses a longer one */
	REASON_BYTES_MAX = 200  /* of a quarantine: for the eyes of the postmaster */
};

/* libmilter and Postfix take "%" for a format: it is doubled. */
static char *
reply_string(struct arena *arena, struct text text)
{
	struct textbuf buffer = textbuf_new(arena, REPLY_BYTES_MAX);

	for (size_t i = 0; i < text.length; i++) {
		if (!byte_is_printable(text.bytes[i]))
			continue;
		if (text.bytes[i] == '%')
			textbuf_add_byte(&buffer, '%');
		textbuf_add_byte(&buffer, text.bytes[i]);
	}
	if (buffer.overflowed)
		return NULL;
	return text_string(arena, textbuf_text(&buffer));
}

static sfsistat
set_reply(SMFICTX *context, const struct session *session, const struct verdict *verdict,
	  sfsistat answer)
{
	static struct limited_log trouble;
	struct arena *arena = session->message_arena;
	char *text = reply_string(arena, verdict->reply_text);

	if (text == NULL || smfi_setreply(context, text_string(arena, verdict->reply_code),
					  text_string(arena, verdict->reply_status),
					  text) != MI_SUCCESS)
		limited_log(&trouble, LOG_LEVEL_WARNING, "libmilter refused the reply text of rule "
			    "%s; the MTA uses its own", verdict->rule);
	return answer;
}

/* Our values begin with a blank; an MTA that keeps no leading space adds one itself. */
static char *
value_string(const struct session *session, struct text value)
{
	if (!session->agreement.keeps_leading_space &&
	    text_starts_with(value, TEXT(" ")))
		value = text_from_position(value, 1);
	return text_string(session->message_arena, value);
}

static bool
apply_edit(SMFICTX *context, const struct session *session, const struct header_edit *edit)
{
	char *name = text_string(session->message_arena, edit->name);

	if (edit->is_deletion)
		return session->agreement.can_delete &&
		       smfi_chgheader(context, name, (int)edit->instance, NULL) == MI_SUCCESS;
	return session->agreement.can_insert &&
	       smfi_insheader(context, (int)edit->position, name,
			      value_string(session, edit->value)) == MI_SUCCESS;
}

/* False when a forged field is still there. */
static bool
apply_edits(SMFICTX *context, const struct session *session, const struct outcome *outcome)
{
	static struct limited_log trouble;
	bool removed_all = true;

	for (size_t i = 0; i < outcome->edit_count; i++) {
		const struct header_edit *edit = &outcome->edits[i];

		if (apply_edit(context, session, edit))
			continue;
		limited_log(&trouble, LOG_LEVEL_ERROR, "the MTA does not let us %s a field%s",
			    edit->is_deletion ? "remove" : "insert",
			    edit->is_deletion ? "; the message is deferred" : "");
		if (edit->is_deletion)
			removed_all = false;
	}
	return removed_all;
}

static sfsistat
quarantine(SMFICTX *context, const struct session *session, const struct verdict *verdict)
{
	static struct limited_log trouble;
	struct arena *arena = session->message_arena;
	struct text reason = text_printf(arena, "dmarcmilter: %s, class %s", verdict->rule,
					 message_class_keyword(verdict->message_class));

	if (session->agreement.can_quarantine &&
	    smfi_quarantine(context, text_string(arena, text_cut(reason, 0, REASON_BYTES_MAX))) ==
	    MI_SUCCESS)
		return SMFIS_CONTINUE;
	limited_log(&trouble, LOG_LEVEL_ERROR, "the MTA does not let us quarantine; the message is "
		    "deferred (set OnQuarantine to mark)");
	return SMFIS_TEMPFAIL;
}

sfsistat
milter_apply_outcome(SMFICTX *context, const struct session *session,
		     const struct outcome *outcome)
{
	const struct verdict *verdict = &outcome->verdict;

	switch (verdict->action) {
	case ACTION_REJECT:
		return set_reply(context, session, verdict, SMFIS_REJECT);
	case ACTION_TEMPFAIL:
		return set_reply(context, session, verdict, SMFIS_TEMPFAIL);
	case ACTION_DISCARD:
		return SMFIS_DISCARD;
	case ACTION_NONE_YET:
	case ACTION_ACCEPT:
	case ACTION_MARK:
	case ACTION_QUARANTINE:
		break;
	}
	if (!apply_edits(context, session, outcome))
		return SMFIS_TEMPFAIL;
	if (verdict->action == ACTION_QUARANTINE)
		return quarantine(context, session, verdict);
	/* CONTINUE, not ACCEPT: the milters after us must see the message. */
	return SMFIS_CONTINUE;
}
