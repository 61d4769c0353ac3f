/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * bench_relay MILLISECONDS ADDRESS PORT TO-ADDRESS TO-PORT
 *
 * A name server far away: hands each question that comes over UDP to another
 * name server, and the answer back after so many milliseconds. Counts the
 * questions; SIGUSR1 prints the number so far. TCP is not served: the answers of
 * the benchmark are small.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	SLOTS = 65536,          /* questions under way; the ids of the relay */
	PACKET_MAX = 4096
};

/* A question under way, and its answer once it is there. */
struct slot {
	struct sockaddr_in client;
	uint16_t client_id;
	double due;             /* when the answer may leave; 0: it has not come */
	size_t length;
	unsigned char packet[PACKET_MAX];
};

static struct slot *slots;
static uint16_t waiting[SLOTS]; /* a ring, in the order of `due`, which is that of arrival */
static size_t first_waiting;
static size_t waiting_count;
static uint16_t next_slot;
static unsigned long questions;
static volatile sig_atomic_t wants_count;

static void
on_signal(int number)
{
	(void)number;
	wants_count = 1;
}

static double
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct sockaddr_in
address_of(const char *address, const char *port)
{
	struct sockaddr_in out = { .sin_family = AF_INET };

	out.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, address, &out.sin_addr) != 1) {
		(void)fprintf(stderr, "bench_relay: %s is no IPv4 address\n", address);
		exit(64);
	}
	return out;
}

static int
open_socket(const struct sockaddr_in *address, bool is_ours)
{
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	const struct sockaddr *plain = (const struct sockaddr *)address;
	int room = 4 * 1024 * 1024;
	int status;

	if (descriptor < 0) {
		perror("bench_relay");
		exit(1);
	}
	(void)setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	status = is_ours ? bind(descriptor, plain, sizeof(*address))
			 : connect(descriptor, plain, sizeof(*address));
	if (status != 0) {
		perror("bench_relay");
		exit(1);
	}
	return descriptor;
}

static void
take_questions(int client, int server)
{
	struct sockaddr_in from;
	socklen_t from_length = sizeof(from);
	unsigned char packet[PACKET_MAX];
	ssize_t length;

	while ((length = recvfrom(client, packet, sizeof(packet), 0, (struct sockaddr *)&from,
				  &from_length)) > 2) {
		struct slot *slot = &slots[next_slot];

		slot->client = from;
		memcpy(&slot->client_id, packet, sizeof(slot->client_id));
		slot->due = 0;
		memcpy(packet, &next_slot, sizeof(next_slot));
		next_slot++;
		questions++;
		(void)send(server, packet, (size_t)length, 0);
	}
}

static void
take_answers(int server, double delay)
{
	unsigned char packet[PACKET_MAX];
	ssize_t length;

	while ((length = recv(server, packet, sizeof(packet), 0)) > 2) {
		uint16_t id;
		struct slot *slot;

		memcpy(&id, packet, sizeof(id));
		slot = &slots[id];
		memcpy(packet, &slot->client_id, sizeof(slot->client_id));
		memcpy(slot->packet, packet, (size_t)length);
		slot->length = (size_t)length;
		slot->due = now() + delay;
		waiting[(first_waiting + waiting_count++) % SLOTS] = id;
	}
}

static void
send_due(int client)
{
	while (waiting_count > 0 && slots[waiting[first_waiting]].due <= now()) {
		const struct slot *slot = &slots[waiting[first_waiting]];

		(void)sendto(client, slot->packet, slot->length, 0,
			     (const struct sockaddr *)&slot->client, sizeof(slot->client));
		first_waiting = (first_waiting + 1) % SLOTS;
		waiting_count--;
	}
}

/* Not poll, whose milliseconds would be a part of each answer's. */
static int
wait_for_work(struct pollfd descriptors[2])
{
	struct timespec left = { .tv_sec = 0 };
	double seconds;

	if (waiting_count == 0)
		return ppoll(descriptors, 2, NULL, NULL);
	seconds = slots[waiting[first_waiting]].due - now();
	if (seconds > 0) {
		left.tv_sec = (time_t)seconds;
		left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
	}
	return ppoll(descriptors, 2, &left, NULL);
}

int
main(int count, char **arguments)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sockaddr_in here;
	struct sockaddr_in there;
	struct pollfd descriptors[2] = { { .events = POLLIN }, { .events = POLLIN } };
	double delay;

	if (count != 6)
		return 64;
	delay = strtod(arguments[1], NULL) / 1000;
	here = address_of(arguments[2], arguments[3]);
	there = address_of(arguments[4], arguments[5]);
	slots = calloc(SLOTS, sizeof(*slots));
	if (slots == NULL)
		return 1;
	descriptors[0].fd = open_socket(&here, true);
	descriptors[1].fd = open_socket(&there, false);
	(void)sigaction(SIGUSR1, &action, NULL);
	for (;;) {
		if (wait_for_work(descriptors) < 0 && errno != EINTR)
			return 1;
		if (wants_count) {
			printf("%lu\n", questions);
			(void)fflush(stdout);
			wants_count = 0;
		}
		take_questions(descriptors[0].fd, descriptors[1].fd);
		take_answers(descriptors[1].fd, delay);
		send_due(descriptors[0].fd);
	}
}
