/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/textbuf.h"

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static unsigned
address_bits(enum ip_family family)
{
	return family == IP_V4 ? 32 : 128;
}

struct ip
ip_from_v4(const uint8_t bytes[4])
{
	struct ip ip = { .family = IP_V4 };

	memcpy(ip.bytes, bytes, 4);
	return ip;
}

struct ip
ip_from_v6(const uint8_t bytes[16])
{
	struct ip ip = { .family = IP_V6 };

	if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return ip_from_v4(bytes + sizeof(mapped_prefix));
	memcpy(ip.bytes, bytes, 16);
	return ip;
}

bool
ip_parse(struct text text, struct ip *ip_out)
{
	char string[IP_TEXT_MAX];
	uint8_t bytes[16];

	/* A text that is longer is no address: nothing is cut. */
	if (text.length == 0 || text.length >= sizeof(string) ||
	    text_find(text, '\0') != TEXT_NOT_FOUND)
		return false;
	memcpy(string, text.bytes, text.length);
	string[text.length] = '\0';
	if (inet_pton(AF_INET, string, bytes) == 1)
		*ip_out = ip_from_v4(bytes);
	else if (inet_pton(AF_INET6, string, bytes) == 1)
		*ip_out = ip_from_v6(bytes);
	else
		return false;
	return true;
}

bool
ip_network_parse(struct text text, struct ip_network *network_out)
{
	size_t slash = text_find(text, '/');
	struct ip_network network = { .prefix = 0 };
	uint64_t prefix;
	struct ip masked;

	if (!ip_parse(text_cut(text, 0, slash), &network.address))
		return false;
	prefix = address_bits(network.address.family);
	if (slash != TEXT_NOT_FOUND &&
	    !text_to_number(text_from_position(text, slash + 1), prefix, &prefix))
		return false;
	network.prefix = (unsigned)prefix;
	masked = network.address;
	for (unsigned bit = network.prefix; bit < address_bits(masked.family); bit++)
		masked.bytes[bit / 8] &= (uint8_t)~(0x80U >> (bit % 8));
	if (!ip_equal(masked, network.address))
		return false;
	*network_out = network;
	return true;
}

struct text
ip_text(struct arena *arena, struct ip ip)
{
	char string[IP_TEXT_MAX];

	if (ip.family == IP_NONE)
		return TEXT("-");
	if (inet_ntop(ip.family == IP_V4 ? AF_INET : AF_INET6, ip.bytes, string, sizeof(string)) ==
	    NULL)
		return TEXT("-");
	return text_copy(arena, text_from(string));
}

bool
ip_equal(struct ip a, struct ip b)
{
	return a.family == b.family && a.family != IP_NONE &&
	       memcmp(a.bytes, b.bytes, address_bits(a.family) / 8) == 0;
}

bool
ip_same_prefix(struct ip a, struct ip b, unsigned prefix)
{
	unsigned whole = prefix / 8;
	unsigned rest = prefix % 8;
	uint8_t mask = (uint8_t)(0xff00U >> rest);

	if (a.family != b.family || a.family == IP_NONE || prefix > address_bits(a.family))
		return false;
	if (memcmp(a.bytes, b.bytes, whole) != 0)
		return false;
	return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

bool
ip_in_network(struct ip ip, const struct ip_network *network)
{
	return ip_same_prefix(ip, network->address, network->prefix);
}

bool
ip_in_networks(struct ip ip, const struct ip_network *networks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ip_in_network(ip, &networks[i]))
			return true;
	return false;
}

struct text
ip_reverse_name(struct arena *arena, struct ip ip)
{
	struct textbuf name = textbuf_new(arena, 128);

	if (ip.family == IP_NONE)
		return TEXT("");
	if (ip.family == IP_V4)
		return text_printf(arena, "%u.%u.%u.%u.in-addr.arpa", ip.bytes[3], ip.bytes[2],
				   ip.bytes[1], ip.bytes[0]);
	for (size_t i = 16; i > 0; i--)
		textbuf_printf(&name, "%x.%x.", ip.bytes[i - 1] & 15U, ip.bytes[i - 1] >> 4);
	textbuf_add_string(&name, "ip6.arpa");
	return textbuf_text(&name);
}
