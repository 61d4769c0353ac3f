/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/options.h"

#include <config.h>
#include <syslog.h>

#include "base/log.h"
#include "config/config.h"
#include "config/option_rules.h"

#ifdef HAVE_PSL
const bool config_knows_public_suffix_list = true;
#else
const bool config_knows_public_suffix_list = false;
#endif

/* Words are written through an int whatever enum the field has. */
_Static_assert(sizeof(enum action) == sizeof(int), "an enum is as large as an int");

#define FIELD(member) offsetof(struct config, member)
#define KIBIBYTES(number) ((uint64_t)(number) * 1024)
#define MEBIBYTES(number) (KIBIBYTES(number) * 1024)
#define SECONDS(number) ((uint64_t)(number) * 1000)

enum {
	MODE_BITS_MAX = 0777,
	MINUTE = 60,            /* in seconds */
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	KEY_BITS_MIN = 1024,    /* RFC 8301, 3.2: smaller keys never count */
	KEY_BITS_MAX = 4096     /* RFC 8301, 3.2: what every verifier understands */
};

/* The last second of the year 9999, the last that RFC 3339 can write. */
#define CLOCK_MAX UINT64_C(253402300799)

const struct option_word option_boolean_words[] = {
	{ "yes", 1 }, { "no", 0 }, { "true", 1 }, { "false", 0 },
	{ "on", 1 }, { "off", 0 }, { "1", 1 }, { "0", 0 }, { NULL, 0 },
};

static const struct option_word action_words[] = {
	{ "accept", ACTION_ACCEPT }, { "mark", ACTION_MARK }, { "quarantine", ACTION_QUARANTINE },
	{ "tempfail", ACTION_TEMPFAIL }, { "reject", ACTION_REJECT },
	{ "discard", ACTION_DISCARD }, { NULL, 0 },
};

static const struct option_word body_length_words[] = {
	{ "no", BODY_LENGTH_REFUSE_TAIL }, { "yes", BODY_LENGTH_ALLOW },
	{ "refuse", BODY_LENGTH_REFUSE }, { "false", BODY_LENGTH_REFUSE_TAIL },
	{ "true", BODY_LENGTH_ALLOW }, { "off", BODY_LENGTH_REFUSE_TAIL },
	{ "on", BODY_LENGTH_ALLOW }, { "0", BODY_LENGTH_REFUSE_TAIL },
	{ "1", BODY_LENGTH_ALLOW }, { NULL, 0 },
};

static const struct option_word discovery_words[] = {
	{ "treewalk", DISCOVERY_TREE_WALK }, { "psl", DISCOVERY_PUBLIC_SUFFIX_LIST }, { NULL, 0 },
};

static const struct option_word mode_words[] = {
	{ "enforce", MODE_ENFORCE }, { "monitor", MODE_MONITOR }, { NULL, 0 },
};

static const struct option_word facility_words[] = {
	{ "mail", LOG_MAIL }, { "daemon", LOG_DAEMON }, { "user", LOG_USER }, { "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV }, { "syslog", LOG_SYSLOG }, { "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 }, { "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 }, { "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 }, { NULL, 0 },
};

static const struct option_word log_format_words[] = {
	{ "kv", LOG_FORMAT_KEY_VALUE }, { "json", LOG_FORMAT_JSON }, { NULL, 0 },
};

static const struct option_word log_level_words[] = {
	{ "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING }, { "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG }, { NULL, 0 },
};

static const struct option_word log_addresses_words[] = {
	{ "domain", LOG_ADDRESSES_DOMAIN }, { "full", LOG_ADDRESSES_FULL }, { NULL, 0 },
};

/* Short forms of rows whose other columns are always the same. */
#define BOOLEAN(name, member, value, group, help) \
	{ name, OPTION_BOOLEAN, FIELD(member), value, 0, 1, option_boolean_words, NULL, group, \
	  help }
#define NUMBER(name, type, member, value, minimum, maximum, group, help) \
	{ name, type, FIELD(member), value, minimum, maximum, NULL, NULL, group, help }
#define STRING(name, member, value, rule, group, help) \
	{ name, OPTION_TEXT, FIELD(member), value, 0, 0, NULL, rule, group, help }
#define WORD(name, member, value, words, group, help) \
	{ name, OPTION_WORD, FIELD(member), value, 0, 0, words, NULL, group, help }
#define ACTION(name, member, value, help) \
	WORD(name, member, value, action_words, "Policy", help)
#define LIST(name, type, member, value, rule, group, help) \
	{ name, type, FIELD(member), value, 0, 0, NULL, rule, group, help }

static const struct option options[] = {
	LIST("Socket", OPTION_TEXT_LIST, sockets, "unix:" DEFAULT_SOCKET, &rule_socket, "Service",
	     "where the MTA connects: unix:/path, inet:PORT@HOST, inet6:PORT@HOST, fd:N"),
	NUMBER("SocketMode", OPTION_OCTAL, socket_mode, "0660", 0, MODE_BITS_MAX, "Service",
	       "permissions of a unix socket, octal"),
	STRING("SocketGroup", socket_group, "", &rule_group, "Service",
	       "group of a unix socket; empty leaves it to the directory"),
	NUMBER("UMask", OPTION_OCTAL, umask, "007", 0, MODE_BITS_MAX, "Service",
	       "file mode creation mask, octal"),
	STRING("MetricsSocket", metrics_socket, "", &rule_metrics_socket, "Service",
	       "where /metrics and /healthz are served: unix:/path, inet:PORT@HOST; empty: not"),
	STRING("PidFile", pid_file, "", &rule_absolute_path, "Service",
	       "file for the process id; empty writes none"),
	STRING("UserID", user, "", &rule_user, "Service",
	       "user or user:group to become once the sockets are open; empty stays"),
	NUMBER("MaxConnections", OPTION_COUNT, sessions_max, "1000", 1, 65536, "Service",
	       "sessions served at the same time"),
	NUMBER("StopTimeout", OPTION_DURATION, stop_timeout, "25s", 0, SECONDS(HOUR), "Service",
	       "how long messages in work may take after SIGTERM"),
	NUMBER("IdleTimeout", OPTION_DURATION, idle_timeout, "2h10m", SECONDS(1), SECONDS(DAY),
	       "Service", "a session without a command for so long is closed"),
	NUMBER("ListCheckInterval", OPTION_SECONDS, list_check_interval, "5s", 0, HOUR, "Service",
	       "how often list files are looked at for a change; 0 never"),

	LIST("IgnoreHosts", OPTION_NETWORK_LIST, ignore_hosts, "127.0.0.0/8,::1", NULL,
	     "Who is checked", "clients whose mail is left alone: networks and addresses"),
	BOOLEAN("IgnoreAuthenticatedClients", ignore_authenticated, "yes", "Who is checked",
		"mail of clients that logged in (SMTP AUTH) is not checked"),
	LIST("IgnoreDaemonNames", OPTION_TEXT_LIST, ignore_daemon_names, "ORIGINATING",
	     &rule_daemon_name, "Who is checked",
	     "values of the MTA's {daemon_name} whose mail is not inbound"),

	BOOLEAN("CheckIPRev", check_iprev, "yes", "Checks", "check reverse DNS of the client"),
	BOOLEAN("CheckSPF", check_spf, "yes", "Checks", "check SPF (RFC 7208)"),
	BOOLEAN("CheckDKIM", check_dkim, "yes", "Checks", "check DKIM signatures (RFC 6376)"),
	BOOLEAN("CheckARC", check_arc, "yes", "Checks", "check chains of ARC seals (RFC 8617)"),
	BOOLEAN("CheckDMARC", check_dmarc, "yes", "Checks", "check DMARC (RFC 9989)"),
	BOOLEAN("SPFHelo", spf_helo, "yes", "Checks", "check SPF of the HELO name too"),
	NUMBER("SPFLookupLimit", OPTION_COUNT, spf_lookup_limit, "10", 1, 50, "Checks",
	       "terms of an SPF record that may ask DNS (RFC 7208 says 10)"),
	NUMBER("SPFVoidLimit", OPTION_COUNT, spf_void_limit, "2", 0, 50, "Checks",
	       "lookups of an SPF record that may find nothing (RFC 7208 says 2)"),
	BOOLEAN("SPFExplanation", spf_explanation, "no", "Checks",
		"fetch the sender's explanation of an SPF failure"),
	BOOLEAN("SPFReceivedHeader", spf_received_header, "no", "Checks",
		"add a Received-SPF field too"),
	NUMBER("DKIMMinimumKeyBits", OPTION_COUNT, dkim_minimum_key_bits, "1024", KEY_BITS_MIN,
	       KEY_BITS_MAX, "Checks", "RSA keys with fewer bits do not count"),
	NUMBER("DKIMMaxSignatures", OPTION_COUNT, dkim_signatures_max, "10", 1, 100, "Checks",
	       "signatures of a message that are verified"),
	WORD("DKIMAllowBodyLength", dkim_body_length, "no", body_length_words, "Checks",
	     "signatures with l=: yes, no (not with an unsigned tail), refuse (never)"),
	NUMBER("DKIMClockDrift", OPTION_SECONDS, dkim_clock_drift, "5m", 0, DAY, "Checks",
	       "how far signers' clocks may be off"),
	LIST("TrustedARCSealers", OPTION_TEXT_LIST, trusted_arc_sealers, "", &rule_domain_name,
	     "Checks", "domains of ARC sealers whose word counts when DMARC fails"),
	WORD("DMARCDiscovery", dmarc_discovery, "treewalk", discovery_words, "Checks",
	     "how the policy is found: treewalk (RFC 9989) or psl (RFC 7489)"),
	BOOLEAN("DMARCCompare", dmarc_compare, "no", "Checks",
		"evaluate the other discovery too, and log where it differs"),
	STRING("PublicSuffixList", public_suffix_list, "", &rule_absolute_path, "Checks",
	       "file for psl and DMARCCompare; empty takes the system's"),
	NUMBER("MaxHeaders", OPTION_SIZE, header_bytes_max, "1M", KIBIBYTES(16), MEBIBYTES(64),
	       "Checks", "size of all header fields of a message together"),

	WORD("Mode", mode, "enforce", mode_words, "Policy",
	     "enforce acts; monitor decides and logs, but accepts"),
	ACTION("OnReject", on_reject, "reject",
	       "DMARC fails under p=reject, message of RejectClasses"),
	ACTION("OnQuarantine", on_quarantine, "mark",
	       "DMARC fails under p=quarantine, or under p=reject in another class"),
	ACTION("OnNone", on_none, "accept", "DMARC fails under p=none"),
	LIST("RejectClasses", OPTION_CLASS_LIST, reject_class, "misaligned,spoof", NULL, "Policy",
	     "classes that p=reject refuses: forwarded, indirect, misaligned, spoof"),
	ACTION("OnTempError", on_temperror, "tempfail",
	       "an answer is missing under a known quarantine or reject policy"),
	ACTION("OnTempErrorUnknown", on_temperror_unknown, "accept",
	       "an answer is missing and the policy is unknown or none"),
	NUMBER("DeferMaximum", OPTION_SECONDS, defer_maximum, "1d", 0, 30 * DAY, "Policy",
	       "after so long OnQuarantine stands in for tempfail"),
	ACTION("OnPermError", on_permerror, "accept", "DMARC gives permerror"),
	ACTION("OnMissingFrom", on_missing_from, "reject", "there is no From field"),
	ACTION("OnMultipleFrom", on_multiple_from, "reject", "there are several From fields"),
	ACTION("OnMultipleDomains", on_multiple_domains, "reject",
	       "From names addresses of several domains"),
	ACTION("OnMalformedFrom", on_malformed_from, "reject",
	       "From cannot be parsed or names no domain"),
	ACTION("OnMalformedBounce", on_malformed_bounce, "mark",
	       "one of these four in a message with null sender"),
	ACTION("OnHeaderLimit", on_header_limit, "reject", "the header is larger than MaxHeaders"),
	ACTION("OnSPFFail", on_spf_fail, "accept", "SPF of MAIL FROM fails, whatever DMARC says"),
	ACTION("OnHeloFail", on_helo_fail, "accept", "SPF of HELO fails, whatever DMARC says"),
	ACTION("OnIPRevFail", on_iprev_fail, "accept", "the client has no valid reverse DNS"),
	ACTION("OnIPRevTempError", on_iprev_temperror, "accept",
	       "reverse DNS of the client gave no answer"),
	ACTION("OnInternalError", on_internal_error, "tempfail", "the resolver is gone"),
	BOOLEAN("HonorTestMode", honor_test_mode, "yes", "Policy",
		"t=y in a DMARC record weakens its policy by one step"),
	STRING("RejectCode", reject_code, "550", &rule_reply_code, "Policy",
	       "SMTP reply code of a refusal"),
	STRING("RejectStatus", reject_status, "5.7.26", &rule_reply_status, "Policy",
	       "enhanced status code of a refusal"),
	STRING("RejectText", reject_text, "rejected by the DMARC policy of %d", &rule_reply_text,
	       "Policy", "text of a refusal; %d author domain, %i client, %q queue id, %% percent"),
	STRING("MalformedText", malformed_text,
	       "the From header field of this message does not name one author domain",
	       &rule_reply_text, "Policy", "text of a refusal without usable author domain"),
	STRING("TempFailText", tempfail_text,
	       "the sender of this message cannot be verified at the moment, try again later",
	       &rule_reply_text, "Policy", "text of a deferral"),

	LIST("Rule", OPTION_RULES, rules, "", NULL, "Rules",
	     "NAME CONDITION... ACTION [shadow] [reply=\"550 5.7.26 text\"], see RULES"),
	BOOLEAN("SplitRecipients", split_recipients, "yes", "Rules",
		"recipients for whom other rules apply get 452 and a message of their own"),
	LIST("OwnDomains", OPTION_DOMAINS, own_domains, "", NULL, "Rules",
	     "mail from outside with such an author has to pass, whatever p= says"),
	LIST("TrustedForwarders", OPTION_FORWARDERS, trusted_forwarders, "", NULL, "Rules",
	     "CLIENT... [for=RECIPIENTDOMAIN,...]: who forwards to us with broken results"),
	LIST("DomainPolicy", OPTION_DOMAIN_POLICIES, domain_policies, "", NULL, "Rules",
	     "none, quarantine or reject, and domains that are taken to publish it"),

	STRING("AuthservID", authserv_id, "HOSTNAME", &rule_authserv_id, "Header fields",
	       "our name in Authentication-Results; HOSTNAME is the machine's name"),
	BOOLEAN("AuthservIDWithJobID", authserv_id_with_job_id, "no", "Header fields",
		"append /QUEUEID to our name"),
	BOOLEAN("AuthResHeader", add_authentication_results, "yes", "Header fields",
		"add an Authentication-Results field"),
	NUMBER("AuthResPosition", OPTION_COUNT, authentication_results_position, "0", 0, 100,
	       "Header fields", "where it goes: 0 on top, 1 below the first field, ..."),
	BOOLEAN("AuthResSplit", split_authentication_results, "no", "Header fields",
		"one field per method instead of one field"),
	BOOLEAN("AuthResComments", comment_authentication_results, "yes", "Header fields",
		"comments in the field, such as (p=reject)"),
	LIST("RemoveARFrom", OPTION_TEXT_LIST, remove_from, "", &rule_authserv_id, "Header fields",
	     "further names whose Authentication-Results are removed; ours always are"),
	BOOLEAN("RemoveARAll", remove_all, "no", "Header fields",
		"remove every Authentication-Results field that comes in"),
	LIST("QuarantineHeader", OPTION_HEADER, quarantine_header_name, "X-DMARC-Quarantine: yes",
	     NULL, "Header fields", "field that the action mark adds"),
	BOOLEAN("SoftwareHeader", software_header, "no", "Header fields",
		"add a field with our name and version"),

	LIST("Nameservers", OPTION_NAMESERVERS, nameservers, "system", &rule_nameserver, "DNS",
	     "addresses, with port if not 53; system; or recursive"),
	NUMBER("DNSTimeout", OPTION_DURATION, dns_timeout, "5s", 100, SECONDS(MINUTE), "DNS",
	       "how long one question may take"),
	NUMBER("DNSCacheSize", OPTION_SIZE, dns_cache_size, "16M", KIBIBYTES(64), MEBIBYTES(4096),
	       "DNS", "memory for answers"),
	NUMBER("DNSMaxQueriesPerMessage", OPTION_COUNT, dns_questions_max, "300", 1, 10000, "DNS",
	       "questions that one message may cause"),
	NUMBER("DNSFailureMemory", OPTION_DURATION, dns_failure_memory, "5s", 0, SECONDS(HOUR),
	       "DNS", "how long a name without answer is not asked again"),
	NUMBER("DeadlinePerMessage", OPTION_DURATION, deadline, "20s", 100, SECONDS(10 * MINUTE),
	       "DNS", "how long all questions of a message may take together"),
	STRING("TrustAnchorFile", trust_anchor_file, "", &rule_absolute_path, "DNS",
	       "trust anchors for DNSSEC validation; empty validates nothing"),

	LIST("LogTarget", OPTION_LOG_TARGET, log_target, "syslog", NULL, "Log",
	     "syslog, journal, stderr or file:/path"),
	WORD("SyslogFacility", syslog_facility, "mail", facility_words, "Log", "syslog facility"),
	STRING("SyslogName", syslog_name, "dmarcmilter", &rule_syslog_name, "Log",
	       "program name in the log"),
	WORD("LogFormat", log_format, "kv", log_format_words, "Log",
	     "kv (key=value) or json for the line of a message"),
	WORD("LogLevel", log_level, "info", log_level_words, "Log", "error, warning, info or "
								    "debug"),
	WORD("LogAddresses", log_addresses, "domain", log_addresses_words, "Log",
	     "log only the domain of addresses, or the full address"),
	BOOLEAN("LogAccepted", log_accepted, "yes", "Log", "a line for accepted messages too"),

	NUMBER("TestClock", OPTION_COUNT, test_clock, "0", 0, CLOCK_MAX, "Tests only",
	       "seconds since 1970 in place of the time of day; 0 is off; never in service"),
};

size_t
option_count(void)
{
	return COUNT_OF(options);
}

const struct option *
option_at(size_t index)
{
	return index < COUNT_OF(options) ? &options[index] : NULL;
}

size_t
option_index(const struct option *option)
{
	return (size_t)(option - options);
}

const struct option *
option_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (text_equal_nocase(name, text_from(options[i].name)))
			return &options[i];
	return NULL;
}

bool
option_is_list(const struct option *option)
{
	switch (option->type) {
	case OPTION_TEXT_LIST:
	case OPTION_NETWORK_LIST:
	case OPTION_CLASS_LIST:
	case OPTION_NAMESERVERS:
	case OPTION_DOMAINS:
	case OPTION_RULES:
	case OPTION_FORWARDERS:
	case OPTION_DOMAIN_POLICIES:
		return true;
	case OPTION_NONE_YET:
	case OPTION_BOOLEAN:
	case OPTION_COUNT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_SECONDS:
	case OPTION_OCTAL:
	case OPTION_TEXT:
	case OPTION_WORD:
	case OPTION_HEADER:
	case OPTION_LOG_TARGET:
		return false;
	}
	return false;
}
