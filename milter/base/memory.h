/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_MEMORY_H
#define DMARCMILTER_BASE_MEMORY_H

#include <stddef.h>

#include "base/macros.h"

/*
 * Memory from the system. Everything here either succeeds or does not return:
 * out of memory ends the process in memory_exhausted(), the MTA then defers
 * the mail (it must never be accepted unchecked). What lives as long as a
 * message or a connection comes from an arena instead (base/arena.h).
 * Safe from any thread.
 */

/* Zeroed memory for one object of `size` bytes. Free with free(). */
void *memory_new(size_t size) ATTRIBUTE_RESULT_MATTERS;

/* Zeroed memory for `count` objects of `size` bytes; the product is checked. */
void *memory_new_array(size_t count, size_t size) ATTRIBUTE_RESULT_MATTERS;

/* realloc() of `old` (may be NULL) to `count` objects of `size` bytes. New bytes are not zeroed. */
void *memory_grow(void *old, size_t count, size_t size) ATTRIBUTE_RESULT_MATTERS;

/*
 * The same for libraries that take functions of the caller's and do not all get on
 * without memory: malloc() and realloc() that do not return without it.
 */
void *memory_for_library(size_t size) ATTRIBUTE_RESULT_MATTERS;
void *memory_for_library_grow(void *old, size_t size) ATTRIBUTE_RESULT_MATTERS;

/* Says so on standard error without allocating and ends the process with EX_OSERR. */
ATTRIBUTE_NORETURN void memory_exhausted(void);

#endif
