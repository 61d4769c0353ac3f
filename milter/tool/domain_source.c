/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/domain_source.h"

#include <sysexits.h>
#include <unistd.h>

#include "config/file.h"
#include "config/reader.h"
#include "dns/zone_text.h"
#include "tool/complaint.h"
#include "tool/settings.h"

enum {
	ZONE_BYTES_MAX = 64 << 20,
	PATIENCE = 30000,               /* an SPF chain of silent servers ends before that */
	PATIENCE_WITH_ZONE = 1000       /* a zone text answers at once, or never */
};

static int
complain(struct arena *arena, const char *what, struct text reason, int status)
{
	complaint_of(arena, what, reason);
	return status;
}

static bool
load_default_config(struct arena *arena, struct config *config_out,
		    struct config_problems *problems)
{
	if (access(settings_default_path, R_OK) == 0)
		return settings_load_file(arena, settings_default_path, config_out, problems);
	if (access(settings_default_path, F_OK) != 0)
		return settings_load_defaults(arena, config_out, problems);
	/* It is not for everybody's eyes, and then neither are its parts. */
	config_set_defaults(arena, config_out);
	config_finish(arena, config_out, problems);
	return true;
}

static int
load_config(struct arena *arena, const char *path, struct config *config_out)
{
	struct config_problems problems = { .count = 0 };
	bool is_loaded;

	is_loaded = path != NULL ? settings_load_file(arena, path, config_out, &problems) :
				   load_default_config(arena, config_out, &problems);
	for (size_t i = 0; !is_loaded && i < problems.count; i++)
		if (!problems.items[i].is_warning)
			complaint_of(arena, text_string(arena, problems.items[i].place),
				     problems.items[i].sentence);
	return is_loaded ? EX_OK : EX_CONFIG;
}

static int
open_zone(struct arena *arena, const char *path, struct domain_source *source)
{
	struct file_content content;
	struct zone_text *zone;
	struct text reason;

	if (!file_read(arena, path, ZONE_BYTES_MAX, false, &content, &reason))
		return complain(arena, path, reason, EX_NOINPUT);
	zone = zone_text_parse(arena, content.text, &reason);
	if (zone == NULL)
		return complain(arena, path, reason, EX_NOINPUT);
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
		return complain(arena, "name servers", reason, EX_USAGE);
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
