/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_TABLE_H
#define DMARCMILTER_PROGRAMS_MIGRATE_TABLE_H

#include "base/text.h"
#include "programs/migrate.h"

/*
 * What becomes of every option that the manual pages of the old programs
 * name: one row each. Immutable; safe from any thread.
 */
struct migration;
struct migrate_setting;

enum migrate_fate {
	MIGRATE_UNKNOWN,        /* no row */
	MIGRATE_KEPT,           /* same meaning, maybe under another name */
	MIGRATE_CHANGED,
	MIGRATE_NOT_NEEDED,
	MIGRATE_NOT_POSSIBLE,
	MIGRATE_FOR_SIGNING,    /* stays with the program that signs */
	MIGRATE_FATE_COUNT
};

/* How the old program reads the value. */
enum migrate_value {
	MIGRATE_TEXT,
	MIGRATE_BOOLEAN,        /* by its first byte */
	MIGRATE_NUMBER,
	MIGRATE_SECONDS,
	MIGRATE_OCTAL,
	MIGRATE_NAMESERVERS     /* addresses between commas */
};

struct migrate_row {
	unsigned programs;      /* bit 1 << enum migrate_program */
	const char *name;
	enum migrate_fate fate; /* MIGRATE_CHANGED: `translate` says what happens */
	enum migrate_value value;
	const char *option;     /* MIGRATE_KEPT: one of ours */
	void (*translate)(struct migration *migration, const struct migrate_setting *setting);
	const char *sentence;   /* why not, and what to do */
};

/* In any case of letters; NULL when the program has no such option. */
const struct migrate_row *migrate_row_find(enum migrate_program program, struct text name);

/* The row at `index`; NULL behind the last. */
const struct migrate_row *migrate_row_at(size_t index);

#endif
