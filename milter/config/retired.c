/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/retired.h"

#define RENAMED(name, replacement) { name, RETIRED_RENAMED, replacement, "" }
#define NEEDLESS(name, sentence) { name, RETIRED_NEEDLESS, NULL, sentence }
#define REFUSED(name, sentence) { name, RETIRED_REFUSED, NULL, sentence }

#define RESTART "the service manager starts the daemon again after a crash"
#define SIGNING "dmarcmilter does not sign; leave outgoing mail to opendkim"
#define OWN_RESULTS "all checks are made here, results of others are never read"
#define NO_REPORTS "this version writes no reports"
#define LIST_FROM_FILE "use IgnoreHosts with networks and addresses, or IgnoreHosts file:/path"
#define EXCEPTIONS "exceptions by sender or recipient do not exist in this version"

static const struct retired_name names[] = {
	/* opendkim */
	RENAMED("ClockDrift", "DKIMClockDrift"),
	RENAMED("MaximumHeaders", "MaxHeaders"),
	RENAMED("MaximumSignaturesToVerify", "DKIMMaxSignatures"),
	RENAMED("MinimumKeyBits", "DKIMMinimumKeyBits"),
	RENAMED("SyslogSuccess", "LogAccepted"),
	NEEDLESS("AllowSHA1Only", "signatures with rsa-sha1 never count (RFC 8301)"),
	NEEDLESS("AutoRestart", RESTART),
	NEEDLESS("AutoRestartCount", RESTART),
	NEEDLESS("AutoRestartRate", RESTART),
	NEEDLESS("Background", "dmarcmilter never puts itself into the background"),
	NEEDLESS("BaseDirectory", "paths are absolute"),
	NEEDLESS("EnableCoredumps", "core dumps are set where the service is set up, as "
				    "LimitCORE="),
	NEEDLESS("LogResults", "the results are always in the line of the message"),
	NEEDLESS("LogWhy", "the reason is always in the line of the message; LogLevel debug says "
			   "more"),
	NEEDLESS("MilterDebug", "use LogLevel debug"),
	NEEDLESS("OversignHeaders", SIGNING),
	NEEDLESS("Statistics", NO_REPORTS),
	NEEDLESS("TemporaryDirectory", "no temporary files are written"),
	REFUSED("AlwaysAddARHeader", "use AuthResHeader"),
	REFUSED("BodyLengthDB", SIGNING),
	REFUSED("ChangeRootDirectory", "dmarcmilter does not change its root; the unit file's "
				       "sandbox does more"),
	REFUSED("Domain", SIGNING),
	REFUSED("ExemptDomains", EXCEPTIONS),
	REFUSED("ExternalIgnoreList", LIST_FROM_FILE),
	REFUSED("InternalHosts", LIST_FROM_FILE),
	REFUSED("KeyFile", SIGNING),
	REFUSED("KeyTable", SIGNING),
	REFUSED("MustBeSigned", "refuse by DMARC instead: OnReject and RejectClasses"),
	REFUSED("On-BadSignature", "a bad signature alone refuses nothing; see OnReject"),
	REFUSED("On-Default", "each case has its own option; see those that begin with On"),
	REFUSED("On-DNSError", "use OnTempError and OnTempErrorUnknown"),
	REFUSED("On-InternalError", "use OnInternalError"),
	REFUSED("On-KeyNotFound", "a missing key alone refuses nothing; see OnReject"),
	REFUSED("On-NoSignature", "a missing signature alone refuses nothing; see OnReject"),
	REFUSED("On-Security", "use OnHeaderLimit and OnMalformedFrom"),
	REFUSED("PeerList", LIST_FROM_FILE),
	REFUSED("Selector", SIGNING),
	REFUSED("SigningTable", SIGNING),
	REFUSED("Syslog", "use LogTarget syslog, journal, stderr or file:/path"),

	/* opendmarc */
	NEEDLESS("CopyFailuresTo", NO_REPORTS),
	NEEDLESS("DNSRetries", "questions are asked again until DNSTimeout"),
	NEEDLESS("FailureReports", NO_REPORTS),
	NEEDLESS("FailureReportsBcc", NO_REPORTS),
	NEEDLESS("FailureReportsOnNone", NO_REPORTS),
	NEEDLESS("FailureReportsSentBy", NO_REPORTS),
	NEEDLESS("HistoryFile", NO_REPORTS),
	NEEDLESS("RecordAllMessages", NO_REPORTS),
	NEEDLESS("ReportCommand", NO_REPORTS),
	NEEDLESS("SPFIgnoreResults", OWN_RESULTS),
	NEEDLESS("SPFSelfValidate", OWN_RESULTS),
	NEEDLESS("TrustedAuthservIDs", OWN_RESULTS),
	REFUSED("DomainWhitelist", EXCEPTIONS),
	REFUSED("DomainWhitelistFile", EXCEPTIONS),
	REFUSED("HoldQuarantinedMessages", "use OnQuarantine quarantine (hold) or mark (add "
					   "QuarantineHeader)"),
	REFUSED("IgnoreMailFrom", EXCEPTIONS),
	REFUSED("IgnoreMailTo", EXCEPTIONS),
	REFUSED("RejectFailures", "use Mode enforce (yes) or Mode monitor (no)"),
	REFUSED("RejectMultiValueFrom", "use OnMultipleDomains"),
	REFUSED("RejectString", "use RejectText, with %d where it has %s"),
	REFUSED("RequiredHeaders", "use OnMissingFrom and OnMultipleFrom"),

	/* policyd-spf */
	RENAMED("Authserv_Id", "AuthservID"),
	RENAMED("Void_Limit", "SPFVoidLimit"),
	NEEDLESS("Hide_Receiver", "the receiver is always AuthservID"),
	NEEDLESS("Lookup_Time", "use DNSTimeout and DeadlinePerMessage"),
	NEEDLESS("SPF_Enhanced_Status_Codes", "RejectStatus is always sent"),
	REFUSED("debugLevel", "use LogLevel"),
	REFUSED("defaultSeedOnly", "use Mode monitor"),
	REFUSED("Domain_Whitelist", EXCEPTIONS),
	REFUSED("Header_Type", "use AuthResHeader and SPFReceivedHeader"),
	REFUSED("HELO_reject", "use OnHeloFail"),
	REFUSED("HELO_Whitelist", EXCEPTIONS),
	REFUSED("Mail_From_reject", "use OnSPFFail"),
	REFUSED("No_Mail", "use OnHeloFail and OnSPFFail"),
	REFUSED("PermError_reject", "SPF permerror alone refuses nothing; see OnPermError for "
				    "DMARC"),
	REFUSED("Reject_Not_Pass_Domains", EXCEPTIONS),
	REFUSED("skip_addresses", LIST_FROM_FILE),
	REFUSED("TempError_Defer", "use OnTempError and OnTempErrorUnknown"),
	REFUSED("TestOnly", "use Mode monitor (0) or Mode enforce (1)"),
	REFUSED("Whitelist", LIST_FROM_FILE),
};

const struct retired_name *
retired_at(size_t index)
{
	return index < COUNT_OF(names) ? &names[index] : NULL;
}

const struct retired_name *
retired_find(struct text name)
{
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (text_equal_nocase(name, text_from(names[i].name)))
			return &names[i];
	return NULL;
}
