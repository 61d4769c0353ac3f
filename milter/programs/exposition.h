/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_EXPOSITION_H
#define DMARCMILTER_PROGRAMS_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/text.h"
#include "base/textbuf.h"

/*
 * Writes numbers, in one of two forms: the text format 0.0.4 of Prometheus, or
 * "key=value" for a line of the log. A label's value may hold any bytes: what
 * the form cannot carry is escaped. Pure; one thread.
 */
enum exposition_form {
	EXPOSITION_PROMETHEUS,
	/*
	 * "messages_total.accept.pass=3", names without their prefix; samples with labels
	 * that are 0 are left out, histograms are their count and sum.
	 */
	EXPOSITION_LINE
};

struct exposition {
	struct textbuf *out;
	enum exposition_form form;
	size_t left_out;        /* EXPOSITION_LINE: samples for which there was no room */
};

struct exposition_label {
	const char *name;
	struct text value;
};

/* What stands before the samples of a family. `type`: "counter", "gauge" or "histogram". */
void exposition_family(struct exposition *exposition, const char *name, const char *type,
		       const char *help);

/* One sample; labels are in the order of the table of families. */
void exposition_sample(struct exposition *exposition, const char *name,
		       const struct exposition_label *labels, size_t label_count, uint64_t value);

/* All samples of a histogram of milliseconds, as seconds. */
void exposition_histogram(struct exposition *exposition, const char *name,
			  const struct histogram_reading *reading);

/* Ends a line: says how many samples found no room. */
void exposition_end(struct exposition *exposition);

/* "dmarcmilter_", with which the name of every family begins. */
extern const char exposition_prefix[];

#endif
