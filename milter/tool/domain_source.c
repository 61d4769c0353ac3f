/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_source.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/file.h"
#include "config/reader.h"
#include "dns/zone_text.h"

enum {
	ZONE_BYTES_MAX = 64 << 20,
	PATIENCE = 30000,               /* an SPF chain of silent servers ends before that */
	PATIENCE_WITH_ZONE = 1000       /* a zone text answers at once, or never */
};

static const char default_path[] = SYSCONFDIR "/dmarcmilter.conf";

static int
complain(const char *what, struct text reason, int status)
{
	fprintf(stderr, "dmarcmilter-check: %s: %.*s\n", what, TEXT_ARGUMENTS(reason));
	return status;
}

/* Without -c, a file that is not there or not for everybody's eyes means the defaults. */
static int
load_config(struct arena *arena, const char *path, struct config *config_out)
{
	struct config_problems problems = { .count = 0 };
	const struct config *config;

	if (path == NULL && access(default_path, R_OK) != 0) {
		config_set_defaults(arena, config_out);
		config_finish(arena, config_out, &problems);
		return EX_OK;
	}
	config = service_load(arena, path != NULL ? path : default_path, NULL, &problems);
	for (size_t i = 0; config == NULL && i < problems.count; i++)
		if (!problems.items[i].is_warning)
			(void)complain(text_string(arena, problems.items[i].place),
				       problems.items[i].sentence, EX_CONFIG);
	if (config == NULL)
		return EX_CONFIG;
	*config_out = *config;
	return EX_OK;
}

static int
open_zone(struct arena *arena, const char *path, struct domain_source *source)
{
	struct file_content content;
	struct zone_text *zone;
	struct text reason;

	if (!file_read(arena, path, ZONE_BYTES_MAX, false, &content, &reason))
		return complain(path, reason, EX_NOINPUT);
	zone = zone_text_parse(arena, content.text, &reason);
	if (zone == NULL)
		return complain(path, reason, EX_NOINPUT);
	source->backend = zone_text_backend(arena, zone);
	source->patience = PATIENCE_WITH_ZONE;
	source->is_validating = zone_text_has_secure(zone);
	source->is_offline = true;
	return EX_OK;
}

static int
open_resolver(struct arena *arena, struct domain_source *source)
{
	struct text reason;

	/* One session: no need for the descriptors of a daemon. */
	source->config.sessions_max = 1;
	if (!service_start_resolver(&source->service, &source->config, arena, &reason))
		return complain("name servers", reason, EX_USAGE);
	source->backend = resolver_backend(source->service.resolver);
	source->patience = PATIENCE;
	source->is_validating = !text_is_empty(source->config.trust_anchor_file);
	return EX_OK;
}

int
domain_source_open(struct arena *arena, const struct domain_source_wishes *wishes,
		   struct domain_source *source)
{
	int status;

	*source = (struct domain_source){ .backend = NULL };
	status = load_config(arena, wishes->config_path, &source->config);
	if (status != EX_OK)
		return status;
	if (wishes->name_server_count > 0) {
		source->config.nameservers.items = wishes->name_servers;
		source->config.nameservers.count = wishes->name_server_count;
		source->config.is_recursive = false;
	}
	if (wishes->zone_path != NULL)
		return open_zone(arena, wishes->zone_path, source);
	return open_resolver(arena, source);
}

void
domain_source_close(struct domain_source *source)
{
	resolver_stop(&source->service.resolver);
}
