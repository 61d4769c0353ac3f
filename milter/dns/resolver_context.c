/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/resolver_context.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound-event.h>

#include "base/memory.h"
#include "dns/packet.h"

enum {
	TCP_MAX = 64,                   /* connections to name servers at a time */
	RTT_MIN_MILLISECONDS = 200
};

/*
 * Options that are the same for everybody. Built-in zones would answer for the
 * networks and names of test sites and LANs; servers on the local host are the
 * usual case; an unanswered name must not speak for its server.
 */
static const struct {
	const char *name;
	const char *value;
} options[] = {
	{ "do-not-query-localhost:", "no" },
	{ "unblock-lan-zones:", "yes" },
	{ "insecure-lan-zones:", "yes" },
	{ "infra-keep-probing:", "yes" },
	{ "aggressive-nsec:", "no" },
	{ "use-caps-for-id:", "no" },
	{ "serve-expired:", "no" },
	{ "prefetch:", "no" },
	{ "msg-cache-slabs:", "1" },
	{ "rrset-cache-slabs:", "1" },
	{ "infra-cache-slabs:", "1" },
	{ "key-cache-slabs:", "1" },
};

/* Names that libunbound would answer itself, whatever the name servers say. */
static const char *const built_in_zones[] = {
	"test.", "invalid.", "home.arpa.", "127.in-addr.arpa."
};

static bool
set_number(struct ub_ctx *library, const char *option, uint64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	return ub_ctx_set_option(library, option, digits) == 0;
}

/*
 * The value of outbound-msg-retry with which a question is sent twice. 1.17 sends
 * again with 1; 1.26 does not, and with 1 it also turns a negative answer without
 * SOA record into a failure. Which version changed is not known, so only what is
 * known to be old gets 1: elsewhere a 2 too much costs packets, and no answers.
 */
static unsigned
retries_of(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return major == 1 && minor <= 17 ? 1 : 2;
}

/*
 * How long libunbound waits for a server before it sends again. Answers to the
 * first packet are lost then, so it is as long as DNSTimeout allows: two sends
 * to one server, or two each to two of them. What one unanswered question
 * teaches about a server is forgotten at once when there is no other.
 */
static bool
set_patience(struct ub_ctx *library, const struct resolver_plan *plan)
{
	int64_t wait = plan->timeout / (plan->forward_count > 1 ? 4 : 2) + 50;

	if (plan->forward_count == 0)
		return set_number(library, "infra-host-ttl:", 60);
	if (wait < RTT_MIN_MILLISECONDS)
		wait = RTT_MIN_MILLISECONDS;
	return set_number(library, "infra-host-ttl:", plan->forward_count > 1 ? 10 : 1) &&
	       set_number(library, "infra-cache-min-rtt:", (uint64_t)wait) &&
	       set_number(library, "unknown-server-time-limit:", (uint64_t)wait) &&
	       set_number(library, "outbound-msg-retry:", retries_of(ub_version()));
}

static bool
set_options(struct ub_ctx *library, const struct resolver_plan *plan)
{
	size_t messages = plan->cache_bytes / 3;
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(options); i++)
		ok = ok && ub_ctx_set_option(library, options[i].name, options[i].value) == 0;
	ok = ok && ub_ctx_set_option(library, "module-config:", plan->trust_anchor_file != NULL
				     ? "validator iterator" : "iterator") == 0;
	return ok && set_number(library, "outgoing-range:", plan->sockets) &&
	       set_number(library, "num-queries-per-thread:", plan->sockets) &&
	       set_number(library, "outgoing-num-tcp:", TCP_MAX) &&
	       set_number(library, "cache-max-negative-ttl:", NEGATIVE_TTL_MAX) &&
	       set_number(library, "msg-cache-size:", messages) &&
	       set_number(library, "rrset-cache-size:", plan->cache_bytes - messages) &&
	       set_patience(library, plan);
}

static bool
set_servers(struct ub_ctx *library, const struct resolver_plan *plan)
{
	for (size_t i = 0; i < plan->forward_count; i++)
		if (ub_ctx_set_fwd(library, plan->forwards[i]) != 0)
			return false;
	return plan->trust_anchor_file == NULL ||
	       ub_ctx_add_ta_file(library, plan->trust_anchor_file) == 0;
}

void
context_free(struct context *context)
{
	ub_ctx_delete(context->library);
	free(context);
}

struct context *
context_new(struct event_base *base, const struct resolver_plan *plan)
{
	struct context *context = memory_new(sizeof(*context));
	bool ok;

	context->library = ub_ctx_create_event(base);
	if (context->library == NULL) {
		free(context);
		return NULL;
	}
	(void)ub_ctx_debugout(context->library, NULL);
	ok = set_options(context->library, plan) && set_servers(context->library, plan);
	/* Last: the first of these settles all options. */
	for (size_t i = 0; ok && i < COUNT_OF(built_in_zones); i++)
		ok = ub_ctx_zone_remove(context->library, built_in_zones[i]) == 0;
	if (ok)
		return context;
	context_free(context);
	return NULL;
}

struct context *
context_open(struct event_base *base, const struct resolver_plan *plan, struct arena *arena,
	     struct text *reason_out)
{
	struct context *context = context_new(base, plan);
	const char *anchor = plan->trust_anchor_file;

	if (context == NULL)
		*reason_out = text_printf(arena, "libunbound %s does not take the settings%s%s",
					  ub_version(), anchor != NULL ? ", perhaps for " : "",
					  anchor != NULL ? anchor : "");
	return context;
}
