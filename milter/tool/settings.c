/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/settings.h"

#include "checks/public_suffix.h"
#include "programs/service.h"

const char settings_default_path[] = SYSCONFDIR "/dmarcmilter.conf";

extern char **environ;

bool
settings_load_file(struct arena *arena, const char *path, struct config *config_out,
		   struct config_problems *problems)
{
	const struct config *config = service_load(arena, path, NULL, problems);

	if (config == NULL)
		return false;
	*config_out = *config;
	return true;
}

static bool
find_public_suffix_list(struct arena *arena, const struct config *config,
			struct config_problems *problems)
{
	struct text reason;

	if ((config->dmarc_discovery != DISCOVERY_PUBLIC_SUFFIX_LIST && !config->dmarc_compare) ||
	    public_suffix_refresh(config->public_suffix_list, arena, &reason))
		return true;
	config_problem_add(arena, problems, TEXT("PublicSuffixList"), reason, false);
	return false;
}

bool
settings_finish(struct arena *arena, struct config *config, struct config_problems *problems)
{
	config_finish(arena, config, problems);
	return !problems->has_error && find_public_suffix_list(arena, config, problems);
}

bool
settings_load_defaults(struct arena *arena, struct config *config_out,
		       struct config_problems *problems)
{
	config_set_defaults(arena, config_out);
	config_read_drop_ins(arena, settings_default_path, config_out, problems);
	config_read_environment(arena, environ, config_out, problems);
	return settings_finish(arena, config_out, problems);
}
