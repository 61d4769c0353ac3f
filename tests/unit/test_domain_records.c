/* SPDX-License-Identifier: BSD-2-Clause */
/* What is found of MX, reverse DNS, DKIM, DMARC and the rest. SPF: test_domain_spf.c. */
#include "domain_bench.h"

#include "tool/domain_message.h"

/* Public keys made for this test. */
#define KEY_512 \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMveW5iZWggV9kb1a4KajBqu80yyGf+VbEU35DN2" \
	"+X5WMwZR4Vun5jwaqUAK5aah/1x+wXQcmty9znAdXiirC/ECAwEAAQ=="
#define KEY_1016 \
	"MIGeMA0GCSqGSIb3DQEBAQUAA4GMADCBiAKBgADYVX5lgHQf4fvDdtny2C9/iV2w0PTxiwpK" \
	"jrkox1lgi8swZg3j1SQvcBMrd1pBlKUoU6o3+cHW68YtlXk/kjNgWbWw2YSolVwgMF0UOEZg" \
	"ajLUbJCj7EvkD4sfRyQIG8kHoUCrlCe1SqtxoRWBYiiSj+ysK6cPUKRjHylqjR3FAgMBAAE="
#define KEY_1024 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDZQD+FoeWL8wTZYCSDGCzs4IV69JB/y2Jm" \
	"EGBtK9foIq3kVa+LX7mz0fMtvNAa1CGjjFhPEgc+uPIGR15oF7Prt0leiVl7BzbRv5Q7CFIv" \
	"taHdPPVEL5IW/IBnQNz42YHeB3LHeGnL48OydhVPcZ3n1vER4uO1EG3Z1vfmPYZzmwIDAQAB"
#define KEY_2048 \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAsYLdqhr0nrx99I9Hj+W1r9upDKry" \
	"NXGltIs+ZfvR4Gywh4/LsoH8Ti1ExGc6F6SNManUva4yW3zaBppkbFkDTLp791yFGFmABCbt" \
	"XxbfP80KZqTcCOnLTcIYix9kcqA8oot+oL4L8EEN2+ZNsYfYVqWVTivn9G+JX1QxHxYwXVle" \
	"p1egbqdNd2NGUj8nA8iH+NOZ0dxPHvC10C38rzUTBReGAwoq4bFVrRlllLpgwZW3eGwih/AH" \
	"+JbmpOiHYrvwUQbqdi6RYcY4tsfcMCP6mvHpXMLGMzRDBWzQdo1ATIzcyNL9R6/TNmzD2xZy" \
	"HMMsBSq5CooIOWwnVVOdTXHnVQIDAQAB"
#define KEY_4096 \
	"MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAmZ/IYPi/VxSwt5HuLsAyuMovoXvg" \
	"S6a68fK9fkWGwlLh41xiFyLj7eOaty3iSuVj7qe1NGa4fDiDweVJNL2i1SXXxrv+Iaf6q5Lj" \
	"0D5IhNQhXiBLqNo5wEtYg6G3ipXc05NezQtKNcBFUZaWSuPvFxOnpSmxgLxE52beKApm/+cB" \
	"2uc0ycN5Wf6iaRdqE2Vyvn2ggFBr0HlR866Wn00K6lP/xjGYZwReOgeTuf0YCQn26uxFnFhr" \
	"oqxm0DBZI3QrjC24NvqkFzmGWO/GOKwGxQpmMs/Ayj/3tVyRavT18VBC35e8rfjGb7Y90Cp+" \
	"+4eniOj6u18woktZ/Xe0ozyG1g4UUGT73cJAmHsRTul69iY21JEm3AUvV/9wrA1SfwecZkdE" \
	"zbYUYjGYxjmPtWuHIFzc+Ij43DepB+7oUBDzJ7RsXEah4Ga8JBqndNoMoCgfVUaULpe84aW2" \
	"CBA+yEO+3XQINQhw1O/ZYs8YvOgxldsEyt2gwXi5GbQjtC86xP9xY99PL+0iXClyBOtNFcDI" \
	"7sT5BFzzSt4BZJlm+hdih1x66+CnfPgNrD08hC4zKhgyajXWMPpS4WUFY3p5kuTniLXmlQPy" \
	"lhfx4Bv41GicrsdLWv36nxvDxo8ne01ruOrA0zlTqRnG0gPZyYsq3iR3D0uBzs4ZL2Cb6uGQ" \
	"ovnog5cCAwEAAQ=="
#define KEY_BARE \
	"MIIBCgKCAQEAsYLdqhr0nrx99I9Hj+W1r9upDKryNXGltIs+ZfvR4Gywh4/LsoH8Ti1ExGc6" \
	"F6SNManUva4yW3zaBppkbFkDTLp791yFGFmABCbtXxbfP80KZqTcCOnLTcIYix9kcqA8oot+" \
	"oL4L8EEN2+ZNsYfYVqWVTivn9G+JX1QxHxYwXVlep1egbqdNd2NGUj8nA8iH+NOZ0dxPHvC1" \
	"0C38rzUTBReGAwoq4bFVrRlllLpgwZW3eGwih/AH+JbmpOiHYrvwUQbqdi6RYcY4tsfcMCP6" \
	"mvHpXMLGMzRDBWzQdo1ATIzcyNL9R6/TNmzD2xZyHMMsBSq5CooIOWwnVVOdTXHnVQIDAQAB"
#define KEY_ED25519 "GjNfcJWpm1Ai4TQtScvBPqbxVYxgIqtw+Ui/tYeVos4="

#define MX "example.com MX 10 mail.example.com\n"
#define HOST "mail.example.com A 192.0.2.25\n"
#define PTR "25.2.0.192.in-addr.arpa PTR mail.example.com\n"
#define SPF "example.com TXT v=spf1 mx ~all\n"

struct row {
	const char *name;
	const char *zone;
	const char *code;
	enum domain_level level;
	const char *fix;
};

static void
run_rows(const struct row *rows, size_t count, void (*prepare)(struct bench *bench))
{
	for (size_t i = 0; i < count; i++) {
		struct bench bench;

		bench_open(&bench);
		if (prepare != NULL)
			prepare(&bench);
		bench_run(&bench, text_from(rows[i].zone));
		bench_expect(&bench, rows[i].name, rows[i].code, rows[i].level, rows[i].fix);
		bench_close(&bench);
	}
}

static void
judges_the_domain(void **state)
{
	static const struct row rows[] = {
		{ "absent", "example.net A 192.0.2.1\n", "domain-absent", DOMAIN_ERROR, NULL },
		{ "servfail", "example.com SERVFAIL\n", "domain-unanswered", DOMAIN_ERROR, NULL },
		{ "refused", "example.com REFUSED\n", "domain-unanswered", DOMAIN_ERROR, NULL },
		{ "circle", "example.com CNAME example.net\nexample.net CNAME example.com\n", "domain-loop",
		  DOMAIN_ERROR, NULL },
		{ "alias to nothing", "example.com CNAME example.net\n", "mx-domain-alias", DOMAIN_WARNING, NULL },
		{ "one question answered", MX "example.com SERVFAIL\n", "-domain-unanswered", DOMAIN_OK, NULL },
		{ "one question denied", "example.com A 192.0.2.1\nexample.com NXDOMAIN AAAA\n", "-domain-absent",
		  DOMAIN_OK, NULL },
		{ "no MX beside an alias", "example.com CNAME example.net\nexample.net A 192.0.2.1\n", "mx-missing",
		  DOMAIN_WARNING, "" },
		{ "no SPF beside an alias", "example.com CNAME example.net\nexample.net A 192.0.2.1\n", "spf-missing",
		  DOMAIN_ERROR, "" },
		{ "only names below it", "www.example.com A 192.0.2.1\n", "-domain-absent", DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
judges_mx(void **state)
{
	static const struct row rows[] = {
		{ "fine", MX HOST, "mx-host", DOMAIN_OK, NULL },
		{ "address", "example.com MX 5 192.0.2.25\n", "mx-address", DOMAIN_ERROR,
		  "example.com. IN MX 5 mail.example.com." },
		{ "alias", MX "mail.example.com CNAME host.example.net\nhost.example.net A 192.0.2.1\n",
		  "mx-alias", DOMAIN_ERROR, "example.com. IN MX 10 host.example.net." },
		{ "chain of aliases", MX "mail.example.com CNAME b.example\nb.example CNAME c.example\n"
		  "c.example A 192.0.2.1\n", "mx-alias", DOMAIN_ERROR, "example.com. IN MX 10 c.example." },
		{ "no better than the alias", MX "mail.example.com CNAME b.example\n", "mx-alias", DOMAIN_ERROR, "" },
		{ "dangling alias", MX "mail.example.com CNAME host.example.net\n", "mx-host-without-address",
		  DOMAIN_ERROR, NULL },
		{ "absent", MX, "mx-host-without-address", DOMAIN_ERROR, NULL },
		{ "unanswered", MX "mail.example.com SERVFAIL\n", "mx-host-unanswered", DOMAIN_ERROR, NULL },
		{ "one of two unanswered", MX HOST "mail.example.com SERVFAIL\n", "mx-host-unanswered",
		  DOMAIN_ERROR, NULL },
		{ "private", MX "mail.example.com A 10.1.2.3\n", "mx-private-address", DOMAIN_ERROR, NULL },
		{ "loopback", MX "mail.example.com AAAA ::1\n", "mx-private-address", DOMAIN_ERROR, NULL },
		{ "one label", "example.com MX 10 mail\nmail A 192.0.2.1\n", "mx-host-name", DOMAIN_WARNING, NULL },
		{ "underscore", "example.com MX 10 my_mail.example.com\nmy_mail.example.com A 192.0.2.1\n",
		  "mx-host-name", DOMAIN_WARNING, NULL },
		{ "null", "example.com MX 0 .\n", "mx-null", DOMAIN_OK, NULL },
		{ "null and host", MX HOST "example.com MX 0 .\n", "mx-null-and-others", DOMAIN_ERROR, NULL },
		{ "none", "example.com A 192.0.2.80\n", "mx-missing", DOMAIN_WARNING,
		  "example.com. IN MX 10 example.com." },
		{ "nothing", "example.com TXT x\n", "mx-no-mail", DOMAIN_WARNING, "example.com. IN MX 0 ." },
		{ "nothing known", "example.com TXT x\nexample.com SERVFAIL A\n", "-mx-no-mail", DOMAIN_OK, NULL },
		{ "unanswered records", "example.com SERVFAIL MX\nexample.com TXT x\n", "mx-unanswered",
		  DOMAIN_ERROR, NULL },
		{ "twice", MX HOST "example.com MX 20 mail.example.com\n", "mx-repeated", DOMAIN_NOTE, NULL },
		{ "only IPv4", MX HOST, "mx-no-ipv6", DOMAIN_NOTE, NULL },
		{ "only IPv6", MX "mail.example.com AAAA 2001:db8::1\n", "mx-no-ipv4", DOMAIN_WARNING, NULL },
		{ "both", MX HOST "mail.example.com AAAA 2001:db8::1\n", "-mx-no-ipv6", DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
judges_reverse_dns_of_mx(void **state)
{
	static const struct row rows[] = {
		{ "fine", MX HOST PTR, "reverse-confirmed", DOMAIN_OK, NULL },
		{ "missing", MX HOST, "reverse-missing", DOMAIN_WARNING,
		  "25.2.0.192.in-addr.arpa. IN PTR mail.example.com." },
		{ "unanswered", MX HOST "25.2.0.192.in-addr.arpa SERVFAIL\n", "reverse-unanswered", DOMAIN_WARNING,
		  NULL },
		{ "elsewhere", MX HOST "25.2.0.192.in-addr.arpa PTR h.example\nh.example A 192.0.2.9\n",
		  "reverse-unconfirmed", DOMAIN_WARNING, "25.2.0.192.in-addr.arpa. IN PTR mail.example.com." },
		{ "to nothing", MX HOST "25.2.0.192.in-addr.arpa PTR h.example\n", "reverse-unconfirmed",
		  DOMAIN_WARNING, "25.2.0.192.in-addr.arpa. IN PTR mail.example.com." },
		{ "to a broken name", MX HOST "25.2.0.192.in-addr.arpa PTR h.example\nh.example SERVFAIL\n",
		  "reverse-unanswered", DOMAIN_WARNING, NULL },
		{ "one of two names", MX HOST PTR "25.2.0.192.in-addr.arpa PTR h.example\n", "reverse-confirmed",
		  DOMAIN_OK, NULL },
		{ "generic", MX HOST "25.2.0.192.in-addr.arpa PTR host-25-2-0-192.example\n"
		  "host-25-2-0-192.example A 192.0.2.25\n", "reverse-generic", DOMAIN_NOTE, NULL },
		{ "by an alias (RFC 2317)", MX HOST "25.2.0.192.in-addr.arpa CNAME 25.0-31.2.0.192.in-addr.arpa\n"
		  "25.0-31.2.0.192.in-addr.arpa PTR mail.example.com\n", "reverse-confirmed", DOMAIN_OK, NULL },
		{ "nothing stands beside an alias", MX HOST
		  "25.2.0.192.in-addr.arpa CNAME 25.0-31.2.0.192.in-addr.arpa\n", "reverse-missing",
		  DOMAIN_WARNING, "" },
		{ "private ones are not asked for", MX "mail.example.com A 10.1.2.3\n", "-reverse-missing",
		  DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
send_by_one_address(struct bench *bench)
{
	bench_add_sender(bench, "192.0.2.25");
	bench->wishes.helo = TEXT("out.example.com");
	bench->wishes.block_lists = arena_alloc(bench->arena, sizeof(struct text));
	bench->wishes.block_lists[0] = TEXT("bl.example");
	bench->wishes.block_list_count = 1;
}

static void
judges_senders(void **state)
{
	static const struct row rows[] = {
		{ "missing", SPF, "reverse-missing", DOMAIN_ERROR,
		  "25.2.0.192.in-addr.arpa. IN PTR out.example.com." },
		{ "generic", SPF "25.2.0.192.in-addr.arpa PTR dyn.25.2.0.192.example\n"
		  "dyn.25.2.0.192.example A 192.0.2.25\n", "reverse-generic", DOMAIN_WARNING, NULL },
		{ "helo fits", SPF "25.2.0.192.in-addr.arpa PTR out.example.com\nout.example.com A 192.0.2.25\n",
		  "helo-fits", DOMAIN_OK, NULL },
		{ "helo without address", SPF, "helo-without-address", DOMAIN_ERROR,
		  "out.example.com. IN A 192.0.2.25" },
		{ "helo unanswered", SPF "out.example.com SERVFAIL\n", "helo-unanswered", DOMAIN_ERROR, NULL },
		{ "helo elsewhere", SPF "out.example.com A 192.0.2.1\n", "helo-address", DOMAIN_WARNING,
		  "out.example.com. IN A 192.0.2.25" },
		{ "helo and PTR differ", SPF "25.2.0.192.in-addr.arpa PTR mail.example.com\n"
		  "mail.example.com A 192.0.2.25\nout.example.com A 192.0.2.25\n", "helo-differs", DOMAIN_NOTE,
		  NULL },
		{ "helo without SPF", SPF "out.example.com A 192.0.2.25\n", "spf-helo-missing", DOMAIN_NOTE,
		  "out.example.com. IN TXT \"v=spf1 a -all\"" },
		{ "helo with wrong SPF", SPF "out.example.com TXT v=spf1 b\n", "spf-helo-wrong", DOMAIN_WARNING,
		  NULL },
		{ "listed", SPF "25.2.0.192.bl.example A 127.0.0.2\n", "block-list-listed", DOMAIN_ERROR, NULL },
		{ "not listed", SPF, "block-list-clean", DOMAIN_OK, NULL },
		{ "list refuses", SPF "25.2.0.192.bl.example A 127.255.255.252\n", "block-list-refuses",
		  DOMAIN_WARNING, NULL },
		{ "list is sold", SPF "*.bl.example A 203.0.113.1\n", "block-list-refuses", DOMAIN_WARNING, NULL },
		{ "list is silent", SPF "25.2.0.192.bl.example SERVFAIL\n", "block-list-unanswered", DOMAIN_WARNING,
		  NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), send_by_one_address);
}

static void
name_one_selector(struct bench *bench)
{
	bench_add_selector(bench, "sel");
}

#define KEY(content) SPF "sel._domainkey.example.com TXT " content "\n"

static void
judges_keys(void **state)
{
	static const struct row rows[] = {
		{ "512", KEY("v=DKIM1; p=" KEY_512), "dkim-key-short", DOMAIN_ERROR, NULL },
		{ "1016", KEY("v=DKIM1; p=" KEY_1016), "dkim-key-short", DOMAIN_ERROR, NULL },
		{ "1024", KEY("v=DKIM1; p=" KEY_1024), "dkim-key-weak", DOMAIN_WARNING, NULL },
		{ "1024 is not short", KEY("v=DKIM1; p=" KEY_1024), "-dkim-key-short", DOMAIN_OK, NULL },
		{ "2048", KEY("v=DKIM1; p=" KEY_2048), "dkim-key", DOMAIN_OK, NULL },
		{ "4096", KEY("v=DKIM1; p=" KEY_4096), "dkim-key", DOMAIN_OK, NULL },
		{ "bare", KEY("v=DKIM1; p=" KEY_BARE), "dkim-bare-key", DOMAIN_NOTE, NULL },
		{ "bare is usable", KEY("v=DKIM1; p=" KEY_BARE), "dkim-key", DOMAIN_OK, NULL },
		{ "Ed25519", KEY("v=DKIM1; k=ed25519; p=" KEY_ED25519), "dkim-key", DOMAIN_OK, NULL },
		{ "Ed25519 key as RSA", KEY("v=DKIM1; p=" KEY_ED25519), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "RSA key as Ed25519", KEY("v=DKIM1; k=ed25519; p=" KEY_1024), "dkim-key-wrong", DOMAIN_ERROR,
		  NULL },
		{ "unknown type", KEY("v=DKIM1; k=dsa; p=AAAA"), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "version", KEY("v=DKIM2; p=" KEY_1024), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "no base64", KEY("v=DKIM1; p=a*b"), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "no key", KEY("v=DKIM1"), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "tag twice", KEY("v=DKIM1; p=; p="), "dkim-key-wrong", DOMAIN_ERROR, NULL },
		{ "SPF", KEY("v=spf1 -all"), "dkim-not-a-key", DOMAIN_ERROR, NULL },
		{ "revoked", KEY("v=DKIM1; p="), "dkim-revoked", DOMAIN_ERROR, NULL },
		{ "testing", KEY("v=DKIM1; t=y; k=ed25519; p=" KEY_ED25519), "dkim-testing", DOMAIN_WARNING,
		  "sel._domainkey.example.com. IN TXT \"v=DKIM1; k=ed25519; p=" KEY_ED25519 "\"" },
		{ "testing and strict", KEY("t=y:s; k=ed25519; p=" KEY_ED25519), "dkim-testing", DOMAIN_WARNING,
		  "sel._domainkey.example.com. IN TXT \"t=s; k=ed25519; p=" KEY_ED25519 "\"" },
		{ "testing, of two faults", KEY("t=y; h=sha1; k=ed25519; p=" KEY_ED25519), "dkim-testing",
		  DOMAIN_WARNING, "sel._domainkey.example.com. IN TXT \"k=ed25519; p=" KEY_ED25519 "\"" },
		{ "at an alias", SPF "sel._domainkey.example.com CNAME k.example\n"
		  "k.example TXT t=y; k=ed25519; p=" KEY_ED25519 "\n", "dkim-testing", DOMAIN_WARNING, "" },
		{ "hash", KEY("h=sha1; k=ed25519; p=" KEY_ED25519), "dkim-hash", DOMAIN_ERROR,
		  "sel._domainkey.example.com. IN TXT \"k=ed25519; p=" KEY_ED25519 "\"" },
		{ "service", KEY("s=tls; k=ed25519; p=" KEY_ED25519), "dkim-service", DOMAIN_ERROR,
		  "sel._domainkey.example.com. IN TXT \"k=ed25519; p=" KEY_ED25519 "\"" },
		{ "several", KEY("p=") "sel._domainkey.example.com TXT p=\n", "dkim-several", DOMAIN_ERROR, NULL },
		{ "unanswered", SPF "sel._domainkey.example.com SERVFAIL\n", "dkim-unanswered", DOMAIN_ERROR,
		  NULL },
		{ "missing", SPF, "dkim-key-missing", DOMAIN_ERROR, NULL },
		{ "wildcard", SPF "*._domainkey.example.com TXT p=\n", "dkim-wildcard", DOMAIN_WARNING, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), name_one_selector);
}

static void
guesses_selectors(void **state)
{
	static const struct row rows[] = {
		{ "common", SPF "default._domainkey.example.com TXT p=" KEY_2048 "\n", "dkim-key", DOMAIN_OK,
		  NULL },
		{ "common and revoked", SPF "s1._domainkey.example.com TXT p=\n", "dkim-revoked", DOMAIN_NOTE,
		  NULL },
		{ "none at all", SPF, "dkim-missing", DOMAIN_ERROR, NULL },
		{ "some other", SPF "zzz._domainkey.example.com TXT p=\n", "dkim-not-found", DOMAIN_NOTE, NULL },
		{ "behind a wildcard", SPF "*.example.com A 192.0.2.1\n", "dkim-not-known", DOMAIN_NOTE, NULL },
		{ "not known", SPF "_domainkey.example.com SERVFAIL\n", "dkim-unanswered", DOMAIN_WARNING, NULL },
		{ "sends nothing", "example.com TXT v=spf1 -all\n", "dkim-not-needed", DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

#define DMARC(content) SPF "_dmarc.example.com TXT v=DMARC1; " content "\n"
#define RUA "; rua=mailto:a@example.com"

static void
judges_dmarc(void **state)
{
	static const struct row rows[] = {
		{ "fine", DMARC("p=reject" RUA), "dmarc-policy", DOMAIN_OK, NULL },
		{ "missing", SPF, "dmarc-missing", DOMAIN_WARNING,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@example.com\"" },
		{ "missing, sends nothing", "example.com TXT v=spf1 -all\n", "dmarc-missing", DOMAIN_WARNING,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject\"" },
		{ "several", DMARC("p=none") "_dmarc.example.com TXT v=DMARC1; p=reject\n", "dmarc-several",
		  DOMAIN_ERROR, NULL },
		{ "version", SPF "_dmarc.example.com TXT v=DMARC2; p=none\n", "dmarc-unrecognized", DOMAIN_ERROR,
		  NULL },
		{ "blank before", SPF "_dmarc.example.com TXT \" v=DMARC1; p=none\"\n", "dmarc-unrecognized",
		  DOMAIN_ERROR, NULL },
		{ "quotes in the text", SPF "_dmarc.example.com TXT \"\\\"v=DMARC1; p=none\\\"\"\n",
		  "dmarc-unrecognized", DOMAIN_ERROR, NULL },
		{ "misplaced", SPF "example.com TXT v=DMARC1; p=none\n", "dmarc-misplaced", DOMAIN_ERROR,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=none\"" },
		{ "misplaced, too", DMARC("p=none" RUA) "example.com TXT v=DMARC1; p=none\n", "dmarc-misplaced",
		  DOMAIN_NOTE, "" },
		{ "wrong policy", DMARC("p=deny"), "dmarc-no-policy", DOMAIN_ERROR, NULL },
		{ "no policy", DMARC("p"), "dmarc-no-policy", DOMAIN_ERROR, NULL },
		{ "wrong policy with reports", DMARC("p=deny" RUA), "dmarc-policy-repaired", DOMAIN_ERROR, NULL },
		{ "none", DMARC("p=none" RUA), "dmarc-monitoring", DOMAIN_NOTE, NULL },
		{ "none without reports", DMARC("p=none"), "dmarc-no-reports", DOMAIN_WARNING,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=none; rua=mailto:postmaster@example.com\"" },
		{ "reject without reports", DMARC("p=reject;"), "dmarc-no-reports", DOMAIN_NOTE,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:postmaster@example.com\"" },
		{ "pct", DMARC("p=reject; pct=99" RUA), "dmarc-pct", DOMAIN_WARNING,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com\"" },
		{ "pct in a test", DMARC("p=reject; pct=0; t=y" RUA), "dmarc-pct", DOMAIN_WARNING,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; t=y; rua=mailto:a@example.com\"" },
		{ "a test with pct", DMARC("p=reject; pct=0; t=y" RUA), "dmarc-testing", DOMAIN_NOTE,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com\"" },
		{ "pct and a bare address", DMARC("p=reject; pct=1; rua=a@example.com"), "dmarc-pct",
		  DOMAIN_WARNING, "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com\"" },
		{ "pct=100", DMARC("p=reject; pct=100" RUA), "dmarc-removed-tag", DOMAIN_NOTE, NULL },
		{ "rf", DMARC("p=reject; rf=afrf" RUA), "dmarc-removed-tag", DOMAIN_NOTE, NULL },
		{ "ri", DMARC("p=reject; ri=1" RUA), "dmarc-removed-tag", DOMAIN_NOTE, NULL },
		{ "unknown tag", DMARC("p=reject; x=1" RUA), "dmarc-unknown-tag", DOMAIN_NOTE, NULL },
		{ "wrong alignment", DMARC("p=reject; aspf=y" RUA), "dmarc-wrong-value", DOMAIN_WARNING, NULL },
		{ "wrong conditions", DMARC("p=reject; fo=1:x" RUA), "dmarc-wrong-value", DOMAIN_WARNING, NULL },
		{ "right conditions", DMARC("p=reject; fo=1:d:s" RUA), "-dmarc-wrong-value", DOMAIN_OK, NULL },
		{ "weaker sp", DMARC("p=reject; sp=none" RUA), "dmarc-weaker-subdomains", DOMAIN_WARNING, NULL },
		{ "weaker np", DMARC("p=reject; np=quarantine" RUA), "dmarc-weaker-subdomains", DOMAIN_WARNING,
		  NULL },
		{ "stronger sp", DMARC("p=quarantine; sp=reject" RUA), "-dmarc-weaker-subdomains", DOMAIN_OK,
		  NULL },
		{ "repeated", DMARC("p=reject; p=none" RUA), "dmarc-repeated-tag", DOMAIN_WARNING, NULL },
		{ "testing", DMARC("p=reject; t=y" RUA), "dmarc-testing", DOMAIN_NOTE,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com\"" },
		{ "psd", DMARC("p=reject; psd=y" RUA), "dmarc-psd", DOMAIN_NOTE, NULL },
		{ "fo without ruf", DMARC("p=reject; fo=1" RUA), "dmarc-fo-without-ruf", DOMAIN_NOTE, NULL },
		{ "unanswered", SPF "_dmarc.example.com SERVFAIL\n", "dmarc-unanswered", DOMAIN_ERROR, NULL },
		{ "the domain above", SPF "_dmarc.com TXT v=DMARC1; p=none; psd=y" RUA "\n",
		  "dmarc-discovery-record", DOMAIN_WARNING, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
judges_reports(void **state)
{
	static const struct row rows[] = {
		{ "own", DMARC("p=reject; rua=mailto:a@mail.example.com") MX HOST, "-dmarc-report-not-permitted",
		  DOMAIN_OK, NULL },
		{ "external", DMARC("p=reject; rua=mailto:a@example.net") "example.net A 192.0.2.1\n",
		  "dmarc-report-not-permitted", DOMAIN_ERROR,
		  "example.com._report._dmarc.example.net. IN TXT \"v=DMARC1\"" },
		{ "permitted",
		  DMARC("p=reject; rua=mailto:a@example.net") "example.com._report._dmarc.example.net TXT v=DMARC1;\n",
		  "dmarc-report-permitted", DOMAIN_OK, NULL },
		{ "permitted to all",
		  DMARC("p=reject; ruf=mailto:a@example.net") "*._report._dmarc.example.net TXT v=DMARC1\n",
		  "dmarc-report-permitted", DOMAIN_OK, NULL },
		{ "permitted in vain",
		  DMARC("p=reject; rua=mailto:a@example.net") "example.com._report._dmarc.example.net TXT v=dmarc1\n",
		  "dmarc-report-not-permitted", DOMAIN_ERROR, NULL },
		{ "permission unknown",
		  DMARC("p=reject; rua=mailto:a@example.net") "example.com._report._dmarc.example.net SERVFAIL\n",
		  "dmarc-report-unanswered", DOMAIN_WARNING, NULL },
		{ "gone", DMARC("p=reject; rua=mailto:a@example.net"), "dmarc-report-no-domain", DOMAIN_ERROR,
		  NULL },
		{ "size", DMARC("p=reject; rua=mailto:a@example.com!10m"), "dmarc-report-size", DOMAIN_NOTE, NULL },
		{ "no scheme", DMARC("p=reject; rua=a@example.com, mailto:b@example.com"), "dmarc-report-no-scheme",
		  DOMAIN_ERROR,
		  "_dmarc.example.com. IN TXT \"v=DMARC1; p=reject; rua=mailto:a@example.com,mailto:b@example.com\"" },
		{ "https", DMARC("p=reject; rua=https://example.com/r"), "dmarc-report-scheme", DOMAIN_WARNING,
		  NULL },
		{ "no domain", DMARC("p=reject; rua=mailto:a@"), "dmarc-report-address", DOMAIN_ERROR, NULL },
		{ "no local part", DMARC("p=reject; rua=mailto:@example.com"), "dmarc-report-address", DOMAIN_ERROR,
		  NULL },
		{ "empty", DMARC("p=reject; rua="), "dmarc-report-address", DOMAIN_ERROR, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
judges_the_rest(void **state)
{
	static const struct row rows[] = {
		{ "MTA-STS", SPF "_mta-sts.example.com TXT v=STSv1; id=1;\nmta-sts.example.com A 192.0.2.1\n",
		  "mta-sts", DOMAIN_OK, NULL },
		{ "MTA-STS, longest id",
		  SPF "_mta-sts.example.com TXT v=STSv1; id=12345678901234567890123456789012\n"
		  "mta-sts.example.com A 192.0.2.1\n", "mta-sts", DOMAIN_OK, NULL },
		{ "MTA-STS, id too long",
		  SPF "_mta-sts.example.com TXT v=STSv1; id=123456789012345678901234567890123\n", "mta-sts-id",
		  DOMAIN_ERROR, NULL },
		{ "MTA-STS without host", SPF "_mta-sts.example.com TXT v=STSv1; id=1\n", "mta-sts-host",
		  DOMAIN_ERROR, NULL },
		{ "MTA-STS twice", SPF "_mta-sts.example.com TXT v=STSv1; id=1\n"
		  "_mta-sts.example.com TXT v=STSv1; id=2\n", "more-several", DOMAIN_ERROR, NULL },
		{ "MTA-STS, something else", SPF "_mta-sts.example.com TXT hello\n", "more-unrecognized",
		  DOMAIN_WARNING, NULL },
		{ "MTA-STS unanswered", SPF "_mta-sts.example.com SERVFAIL\n", "more-unanswered", DOMAIN_WARNING,
		  NULL },
		{ "TLS-RPT", SPF "_smtp._tls.example.com TXT v=TLSRPTv1; rua=https://a.example/\n", "tls-rpt",
		  DOMAIN_OK, NULL },
		{ "TLS-RPT, no address", SPF "_smtp._tls.example.com TXT v=TLSRPTv1\n", "tls-rpt-rua", DOMAIN_ERROR,
		  NULL },
		{ "BIMI",
		  DMARC("p=quarantine") "default._bimi.example.com TXT v=BIMI1; l=https://a.example/l.svg; a=\n",
		  "bimi", DOMAIN_OK, NULL },
		{ "BIMI, weak policy",
		  DMARC("p=none") "default._bimi.example.com TXT v=BIMI1; l=https://a.example/l.svg\n",
		  "bimi-policy", DOMAIN_WARNING, NULL },
		{ "BIMI declined", SPF "default._bimi.example.com TXT v=BIMI1; l=; a=;\n", "bimi-declined",
		  DOMAIN_OK, NULL },
		{ "BIMI without logo", SPF "default._bimi.example.com TXT v=BIMI1\n", "bimi-location", DOMAIN_ERROR,
		  NULL },
		{ "service", SPF "_imaps._tcp.example.com SRV 0 1 993 mail.example.com\n" HOST, "service",
		  DOMAIN_OK, NULL },
		{ "service declined", SPF "_imaps._tcp.example.com SRV 0 0 0 .\n", "service-declined", DOMAIN_OK,
		  NULL },
		{ "no services", SPF MX HOST, "service-none", DOMAIN_NOTE,
		  "_submissions._tcp.example.com. IN SRV 0 1 465 mail.example.com." },
		{ "no services, no host", SPF MX "mail.example.com CNAME m.example\nm.example A 192.0.2.1\n",
		  "-service-none", DOMAIN_OK, NULL },
		{ "service by an alias", SPF "_imaps._tcp.example.com SRV 0 1 993 i.example.com\n"
		  "i.example.com CNAME mail.example.com\n" HOST, "service-alias", DOMAIN_WARNING,
		  "_imaps._tcp.example.com. IN SRV 0 1 993 mail.example.com." },
		{ "service nowhere", SPF "_imaps._tcp.example.com SRV 0 1 993 i.example.com\n",
		  "service-without-address", DOMAIN_ERROR, NULL },
		{ "no services", SPF MX HOST, "service-none", DOMAIN_NOTE,
		  "_submissions._tcp.example.com. IN SRV 0 1 465 mail.example.com." },
		{ "no services and no mail", SPF "example.com MX 0 .\n", "-service-none", DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), NULL);
}

static void
validate(struct bench *bench)
{
	bench->run.is_validating = true;
}

static void
judges_dnssec(void **state)
{
	static const struct row rows[] = {
		{ "none", SPF, "dnssec-unsigned", DOMAIN_NOTE, NULL },
		{ "all", SPF "example.com SECURE\n", "dnssec-secure", DOMAIN_OK, NULL },
		{ "some", DMARC("p=none") "example.com SECURE\n", "dnssec-mixed", DOMAIN_NOTE, NULL },
		{ "others do not count", MX "mail.example.com CNAME h.example\nmail.example.com SECURE\n"
		  "h.example A 192.0.2.1\nexample.com SECURE\n", "dnssec-secure", DOMAIN_OK, NULL },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), validate);
}

static void
knows_private_and_generic(void **state)
{
	static const struct {
		const char *ip;
		bool is_private;
	} addresses[] = {
		{ "9.255.255.255", false }, { "10.0.0.0", true }, { "11.0.0.0", false }, { "100.63.255.255",
		  false },
		{ "100.64.0.0", true }, { "172.15.255.255", false }, { "172.31.255.255", true },
		{ "192.168.0.0", true }, { "192.169.0.0", false }, { "223.255.255.255", false }, { "224.0.0.0",
		  true },
		{ "::1", true }, { "::2", false }, { "fbff::", false }, { "fc00::", true }, { "fe80::1", true },
		{ "2001:db8::1", false },
	};
	static const struct {
		const char *name;
		bool is_generic;
	} names[] = {
		{ "192-0-2-25.example", true }, { "25.2.0.192.example", true }, { "x25-2-0-192.example", true },
		{ "dyn.isp.example", true }, { "pool-7.isp.example", true },
		{ "mail.aerodynamic.example", false }, { "mail25.example", false },
		  { "192-0-2.example", false },
		{ "mx.example", false },
	};
	struct arena *arena = arena_new();
	struct ip ip;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		assert_true(ip_parse(text_from(addresses[i].ip), &ip));
		if (domain_address_is_private(ip) != addresses[i].is_private)
			fail_msg("%s", addresses[i].ip);
	}
	assert_true(ip_parse(TEXT("192.0.2.25"), &ip));
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (domain_name_looks_generic(arena, text_from(names[i].name), ip) != names[i].is_generic)
			fail_msg("%s", names[i].name);
	arena_free(&arena);
}

static void
bring_foreign_mail(struct bench *bench)
{
	bench->wishes.has_message = true;
	bench->wishes.foreign_signatures = 1;
}

static void
bring_own_and_foreign_mail(struct bench *bench)
{
	bring_foreign_mail(bench);
	bench_add_selector(bench, "sel");
	bench->wishes.selectors[0].is_from_message = true;
}

/* A key that is there but does not sign is no help, and one that signs and is gone is our own. */
static void
sees_foreign_signatures(void **state)
{
	static const struct row foreign[] = {
		{ "a key beside", SPF "default._domainkey.example.com TXT p=" KEY_2048 "\n", "dkim-foreign",
		  DOMAIN_WARNING, NULL },
	};
	static const struct row both[] = { { "a lost key", SPF, "-dkim-foreign", DOMAIN_OK, NULL } };

	(void)state;
	run_rows(foreign, COUNT_OF(foreign), bring_foreign_mail);
	run_rows(both, COUNT_OF(both), bring_own_and_foreign_mail);
}

static void
call_itself_by_one_label(struct bench *bench)
{
	bench_add_sender(bench, "192.0.2.25");
	bench->wishes.helo = TEXT("mailhost");
}

static void
proposes_no_name_without_domain(void **state)
{
	static const struct row rows[] = {
		{ "one label", SPF, "reverse-missing", DOMAIN_ERROR, "" },
		{ "one label, and MX", SPF MX HOST, "reverse-missing", DOMAIN_ERROR,
		  "25.2.0.192.in-addr.arpa. IN PTR mail.example.com." },
	};

	(void)state;
	run_rows(rows, COUNT_OF(rows), call_itself_by_one_label);
}

/* Of more hosts than are looked at, and at the limit. */
static void
counts_mail_hosts(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct bench bench;
		struct textbuf zone;

		bench_open(&bench);
		zone = textbuf_new(bench.arena, SIZE_MAX);
		for (int i = 0; i < DOMAIN_MX_MAX + more; i++)
			textbuf_printf(&zone, "example.com MX %d m%d.example.com\n", i, i);
		bench_run(&bench, textbuf_text(&zone));
		bench_expect(&bench, "hosts", more > 0 ? "mx-cut" : "-mx-cut", DOMAIN_NOTE, "");
		bench_close(&bench);
	}
}

static void
takes_selectors_of_a_message(void **state)
{
	static const struct {
		const char *domain;
		bool is_ours;
	} rows[] = {
		{ "example.com", true }, { "mail.example.com", true }, { "com", true }, { "example.net", false },
		{ "badexample.com", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct domain_wishes wishes = { .domain = TEXT("example.com") };
		struct arena *arena = arena_new();

		domain_message_add_signature(arena, text_printf(arena, "v=1; a=rsa-sha256; d=%s; s=sel; h=from; "
								"bh=AAAA; b=AAAA", rows[i].domain), &wishes);
		assert_int_equal(wishes.selector_count, rows[i].is_ours ? 1 : 0);
		assert_int_equal(wishes.foreign_signatures, rows[i].is_ours ? 0 : 1);
		domain_message_add_signature(arena, TEXT("nonsense"), &wishes);
		assert_int_equal(wishes.selector_count, rows[i].is_ours ? 1 : 0);
		arena_free(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_the_domain),
		cmocka_unit_test(judges_mx),
		cmocka_unit_test(judges_reverse_dns_of_mx),
		cmocka_unit_test(judges_senders),
		cmocka_unit_test(judges_keys),
		cmocka_unit_test(guesses_selectors),
		cmocka_unit_test(judges_dmarc),
		cmocka_unit_test(judges_reports),
		cmocka_unit_test(judges_the_rest),
		cmocka_unit_test(judges_dnssec),
		cmocka_unit_test(knows_private_and_generic),
		cmocka_unit_test(takes_selectors_of_a_message),
		cmocka_unit_test(sees_foreign_signatures),
		cmocka_unit_test(proposes_no_name_without_domain),
		cmocka_unit_test(counts_mail_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
