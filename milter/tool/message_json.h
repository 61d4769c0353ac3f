/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DMARCMILTER_TOOL_MESSAGE_JSON_H
#define DMARCMILTER_TOOL_MESSAGE_JSON_H

#include "tool/json.h"
#include "tool/judgement.h"
#include "tool/steps.h"

/* One judgement as an object; its shape is in tests/check/message.schema.json. */
void message_json_write(struct json *json, const char *file, size_t number,
			const struct judgement *judgement, const struct steps *steps);

/* What could not be judged. */
void message_json_write_problem(struct json *json, const char *file, size_t number,
				const char *problem);

#endif
