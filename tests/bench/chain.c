/* SPDX-License-Identifier: BSD-2-Clause */
#include "chain.h"

/* What is asked for; the comment says what the number of such a question is. */
enum question {
	QUESTION_SPF,           /* domain */
	QUESTION_MX,            /* domain */
	QUESTION_ADDRESS,       /* domain, or FORWARDER: its mail server */
	QUESTION_POINTER,       /* domain, FORWARDER or SPOOFER: its address */
	QUESTION_KEY,           /* domain */
	QUESTION_DMARC,         /* domain */
	QUESTION_DMARC_BELOW,   /* domain: of its subdomain */
	QUESTION_DMARC_TOP,     /* 0 */
	QUESTION_PROVIDER,      /* provider: the record that names servers */
	QUESTION_ONE,           /* provider: the record that includes TWO */
	QUESTION_TWO,           /* provider: the record that includes PROVIDER */
	QUESTION_NOBODY,        /* provider: a record that matches nothing here */
	QUESTIONS
};

enum {
	FORWARDER = CHAIN_DOMAINS_MAX,
	SPOOFER,
	NUMBERS
};

/* By which message a question was asked first, and when that had its answer. */
struct answer {
	size_t message;         /* from 1; 0: never */
	unsigned at;
};

struct chain {
	size_t message;
	unsigned longest;
	struct answer answers[QUESTIONS][NUMBERS];
};

struct chain *
chain_new(struct arena *arena)
{
	return arena_alloc(arena, sizeof(struct chain));
}

/* Time is counted in far answers. Asks at that time and returns when the answer is there. */
static unsigned
ask(struct chain *chain, unsigned at, enum question question, size_t number)
{
	struct answer *answer = &chain->answers[question][number];

	if (answer->message == 0)
		*answer = (struct answer){ .message = chain->message, .at = at + 1 };
	/* One that is under way for this message is waited for, not asked again. */
	if (answer->message == chain->message && answer->at > at)
		at = answer->at;
	if (at > chain->longest)
		chain->longest = at;
	return at;
}

static void
look_up_iprev(struct chain *chain, const struct chain_letter *letter)
{
	unsigned at;

	switch (letter->kind) {
	case MESSAGE_SPOOFED:
		(void)ask(chain, 0, QUESTION_POINTER, SPOOFER);
		return;
	case MESSAGE_FORWARDED:
		at = ask(chain, 0, QUESTION_POINTER, FORWARDER);
		(void)ask(chain, at, QUESTION_ADDRESS, FORWARDER);
		return;
	default:
		at = ask(chain, 0, QUESTION_POINTER, letter->domain);
		if (letter->has_pointer)
			(void)ask(chain, at, QUESTION_ADDRESS, letter->domain);
	}
}

static void
look_up_spf(struct chain *chain, const struct chain_letter *letter)
{
	size_t provider = letter->domain % CHAIN_PROVIDERS;
	unsigned at = ask(chain, 0, QUESTION_SPF, letter->domain);

	switch (letter->spf) {
	case SPF_CHAIN:
		at = ask(chain, at, QUESTION_ONE, provider);
		at = ask(chain, at, QUESTION_TWO, provider);
		(void)ask(chain, at, QUESTION_PROVIDER, provider);
		break;
	case SPF_PROVIDER:
	case SPF_REDIRECT:
		(void)ask(chain, at, QUESTION_PROVIDER, provider);
		break;
	case SPF_LONG:
		for (size_t i = 1; i <= 8; i++)
			(void)ask(chain, at, QUESTION_NOBODY, (provider + i) % CHAIN_PROVIDERS);
		(void)ask(chain, at, QUESTION_ADDRESS, letter->domain);
		break;
	case SPF_A:
		(void)ask(chain, at, QUESTION_ADDRESS, letter->domain);
		break;
	case SPF_MX:
		/* NSD sends the address with the MX record, and unbound keeps it. */
		(void)ask(chain, at, QUESTION_MX, letter->domain);
		break;
	case SPF_IP4:
	case SPF_SOFT:
	case SPF_NONE:
	case SPF_SHAPES:
		break;
	}
}

static void
look_up_names_of_message(struct chain *chain, const struct chain_letter *letter)
{
	if (letter->kind != MESSAGE_UNSIGNED && letter->kind != MESSAGE_SPOOFED)
		(void)ask(chain, 0, QUESTION_KEY, letter->domain);
	if (letter->kind == MESSAGE_SUBDOMAIN)
		(void)ask(chain, 0, QUESTION_DMARC_BELOW, letter->domain);
	(void)ask(chain, 0, QUESTION_DMARC, letter->domain);
	(void)ask(chain, 0, QUESTION_DMARC_TOP, 0);
}

unsigned
chain_add(struct chain *chain, const struct chain_letter *letter)
{
	chain->message++;
	chain->longest = 0;
	look_up_iprev(chain, letter);
	look_up_names_of_message(chain, letter);
	look_up_spf(chain, letter);
	return chain->longest;
}
