/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void *
memory_new(size_t size)
{
	return memory_new_array(1, size);
}

void *
memory_new_array(size_t count, size_t size)
{
	void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (memory == NULL)
		memory_exhausted();
	return memory;
}

void *
memory_grow(void *old, size_t count, size_t size)
{
	void *memory;

	if (size > 0 && count > SIZE_MAX / size)
		memory_exhausted();
	memory = realloc(old, count * size > 0 ? count * size : 1);
	if (memory == NULL)
		memory_exhausted();
	return memory;
}

void *
memory_for_library(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);

	if (memory == NULL)
		memory_exhausted();
	return memory;
}

void *
memory_for_library_grow(void *old, size_t size)
{
	void *memory = realloc(old, size > 0 ? size : 1);

	if (memory == NULL)
		memory_exhausted();
	return memory;
}

void
memory_exhausted(void)
{
	static const char message[] =
		"dmarcmilter: out of memory, ending; the MTA defers the mail\n";
	ssize_t ignored = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)ignored;
	_exit(EX_OSERR);
}
