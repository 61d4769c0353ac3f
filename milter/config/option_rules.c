/* SPDX-License-Identifier: BSD-2-Clause */
#include "config/option_rules.h"

#include "base/ip.h"
#include "config/endpoint.h"
#include "mail/domain_name.h"

enum {
	NAME_MAX_BYTES = 64,            /* of a user, a group, a syslog ident */
	AUTHSERV_ID_MAX = 255,
	DAEMON_NAME_MAX = 255,
	PATH_BYTES_MAX = 1000,          /* escaped, it still fits on a line of the configuration */
	DELETE = 0x7f,
	STATUS_DIGITS_MAX = 3           /* RFC 3463, 2: of subject and of detail */
};

/* At least `minimum` printable bytes; blanks only when `blanks_allowed`. */
static bool
is_printable(struct text value, size_t minimum, bool blanks_allowed)
{
	if (value.length < minimum)
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (!byte_is_printable(value.bytes[i]) ||
		    (value.bytes[i] == ' ' && !blanks_allowed))
			return false;
	return true;
}

static bool
is_absolute_path(struct text value)
{
	if (value.length > PATH_BYTES_MAX)
		return false;
	for (size_t i = 0; i < value.length; i++)
		if ((unsigned char)value.bytes[i] < ' ' || value.bytes[i] == DELETE)
			return false;
	return value.length == 0 || value.bytes[0] == '/';
}

static bool
is_name(struct text value)
{
	if (value.length > NAME_MAX_BYTES || text_starts_with(value, TEXT("-")))
		return false;
	for (size_t i = 0; i < value.length; i++)
		if (!byte_is_alnum(value.bytes[i]) && value.bytes[i] != '-' &&
		    value.bytes[i] != '_' && value.bytes[i] != '.')
			return false;
	return true;
}

static bool
is_user(struct text value)
{
	size_t colon = text_find(value, ':');

	if (colon == TEXT_NOT_FOUND)
		return is_name(value);
	return colon > 0 && colon + 1 < value.length && is_name(text_cut(value, 0, colon)) &&
	       is_name(text_from_position(value, colon + 1));
}

static bool
is_socket(struct text value)
{
	struct endpoint endpoint;

	return endpoint_parse(value, &endpoint);
}

/* What systemd hands over is for the mail server. */
static bool
is_metrics_socket(struct text value)
{
	struct endpoint endpoint;

	return text_is_empty(value) ||
	       (endpoint_parse(value, &endpoint) && endpoint.kind != ENDPOINT_DESCRIPTOR);
}

static bool
is_nameserver(struct text value)
{
	struct ip ip;
	uint16_t port;

	return nameserver_parse(value, &ip, &port);
}

static bool
is_daemon_name(struct text value)
{
	return value.length <= DAEMON_NAME_MAX && is_printable(value, 1, false);
}

static bool
is_label(struct text label)
{
	for (size_t i = 0; i < label.length; i++)
		if (!byte_is_alnum(label.bytes[i]) && label.bytes[i] != '-' &&
		    label.bytes[i] != '_')
			return false;
	return label.length > 0 && label.length <= DOMAIN_LABEL_MAX;
}

static bool
is_domain_name(struct text value)
{
	struct text rest = value;
	struct text label;

	while (text_next_part(&rest, '.', &label))
		if (!is_label(label))
			return false;
	return value.length <= DOMAIN_NAME_MAX && text_find(value, '.') != TEXT_NOT_FOUND;
}

static bool
is_syslog_name(struct text value)
{
	return value.length > 0 && is_name(value);
}

/* RFC 5321, 4.2.1: the second digit is 0 to 5. */
static bool
is_code_of_class(struct text value, char class_digit)
{
	return value.length == 3 && value.bytes[0] == class_digit && value.bytes[1] >= '0' &&
	       value.bytes[1] <= '5' && byte_is_digit(value.bytes[2]);
}

static bool
is_reply_code(struct text value)
{
	return is_code_of_class(value, '5');
}

/* RFC 5321, 3.8: 421 ends the session, and with it the other mail in it. */
static bool
is_deferral_code(struct text value)
{
	return is_code_of_class(value, '4') && !text_equal(value, TEXT("421"));
}

static bool
is_status_part(struct text part)
{
	uint64_t number;

	return part.length <= STATUS_DIGITS_MAX && text_to_number(part, 999, &number) &&
	       (part.length == 1 || part.bytes[0] != '0');
}

static bool
is_status_of_class(struct text value, struct text start)
{
	struct text rest = text_from_position(value, 2);
	size_t dot = text_find(rest, '.');

	return text_starts_with(value, start) && dot != TEXT_NOT_FOUND &&
	       is_status_part(text_cut(rest, 0, dot)) &&
	       is_status_part(text_from_position(rest, dot + 1));
}

static bool
is_reply_status(struct text value)
{
	return is_status_of_class(value, TEXT("5."));
}

static bool
is_deferral_status(struct text value)
{
	return is_status_of_class(value, TEXT("4."));
}

static bool
is_reply_text(struct text value)
{
	if (value.length > REPLY_TEXT_MAX || !is_printable(value, 1, true))
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (value.bytes[i] != '%')
			continue;
		i++;
		if (i == value.length || text_find(TEXT("diq%"), value.bytes[i]) == TEXT_NOT_FOUND)
			return false;
	}
	return true;
}

static bool
is_authserv_id(struct text value)
{
	return value.length <= AUTHSERV_ID_MAX && is_printable(value, 1, true) &&
	       text_trim(value).length == value.length;
}

const struct option_rule rule_absolute_path = {
	is_absolute_path, "an absolute path is wanted, or \"\" for none" };
const struct option_rule rule_group = {
	is_name, "a name of letters, digits, dots, dashes and underscores is wanted, or \"\" for "
		 "none" };
const struct option_rule rule_user = { is_user, "user or user:group is wanted, or \"\" for none" };
const struct option_rule rule_socket = {
	is_socket, "unix:/path (at most 107 bytes), inet:PORT@HOST, inet6:PORT@HOST or fd:N is "
		   "wanted" };
const struct option_rule rule_metrics_socket = {
	is_metrics_socket, "unix:/path (at most 107 bytes), inet:PORT@HOST or inet6:PORT@HOST is "
			   "wanted, or \"\" for none" };
const struct option_rule rule_nameserver = {
	is_nameserver, "an address such as 192.0.2.53, 192.0.2.53:5300 or [2001:db8::53]:5300 is "
		       "wanted, "
		       "or one of the words system and recursive alone" };
const struct option_rule rule_daemon_name = { is_daemon_name, "a printable ASCII word is wanted" };
const struct option_rule rule_domain_name = {
	is_domain_name, "a domain name of two labels or more is wanted, in ASCII (xn--...)" };
const struct option_rule rule_reply_code = { is_reply_code, "a code from 500 to 559 is wanted" };
const struct option_rule rule_reply_status = {
	is_reply_status, "an enhanced status code of class 5 such as 5.7.26 is wanted" };
const struct option_rule rule_deferral_code = {
	is_deferral_code, "a code from 400 to 459 but 421 is wanted" };
const struct option_rule rule_deferral_status = {
	is_deferral_status, "an enhanced status code of class 4 such as 4.7.1 is wanted" };
const struct option_rule rule_reply_text = {
	is_reply_text, "1 to 900 bytes of printable ASCII are wanted; after % stands d (author "
		       "domain), "
		       "i (client), q (queue id) or %" };
const struct option_rule rule_authserv_id = {
	is_authserv_id, "1 to 255 bytes of printable ASCII are wanted, without blanks at the "
			"ends" };
const struct option_rule rule_syslog_name = {
	is_syslog_name, "a name of 1 to 64 letters, digits, dots, dashes and underscores is "
			"wanted" };
