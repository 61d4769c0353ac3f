divert(-1)
dnl SPDX-License-Identifier: BSD-2-Clause
dnl For sendmail.mc; README beside this file says why.
divert(0)dnl
INPUT_MAIL_FILTER(`dmarcmilter', `S=local:/run/dmarcmilter/dmarcmilter.sock, F=T, T=C:30s;S:1m;R:1m;E:5m')dnl
define(`confMILTER_MACROS_CONNECT', `j, _, {daemon_name}, {daemon_addr}, {client_ptr}, {client_resolve}')dnl
define(`confMILTER_MACROS_ENVFROM', `i, {auth_type}, {auth_authen}, {mail_addr}')dnl
define(`confMILTER_MACROS_EOM', `i')dnl
