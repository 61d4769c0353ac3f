/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_BASE_MACROS_H
#define DMARCMILTER_BASE_MACROS_H

/*
 * The few compiler attributes that we use, each behind a name of its own, so
 * that no other file tests for a compiler.
 */
#if defined(__GNUC__)
#define ATTRIBUTE_PRINTF(string, first) __attribute__((format(printf, string, first)))
#define ATTRIBUTE_NORETURN __attribute__((noreturn))
#define ATTRIBUTE_RESULT_MATTERS __attribute__((warn_unused_result))
#define ATTRIBUTE_EXPORTED __attribute__((visibility("default"), used))
#else
#define ATTRIBUTE_PRINTF(string, first)
#define ATTRIBUTE_NORETURN
#define ATTRIBUTE_RESULT_MATTERS
#define ATTRIBUTE_EXPORTED
#endif

/* The number of elements of a true array. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
