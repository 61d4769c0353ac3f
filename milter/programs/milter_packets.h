/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_PACKETS_H
#define DMARCMILTER_PROGRAMS_MILTER_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the MTA and a session of ours say to each other, in few system calls.
 *
 * libmilter waits three times and reads twice for each packet, and writes each
 * one on its own: some hundred calls for a message whose fields come in one
 * piece. milter_packets.c puts itself in front of libmilter's reader and writer
 * of packets, by the same means as milter_sessions.c in front of its sessions:
 * it reads all that is there, and sends changes of the header together with
 * the reply behind them. Where libmilter runs the sessions it does not.
 */
enum {
	/* Bytes. libmilter's own 64 KiB would end the session of an MTA with a longer field. */
	MILTER_PACKET_MAX = 1 << 20,

	MILTER_AHEAD = 8192,    /* bytes; a usual message's envelope and header */
	MILTER_UNSENT = 2048    /* bytes; the usual changes of a header */
};

/*
 * Waits until the MTA has said something, `patience` milliseconds at most. False when it
 * has not, or is not to be heard any more.
 */
typedef bool milter_stream_waiter(void *data, int64_t patience);

/* Of one session, which belongs to one thread. Lives on the stack of its thread. */
struct milter_stream {
	int descriptor;
	milter_stream_waiter *wait;
	void *data;
	bool is_over;
	bool is_broken;         /* a packet went out in part, so nothing may follow it */
	bool reads_ahead;       /* libmilter asks us, not the system, whether there is more */
	size_t start;           /* of what was read and not yet taken out of ahead[] */
	size_t end;
	size_t unsent_length;
	char ahead[MILTER_AHEAD];
	char unsent[MILTER_UNSENT];
};

/*
 * From now on this thread's packets to and from `descriptor` go through `stream`,
 * which must stay until milter_stream_end(). `wait` is called whenever a packet or
 * the rest of one is to be waited for: with INT64_MAX between packets.
 */
void milter_stream_begin(struct milter_stream *stream, int descriptor,
			 milter_stream_waiter *wait, void *data);
void milter_stream_end(void);

/* True when the calling thread's stream is that of `descriptor`. */
bool milter_stream_is_of(int descriptor);

/* Waits for a packet or the end of the connection; false when the session is over. */
bool milter_stream_wait(void);

#endif
