/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_CONFIG_H
#define DMARCMILTER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/ip_set.h"
#include "base/text.h"
#include "base/text_set.h"
#include "config/action.h"
#include "config/rule.h"

/*
 * The settings: one struct with one field per option of config/options.c,
 * where each option's name, type, default, range and meaning stand. Filled by
 * config/reader.c, then never written again; it lives in the arena that it was
 * read into. Sizes are bytes, durations milliseconds unless a comment says seconds.
 */
enum mode { MODE_ENFORCE, MODE_MONITOR };
enum discovery { DISCOVERY_TREE_WALK, DISCOVERY_PUBLIC_SUFFIX_LIST };
enum log_target_kind { LOG_TO_SYSLOG, LOG_TO_JOURNAL, LOG_TO_STDERR, LOG_TO_FILE };
enum log_format { LOG_FORMAT_KEY_VALUE, LOG_FORMAT_JSON };
enum log_addresses { LOG_ADDRESSES_DOMAIN, LOG_ADDRESSES_FULL };
enum body_length { BODY_LENGTH_REFUSE_TAIL, BODY_LENGTH_ALLOW, BODY_LENGTH_REFUSE };

struct text_list {
	struct text *items;
	size_t count;
	const struct text_set *set;     /* the same; made by config_finish() */
};

struct network_list {
	struct ip_network *items;
	size_t count;
	const struct ip_set *set;       /* the same; made by config_finish() */
};

struct config_origin;

struct config {
	/* Service */
	struct text_list sockets;       /* Socket */
	uint64_t socket_mode;           /* SocketMode, octal */
	struct text socket_group;       /* SocketGroup; empty: leave */
	uint64_t umask;                 /* UMask, octal */
	struct text metrics_socket;     /* MetricsSocket; empty: none */
	struct text pid_file;           /* PidFile; empty: none */
	struct text user;               /* UserID: user or user:group to become; empty: stay */
	uint64_t sessions_max;          /* MaxConnections */
	uint64_t stop_timeout;          /* StopTimeout */
	uint64_t idle_timeout;          /* IdleTimeout: of a session without command */
	uint64_t list_check_interval;   /* ListCheckInterval, SECONDS; 0: off */

	/* Who is checked */
	struct network_list ignore_hosts;       /* IgnoreHosts */
	bool ignore_authenticated;      /* IgnoreAuthenticatedClients */
	struct text_list ignore_daemon_names;   /* IgnoreDaemonNames */

	/* Checks */
	bool check_iprev;               /* CheckIPRev */
	bool check_spf;                 /* CheckSPF */
	bool check_dkim;                /* CheckDKIM */
	bool check_arc;                 /* CheckARC */
	bool check_dmarc;               /* CheckDMARC */
	bool spf_helo;                  /* SPFHelo */
	uint64_t spf_lookup_limit;      /* SPFLookupLimit */
	uint64_t spf_void_limit;        /* SPFVoidLimit */
	bool spf_explanation;           /* SPFExplanation */
	bool spf_received_header;       /* SPFReceivedHeader: add Received-SPF */
	uint64_t dkim_minimum_key_bits; /* DKIMMinimumKeyBits, RSA */
	uint64_t dkim_signatures_max;   /* DKIMMaxSignatures */
	enum body_length dkim_body_length;      /* DKIMAllowBodyLength; no: a tail is policy */
	uint64_t dkim_clock_drift;      /* DKIMClockDrift, SECONDS */
	struct text_list trusted_arc_sealers;   /* TrustedARCSealers, any case */
	enum discovery dmarc_discovery; /* DMARCDiscovery treewalk|psl */
	bool dmarc_compare;             /* DMARCCompare: log where the other discovery differs */
	struct text public_suffix_list; /* PublicSuffixList: file; empty: the system's */
	uint64_t header_bytes_max;      /* MaxHeaders */

	/* Policy */
	enum mode mode;                 /* Mode */
	enum action on_reject;          /* OnReject: p=reject, class in reject_class */
	enum action on_quarantine;      /* OnQuarantine: or p=reject, another class */
	enum action on_none;            /* OnNone: DMARC fail, p=none */
	bool reject_class[CLASS_COUNT]; /* RejectClasses: default spoof, misaligned */
	enum action on_temperror;       /* OnTempError: no verdict, known p is strict */
	enum action on_temperror_unknown;       /* OnTempErrorUnknown: p unknown or none */
	uint64_t defer_maximum;         /* DeferMaximum, SECONDS: then OnQuarantine */
	enum action on_permerror;       /* OnPermError: DMARC permerror */
	enum action on_missing_from;    /* OnMissingFrom */
	enum action on_multiple_from;   /* OnMultipleFrom: several From fields */
	enum action on_multiple_domains;/* OnMultipleDomains: several domains in one From */
	enum action on_malformed_from;  /* OnMalformedFrom: unparsable, or without domain */
	enum action on_malformed_bounce;/* OnMalformedBounce: null sender with any of these four */
	enum action on_header_limit;    /* OnHeaderLimit: MaxHeaders passed */
	enum action on_spf_fail;        /* OnSPFFail */
	enum action on_helo_fail;       /* OnHeloFail */
	enum action on_iprev_fail;      /* OnIPRevFail: result fail or permerror */
	enum action on_iprev_temperror; /* OnIPRevTempError */
	enum action on_internal_error;  /* OnInternalError: the resolver is gone */
	bool honor_test_mode;           /* HonorTestMode: t=y */
	struct text reject_code;        /* RejectCode: 550 */
	struct text reject_status;      /* RejectStatus: 5.7.26 */
	struct text reject_text;        /* RejectText */
	struct text malformed_text;     /* MalformedText */
	struct text tempfail_text;      /* TempFailText */

	/* Rules: before the built-in policy, the first that matches decides */
	struct rule_list rules;         /* Rule */
	bool split_recipients;          /* SplitRecipients */
	struct domain_set *own_domains; /* OwnDomains; NULL: none */
	struct text_list own_domains_source;    /* its items as they were written */
	struct trusted_forwarder_list trusted_forwarders;       /* TrustedForwarders */
	struct domain_policies domain_policies; /* DomainPolicy */

	/* Header fields */
	struct text authserv_id;        /* AuthservID; HOSTNAME is resolved by the reader */
	bool authserv_id_with_job_id;   /* AuthservIDWithJobID */
	bool add_authentication_results;/* AuthResHeader */
	uint64_t authentication_results_position;       /* AuthResPosition */
	bool split_authentication_results;      /* AuthResSplit */
	bool comment_authentication_results;    /* AuthResComments */
	struct text_list remove_from;   /* RemoveARFrom: ids beside the own one */
	bool remove_all;                /* RemoveARAll */
	struct text quarantine_header_name;     /* QuarantineHeader "Name: value" */
	struct text quarantine_header_value;
	bool software_header;           /* SoftwareHeader */

	/* DNS */
	struct text_list nameservers;   /* Nameservers; empty: the system's */
	bool is_recursive;              /* Nameservers recursive */
	uint64_t dns_timeout;           /* DNSTimeout */
	uint64_t dns_cache_size;        /* DNSCacheSize */
	uint64_t dns_questions_max;     /* DNSMaxQueriesPerMessage */
	uint64_t dns_failure_memory;    /* DNSFailureMemory */
	uint64_t deadline;              /* DeadlinePerMessage */
	struct text trust_anchor_file;  /* TrustAnchorFile; empty: no validation */

	/* Log */
	enum log_target_kind log_target;/* LogTarget */
	bool log_target_is_set;         /* set in the file: -f then does not change it */
	struct text log_path;           /* LogTarget file:PATH */
	int syslog_facility;            /* SyslogFacility, a LOG_* value */
	struct text syslog_name;        /* SyslogName */
	int log_level;                  /* LogLevel, enum log_level */
	enum log_format log_format;     /* LogFormat kv|json */
	enum log_addresses log_addresses;       /* LogAddresses domain|full */
	bool log_accepted;              /* LogAccepted: a line for accepted mail too */

	/* Tests only */
	int64_t test_clock;             /* TestClock, seconds since 1970; 0: off */

	struct config_origin *origin;   /* config/origin.h; NULL when not loaded from files */
};

/*
 * Whether the list has that text, in any case, or a network with that address.
 * However long the list is when config_finish() has made its set.
 */
bool text_list_contains(const struct text_list *list, struct text text);
bool network_list_contains(const struct network_list *list, struct ip ip);

#endif
