/* SPDX-License-Identifier: BSD-2-Clause */
#include "checks/check.h"
#include "mail/domain_name.h"

/*
 * iprev (RFC 8601 2.7.3, 3): the names that the client's address claims by
 * PTR, and whether one of them leads back to the address. A PTR record is the
 * client's own word: nothing of it is used but host names in normal form.
 */
enum { NAMES_MAX = 10 };        /* RFC 8601 3 asks for a limit and gives this one */

struct iprev_state {
	struct text question;   /* for PTR; empty without an IP address */
	bool has_names;         /* what follows was read from the PTR answer */
	struct text names[NAMES_MAX];
	size_t count;
	bool has_more_names;
};

static bool
is_enabled(const struct config *config)
{
	return config->check_iprev;
}

static struct iprev_state *
state_of(struct check_run *run)
{
	struct iprev_state *state = run->state;

	if (state != NULL)
		return state;
	state = arena_alloc(run->arena, sizeof(*state));
	state->question = ip_reverse_name(run->arena, run->message->connection->client);
	run->state = state;
	return state;
}

static enum dns_type
address_type(const struct check_run *run)
{
	return run->message->connection->client.family == IP_V4 ? DNS_A : DNS_AAAA;
}

static void
add_name(struct iprev_state *state, struct text name)
{
	for (size_t i = 0; i < state->count; i++)
		if (text_equal(state->names[i], name))
			return;
	if (state->count < NAMES_MAX)
		state->names[state->count++] = name;
	else
		state->has_more_names = true;
}

/* Takes the names from the PTR answer and asks for the addresses of all of them. */
static void
take_names(struct check_run *run, struct iprev_state *state, const struct dns_answer *answer)
{
	if (state->has_names || answer->status != DNS_FOUND)
		return;
	state->has_names = true;
	for (size_t i = 0; i < answer->count && !state->has_more_names; i++) {
		struct text name;

		if (domain_name_normalize(run->arena, answer->records[i].text, &name))
			add_name(state, name);
	}
	for (size_t i = 0; i < state->count; i++)
		dns_ask(run->dns, state->names[i], address_type(run), DNS_ORDINARY);
}

static void
prefetch(struct check_run *run, enum fact fact)
{
	struct iprev_state *state = state_of(run);

	if (text_is_empty(state->question))
		return;
	if (fact == FACT_RECIPIENT || fact == FACT_ANSWER)
		take_names(run, state, dns_peek(run->dns, state->question, DNS_PTR, DNS_ORDINARY));
}

static bool
has_address(const struct dns_answer *answer, struct ip client)
{
	for (size_t i = 0; i < answer->count; i++) {
		const uint8_t *address = answer->records[i].address;
		struct ip ip = client.family == IP_V4 ? ip_from_v4(address) : ip_from_v6(address);

		if (ip_equal(ip, client))
			return true;
	}
	return false;
}

static void
conclude(struct check_run *run, enum result result, struct text name, const char *reason)
{
	run->findings->iprev = (struct iprev_finding){
		.result = result, .name = name, .reason = reason
	};
}

/* One match decides, whatever became of the other names; else an error leaves it open. */
static void
compare_addresses(struct check_run *run, const struct iprev_state *state)
{
	const char *missing = NULL;
	const char *limit = NULL;

	for (size_t i = 0; i < state->count; i++) {
		const struct dns_answer *answer = dns_look_up(run->dns, state->names[i],
							      address_type(run), DNS_ORDINARY);

		switch (answer->status) {
		case DNS_FOUND:
			if (!has_address(answer, run->message->connection->client))
				break;
			conclude(run, RESULT_PASS, state->names[i], NULL);
			return;
		case DNS_PENDING:
		case DNS_RETRY:
			missing = answer->reason != NULL ? answer->reason : "no answer";
			break;
		case DNS_LIMIT:
			limit = "limit of DNS questions";
			break;
		case DNS_NO_DATA:
		case DNS_NO_NAME:
			break;
		}
	}
	if (missing != NULL)
		conclude(run, RESULT_TEMPERROR, state->names[0], missing);
	else if (limit != NULL)
		conclude(run, RESULT_PERMERROR, state->names[0], limit);
	else if (state->has_more_names)
		conclude(run, RESULT_FAIL, state->names[0],
			 "none of the first ten names leads back");
	else
		conclude(run, RESULT_FAIL, state->names[0], "no name leads back");
}

static void
end(struct check_run *run)
{
	struct iprev_state *state = state_of(run);
	const struct dns_answer *answer;

	run->findings->iprev = (struct iprev_finding){ .result = RESULT_NOT_CHECKED };
	if (text_is_empty(state->question))
		return;
	answer = dns_look_up(run->dns, state->question, DNS_PTR, DNS_ORDINARY);
	switch (answer->status) {
	case DNS_NO_DATA:
	case DNS_NO_NAME:
		conclude(run, RESULT_PERMERROR, TEXT(""), "no PTR record");
		return;
	case DNS_PENDING:
	case DNS_RETRY:
		conclude(run, RESULT_TEMPERROR, TEXT(""),
			 answer->reason != NULL ? answer->reason : "no answer");
		return;
	case DNS_LIMIT:
		conclude(run, RESULT_PERMERROR, TEXT(""), "limit of DNS questions");
		return;
	case DNS_FOUND:
		break;
	}
	take_names(run, state, answer);
	if (state->count == 0)
		conclude(run, RESULT_FAIL, TEXT(""), "no PTR record holds a host name");
	else
		compare_addresses(run, state);
}

const struct check iprev_check = {
	.name = "iprev",
	.enabled = is_enabled,
	.prefetch = prefetch,
	.end = end,
};
