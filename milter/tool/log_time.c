/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/log_time.h"

#include <time.h>

enum {
	MINUTE = 60,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	/* After 2199 something is wrong, and before 1970 too. */
	YEAR_FIRST = 1970,
	YEAR_LAST = 2199
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Takes `digits` digits off the front. */
static bool
take_number(struct text *rest, size_t digits, int *number_out)
{
	uint64_t number;

	if (rest->length < digits ||
	    !text_to_number(text_cut(*rest, 0, digits), YEAR_LAST, &number))
		return false;
	*rest = text_from_position(*rest, digits);
	*number_out = (int)number;
	return true;
}

static bool
take_byte(struct text *rest, char byte)
{
	if (rest->length == 0 || rest->bytes[0] != byte)
		return false;
	*rest = text_from_position(*rest, 1);
	return true;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Month 0 to 11. mktime() would take January 31 + 1 as February 1. */
static bool
is_a_time(const struct tm *time)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year = time->tm_year + 1900;

	return year >= YEAR_FIRST && year <= YEAR_LAST && time->tm_mon >= 0 &&
	       time->tm_mon < 12 && time->tm_mday >= 1 &&
	       time->tm_mday <= lengths[time->tm_mon] + (time->tm_mon == 1 && is_leap(year)) &&
	       time->tm_hour < 24 && time->tm_min < 60 && time->tm_sec <= 60;
}

/* "12:00:00" with an optional fraction. */
static bool
take_clock(struct text *rest, struct tm *time)
{
	if (!take_number(rest, 2, &time->tm_hour) || !take_byte(rest, ':') ||
	    !take_number(rest, 2, &time->tm_min) || !take_byte(rest, ':') ||
	    !take_number(rest, 2, &time->tm_sec))
		return false;
	if (!take_byte(rest, '.') && !take_byte(rest, ','))
		return true;
	if (rest->length == 0 || !byte_is_digit(rest->bytes[0]))
		return false;
	while (rest->length > 0 && byte_is_digit(rest->bytes[0]))
		*rest = text_from_position(*rest, 1);
	return true;
}

/* "+01:00", "+0100", "Z" or " UTC": seconds east of Greenwich. False when no zone follows. */
static bool
take_zone(struct text *rest, int64_t *offset_out)
{
	bool is_west;
	int hours;
	int minutes;

	*offset_out = 0;
	if (take_byte(rest, 'Z'))
		return true;
	if (text_equal(*rest, TEXT(" UTC"))) {
		*rest = TEXT("");
		return true;
	}
	is_west = text_starts_with(*rest, TEXT("-"));
	if (!is_west && !text_starts_with(*rest, TEXT("+")))
		return false;
	*rest = text_from_position(*rest, 1);
	if (!take_number(rest, 2, &hours))
		return false;
	(void)take_byte(rest, ':');
	if (!take_number(rest, 2, &minutes) || hours > 14 || minutes > 59)
		return false;
	*offset_out = (is_west ? -1 : 1) * (int64_t)(hours * HOUR + minutes * MINUTE);
	return true;
}

/* In local time. */
static bool
to_seconds(const struct tm *time, int64_t *seconds_out)
{
	struct tm copy = *time;
	time_t seconds;

	copy.tm_isdst = -1;
	seconds = mktime(&copy);
	if (seconds == (time_t)-1)
		return false;
	*seconds_out = (int64_t)seconds;
	return true;
}

bool
log_time_parse_iso(struct text text, int64_t *seconds_out)
{
	struct tm time = { .tm_mday = 0 };
	int64_t offset;

	if (!take_number(&text, 4, &time.tm_year) || !take_byte(&text, '-') ||
	    !take_number(&text, 2, &time.tm_mon) || !take_byte(&text, '-') ||
	    !take_number(&text, 2, &time.tm_mday) ||
	    (!take_byte(&text, 'T') && !take_byte(&text, ' ')) || !take_clock(&text, &time))
		return false;
	time.tm_year -= 1900;
	time.tm_mon -= 1;
	if (!is_a_time(&time))
		return false;
	if (text.length == 0)
		return to_seconds(&time, seconds_out);
	if (!take_zone(&text, &offset) || text.length > 0)
		return false;
	*seconds_out = (int64_t)timegm(&time) - offset;
	return true;
}

static bool
take_month(struct text *rest, int *month_out)
{
	struct text name = text_cut(*rest, 0, 3);

	for (int month = 0; month < 12; month++) {
		if (name.length < 3 || !text_equal(name, text_of(month_names + 3 * month, 3)))
			continue;
		*rest = text_from_position(*rest, 3);
		*month_out = month;
		return true;
	}
	return false;
}

static int
year_of(int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	return localtime_r(&moment, &parts) != NULL ? parts.tm_year : YEAR_FIRST - 1900;
}

bool
log_time_parse_syslog(struct text text, int64_t now, int64_t *seconds_out)
{
	struct tm time = { .tm_mday = 0 };
	bool is_short;

	if (!take_month(&text, &time.tm_mon) || !take_byte(&text, ' '))
		return false;
	/* RFC 3164, 4.1.2: a blank before a single digit. */
	is_short = take_byte(&text, ' ');
	if (!take_number(&text, is_short ? 1 : 2, &time.tm_mday) || !take_byte(&text, ' ') ||
	    !take_clock(&text, &time) || text.length > 0)
		return false;
	/* February 29 needs a year that has one; a log of nine years ago has none. */
	for (int year = year_of(now + DAY); year > year_of(now + DAY) - 9; year--) {
		int64_t seconds;

		time.tm_year = year;
		if (!is_a_time(&time) || !to_seconds(&time, &seconds) || seconds > now + DAY)
			continue;
		*seconds_out = seconds;
		return true;
	}
	return false;
}

bool
log_time_parse_unix(struct text text, int64_t *seconds_out)
{
	size_t point = text_find(text, '.');
	uint64_t seconds;
	uint64_t fraction;

	if (point != TEXT_NOT_FOUND &&
	    !text_to_number(text_from_position(text, point + 1), UINT32_MAX, &fraction))
		return false;
	if (text.length < 9 ||
	    !text_to_number(text_cut(text, 0, point), INT32_MAX * 3ULL, &seconds))
		return false;
	*seconds_out = (int64_t)seconds;
	return true;
}

/* `divider` stands between day and hour; empty when there is no such moment. */
static struct text
write_time(struct arena *arena, const struct tm *parts, char divider, const char *end)
{
	if (parts == NULL)
		return TEXT("");
	return text_printf(arena, "%04d-%02d-%02d%c%02d:%02d:%02d%s", parts->tm_year + 1900,
			   parts->tm_mon + 1, parts->tm_mday, divider, parts->tm_hour,
			   parts->tm_min, parts->tm_sec, end);
}

struct text
log_time_text(struct arena *arena, int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	return write_time(arena, seconds != 0 ? localtime_r(&moment, &parts) : NULL, ' ', "");
}

struct text
log_time_iso(struct arena *arena, int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	return write_time(arena, seconds != 0 ? gmtime_r(&moment, &parts) : NULL, 'T', "Z");
}
