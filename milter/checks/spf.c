/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SPF check, and the one place that knows libspf2. The library interprets
 * records that we write (checks/spf_fence.h) and asks our resolver, which
 * answers with what our own evaluation came to. It never sees a byte from DNS
 * or mail: its parser, its macros, its limits and its address matching are
 * unsafe (CVE-2023-42118) or not RFC 7208. An error ends the evaluation with a
 * result of ours; the library is then only told to stop.
 */
#include "checks/spf_fence.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/types.h>

#include <arpa/nameser.h>
#include <spf2/spf.h>

#include "base/memory.h"

enum {
	LIBRARY_UNLIMITED = 1000000     /* of its own limit, which starts anew in each include */
};

/* Where the library's fatal error goes: its handler gets nothing that leads to the evaluation. */
static _Thread_local jmp_buf *escape;

static ATTRIBUTE_NORETURN void
on_library_error(const char *file, int line, const char *text)
{
	(void)file;
	(void)line;
	(void)text;
	if (escape == NULL)
		memory_exhausted();     /* cannot be: nothing of the library is called without it */
	longjmp(*escape, 1);
}

static void
on_library_message(const char *file, int line, const char *text)
{
	(void)file;
	(void)line;
	(void)text;
}

static void
set_library_handlers(void)
{
	SPF_error_handler = on_library_error;
	SPF_warning_handler = on_library_message;
	SPF_info_handler = on_library_message;
	SPF_debug_handler = on_library_message;
}

/* The library wants a record, at the start or for include: and redirect=. */
static SPF_errcode_t
answer_get_spf(SPF_server_t *server, SPF_request_t *request, SPF_response_t *response,
	       SPF_record_t **record_out)
{
	struct spf_fence *fence = server->resolver->hook;
	struct text record;
	SPF_errcode_t status;

	if (spf_fence_record(fence, text_from(request->cur_dom), &record) != SPF_STEP_YES)
		return SPF_E_DNS_ERROR;
	status = SPF_record_compile(server, response, record_out,
				    text_string(fence->arena, record));
	if (status == SPF_E_NO_MEMORY)
		memory_exhausted();
	if (status == SPF_E_SUCCESS)
		return status;
	(void)spf_end(fence->evaluation, RESULT_TEMPERROR,
		      TEXT("libspf2 refused a record that we wrote"));
	return SPF_E_DNS_ERROR;
}

/* The library wants an address, for exists:. TRY_AGAIN makes it stop at once. */
static SPF_dns_rr_t *
answer_lookup(SPF_dns_server_t *dns, const char *name, ns_type type, int should_cache)
{
	enum spf_step step = spf_fence_match(dns->hook, text_from(name));
	SPF_dns_stat_t status = TRY_AGAIN;
	SPF_dns_rr_t *answer;

	(void)should_cache;
	if (step == SPF_STEP_YES)
		status = NETDB_SUCCESS;
	else if (step == SPF_STEP_NO)
		status = HOST_NOT_FOUND;
	answer = SPF_dns_rr_new_init(dns, name, type, 0, status);
	if (answer == NULL)
		memory_exhausted();
	if (step != SPF_STEP_YES)
		return answer;
	if (SPF_dns_rr_buf_realloc(answer, 0, sizeof(struct in_addr)) != SPF_E_SUCCESS)
		memory_exhausted();
	answer->num_rr = 1;
	return answer;
}

static void
release_server(void *object)
{
	SPF_server_free(object);
}

static void
release_request(void *object)
{
	SPF_request_free(object);
}

/* A request about constant names and a constant address: loopback clients would pass unseen. */
static SPF_request_t *
new_request(struct arena *arena, SPF_dns_server_t *dns)
{
	SPF_server_t *server = SPF_server_new_dns(dns, 0);
	SPF_request_t *request;

	if (server == NULL)
		memory_exhausted();
	arena_on_empty(arena, release_server, server);
	(void)SPF_server_set_max_dns_mech(server, LIBRARY_UNLIMITED);
	request = SPF_request_new(server);
	if (request == NULL)
		memory_exhausted();
	arena_on_empty(arena, release_request, request);
	if (SPF_request_set_ipv4_str(request, "192.0.2.1") != SPF_E_SUCCESS ||
	    SPF_request_set_helo_dom(request, SPF_FENCE_FIRST_NAME) != SPF_E_SUCCESS ||
	    SPF_request_set_env_from(request, "x@" SPF_FENCE_FIRST_NAME) != SPF_E_SUCCESS)
		memory_exhausted();
	return request;
}

static enum result
result_of(SPF_result_t result)
{
	switch (result) {
	case SPF_RESULT_NEUTRAL:
		return RESULT_NEUTRAL;
	case SPF_RESULT_PASS:
		return RESULT_PASS;
	case SPF_RESULT_FAIL:
		return RESULT_FAIL;
	case SPF_RESULT_SOFTFAIL:
		return RESULT_SOFTFAIL;
	case SPF_RESULT_NONE:
	case SPF_RESULT_INVALID:
	case SPF_RESULT_TEMPERROR:
	case SPF_RESULT_PERMERROR:
		break;
	}
	/* Errors and none are ours, and set already when they are real. */
	return RESULT_TEMPERROR;
}

/* Lets the library interpret; its verdict goes into the evaluation unless ours is there. */
static void
interpret(struct spf_fence *fence, SPF_dns_server_t *dns)
{
	SPF_request_t *request = new_request(fence->arena, dns);
	SPF_response_t *response = NULL;

	if (SPF_request_query_mailfrom(request, &response) == SPF_E_NO_MEMORY)
		memory_exhausted();
	(void)spf_end(fence->evaluation, result_of(SPF_response_result(response)),
		      (struct text){ 0 });
	if (fence->evaluation->result == RESULT_TEMPERROR &&
	    text_is_empty(fence->evaluation->reason))
		fence->evaluation->reason = TEXT("libspf2 gave no result");
	SPF_response_free(response);
}

/* The same, behind a net for the library's fatal errors, which must not return. */
static void
interpret_safely(struct spf_fence *fence, SPF_dns_server_t *dns)
{
	jmp_buf back;

	escape = &back;
	if (setjmp(back) == 0)
		interpret(fence, dns);
	else
		(void)spf_end(fence->evaluation, RESULT_TEMPERROR, TEXT("libspf2 failed"));
	escape = NULL;
}

static void
write_decision(struct spf_fence *fence, struct spf_identity *identity)
{
	struct spf_evaluation *evaluation = fence->evaluation;
	const struct spf_slot *slot = fence->matched;
	const struct spf_record *record;

	identity->used_local_part = evaluation->used_local_part;
	if (identity->result == RESULT_NEUTRAL && slot == NULL)
		identity->mechanism = TEXT("default");  /* RFC 7208, 4.7 */
	if (slot == NULL || identity->result == RESULT_TEMPERROR ||
	    identity->result == RESULT_PERMERROR)
		return;
	record = slot->node->record;
	identity->mechanism = record->terms[slot->term].text;
	/* The record at the top, or the last one that it redirects to (RFC 7208, 6.2). */
	if (identity->result == RESULT_FAIL && evaluation->run->config->spf_explanation &&
	    !text_is_empty(record->explanation))
		identity->explanation = spf_explain(evaluation, slot->node->domain,
						    record->explanation);
}

/* check_host() of RFC 7208, 4. True when the local-part had a part in anything. */
static bool
check_subject(struct check_run *run, struct spf_state *state, struct spf_subject *subject,
	      struct spf_identity *identity)
{
	struct spf_evaluation evaluation = spf_evaluation_new(run, state, subject, false);
	struct spf_fence *fence = arena_alloc(run->arena, sizeof(*fence));
	SPF_dns_server_t *dns = arena_alloc(run->arena, sizeof(*dns));

	trace_add_spf(run->trace, (struct trace_spf_step){
		.kind = TRACE_SPF_IDENTITY,
		.is_helo = identity == &run->findings->spf.helo,
		.domain = subject->domain,
	});
	identity->domain = subject->domain;
	identity->result = RESULT_NONE;
	if (text_is_empty(subject->domain)) {
		identity->reason = TEXT("no domain to check");
		return false;
	}
	if (evaluation.values.client.family == IP_NONE) {
		identity->reason = TEXT("no client address");
		return false;
	}
	fence->evaluation = &evaluation;
	fence->arena = run->arena;
	dns->name = "dmarcmilter";
	dns->lookup = answer_lookup;
	dns->get_spf = answer_get_spf;
	dns->hook = fence;
	interpret_safely(fence, dns);
	identity->result = evaluation.result;
	identity->reason = evaluation.reason;
	write_decision(fence, identity);
	return evaluation.used_local_part;
}

static struct spf_state *
state_of(struct check_run *run)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, set_library_handlers);
	if (run->state == NULL)
		run->state = spf_state_new(run);
	return run->state;
}

static bool
spf_enabled(const struct config *config)
{
	return config->check_spf;
}

static void
walk_ahead(struct check_run *run, struct spf_state *state)
{
	if (run->message->connection->client.family == IP_NONE)
		return;
	if (run->config->spf_helo)
		spf_walk_ahead(run, state, &state->helo);
	spf_walk_ahead(run, state, &state->mail_from);
}

static void
spf_prefetch(struct check_run *run, enum fact fact)
{
	if (fact == FACT_RECIPIENT || fact == FACT_ANSWER)
		walk_ahead(run, state_of(run));
}

static void
spf_finish(struct check_run *run)
{
	struct spf_finding *finding = &run->findings->spf;
	struct spf_state *state = state_of(run);
	bool used_local_part = true;

	finding->sender_is_null = run->message->sender.is_null;
	walk_ahead(run, state);
	if (run->config->spf_helo)
		used_local_part = check_subject(run, state, &state->helo, &finding->helo);
	/* The same domain gives the same result, unless a macro made a difference. */
	if (run->config->spf_helo && text_equal(state->helo.domain, state->mail_from.domain) &&
	    (!used_local_part ||
	     text_equal(state->helo.local_part, state->mail_from.local_part)))
		finding->mail_from = finding->helo;
	else
		(void)check_subject(run, state, &state->mail_from, &finding->mail_from);
}

const struct check spf_check = {
	.name = "spf",
	.enabled = spf_enabled,
	.prefetch = spf_prefetch,
	.end = spf_finish,
};
