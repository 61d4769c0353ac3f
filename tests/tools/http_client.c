/* SPDX-License-Identifier: BSD-2-Clause */
#include "http_client.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/textbuf.h"

enum { PATIENCE = 20000, ANSWER_BYTES_MAX = 8 << 20 };

int
http_client_connect(const char *path, int timeout)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval wait = { .tv_sec = timeout / 1000, .tv_usec = (timeout % 1000) * 1000 };
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
	    connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

void
http_client_send(int descriptor, struct text bytes)
{
	while (bytes.length > 0) {
		ssize_t sent = send(descriptor, bytes.bytes, bytes.length, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes = text_from_position(bytes, (size_t)sent);
	}
}

struct text
http_client_read(int descriptor, struct arena *arena)
{
	struct textbuf answer = textbuf_new(arena, ANSWER_BYTES_MAX);
	char chunk[4096];
	ssize_t length;

	while ((length = recv(descriptor, chunk, sizeof(chunk), 0)) > 0)
		textbuf_add(&answer, text_of(chunk, (size_t)length));
	return textbuf_text(&answer);
}

struct text
http_client_exchange(const char *path, struct text request, struct arena *arena)
{
	int descriptor = http_client_connect(path, PATIENCE);
	struct text answer;

	if (descriptor < 0)
		return (struct text){ NULL, 0 };
	http_client_send(descriptor, request);
	answer = http_client_read(descriptor, arena);
	close(descriptor);
	return answer;
}

struct text
http_client_get(const char *path, const char *target, int status, struct arena *arena)
{
	struct text request = text_printf(arena, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
	struct text answer = http_client_exchange(path, request, arena);
	struct text wanted = text_printf(arena, "HTTP/1.1 %d ", status);
	size_t end = text_find_text(answer, TEXT("\r\n\r\n"));

	if (!text_starts_with(answer, wanted) || end == TEXT_NOT_FOUND)
		return (struct text){ NULL, 0 };
	return text_from_position(answer, end + 4);
}
