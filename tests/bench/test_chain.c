/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/macros.h"
#include "chain.h"

static void
counts_answers_one_after_the_other(void **state)
{
	/* One world; each row has all rows above it in the caches. */
	static const struct {
		struct chain_letter letter;
		unsigned chain;
	} rows[] = {
		/* PTR, then the address; all else is asked at once. */
		{ { 0, SPF_IP4, true, MESSAGE_SIGNED }, 2 },
		{ { 1, SPF_IP4, false, MESSAGE_SIGNED }, 1 },
		{ { 2, SPF_NONE, false, MESSAGE_UNSIGNED }, 1 },
		{ { 3, SPF_SOFT, false, MESSAGE_SUBDOMAIN }, 1 },
		/* Everything of these has been asked. */
		{ { 0, SPF_IP4, true, MESSAGE_SIGNED }, 0 },
		{ { 0, SPF_IP4, true, MESSAGE_BROKEN }, 0 },
		{ { 3, SPF_SOFT, false, MESSAGE_SUBDOMAIN }, 0 },
		/* But not the key, and not the name below. */
		{ { 2, SPF_NONE, false, MESSAGE_SIGNED }, 1 },
		{ { 2, SPF_NONE, false, MESSAGE_SUBDOMAIN }, 1 },
		/* An include that is new, and one that another domain has asked for. */
		{ { 4, SPF_PROVIDER, false, MESSAGE_SIGNED }, 2 },
		{ { 14, SPF_PROVIDER, false, MESSAGE_SIGNED }, 1 },
		{ { 24, SPF_REDIRECT, false, MESSAGE_SIGNED }, 1 },
		{ { 5, SPF_REDIRECT, false, MESSAGE_SIGNED }, 2 },
		/* Includes in includes: four; when the last of them is known, three; then none. */
		{ { 6, SPF_CHAIN, true, MESSAGE_SIGNED }, 4 },
		{ { 15, SPF_CHAIN, true, MESSAGE_SIGNED }, 3 },
		{ { 16, SPF_CHAIN, false, MESSAGE_SIGNED }, 1 },
		{ { 26, SPF_PROVIDER, false, MESSAGE_SIGNED }, 1 },
		/* Eight includes are asked together, and with them the address. */
		{ { 7, SPF_LONG, false, MESSAGE_SIGNED }, 2 },
		{ { 17, SPF_LONG, false, MESSAGE_SIGNED }, 2 },
		{ { 8, SPF_A, false, MESSAGE_SIGNED }, 2 },
		{ { 9, SPF_MX, false, MESSAGE_SIGNED }, 2 },
		/* The forwarder is asked for once; the sender's domain is new each time. */
		{ { 40, SPF_IP4, true, MESSAGE_FORWARDED }, 2 },
		{ { 41, SPF_IP4, true, MESSAGE_FORWARDED }, 1 },
		{ { 42, SPF_MX, true, MESSAGE_FORWARDED }, 2 },
		/* So is the spoofer, who has no PTR; the domain's own server is not asked for. */
		{ { 43, SPF_IP4, true, MESSAGE_SPOOFED }, 1 },
		{ { 43, SPF_IP4, true, MESSAGE_SPOOFED }, 0 },
		{ { 43, SPF_IP4, true, MESSAGE_SIGNED }, 2 },
		{ { CHAIN_DOMAINS_MAX - 1, SPF_IP4, true, MESSAGE_SIGNED }, 2 },
	};
	struct arena *arena = arena_new();
	struct chain *chain = chain_new(arena);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (chain_add(chain, &rows[i].letter) != rows[i].chain)
			fail_msg("row %zu is not %u", i, rows[i].chain);
	arena_free(&arena);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_answers_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
