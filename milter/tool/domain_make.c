/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_make.h"

#include <stdio.h>
#include <sysexits.h>

#include "tool/dkim_keygen.h"
#include "tool/zone_line.h"
#include "tool/zone_template.h"

static struct text
selector_of(const struct domain_options *options)
{
	if (options->wishes.selector_count > 0)
		return options->wishes.selectors[0].name;
	return options->key_type == DKIM_KEY_ED25519 ? TEXT("ed25519") : TEXT("mail");
}

static int
make_key(const struct domain_options *options, struct arena *arena, struct text *record_out)
{
	struct text name = text_printf(arena, "%.*s._domainkey.%.*s.pem",
				       TEXT_ARGUMENTS(selector_of(options)),
				       TEXT_ARGUMENTS(options->wishes.domain));
	const char *path = text_string(arena, name);
	struct dkim_key_pair pair;
	struct text reason;

	if (!dkim_keygen(arena, options->key_type, &pair)) {
		fputs("dmarcmilter-check: OpenSSL makes no key\n", stderr);
		return EX_SOFTWARE;
	}
	if (!dkim_keygen_save(arena, path, pair.private_key, &reason)) {
		fprintf(stderr, "dmarcmilter-check: %s: %.*s\n", path, TEXT_ARGUMENTS(reason));
		return EX_CANTCREAT;
	}
	fprintf(stderr, "dmarcmilter-check: the private key is in %s\n", path);
	*record_out = pair.record;
	return EX_OK;
}

int
domain_make(const struct domain_options *options, struct textbuf *out)
{
	const struct domain_wishes *wishes = &options->wishes;
	struct arena *arena = out->arena;
	struct zone_template template = {
		.domain = wishes->domain,
		.host = wishes->helo,
		.addresses = wishes->addresses,
		.address_count = wishes->address_count,
		.selector = selector_of(options),
	};

	if (text_is_empty(template.host))
		template.host = text_join(arena, TEXT("mail."), wishes->domain);
	if (options->key_type != DKIM_KEY_UNKNOWN) {
		int status = make_key(options, arena, &template.key_record);

		if (status != EX_OK)
			return status;
	}
	if (options->makes_zone) {
		zone_template_write(&template, out);
		return EX_OK;
	}
	textbuf_add(out, zone_line_txt(arena, text_printf(arena, "%.*s._domainkey.%.*s",
							  TEXT_ARGUMENTS(template.selector),
							  TEXT_ARGUMENTS(template.domain)),
				       template.key_record));
	textbuf_add_byte(out, '\n');
	return EX_OK;
}
