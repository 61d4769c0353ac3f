/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Feeds files to a fuzz target without a fuzzer: every file of the folders
 * given is one input. So the corpora run with every compiler and sanitizer.
 * Says how many inputs there were; none at all is a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;
	size_t got;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
		perror(path);
		return false;
	}
	rewind(file);
	/* Exactly the input's size, so that reading behind it is seen. */
	data = malloc(size > 0 ? (size_t)size : 1);
	got = data != NULL ? fread(data, 1, (size_t)size, file) : 0;
	(void)fclose(file);
	if (data == NULL || got != (size_t)size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(data);
		return false;
	}
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	return true;
}

static bool
replay_folder(const char *folder, size_t *count)
{
	DIR *directory = opendir(folder);
	struct arena *arena = arena_new();
	struct dirent *entry;
	bool ok = directory != NULL;

	if (directory == NULL)
		perror(folder);
	while (ok && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		ok = replay_file(text_printf(arena, "%s/%s", folder, entry->d_name).bytes);
		(*count)++;
	}
	if (directory != NULL)
		(void)closedir(directory);
	arena_free(&arena);
	return ok;
}

int
main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		if (!replay_folder(argv[i], &count))
			return EXIT_FAILURE;
	printf("%zu inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
