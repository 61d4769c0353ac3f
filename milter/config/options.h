/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_CONFIG_OPTIONS_H
#define DMARCMILTER_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/*
 * The table of all options: one row is all that the program knows of an
 * option. Reader, printer, the test of the sample and of the manual page work
 * from it. Immutable; safe from any thread.
 */
enum option_type {
	OPTION_NONE_YET,
	OPTION_BOOLEAN,         /* bool */
	OPTION_COUNT,           /* uint64_t (or int64_t that is never negative) */
	OPTION_SIZE,            /* uint64_t, bytes */
	OPTION_DURATION,        /* uint64_t, milliseconds */
	OPTION_SECONDS,         /* uint64_t, a duration kept in seconds */
	OPTION_OCTAL,           /* uint64_t */
	OPTION_TEXT,            /* struct text */
	OPTION_WORD,            /* an enum or int: one of `words` */
	OPTION_TEXT_LIST,       /* struct text_list */
	OPTION_NETWORK_LIST,    /* struct network_list */
	OPTION_CLASS_LIST,      /* bool[CLASS_COUNT] */
	OPTION_HEADER,          /* "Name: value" in two struct text, name first */
	OPTION_NAMESERVERS,     /* struct text_list and config.is_recursive */
	OPTION_LOG_TARGET,      /* enum log_target_kind, log_path, log_target_is_set */
	OPTION_DOMAINS,         /* struct domain_set *, and struct text_list as it was written */
	/* lines of a form of their own, which add up over all texts: config/rule_lists.h */
	OPTION_RULES,           /* struct rule_list */
	OPTION_FORWARDERS,      /* struct trusted_forwarder_list */
	OPTION_DOMAIN_POLICIES  /* struct domain_policies */
};

/* A word of an OPTION_WORD. Of several with one value the first is printed. */
struct option_word {
	const char *word;       /* NULL ends the list */
	int value;
};

/* What a text (or each item of a list) must be. */
struct option_rule {
	bool (*holds)(struct text value);
	const char *wanted;     /* "an absolute path", for the sentence about a bad value */
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset;          /* of the field in struct config */
	const char *default_text;       /* as it would stand in a file, without quotes */
	uint64_t minimum;       /* numbers: both included, in the unit of the field */
	uint64_t maximum;
	const struct option_word *words;
	const struct option_rule *rule; /* NULL: any printable text */
	const char *group;
	const char *help;       /* one line */
};

/* The row at `index`, in the order of the sample file; NULL behind the last. */
const struct option *option_at(size_t index);
size_t option_count(void);

/* By name, in any case; NULL when there is none. */
const struct option *option_find(struct text name);

/* The position of a row of the table. */
size_t option_index(const struct option *option);

/* The known name with the smallest edit distance; NULL when none is near. */
const char *option_nearest(struct text name);

/* True for the types that may stand several times in a file and then add up. */
bool option_is_list(const struct option *option);

/* "Name value" is read by the words of this type: yes and no with their synonyms. */
extern const struct option_word option_boolean_words[];

/* Built with libpsl: "DMARCDiscovery psl" and "DMARCCompare yes" can be chosen. */
extern const bool config_knows_public_suffix_list;

#endif
