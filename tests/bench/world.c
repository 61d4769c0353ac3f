/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bench_world [-s SEED] [-d DOMAINS] [-n MESSAGES] FOLDER
 *
 * Makes a small world to measure milters in: zones for NSD, messages, and what
 * each message is made to be. The same seed gives the same shapes; only the
 * keys are new, and those that are in FOLDER already are kept. FOLDER gets
 * example.zone, reverse.zone, keys/N, messages/N and index, a line a message: file,
 * client, HELO, sender, recipient, pass or - for SPF, DKIM, DMARC and iprev, and
 * the longest chain of questions (chain.h) when all lines above have been played,
 * between tabs.
 */
#include "base/textbuf.h"
#include "chain.h"
#include "dkim_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum {
	HOSTS_OF_A_NETWORK = 200,
	BODY_MAX = 8 * 1024 * 1024,
	KIBI = 1024
};

/* How domains publish their servers, in hundredths of all domains. */
static const unsigned spf_shares[SPF_SHAPES] = { 35, 25, 10, 8, 8, 4, 5, 2, 3 };

enum key_kind { KEY_RSA_2048, KEY_RSA_1024, KEY_RSA_4096, KEY_ED25519, KEY_KINDS };
static const unsigned key_shares[KEY_KINDS] = { 75, 10, 3, 12 };
static const char *const key_names[KEY_KINDS] = { "rsa2048", "rsa1024", "rsa4096", "ed25519" };

enum record_kind { RECORD_REJECT, RECORD_QUARANTINE, RECORD_NONE, RECORD_ABSENT, RECORD_KINDS };
static const unsigned record_shares[RECORD_KINDS] = { 30, 20, 35, 15 };
static const char *const record_policies[] = { "reject", "quarantine", "none" };

static const unsigned message_shares[MESSAGE_KINDS] = { 62, 10, 8, 6, 5, 9 };

/* 2 to 10 KiB, to 100 KiB, to 1 MiB, and 5 MiB: in tenths of a hundredth. */
static const unsigned size_shares[] = { 820, 140, 35, 5 };
static const unsigned size_minimum[] = { 2, 20, 200, 4 * KIBI };
static const unsigned size_maximum[] = { 10, 100, KIBI, 5 * KIBI };

struct domain {
	enum spf_shape spf;
	enum key_kind key;
	enum record_kind record;
	bool has_pointer;
	char key_file[4096];
};

struct world {
	struct arena *arena;
	const char *folder;
	uint64_t random;
	size_t domain_count;
	struct chain *chain;
	struct domain domains[CHAIN_DOMAINS_MAX];
};

/* splitmix64: the same everywhere. */
static uint64_t
next_random(struct world *world)
{
	uint64_t mixed = world->random += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

static unsigned
below(struct world *world, unsigned limit)
{
	return (unsigned)(next_random(world) % limit);
}

/* An index, each as often as its share says. */
static unsigned
choose(struct world *world, const unsigned *shares, unsigned total)
{
	unsigned draw = below(world, total);
	unsigned index = 0;

	while (draw >= shares[index])
		draw -= shares[index++];
	return index;
}

static void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

static FILE *
open_file(const struct world *world, const char *name)
{
	struct text path = text_printf(world->arena, "%s/%s", world->folder, name);
	FILE *file = fopen(text_string(world->arena, path), "w");

	if (file == NULL)
		give_up(name);
	return file;
}

static EVP_PKEY *
make_key(enum key_kind kind)
{
	static const unsigned bits[] = { 2048, 1024, 4096 };

	if (kind == KEY_ED25519)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return EVP_RSA_gen(bits[kind]);
}

/* Whole or not at all: what was interrupted must not look like a key. */
static void
write_private_key(const struct domain *domain)
{
	EVP_PKEY *key = make_key(domain->key);
	char part[sizeof(domain->key_file) + sizeof(".part")];
	FILE *file;

	(void)snprintf(part, sizeof(part), "%s.part", domain->key_file);
	file = fopen(part, "w");
	if (key == NULL || file == NULL ||
	    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    fclose(file) != 0 || rename(part, domain->key_file) != 0)
		give_up(part);
	EVP_PKEY_free(key);
}

static void
make_domain(struct world *world, size_t index)
{
	struct domain *domain = &world->domains[index];

	domain->spf = choose(world, spf_shares, 100);
	domain->key = choose(world, key_shares, 100);
	domain->record = choose(world, record_shares, 100);
	domain->has_pointer = below(world, 100) < 90;
	(void)snprintf(domain->key_file, sizeof(domain->key_file), "%s/keys/%zu.%s.pem",
		       world->folder, index, key_names[domain->key]);
	if (access(domain->key_file, R_OK) != 0)
		write_private_key(domain);
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "\rkeys: %zu of %zu%s", index + 1, world->domain_count,
			      index + 1 == world->domain_count ? "\n" : "");
}

/* Of the mail server of a domain; /15 for benchmarks (RFC 2544). */
static struct text
address_of(const struct world *world, size_t index)
{
	return text_printf(world->arena, "198.18.%zu.%zu", index / HOSTS_OF_A_NETWORK,
			   index % HOSTS_OF_A_NETWORK + 1);
}

static void
write_spf(const struct world *world, FILE *zone, size_t index)
{
	struct text address = address_of(world, index);
	size_t provider = index % CHAIN_PROVIDERS;

	(void)fprintf(zone, "b%zu TXT ", index);
	switch (world->domains[index].spf) {
	case SPF_PROVIDER:
		(void)fprintf(zone, "\"v=spf1 include:_spf.p%zu.example -all\"\n", provider);
		break;
	case SPF_MX:
		(void)fprintf(zone, "\"v=spf1 mx -all\"\n");
		break;
	case SPF_A:
		(void)fprintf(zone, "\"v=spf1 a:mail.b%zu.example -all\"\n", index);
		break;
	case SPF_CHAIN:
		(void)fprintf(zone, "\"v=spf1 include:_one.p%zu.example -all\"\n", provider);
		break;
	case SPF_REDIRECT:
		(void)fprintf(zone, "\"v=spf1 redirect=_spf.p%zu.example\"\n", provider);
		break;
	case SPF_LONG:
		(void)fprintf(zone, "\"v=spf1");
		for (size_t i = 1; i <= 8; i++)
			(void)fprintf(zone, " include:_none.p%zu.example", (provider + i) % CHAIN_PROVIDERS);
		(void)fprintf(zone, " a:mail.b%zu.example -all\"\n", index);
		break;
	case SPF_IP4:
	case SPF_SOFT:
	case SPF_NONE:
	case SPF_SHAPES:
		(void)fprintf(zone, "\"v=spf1 ip4:%.*s %call\"\n", TEXT_ARGUMENTS(address),
			      world->domains[index].spf == SPF_SOFT ? '~' : '-');
		break;
	}
}

/* A key record, cut into strings of at most 255 bytes. */
static void
write_key(const struct world *world, FILE *zone, size_t index)
{
	struct text record;

	if (!dkim_sign_key_record(world->arena, world->domains[index].key_file, &record))
		exit(1);
	(void)fprintf(zone, "key._domainkey.b%zu TXT", index);
	for (size_t i = 0; i < record.length; i += 250)
		(void)fprintf(zone, " \"%.*s\"", TEXT_ARGUMENTS(text_cut(record, i, 250)));
	(void)fprintf(zone, "\n");
}

static void
write_head(FILE *zone, const char *origin)
{
	(void)fprintf(zone, "$ORIGIN %s.\n$TTL 3600\n@ SOA ns.example. root.example. 1 1h 1h 1d 1h\n"
		      "@ NS ns.example.\n", origin);
}

static void
write_zones(const struct world *world)
{
	FILE *zone = open_file(world, "example.zone");
	FILE *reverse = open_file(world, "reverse.zone");

	write_head(zone, "example");
	write_head(reverse, "18.198.in-addr.arpa");
	(void)fprintf(zone, "ns A 127.0.0.1\nforwarder A 198.18.250.1\n");
	(void)fprintf(reverse, "1.250 PTR forwarder.example.\n");
	for (size_t i = 0; i < CHAIN_PROVIDERS; i++)
		(void)fprintf(zone, "_spf.p%zu TXT \"v=spf1 ip4:198.18.0.0/17 -all\"\n"
			      "_one.p%zu TXT \"v=spf1 include:_two.p%zu.example -all\"\n"
			      "_two.p%zu TXT \"v=spf1 include:_spf.p%zu.example -all\"\n"
			      "_none.p%zu TXT \"v=spf1 ip4:203.0.113.%zu -all\"\n",
			      i, i, i, i, i, i, i);
	for (size_t i = 0; i < world->domain_count; i++) {
		const struct domain *domain = &world->domains[i];
		struct text address = address_of(world, i);

		(void)fprintf(zone, "b%zu MX 10 mail.b%zu\nmail.b%zu A %.*s\nnews.b%zu A %.*s\n", i, i,
			      i, TEXT_ARGUMENTS(address), i, TEXT_ARGUMENTS(address));
		if (domain->spf != SPF_NONE)
			write_spf(world, zone, i);
		write_key(world, zone, i);
		if (domain->record != RECORD_ABSENT)
			(void)fprintf(zone, "_dmarc.b%zu TXT \"v=DMARC1; p=%s; rua=mailto:d@b%zu.example\"\n",
				      i, record_policies[domain->record], i);
		if (domain->has_pointer)
			(void)fprintf(reverse, "%zu.%zu PTR mail.b%zu.example.\n",
				      i % HOSTS_OF_A_NETWORK + 1, i / HOSTS_OF_A_NETWORK, i);
	}
	if (fclose(zone) != 0 || fclose(reverse) != 0)
		give_up("zones");
}

static void
add_words(struct world *world, struct textbuf *out, size_t wanted)
{
	static const char *const words[] = { "invoice", "the", "of", "meeting", "and", "please",
					     "report", "see", "attached", "a", "regards", "next",
					     "quarter", "list", "to", "=20" };
	size_t start = out->length;
	size_t column = 0;

	while (out->length - start < wanted) {
		const char *word = words[below(world, COUNT_OF(words))];

		textbuf_add_string(out, word);
		column += text_from(word).length + 1;
		textbuf_add_string(out, column > 66 ? "\r\n" : " ");
		column = column > 66 ? 0 : column;
	}
	textbuf_add_string(out, "\r\n");
}

/* Lines of 76 as base64 has them. */
static void
add_attachment(struct world *world, struct textbuf *out, size_t wanted)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t start = out->length;

	textbuf_add_string(out, "--part\r\nContent-Type: application/octet-stream; name=report.bin\r\n"
			   "Content-Disposition: attachment; filename=report.bin\r\n"
			   "Content-Transfer-Encoding: base64\r\n\r\n");
	while (out->length - start < wanted) {
		uint64_t random = 0;

		for (unsigned i = 0; i < 76; i++, random >>= 6) {
			if (i % 10 == 0)
				random = next_random(world);
			textbuf_add_byte(out, digits[random & 63]);
		}
		textbuf_add_string(out, "\r\n");
	}
	textbuf_add_string(out, "--part--\r\n");
}

/* The rest of the header, and the body: text, and what is large has an attachment. */
static void
add_content(struct world *world, struct textbuf *out)
{
	unsigned shape = choose(world, size_shares, 1000);
	size_t wanted = (size_t)KIBI * (size_minimum[shape] +
					below(world, size_maximum[shape] - size_minimum[shape]));

	if (shape == 0) {
		textbuf_add_string(out, "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		add_words(world, out, wanted);
		return;
	}
	textbuf_add_string(out, "Content-Type: multipart/mixed; boundary=part\r\n\r\n"
			   "--part\r\nContent-Type: text/plain; charset=utf-8\r\n"
			   "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	add_words(world, out, 3 * (size_t)KIBI);
	add_attachment(world, out, wanted);
}

static struct text
write_letter(struct world *world, size_t number, size_t index, enum message_kind kind)
{
	struct textbuf out = textbuf_new(world->arena, BODY_MAX);
	const char *host = kind == MESSAGE_SUBDOMAIN ? "news." : "";

	textbuf_printf(&out, "Received: from client.b%zu.example (client.b%zu.example [10.0.0.%zu])\r\n"
		       "\tby mail.b%zu.example (Postfix) with ESMTPSA id 4%08zX\r\n"
		       "\tfor <ruth@receiver.example>; Fri, 21 Nov 2025 04:40:00 +0000 (UTC)\r\n",
		       index, index, index % 250 + 1, index, number);
	textbuf_printf(&out, "Date: Fri, 21 Nov 2025 04:40:00 +0000\r\nFrom: Sender %zu <s%zu@%sb%zu.example>\r\n"
		       "To: Ruth <ruth@receiver.example>\r\nSubject: message number %zu\r\n"
		       "Message-ID: <%zu.%zu@b%zu.example>\r\n", index, number, host, index, number,
		       number, index, index);
	textbuf_add_string(&out, "MIME-Version: 1.0\r\nX-Mailer: bench\r\n"
			   "List-Unsubscribe: <https://www.example/unsubscribe>\r\n");
	add_content(world, &out);
	return textbuf_text(&out);
}

static struct text
sign(struct world *world, struct text letter, size_t index)
{
	struct dkim_sign_options options = {
		.domain = text_printf(world->arena, "b%zu.example", index),
		.selector = TEXT("key"),
		.key_file = world->domains[index].key_file,
		.forms = below(world, 100) < 85 ? "relaxed/relaxed" : "simple/simple",
		.fields = "from:to:subject:date:message-id:mime-version",
	};
	struct text out;

	if (!dkim_sign(world->arena, &options, letter, &out))
		exit(1);
	return out;
}

static const char *
word(bool passes)
{
	return passes ? "pass" : "-";
}

/* Client, HELO and the rest of the line, from what the message is made to be. */
static void
write_line(const struct world *world, FILE *index_file, size_t number, size_t index,
	   enum message_kind kind)
{
	const struct domain *domain = &world->domains[index];
	bool is_direct = kind != MESSAGE_FORWARDED && kind != MESSAGE_SPOOFED;
	bool spf = is_direct && domain->spf != SPF_NONE;
	bool dkim = kind != MESSAGE_UNSIGNED && kind != MESSAGE_SPOOFED && kind != MESSAGE_BROKEN;
	struct text client = kind == MESSAGE_FORWARDED ? TEXT("198.18.250.1") : TEXT("198.18.251.77");
	struct text helo = TEXT("forwarder.example");
	const struct chain_letter letter = { .domain = index, .spf = domain->spf,
					     .has_pointer = domain->has_pointer, .kind = kind };

	if (is_direct)
		client = address_of(world, index);
	if (kind != MESSAGE_FORWARDED)
		helo = text_printf(world->arena, "mail.b%zu.example", index);
	(void)fprintf(index_file, "messages/%zu\t%.*s\t%.*s\ts%zu@b%zu.example\truth@receiver.example",
		      number, TEXT_ARGUMENTS(client), TEXT_ARGUMENTS(helo), number, index);
	(void)fprintf(index_file, "\t%s\t%s\t%s\t%s\t%u\n", word(spf), word(dkim),
		      word(domain->record != RECORD_ABSENT && (spf || dkim)),
		      word(kind == MESSAGE_FORWARDED || (is_direct && domain->has_pointer)),
		      chain_add(world->chain, &letter));
}

static void
write_message(struct world *world, FILE *index_file, size_t number)
{
	/* All domains first, then again at random: a cold run takes the first of each. */
	size_t index = number < world->domain_count ? number
						    : below(world, (unsigned)world->domain_count);
	enum message_kind kind = choose(world, message_shares, 100);
	struct text letter = write_letter(world, number, index, kind);
	struct text name = text_printf(world->arena, "messages/%zu", number);
	FILE *file = open_file(world, text_string(world->arena, name));

	if (kind != MESSAGE_UNSIGNED && kind != MESSAGE_SPOOFED)
		letter = sign(world, letter, index);
	(void)fwrite(letter.bytes, 1, letter.length, file);
	if (kind == MESSAGE_BROKEN)
		(void)fputs("changed on the way\r\n", file);
	if (fclose(file) != 0)
		give_up("messages");
	write_line(world, index_file, number, index, kind);
}

int
main(int count, char **arguments)
{
	struct world *world = calloc(1, sizeof(*world));
	size_t messages = 2000;
	FILE *index_file;
	int letter;

	if (world == NULL)
		return 1;
	world->domain_count = 300;
	while ((letter = getopt(count, arguments, "s:d:n:")) != -1) {
		size_t value = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;

		if (letter == 's')
			world->random = value;
		else if (letter == 'd' && value > 0 && value <= CHAIN_DOMAINS_MAX)
			world->domain_count = value;
		else if (letter == 'n')
			messages = value;
		else
			return 64;
	}
	if (optind + 1 != count)
		return 64;
	world->arena = arena_new();
	world->chain = chain_new(world->arena);
	world->folder = arguments[optind];
	(void)mkdir(world->folder, 0755);
	(void)mkdir(text_printf(world->arena, "%s/keys", world->folder).bytes, 0755);
	(void)mkdir(text_printf(world->arena, "%s/messages", world->folder).bytes, 0755);
	for (size_t i = 0; i < world->domain_count; i++)
		make_domain(world, i);
	write_zones(world);
	index_file = open_file(world, "index");
	for (size_t i = 0; i < messages; i++) {
		struct arena *whole = world->arena;

		world->arena = arena_new();
		write_message(world, index_file, i);
		arena_free(&world->arena);
		world->arena = whole;
	}
	if (fclose(index_file) != 0)
		give_up("index");
	arena_free(&world->arena);
	free(world);
	return 0;
}
