/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/milter_sessions.h"

/* In place of milter_sessions.c: nothing of libmilter is replaced. */

bool
sessions_are_own(const char **why_out)
{
	*why_out = "built with --disable-own-sessions";
	return false;
}

void
sessions_prepare(const struct service *service, struct acceptor *acceptor, int64_t idle_timeout)
{
	(void)service;
	(void)acceptor;
	(void)idle_timeout;
}

void
sessions_begin_listening(void)
{
}

void
sessions_end(void)
{
}
