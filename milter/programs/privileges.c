/* SPDX-License-Identifier: BSD-2-Clause */
#include "programs/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NAME_BUFFER = 16384 };

struct identity {
	char *name;             /* for initgroups(); NULL for a number without a name */
	uid_t user;
	gid_t group;
};

static bool
fail(struct arena *arena, struct text *reason_out, const char *what)
{
	char buffer[256];

	*reason_out = text_printf(arena, "%s: %s", what,
				  strerror_r(errno, buffer, sizeof(buffer)));
	return false;
}

static bool
find_user(struct arena *arena, struct text name, struct identity *identity_out)
{
	char *buffer = arena_alloc(arena, NAME_BUFFER);
	struct passwd entry;
	struct passwd *found = NULL;
	uint64_t number;
	int result;

	if (text_to_number(name, INT32_MAX, &number))
		result = getpwuid_r((uid_t)number, &entry, buffer, NAME_BUFFER, &found);
	else
		result = getpwnam_r(text_string(arena, name), &entry, buffer, NAME_BUFFER, &found);
	if (result != 0 || found == NULL)
		return false;
	*identity_out = (struct identity){ found->pw_name, found->pw_uid, found->pw_gid };
	return true;
}

static bool
find_group(struct arena *arena, struct text name, gid_t *group_out)
{
	char *buffer = arena_alloc(arena, NAME_BUFFER);
	struct group entry;
	struct group *found = NULL;
	uint64_t number;

	if (text_to_number(name, INT32_MAX, &number)) {
		*group_out = (gid_t)number;
		return true;
	}
	if (getgrnam_r(text_string(arena, name), &entry, buffer, NAME_BUFFER, &found) != 0 ||
	    found == NULL)
		return false;
	*group_out = found->gr_gid;
	return true;
}

static bool
become(struct arena *arena, const struct identity *identity, struct text *reason_out)
{
	if (initgroups(identity->name, identity->group) != 0)
		return fail(arena, reason_out, "UserID: the groups cannot be set");
	if (setgid(identity->group) != 0)
		return fail(arena, reason_out, "UserID: the group cannot be set");
	if (setuid(identity->user) != 0)
		return fail(arena, reason_out, "UserID: the user cannot be set");
	/* Whoever can come back has not left. */
	if (identity->user != 0 && (setuid(0) == 0 || seteuid(0) == 0)) {
		*reason_out = text_printf(arena, "UserID: the process could become root again");
		return false;
	}
	return true;
}

bool
privileges_drop(struct arena *arena, struct text user, struct text *reason_out)
{
	size_t colon = text_find(user, ':');
	struct text user_name = text_cut(user, 0, colon);
	struct identity identity;

	if (text_is_empty(user))
		return true;
	if (!find_user(arena, user_name, &identity)) {
		*reason_out = text_printf(arena, "UserID: there is no user \"%.*s\"",
					  TEXT_ARGUMENTS(user_name));
		return false;
	}
	if (colon != TEXT_NOT_FOUND &&
	    !find_group(arena, text_from_position(user, colon + 1), &identity.group)) {
		*reason_out = text_printf(arena, "UserID: there is no such group in \"%.*s\"",
					  TEXT_ARGUMENTS(user));
		return false;
	}
	if (geteuid() != 0 && geteuid() == identity.user && getuid() == identity.user)
		return true;
	return become(arena, &identity, reason_out);
}

bool
privileges_raise_descriptor_limit(struct arena *arena, size_t needed, struct text *reason_out)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail(arena, reason_out, "the limit of open files cannot be read");
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return fail(arena, reason_out, "the limit of open files cannot be read");
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= needed)
		return true;
	*reason_out = text_printf(arena, "%zu open files are needed and %llu allowed: raise "
				  "LimitNOFILE in the unit, or lower MaxConnections",
				  needed, (unsigned long long)limit.rlim_cur);
	return false;
}

bool
pid_file_write(struct arena *arena, struct text path, struct text *reason_out)
{
	char line[32];
	int length = snprintf(line, sizeof(line), "%ld\n", (long)getpid());
	int handle;
	bool is_written;

	if (text_is_empty(path))
		return true;
	(void)unlink(text_string(arena, path));
	/* O_EXCL: never through a link that somebody else put there. */
	handle = open(text_string(arena, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (handle < 0)
		return fail(arena, reason_out, "PidFile cannot be made");
	is_written = write(handle, line, (size_t)length) == length;
	if (!is_written)
		(void)fail(arena, reason_out, "PidFile cannot be written");
	close(handle);
	return is_written;
}

void
pid_file_remove(struct arena *arena, struct text path)
{
	if (!text_is_empty(path))
		(void)unlink(text_string(arena, path));
}
