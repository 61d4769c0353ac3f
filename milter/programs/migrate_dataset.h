/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MIGRATE_DATASET_H
#define DMARCMILTER_PROGRAMS_MIGRATE_DATASET_H

#include "config/config.h"
#include "programs/migrate.h"

/*
 * A list of an old program: items between commas, or a file that has one in a
 * line. Each item is what our options take, a host name beside networks, or
 * refused with a reason.
 */
enum migrate_items {
	MIGRATE_ITEMS_HOSTS,            /* networks; names go to `names` */
	MIGRATE_ITEMS_DOMAINS,
	MIGRATE_ITEMS_HOST_NAMES,       /* names without a dot in front */
	MIGRATE_ITEMS_WORDS
};

struct migrate_dataset {
	struct text path;               /* absolute; empty: the items stood in the setting */
	struct text_list items;
	struct text_list names;
	struct text_list refused;       /* "!192.0.2.1, because ..." */
	bool is_ours;                   /* our reader takes every line of the file as it is */
};

/*
 * `value` as the setting has it; with `is_path` it is the path of a file.
 * Relative paths are below `folder`. False with a sentence when the list
 * cannot be read; dataset_out->path is then where it was sought, or empty.
 */
bool migrate_dataset_read(struct arena *arena, struct text value, enum migrate_items kind,
			  bool is_path, struct text folder, migrate_read_file *read,
			  struct migrate_dataset *dataset_out, struct text *sentence_out);

#endif
