/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "checks/findings.h"
#include "dkim_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public halves of tests/keys/ed25519.pem and rsa1024.pem are put here by the build: -DZONE=... */
static const char zone[] = ZONE;

static void
must(bool condition)
{
	if (!condition)
		abort();
}

/* The first byte: bits 0 and 1 DKIMAllowBodyLength, 2 to 4 the size of chunks; then the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t chunks[] = { 0, 1, 2, 3, 7, 64, 1000, 65535 };
	struct config config = {
		.check_dkim = true,
		.dkim_signatures_max = 8,
		.dkim_minimum_key_bits = 1024,
		.dkim_clock_drift = 300,
	};
	struct dkim_run run = {
		.zone = text_from(zone),
		.config = &config,
		.received_at = 1750000000,
	};
	struct arena *arena = arena_new();

	if (size > 0) {
		struct dkim_finding finding;

		config.dkim_body_length = (enum body_length)((data[0] & 3) % 3);
		run.chunk = chunks[data[0] >> 2 & 7];
		finding = dkim_run(arena, &run,
				   text_copy(arena, text_of((const char *)data + 1, size - 1)));
		must(finding.result != RESULT_NOT_CHECKED);
		must(finding.count <= config.dkim_signatures_max);
		for (size_t i = 0; i < finding.count; i++) {
			const struct dkim_signature_finding *one = &finding.signatures[i];

			must(one->result != RESULT_NOT_CHECKED && one->result != RESULT_NONE);
			must((one->reason == NULL) == (one->result == RESULT_PASS));
			must(one->result != RESULT_PASS ||
			     (one->key_fits && !text_is_empty(one->domain) &&
			      one->key_bits >= 256));
			must(finding.result != RESULT_NONE);
		}
	}
	arena_free(&arena);
	return 0;
}
