/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <stdlib.h>

#include "checks/findings.h"
#include "dkim_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The public halves of tests/keys/ed25519.pem and rsa1024.pem. */
static const char zone[] =
	"ed25519._domainkey.example.org TXT v=DKIM1; k=ed25519; p=yXAEkv46eptdcy6"
	"i4aKwLyAxEj3oBU2soV0Z4u43SW0=\n"
	"rsa1024._domainkey.example.org TXT v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQE"
	"BAQUAA4GNADCBiQKBgQDMmf5IrCxa4zSisTB3X5LNDgim0W5rvjpqWKmjDIHgNvMXE3dZsf5"
	"tVkD59kn9gEOLHtHHFhMtvlzTBJDlOH6KnNgaPWyhZY30v9r0x2UWM5Dkjyoi8JdrjFrEB6r"
	"B8VyhMdsGiiC2sxWbJ+r0BibWCLzeNzQCNslJlmu1R+jXyQIDAQAB\n"
	"s._domainkey.example.org SERVFAIL\n";

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
