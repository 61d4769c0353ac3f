/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_PROGRAMS_MILTER_PACKETS_H
#define DMARCMILTER_PROGRAMS_MILTER_PACKETS_H

#include <stdbool.h>
#include <stddef.h>

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

/* Of one session, which belongs to one thread. Lives on the stack of its thread. */
struct milter_stream {
	int descriptor;
	bool (*wait)(void *data);       /* for the next packet; false: the session is over */
	void *data;
	bool is_over;
	bool reads_ahead;       /* libmilter asks us, not the system, whether there is more */
	size_t start;           /* of what was read and not yet taken out of ahead[] */
	size_t end;
	size_t unsent_length;
	char ahead[MILTER_AHEAD];
	char unsent[MILTER_UNSENT];
};

/*
 * From now on this thread's packets to and from `descriptor` go through `stream`,
 * which must stay until milter_stream_end(). `wait` is called whenever a packet is
 * to be waited for.
 */
void milter_stream_begin(struct milter_stream *stream, int descriptor, bool (*wait)(void *data),
			 void *data);
void milter_stream_end(void);

/* True when the calling thread's stream is that of `descriptor`. */
bool milter_stream_is_of(int descriptor);

/* Waits for a packet or the end of the connection; false when the session is over. */
bool milter_stream_wait(void);

#endif
