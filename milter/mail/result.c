/* SPDX-License-Identifier: BSD-2-Clause */
#include "mail/result.h"

const char *
result_keyword(enum result result)
{
	switch (result) {
	case RESULT_NOT_CHECKED:
		return "-";
	case RESULT_NONE:
		return "none";
	case RESULT_PASS:
		return "pass";
	case RESULT_FAIL:
		return "fail";
	case RESULT_SOFTFAIL:
		return "softfail";
	case RESULT_NEUTRAL:
		return "neutral";
	case RESULT_POLICY:
		return "policy";
	case RESULT_TEMPERROR:
		return "temperror";
	case RESULT_PERMERROR:
		return "permerror";
	}
	return "-";
}

const char *
dmarc_policy_keyword(enum dmarc_policy policy)
{
	switch (policy) {
	case DMARC_POLICY_UNKNOWN:
		return "-";
	case DMARC_POLICY_NONE:
		return "none";
	case DMARC_POLICY_QUARANTINE:
		return "quarantine";
	case DMARC_POLICY_REJECT:
		return "reject";
	}
	return "-";
}
