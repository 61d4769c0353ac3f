/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * read_results < VALUES: what our parser reads from values of Authentication-Results, one a
 * line without folds. A line "field" for each, or "malformed"; then for each result
 * "result METHOD RESULT REASON" and its "property PTYPE PROPERTY VALUE". The parts are
 * separated by tabs; control characters and backslashes are written as \xHH.
 *
 * read_results -w < TEXTS: fields that our writer makes when a remote text, one a line with
 * \xHH for bytes, stands wherever remote text can stand. For each text one value, unfolded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/textbuf.h"
#include "mail/authentication_results.h"

enum { LINE_MAX_BYTES = 1 << 20 };

static void
print_escaped(struct text text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.bytes[i];

		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			printf("\\x%02x", byte);
		else
			putchar(byte);
	}
}

static void
print_row(const char *kind, struct text first, struct text second, struct text third)
{
	printf("%s\t", kind);
	print_escaped(first);
	putchar('\t');
	print_escaped(second);
	putchar('\t');
	print_escaped(third);
	putchar('\n');
}

static void
read_value(struct arena *arena, struct text value)
{
	struct authentication_results results;

	if (!authentication_results_parse(arena, value, &results)) {
		puts("malformed");
		return;
	}
	puts("field");
	for (size_t i = 0; i < results.count; i++) {
		const struct authentication_result *result = &results.results[i];

		print_row("result", result->method, result->result, result->reason);
		for (size_t j = 0; j < result->property_count; j++)
			print_row("property", result->properties[j].ptype,
				  result->properties[j].property, result->properties[j].value);
	}
}

static bool
read_hex(struct text digits, char *byte_out)
{
	char string[3] = { digits.bytes[0], digits.bytes[1], '\0' };
	char *end;

	*byte_out = (char)strtol(string, &end, 16);
	return *end == '\0';
}

static struct text
unescape(struct arena *arena, struct text line)
{
	struct textbuf out = textbuf_new(arena, LINE_MAX_BYTES);

	for (size_t i = 0; i < line.length; i++) {
		char byte = line.bytes[i];

		if (byte == '\\' && i + 3 < line.length && line.bytes[i + 1] == 'x' &&
		    read_hex(text_cut(line, i + 2, 2), &byte))
			i += 3;
		textbuf_add_byte(&out, byte);
	}
	return textbuf_text(&out);
}

/* A fold is LF and a tab; as one line it is a blank. */
static void
print_unfolded(struct text value)
{
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] == '\n' && i + 1 < value.length)
			i++;
		putchar(value.bytes[i] == '\t' ? ' ' : value.bytes[i]);
	}
	putchar('\n');
}

static void
write_value(struct arena *arena, struct text line, bool allows_utf8)
{
	struct text text = unescape(arena, line);
	struct authentication_results_writer writer = authentication_results_begin(
		arena, TEXT("mx.receiver.example"), TEXT(""), allows_utf8);

	authentication_results_method(&writer, "spf", "fail");
	authentication_results_comment(&writer, text);
	authentication_results_reason(&writer, text);
	authentication_results_address(&writer, "smtp", "mailfrom", text, TEXT("a.example"));
	authentication_results_method(&writer, "dkim", "fail");
	authentication_results_address(&writer, "header", "d", TEXT(""), text);
	authentication_results_property(&writer, "header", "i", text);
	authentication_results_property(&writer, "header", "s", text);
	authentication_results_method(&writer, "iprev", "fail");
	authentication_results_comment(&writer, text);
	authentication_results_property(&writer, "policy", "iprev", TEXT("192.0.2.25"));
	print_unfolded(authentication_results_end(&writer));
}

int
main(int argc, char **argv)
{
	bool is_writing = argc > 1 && strcmp(argv[1], "-w") == 0;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		struct arena *arena = arena_new();
		struct text text = text_of(line, (size_t)length - (line[length - 1] == '\n'));

		if (is_writing) {
			write_value(arena, text, false);
			write_value(arena, text, true);
		} else {
			read_value(arena, text);
		}
		arena_free(&arena);
	}
	free(line);
	return EXIT_SUCCESS;
}
