/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/migrate_table.h"

#include "base/macros.h"
#include "programs/migrate_values.h"

/* Which programs have the option. */
enum {
	DKIM = 1 << MIGRATE_OPENDKIM,
	MARC = 1 << MIGRATE_OPENDMARC,
	POLICYD = 1 << MIGRATE_POLICYD_SPF,
	PYSPF = 1 << MIGRATE_PYSPF_MILTER,
	DKIMPY = 1 << MIGRATE_DKIMPY_MILTER,
	SPF = POLICYD | PYSPF,
	BOTH_DKIM = DKIM | DKIMPY,
	OPEN = DKIM | MARC,
	TRUSTED = OPEN | DKIMPY,        /* opendkim, and those that took its options over */
	MILTERS = TRUSTED | PYSPF
};

#define KEEP(programs, name, value, option) \
	{ programs, name, MIGRATE_KEPT, value, option, migrate_kept, "" }
#define TRANSLATE(programs, name, function) \
	{ programs, name, MIGRATE_CHANGED, MIGRATE_TEXT, NULL, function, "" }
#define NEEDLESS(programs, name, sentence) \
	{ programs, name, MIGRATE_NOT_NEEDED, MIGRATE_TEXT, NULL, NULL, sentence }
#define IMPOSSIBLE(programs, name, sentence) \
	{ programs, name, MIGRATE_NOT_POSSIBLE, MIGRATE_TEXT, NULL, NULL, sentence }
/* The same of a switch: switched off, it is not needed. */
#define NO_SWITCH(programs, name, sentence) \
	{ programs, name, MIGRATE_NOT_POSSIBLE, MIGRATE_BOOLEAN, NULL, NULL, sentence }
#define SIGNING(programs, name) \
	{ programs, name, MIGRATE_FOR_SIGNING, MIGRATE_TEXT, NULL, NULL, "" }
/* On-... of opendkim. */
#define EVENT(name, sentence) \
	{ DKIM, name, MIGRATE_CHANGED, MIGRATE_TEXT, NULL, migrate_on_event, sentence }

#define RESTART "the service manager starts the daemon again after a crash"
#define FOREGROUND "dmarcmilter stays in the foreground; the service manager wants it so"
#define UNIT "the unit file sets it for the service, and its sandbox does more"
#define COREDUMPS "core dumps are switched on in the unit file, with LimitCORE="
#define OWN_RESULTS "all checks are made here; results of others in the header are not read"
#define NO_REPORTS "this version writes no reports; they stay with the old program, or end"
#define NO_DATABASES "lists stand in files here (file:/path), not in a directory or a database"
#define NO_SCRIPTS "there are no scripts; write the decision as a Rule"
#define NO_VBR "VBR is not checked"
#define FOR_TESTS "it is for tests"
#define PASS_CLASS "a passing SPF result chooses no restriction class of Postfix here; a Rule " \
	"with spf=pass decides about the message"
#define WHOLE "one line per message names all results; LogLevel debug says more"
#define DKIM_ALONE "the result of DKIM alone decides nothing here; a Rule with dkim= does"

static const struct migrate_row rows[] = {
	/* What several have. */
	TRANSLATE(MILTERS, "Socket", migrate_socket),
	TRANSLATE(MILTERS, "UserID", migrate_user),
	KEEP(MILTERS, "UMask", MIGRATE_OCTAL, "UMask"),
	NEEDLESS(MILTERS, "PidFile", "the service manager knows the process (Type=notify); "
				     "PidFile "
				     "writes one where something else needs it"),
	KEEP(TRUSTED, "AuthservID", MIGRATE_TEXT, "AuthservID"),
	KEEP(OPEN, "AuthservIDWithJobID", MIGRATE_BOOLEAN, "AuthservIDWithJobID"),
	NEEDLESS(OPEN, "AutoRestart", RESTART),
	NEEDLESS(OPEN, "AutoRestartCount", RESTART),
	NEEDLESS(OPEN, "AutoRestartRate", RESTART),
	NEEDLESS(OPEN, "Background", FOREGROUND),
	NEEDLESS(OPEN, "BaseDirectory", "paths are absolute here; relative ones of this file "
					"were "
					"read from there"),
	NEEDLESS(OPEN, "ChangeRootDirectory", UNIT),
	TRANSLATE(TRUSTED, "DNSTimeout", migrate_dns_timeout),
	NEEDLESS(OPEN, "EnableCoredumps", COREDUMPS),
	NEEDLESS(OPEN, "MilterDebug", "LogLevel debug says what the daemon does"),
	KEEP(OPEN, "Nameservers", MIGRATE_NAMESERVERS, "Nameservers"),
	TRANSLATE(OPEN, "RequiredHeaders", migrate_required_headers),
	KEEP(OPEN, "SoftwareHeader", MIGRATE_BOOLEAN, "SoftwareHeader"),
	TRANSLATE(TRUSTED | SPF, "Syslog", migrate_syslog),
	KEEP(TRUSTED, "SyslogFacility", MIGRATE_TEXT, "SyslogFacility"),
	KEEP(BOTH_DKIM, "SyslogSuccess", MIGRATE_BOOLEAN, "LogAccepted"),
	IMPOSSIBLE(OPEN, "TestDNSData", FOR_TESTS),

	/* opendmarc */
	IMPOSSIBLE(MARC, "CopyFailuresTo", "no recipient is added; a Rule with dmarc=fail marks "
					   "or "
					   "holds such mail, and the MTA can copy it"),
	NEEDLESS(MARC, "DNSRetries", "questions are asked again until DNSTimeout"),
	TRANSLATE(MARC, "DomainWhitelist", migrate_sealers),
	TRANSLATE(MARC, "DomainWhitelistFile", migrate_sealers_file),
	NEEDLESS(MARC, "DomainWhitelistSize", "lists grow as they need"),
	NO_SWITCH(MARC, "FailureReports", NO_REPORTS),
	IMPOSSIBLE(MARC, "FailureReportsBcc", NO_REPORTS),
	NO_SWITCH(MARC, "FailureReportsOnNone", NO_REPORTS),
	IMPOSSIBLE(MARC, "FailureReportsSentBy", NO_REPORTS),
	IMPOSSIBLE(MARC, "HistoryFile", NO_REPORTS),
	TRANSLATE(MARC, "HoldQuarantinedMessages", migrate_hold),
	KEEP(MARC, "IgnoreAuthenticatedClients", MIGRATE_BOOLEAN, "IgnoreAuthenticatedClients"),
	TRANSLATE(MARC, "IgnoreHosts", migrate_hosts),
	TRANSLATE(MARC, "IgnoreMailFrom", migrate_ignored_authors),
	NEEDLESS(MARC, "IgnoreMailTo", "it keeps addresses out of the reports, and none are "
				       "written"),
	TRANSLATE(MARC, "PublicSuffixList", migrate_public_suffix_list),
	NO_SWITCH(MARC, "RecordAllMessages", NO_REPORTS),
	TRANSLATE(MARC, "RejectFailures", migrate_reject_failures),
	TRANSLATE(MARC, "RejectMultiValueFrom", migrate_reject_several),
	TRANSLATE(MARC, "RejectString", migrate_reject_string),
	IMPOSSIBLE(MARC, "ReportCommand", NO_REPORTS),
	NEEDLESS(MARC, "SPFIgnoreResults", OWN_RESULTS),
	NEEDLESS(MARC, "SPFSelfValidate", OWN_RESULTS),
	NEEDLESS(MARC, "TrustedAuthservIDs", OWN_RESULTS "; those that claim our name are "
							 "removed"),

	/* opendkim and dkimpy-milter: verifying */
	NEEDLESS(DKIM, "AllowSHA1Only", "rsa-sha256 and ed25519 are always there, and rsa-sha1 "
					"never "
					"counts (RFC 8301)"),
	NEEDLESS(DKIM, "AlwaysAddARHeader", "every message gets its Authentication-Results "
					    "field"),
	IMPOSSIBLE(DKIM, "BogusKey", "a key that DNSSEC proves false is no key here: temperror; "
				     "with "
				     "TrustAnchorFile"),
	NO_SWITCH(DKIM, "CaptureUnknownErrors", "OnInternalError quarantine holds such mail"),
	KEEP(DKIM, "ClockDrift", MIGRATE_SECONDS, "DKIMClockDrift"),
	IMPOSSIBLE(BOTH_DKIM, "DiagnosticDirectory", "no files are written about a failure; the "
						     "log "
						     "line and LogLevel debug say why"),
	NEEDLESS(DKIM, "DisableCryptoInit", "OpenSSL 3 starts itself"),
	NO_SWITCH(DKIM, "DNSConnect", "questions go by UDP first, and by TCP where the answer "
				      "is cut"),
	NEEDLESS(DKIM, "DomainKeysCompat", "DomainKeys is historic (RFC 4870); its keys do not "
					   "count"),
	IMPOSSIBLE(DKIM, "ExemptDomains", "write a Rule with author= and the action accept; "
					  "mind that "
					  "the sender chooses that name"),
	NEEDLESS(DKIM, "ExternalIgnoreList", "it only silences a warning of the signer"),
	IMPOSSIBLE(DKIM, "FinalPolicyScript", NO_SCRIPTS),
	NO_SWITCH(DKIM, "FixCRLF", "the body is taken as the MTA hands it over"),
	NO_SWITCH(DKIM, "IgnoreMalformedMail", "mail without a usable From is what "
					       "OnMissingFrom, "
					       "OnMultipleFrom and OnMalformedFrom say; accept "
					       "lets "
					       "it pass"),
	NEEDLESS(DKIM, "Include", "the included file was read in its place"),
	TRANSLATE(BOTH_DKIM | PYSPF, "InternalHosts", migrate_hosts),
	NEEDLESS(DKIMPY, "IntHosts", "it is not for the operator"),
	NO_SWITCH(DKIM, "KeepAuthResults", "fields that claim our name are forged and always "
					   "removed "
					   "(RFC 8601, 5)"),
	NO_SWITCH(DKIM, "KeepTemporaryFiles", "no temporary files are written"),
	IMPOSSIBLE(DKIM, "LDAPAuthMechanism", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPAuthName", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPAuthRealm", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPAuthUser", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPBindPassword", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPBindUser", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPDisableCache", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPKeepaliveIdle", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPKeepaliveInterval", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPKeepaliveProbes", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPTimeout", NO_DATABASES),
	IMPOSSIBLE(DKIM, "LDAPUseTLS", NO_DATABASES),
	NEEDLESS(DKIM, "LogResults", WHOLE),
	TRANSLATE(DKIM, "LogWhy", migrate_log_why),
	TRANSLATE(BOTH_DKIM | PYSPF, "MacroList", migrate_macros),
	NEEDLESS(DKIMPY, "MacroListVerify", "what is not left out is checked"),
	TRANSLATE(DKIM, "MaximumHeaders", migrate_maximum_headers),
	KEEP(DKIM, "MaximumSignaturesToVerify", MIGRATE_NUMBER, "DKIMMaxSignatures"),
	IMPOSSIBLE(DKIM, "Minimum", "a body length (l=) is judged by DKIMAllowBodyLength: by "
				    "default "
				    "an unsigned tail makes the signature not count"),
	TRANSLATE(BOTH_DKIM, "MinimumKeyBits", migrate_minimum_key_bits),
	TRANSLATE(BOTH_DKIM, "Mode", migrate_mode),
	TRANSLATE(DKIM, "MTA", migrate_daemon_names),
	IMPOSSIBLE(DKIM, "MustBeSigned", "a signature has to cover From (RFC 6376, 5.4); more "
					 "is not "
					 "asked"),
	NO_SWITCH(DKIM, "NoHeaderB", "header.b tells several signatures of a domain apart (RFC "
				     "6008)"),
	EVENT("On-BadSignature", "a signature that fails counts as none (RFC 6376, 6.1); "
				 DKIM_ALONE),
	EVENT("On-Default", "every case has its own option; see those that begin with On"),
	EVENT("On-DNSError", "OnTempError and OnTempErrorUnknown say what a missing answer "
			     "means"),
	TRANSLATE(DKIM, "On-InternalError", migrate_on_internal_error),
	EVENT("On-KeyNotFound", "without its key a signature counts as none; " DKIM_ALONE),
	EVENT("On-NoSignature", "most honest mail without DMARC is unsigned; " DKIM_ALONE),
	EVENT("On-PolicyError", "there are no policy scripts and no ADSP"),
	EVENT("On-Security", "OnHeaderLimit, OnMalformedFrom and OnMultipleFrom are for such "
			     "mail"),
	SIGNING(DKIM, "On-SignatureError"),
	TRANSLATE(BOTH_DKIM, "PeerList", migrate_hosts),
	TRANSLATE(DKIM, "POPDBFile", migrate_hosts),
	NO_SWITCH(DKIM, "Quarantine", "mail is held when DMARC fails (OnQuarantine quarantine); "
				      DKIM_ALONE),
	NEEDLESS(DKIM, "QueryCache", "answers are kept, as long as they may be (DNSCacheSize)"),
	IMPOSSIBLE(DKIM, "RedirectFailuresTo", "mail is not redirected; OnReject and "
					       "OnQuarantine "
					       "refuse, hold or mark it"),
	NEEDLESS(DKIM, "RemoveARAll", "fields of our name and of RemoveARFrom go whatever "
				      "results they "
				      "hold; RemoveARAll here means the fields of everybody"),
	TRANSLATE(DKIM, "RemoveARFrom", migrate_remove_from),
	IMPOSSIBLE(DKIM, "ReplaceHeaders", "fields are verified as they came"),
	IMPOSSIBLE(DKIM, "ReplaceRules", "fields are verified as they came"),
	IMPOSSIBLE(DKIM, "ReportAddress", NO_REPORTS),
	IMPOSSIBLE(DKIM, "ReportBccAddress", NO_REPORTS),
	IMPOSSIBLE(DKIM, "ResolverConfiguration", "libunbound is set up by Nameservers, "
						  "DNSTimeout, "
						  "DNSCacheSize and TrustAnchorFile"),
	NEEDLESS(DKIM, "ResolverTracing", "LogLevel debug logs the questions"),
	IMPOSSIBLE(DKIM, "ScreenPolicyScript", NO_SCRIPTS),
	NO_SWITCH(DKIM, "SendReports", NO_REPORTS),
	IMPOSSIBLE(DKIM, "SetupPolicyScript", NO_SCRIPTS),
	IMPOSSIBLE(DKIM, "SMTPURI", NO_REPORTS),
	NEEDLESS(DKIM, "SoftStart", NO_DATABASES),
	NEEDLESS(DKIM, "Statistics", "counters are logged on SIGUSR1; no file of them is "
				     "written"),
	NEEDLESS(DKIM, "StatisticsName", "no file of statistics is written"),
	NEEDLESS(DKIM, "StatisticsPolicyScript", "no file of statistics is written"),
	NEEDLESS(DKIM, "StatisticsPrefix", "no file of statistics is written"),
	TRANSLATE(DKIM, "StrictHeaders", migrate_required_headers),
	NO_SWITCH(DKIM, "StrictTestMode", FOR_TESTS),
	KEEP(DKIM, "SyslogName", MIGRATE_TEXT, "SyslogName"),
	NEEDLESS(DKIM, "TemporaryDirectory", "no temporary files are written"),
	IMPOSSIBLE(DKIM, "TestPublicKeys", FOR_TESTS),
	IMPOSSIBLE(DKIMPY, "DNSOverride", FOR_TESTS),
	TRANSLATE(DKIM, "TrustAnchorFile", migrate_trust_anchor_file),
	NEEDLESS(DKIM, "TrustSignaturesFrom", "every signature is verified and reported; only "
					      "one of the "
					      "author's domain makes DMARC pass"),
	IMPOSSIBLE(DKIM, "UnprotectedKey", "keys count with and without DNSSEC; only proven "
					   "forgery is "
					   "refused (TrustAnchorFile)"),
	IMPOSSIBLE(DKIM, "VBR-Certifiers", NO_VBR),
	IMPOSSIBLE(DKIM, "VBR-PurgeFields", NO_VBR),
	IMPOSSIBLE(DKIM, "VBR-TrustedCertifiers", NO_VBR),
	IMPOSSIBLE(DKIM, "VBR-TrustedCertifiersOnly", NO_VBR),
	IMPOSSIBLE(DKIM, "VBR-Type", NO_VBR),
	NO_SWITCH(DKIM, "WeakSyntaxChecks", "signatures are verified even so, and a From that "
					    "cannot be "
					    "read is what OnMalformedFrom says"),
	TRANSLATE(DKIMPY | SPF, "debugLevel", migrate_debug_level),
	IMPOSSIBLE(DKIM, "ATPSDomains", "ATPS (RFC 6541) is not checked"),
	IMPOSSIBLE(DKIM, "ATPSHashAlgorithm", "ATPS (RFC 6541) is not checked"),

	/* opendkim and dkimpy-milter: signing */
	SIGNING(DKIM, "BodyLengthDB"),
	SIGNING(BOTH_DKIM, "Canonicalization"),
	SIGNING(DKIM, "Diagnostics"),
	SIGNING(BOTH_DKIM, "Domain"),
	SIGNING(DKIM, "DontSignMailTo"),
	SIGNING(DKIM, "IdentityHeader"),
	SIGNING(DKIM, "IdentityHeaderRemove"),
	SIGNING(BOTH_DKIM, "KeyFile"),
	SIGNING(DKIMPY, "KeyFileEd25519"),
	SIGNING(BOTH_DKIM, "KeyTable"),
	SIGNING(DKIMPY, "KeyTableEd25519"),
	SIGNING(DKIM, "MaximumSignedBytes"),
	SIGNING(DKIM, "MTACommand"),
	SIGNING(DKIM, "MultipleSignatures"),
	SIGNING(BOTH_DKIM, "OmitHeaders"),
	SIGNING(DKIM, "OversignHeaders"),
	SIGNING(DKIM, "RemoveOldSignatures"),
	SIGNING(DKIM, "RequestReports"),
	SIGNING(DKIM, "RequireSafeKeys"),
	SIGNING(DKIM, "ResignAll"),
	SIGNING(DKIM, "ResignMailTo"),
	SIGNING(DKIM, "SelectCanonicalizationHeader"),
	SIGNING(BOTH_DKIM, "Selector"),
	SIGNING(DKIMPY, "SelectorEd25519"),
	SIGNING(DKIM, "SenderHeaders"),
	SIGNING(DKIM, "SenderMacro"),
	SIGNING(DKIM, "SignatureAlgorithm"),
	SIGNING(DKIM, "SignatureTTL"),
	SIGNING(BOTH_DKIM, "SignHeaders"),
	SIGNING(BOTH_DKIM, "SigningTable"),
	SIGNING(BOTH_DKIM, "SubDomains"),

	/* policyd-spf and pyspf-milter */
	TRANSLATE(SPF, "TestOnly", migrate_test_only),
	TRANSLATE(SPF, "defaultSeedOnly", migrate_test_only),
	TRANSLATE(SPF, "HELO_reject", migrate_helo_reject),
	IMPOSSIBLE(SPF, "HELO_pass_restriction", PASS_CLASS),
	TRANSLATE(SPF, "Mail_From_reject", migrate_mail_from_reject),
	IMPOSSIBLE(SPF, "Mail_From_pass_restriction", PASS_CLASS),
	TRANSLATE(SPF, "No_Mail", migrate_no_mail),
	TRANSLATE(SPF, "Reject_Not_Pass_Domains", migrate_not_pass_domains),
	TRANSLATE(SPF, "PermError_reject", migrate_permerror_reject),
	TRANSLATE(SPF, "TempError_Defer", migrate_temperror_defer),
	IMPOSSIBLE(SPF, "Prospective", "it is a check for outgoing mail; dmarcmilter checks "
				       "what comes "
				       "in"),
	TRANSLATE(SPF, "skip_addresses", migrate_skip_addresses),
	TRANSLATE(SPF, "Whitelist", migrate_forwarder_networks),
	TRANSLATE(SPF, "HELO_Whitelist", migrate_forwarder_names),
	IMPOSSIBLE(SPF, "Domain_Whitelist", "a client is not looked for in the SPF records of a "
					    "list of "
					    "domains; name its networks or its confirmed host "
					    "names in "
					    "TrustedForwarders"),
	TRANSLATE(SPF, "Domain_Whitelist_PTR", migrate_forwarder_names),
	NEEDLESS(SPF, "SPF_Enhanced_Status_Codes", "RejectStatus is always sent: 5.7.26 (RFC "
						   "7372)"),
	TRANSLATE(SPF, "Header_Type", migrate_header_type),
	NEEDLESS(SPF, "Hide_Receiver", "no recipient is named in a field; the receiver is "
				       "AuthservID"),
	KEEP(SPF, "Authserv_Id", MIGRATE_TEXT, "AuthservID"),
	TRANSLATE(SPF, "Lookup_Time", migrate_lookup_time),
	NEEDLESS(SPF, "Whitelist_Lookup_Time", "such lookups share DeadlinePerMessage with the "
					       "others"),
	KEEP(SPF, "Void_Limit", MIGRATE_NUMBER, "SPFVoidLimit"),
	NEEDLESS(SPF, "Mock", "milters behind dmarcmilter see its field"),
	NEEDLESS(SPF, "QueueID", "the line of a message always names its queue id"),
	IMPOSSIBLE(SPF, "Reason_Message", "RejectText is the text of every refusal; a Rule can "
					  "have its "
					  "own with reply="),
	IMPOSSIBLE(SPF, "Per_User", "settings by recipient are rules with recipient= here"),
};

const struct migrate_row *
migrate_row_at(size_t index)
{
	return index < COUNT_OF(rows) ? &rows[index] : NULL;
}

const struct migrate_row *
migrate_row_find(enum migrate_program program, struct text name)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if ((rows[i].programs & (1U << program)) != 0 &&
		    text_equal_nocase(name, text_from(rows[i].name)))
			return &rows[i];
	return NULL;
}
