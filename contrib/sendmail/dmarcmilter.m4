divert(-1)
dnl SPDX-License-Identifier: BSD-2-Clause
dnl For sendmail.mc; README beside this file says why.
divert(0)dnl
INPUT_MAIL_FILTER(`dmarcmilter', `S=local:/run/dmarcmilter/dmarcmilter.sock, F=T, T=C:30s;S:1m;R:1m;E:5m')dnl
