/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_OPTION_RULES_H
#define DMARCMILTER_CONFIG_OPTION_RULES_H

#include "config/options.h"

/* The rules that texts in the table have to keep. Pure; safe from any thread. */
enum { REPLY_TEXT_MAX = 900 };  /* libmilter takes 980 bytes a line, with both codes */

extern const struct option_rule rule_absolute_path;     /* or empty */
extern const struct option_rule rule_group;             /* a user or group name, or empty */
extern const struct option_rule rule_user;              /* user, user:group, or empty */
extern const struct option_rule rule_socket;            /* config/endpoint.h */
extern const struct option_rule rule_metrics_socket;    /* as Socket but for fd:N; or empty */
extern const struct option_rule rule_nameserver;        /* config/endpoint.h */
extern const struct option_rule rule_daemon_name;       /* a word without blanks */
extern const struct option_rule rule_domain_name;       /* two labels or more, ASCII */
extern const struct option_rule rule_reply_code;        /* 5xx (RFC 5321, 4.2) */
extern const struct option_rule rule_reply_status;      /* 5.x.y (RFC 3463, 2) */
extern const struct option_rule rule_deferral_code;     /* 4xx, for rules */
extern const struct option_rule rule_deferral_status;   /* 4.x.y */
extern const struct option_rule rule_reply_text;        /* placeholders %d %i %q %% */
extern const struct option_rule rule_authserv_id;       /* RFC 8601, 2.5; HOSTNAME is one */
extern const struct option_rule rule_syslog_name;

#endif
