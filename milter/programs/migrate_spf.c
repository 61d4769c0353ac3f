/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_values.h"

#include "base/macros.h"

/* How policyd-spf and pyspf-milter say what an SPF result does to a message. */
enum strictness {
	STRICT_UNKNOWN,
	STRICT_FAIL,
	STRICT_SOFTFAIL,
	STRICT_NOT_PASS,
	STRICT_NULL,            /* fail, and only of a null sender */
	STRICT_FALSE,
	STRICT_NO_CHECK
};

static enum strictness
strictness_of(struct text value)
{
	static const struct {
		const char *word;
		enum strictness strictness;
	} words[] = {
		{ "Fail", STRICT_FAIL }, { "Softfail", STRICT_SOFTFAIL },
		{ "SPF_Not_Pass", STRICT_NOT_PASS }, { "Null", STRICT_NULL },
		{ "False", STRICT_FALSE }, { "No_Check", STRICT_NO_CHECK },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (text_equal_nocase(value, text_from(words[i].word)))
			return words[i].strictness;
	return STRICT_UNKNOWN;
}

static bool
is_set(const struct migration *migration, struct text name, bool wanted)
{
	const struct migrate_setting *setting = migrate_file_find(migration->file, name);
	bool is_boolean;

	return setting != NULL && migrate_is_true(setting->value, &is_boolean) == wanted &&
	       is_boolean;
}

/* TestOnly 0 tests, and 1 does not. */
static bool
only_tests(const struct migration *migration)
{
	return is_set(migration, TEXT("TestOnly"), false) ||
	       is_set(migration, TEXT("defaultSeedOnly"), false);
}

/* Neither of the two says "reject on Fail" plainly. */
static bool
refuses_nothing(const struct migration *migration)
{
	return only_tests(migration) || is_set(migration, TEXT("No_Mail"), true);
}

void
migrate_test_only(struct migration *migration, const struct migrate_setting *setting)
{
	bool is_boolean;
	bool rejects = migrate_is_true(setting->value, &is_boolean);

	migrate_say(migration, MIGRATE_CHANGED,
		    rejects ? TEXT("it rejects (1): OnSPFFail and OnHeloFail are set below") :
		    TEXT("it only tests (0): OnSPFFail and OnHeloFail accept"));
}

void
migrate_no_mail(struct migration *migration, const struct migrate_setting *setting)
{
	bool is_boolean;

	if (migrate_is_true(setting->value, &is_boolean))
		migrate_say(migration, MIGRATE_NOT_POSSIBLE,
			    TEXT("a record of \"-all\" alone is not told from others: SPF alone "
				 "refuses nothing then, and DMARC decides"));
	else
		migrate_say(migration, MIGRATE_NOT_NEEDED, TEXT("it is switched off"));
}

/* The names of what differs between the two identities. */
struct identity {
	const char *option;
	const char *condition;
	const char *rule;
	enum action *wish;
};

static void
apply(struct migration *migration, const struct identity *identity, enum strictness strictness)
{
	const char *results = strictness == STRICT_SOFTFAIL ? "softfail" :
			      strictness == STRICT_NOT_PASS ? "softfail,neutral,permerror" : NULL;
	struct text fail = text_printf(migration->arena, "%s reject; the SMTP reply comes after "
							 "the "
				       "message, not after RCPT", identity->option);

	if (refuses_nothing(migration)) {
		*identity->wish = ACTION_ACCEPT;
		migrate_say(migration, MIGRATE_CHANGED,
			    text_printf(migration->arena, "%s accept, because of TestOnly or "
							  "No_Mail",
					identity->option));
		return;
	}
	*identity->wish = ACTION_REJECT;
	migrate_say(migration, MIGRATE_CHANGED,
		    results == NULL ? fail : text_printf(migration->arena,
		    "%.*s; and a Rule for the other results", TEXT_ARGUMENTS(fail)));
	if (results != NULL)
		migrate_rule(migration, identity->rule,
			     text_printf(migration->arena, "%s=%s", identity->condition, results),
			     ACTION_REJECT);
}

static void
apply_null(struct migration *migration, const struct identity *identity)
{
	*identity->wish = ACTION_ACCEPT;
	migrate_say(migration, MIGRATE_CHANGED,
		    text_printf(migration->arena, "%s accept, and a Rule for the null sender",
				identity->option));
	if (!refuses_nothing(migration))
		migrate_rule(migration, identity->rule,
			     text_printf(migration->arena, "envelope=<> %s=fail",
					 identity->condition),
			     ACTION_REJECT);
}

static void
judge(struct migration *migration, const struct identity *identity, struct text value)
{
	switch (strictness_of(value)) {
	case STRICT_FAIL:
	case STRICT_SOFTFAIL:
	case STRICT_NOT_PASS:
		apply(migration, identity, strictness_of(value));
		return;
	case STRICT_NULL:
		apply_null(migration, identity);
		return;
	case STRICT_FALSE:
		*identity->wish = ACTION_ACCEPT;
		migrate_say(migration, MIGRATE_KEPT,
			    text_printf(migration->arena, "as %s accept", identity->option));
		return;
	case STRICT_NO_CHECK:
		*identity->wish = ACTION_ACCEPT;
		if (text_equal(text_from(identity->option), TEXT("OnHeloFail")))
			(void)migrate_set(migration, MIGRATE_KEPT, "SPFHelo", TEXT("no"),
					  TEXT("as SPFHelo no"));
		else
			migrate_say(migration, MIGRATE_CHANGED,
				    TEXT("MAIL FROM is checked all the same, since DMARC needs "
					 "it; "
					 "OnSPFFail accept"));
		return;
	case STRICT_UNKNOWN:
		migrate_say(migration, MIGRATE_NOT_POSSIBLE,
			    text_printf(migration->arena, "the value is none of its words; %s "
					"keeps its default, accept", identity->option));
		return;
	}
}

static void
judge_helo(struct migration *migration, struct text value)
{
	const struct identity helo = { "OnHeloFail", "spf-helo", "helo",
				       &migration->wishes.helo_fail };

	judge(migration, &helo, value);
}

static void
judge_mail_from(struct migration *migration, struct text value)
{
	const struct identity sender = { "OnSPFFail", "spf", "mail-from",
					 &migration->wishes.spf_fail };

	judge(migration, &sender, value);
}

void
migrate_helo_reject(struct migration *migration, const struct migrate_setting *setting)
{
	judge_helo(migration, setting->value);
}

void
migrate_mail_from_reject(struct migration *migration, const struct migrate_setting *setting)
{
	judge_mail_from(migration, setting->value);
}

/* An error of either identity decides, in one rule each. */
static void
rule_for_error(struct migration *migration, const struct migrate_setting *setting,
	       const char *result, enum action action)
{
	bool is_boolean;

	if (!migrate_is_true(setting->value, &is_boolean)) {
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    TEXT("such an SPF result alone decides nothing"));
		return;
	}
	if (only_tests(migration)) {
		migrate_say(migration, MIGRATE_NOT_NEEDED, TEXT("TestOnly is 0"));
		return;
	}
	migrate_say(migration, MIGRATE_CHANGED, TEXT("rules do it"));
	migrate_rule(migration, result,
		     text_printf(migration->arena, "spf=%s", result), action);
	migrate_rule(migration, result,
		     text_printf(migration->arena, "spf-helo=%s", result), action);
}

void
migrate_permerror_reject(struct migration *migration, const struct migrate_setting *setting)
{
	rule_for_error(migration, setting, "permerror", ACTION_REJECT);
}

void
migrate_temperror_defer(struct migration *migration, const struct migrate_setting *setting)
{
	rule_for_error(migration, setting, "temperror", ACTION_TEMPFAIL);
}

void
migrate_header_type(struct migration *migration, const struct migrate_setting *setting)
{
	if (text_equal_nocase(setting->value, TEXT("SPF")))
		(void)migrate_set(migration, MIGRATE_KEPT, "SPFReceivedHeader", TEXT("yes"),
				  TEXT("as SPFReceivedHeader yes, beside "
				       "Authentication-Results"));
	else if (text_equal_nocase(setting->value, TEXT("AR")))
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    TEXT("the result stands in the one Authentication-Results field"));
	else
		migrate_say(migration, MIGRATE_CHANGED,
			    TEXT("there is no Received-SPF; Authentication-Results is added, "
				 "which "
				 "AuthResHeader no leaves out for all methods"));
}

void
migrate_lookup_time(struct migration *migration, const struct migrate_setting *setting)
{
	static const uint64_t ours = 20;        /* DeadlinePerMessage */
	uint64_t seconds;

	if (!text_to_number(setting->value, UINT32_MAX, &seconds))
		migrate_say(migration, MIGRATE_NOT_POSSIBLE, TEXT("the value is no number"));
	else if (seconds <= ours)
		migrate_say(migration, MIGRATE_NOT_NEEDED,
			    TEXT("all questions of a message share the 20 s of "
				 "DeadlinePerMessage"));
	else
		(void)migrate_set(migration, MIGRATE_CHANGED, "DeadlinePerMessage",
				  text_printf(migration->arena, "%lus", (unsigned long)seconds),
				  TEXT("DeadlinePerMessage holds for all questions of a message "
				       "together"));
}

void
migrate_spf_defaults(struct migration *migration)
{
	struct text name = text_from(migrate_program_name(migration->file->program));

	if (migrate_file_find(migration->file, TEXT("HELO_reject")) == NULL) {
		migrate_comment(migration, 0, text_printf(migration->arena,
			"HELO_reject is not set; %.*s takes Fail", TEXT_ARGUMENTS(name)));
		judge_helo(migration, TEXT("Fail"));
	}
	if (migrate_file_find(migration->file, TEXT("Mail_From_reject")) == NULL) {
		migrate_comment(migration, 0, text_printf(migration->arena,
			"Mail_From_reject is not set; %.*s takes Fail", TEXT_ARGUMENTS(name)));
		judge_mail_from(migration, TEXT("Fail"));
	}
	if (migrate_file_find(migration->file, TEXT("Header_Type")) != NULL)
		return;
	migrate_comment(migration, 0, text_printf(migration->arena,
		"Header_Type is not set; %.*s adds Received-SPF", TEXT_ARGUMENTS(name)));
	(void)migrate_set(migration, MIGRATE_KEPT, "SPFReceivedHeader", TEXT("yes"),
			  TEXT("as SPFReceivedHeader yes"));
}
