/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bench_clock PROCESS...
 *
 * Prints the milliseconds of processor time that these processes have used
 * together, all their threads that are and were, user and system: from the clock
 * that each process has, which counts nanoseconds. /proc/PID/stat has ticks of
 * 10 ms, /proc/PID/schedstat only one thread. A process that is not there counts
 * nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int
main(int count, char **arguments)
{
	double sum = 0;

	for (int i = 1; i < count; i++) {
		struct timespec time;
		clockid_t clock;

		if (clock_getcpuclockid((pid_t)strtol(arguments[i], NULL, 10), &clock) != 0 ||
		    clock_gettime(clock, &time) != 0)
			continue;
		sum += (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
	}
	printf("%.3f\n", sum);
	return 0;
}
