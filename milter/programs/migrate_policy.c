/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_policy.h"

#include "programs/migrate_values.h"

#define SUMMARY "see \"What is done with mail\" below"

/* Notes a wish that a switch makes. */
static void
note_switch(struct migration *migration, const struct migrate_setting *setting, bool *wish,
	    const char *when_true, const char *when_false)
{
	bool is_boolean;
	bool is_true = migrate_is_true(setting->value, &is_boolean);

	if (!is_boolean) {
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("the value is neither yes nor "
								  "no"));
		return;
	}
	*wish = *wish || is_true;
	migrate_say(migration, MIGRATE_CHANGED, text_from(is_true ? when_true : when_false));
}

void
migrate_reject_failures(struct migration *migration, const struct migrate_setting *setting)
{
	note_switch(migration, setting, &migration->wishes.rejects,
		    "OnReject reject; " SUMMARY,
		    "what fails DMARC is not refused; " SUMMARY);
}

void
migrate_hold(struct migration *migration, const struct migrate_setting *setting)
{
	note_switch(migration, setting, &migration->wishes.holds,
		    "OnQuarantine quarantine; " SUMMARY,
		    "what fails under p=quarantine is not held; " SUMMARY);
}

void
migrate_required_headers(struct migration *migration, const struct migrate_setting *setting)
{
	note_switch(migration, setting, &migration->wishes.requires_headers,
		    "only From is judged: OnMissingFrom, OnMultipleFrom and OnMalformedFrom; "
		    SUMMARY,
		    SUMMARY);
}

void
migrate_reject_several(struct migration *migration, const struct migrate_setting *setting)
{
	note_switch(migration, setting, &migration->wishes.rejects_several,
		    "OnMultipleDomains reject; " SUMMARY, SUMMARY);
}

static bool
refuses_anything(const struct migrate_wishes *wishes)
{
	return wishes->rejects || wishes->holds || wishes->requires_headers ||
	       wishes->rejects_several || wishes->rules_refuse ||
	       wishes->spf_fail > ACTION_ACCEPT || wishes->helo_fail > ACTION_ACCEPT ||
	       wishes->internal_error == ACTION_REJECT;
}

static void
decide_rejecting(struct migration *migration)
{
	migrate_decide(migration, "OnReject", "reject",
		       "RejectFailures was true: what fails DMARC under p=reject is refused. "
		       "Mail that bears the signs of a list or a forwarder is not, unlike "
		       "before, "
		       "but meets OnQuarantine; \"RejectClasses "
		       "forwarded,indirect,misaligned,spoof\" refuses it too.");
	migrate_decide(migration, "OnTempErrorUnknown", "tempfail",
		       "RejectFailures deferred mail whose evaluation could not be completed. "
		       "The "
		       "default here, accept, lets mail pass whose policy is not known.");
	migrate_decide(migration, "OnQuarantine",
		       migration->wishes.holds ? "quarantine" : "mark",
		       migration->wishes.holds ?
		       "HoldQuarantinedMessages was true: into the MTA's hold queue." :
		       "HoldQuarantinedMessages was not true: nothing is held; mark adds "
		       "X-DMARC-Quarantine for filters behind.");
	migrate_comment(migration, 0,
			TEXT("Mail without one author domain (no From, several, unreadable) is "
			     "refused by default, since it would get round DMARC; see "
			     "OnMissingFrom and those behind it."));
}

static void
decide_accepting(struct migration *migration)
{
	const struct migrate_wishes *wishes = &migration->wishes;
	const char *malformed = wishes->requires_headers ? "reject" : "accept";

	migrate_decide(migration, "OnReject", "accept",
		       "No old setting refuses mail because of DMARC (RejectFailures). reject, "
		       "the "
		       "default, does what the author's domain asks for.");
	migrate_decide(migration, "OnQuarantine", wishes->holds ? "quarantine" : "accept",
		       wishes->holds ? "HoldQuarantinedMessages was true." :
		       "Nor does one hold it. mark, the default, adds X-DMARC-Quarantine.");
	if (wishes->holds)
		migrate_decide(migration, "RejectClasses", "forwarded,indirect,misaligned,spoof",
			       "Under p=reject nothing is held either, as it was: all classes "
			       "meet "
			       "OnReject.");
	migrate_decide(migration, "OnTempError", "accept", "A missing answer defers nothing.");
	migrate_decide(migration, "OnMissingFrom", malformed,
		       wishes->requires_headers ? "RequiredHeaders was true." :
		       "RequiredHeaders was not true. The default is reject: such mail gets "
		       "round "
		       "DMARC.");
	migrate_decide(migration, "OnMultipleFrom", malformed, "The same.");
	migrate_decide(migration, "OnMalformedFrom", malformed, "The same.");
	if (!wishes->requires_headers)
		migrate_decide(migration, "OnMalformedBounce", "accept", "The same.");
	migrate_decide(migration, "OnMultipleDomains",
		       wishes->rejects_several ? "reject" : "accept",
		       wishes->rejects_several ? "RejectMultiValueFrom was true." :
		       "RejectMultiValueFrom was not true.");
}

void
migrate_policy(struct migration *migration)
{
	const struct migrate_wishes *wishes = &migration->wishes;

	migrate_heading(migration, "What is done with mail");
	if (!refuses_anything(wishes)) {
		migrate_decide(migration, "Mode", "monitor",
			       "None of the old settings refuses, defers or holds mail: monitor "
			       "decides and logs, adds Authentication-Results, and accepts. Take "
			       "this line out when the log shows what you want to be done.");
		return;
	}
	migrate_decide(migration, "Mode", "enforce", "Old settings refuse, defer or hold mail.");
	if (wishes->rejects)
		decide_rejecting(migration);
	else
		decide_accepting(migration);
	if (wishes->spf_fail != ACTION_NONE_YET)
		migrate_decide(migration, "OnSPFFail", action_keyword(wishes->spf_fail),
			       wishes->spf_fail == ACTION_REJECT ?
			       "Mail_From_reject: an SPF failure alone refuses. accept, the "
			       "default, leaves it to DMARC, which spares forwarded mail with a "
			       "good signature." :
			       "Mail_From_reject: SPF alone refuses nothing.");
	if (wishes->helo_fail != ACTION_NONE_YET)
		migrate_decide(migration, "OnHeloFail", action_keyword(wishes->helo_fail),
			       wishes->helo_fail == ACTION_REJECT ?
			       "HELO_reject: a failure of the HELO name refuses." :
			       "HELO_reject: a failure of the HELO name refuses nothing.");
}
