// SPDX-License-Identifier: Apache-2.0
#include "probe/choice.h"

#include <assert.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "probe/hook.h"

const char *const sw_wanted_names[] = {
	[SW_WANTED_AUTO] = "auto",
	[SW_WANTED_CORE] = "core",
	[SW_WANTED_PRECISION] = "precision",
};
static_assert(SW_ARRAY_SIZE(sw_wanted_names) == SW_WANTED_MAX, "each has a name");

int sw_wanted_parse(const char *text, enum sw_wanted *out)
{
	for (int i = 0; i < SW_WANTED_MAX; i++) {
		if (strcmp(text, sw_wanted_names[i]) != 0)
			continue;
		*out = (enum sw_wanted)i;
		return 0;
	}
	return -EINVAL;
}

/* The first hook that works; otherwise says of each why not. */
static const struct sw_hook *try_hooks(const struct btf *kernel, const struct sw_probe *probe,
				       char refusal[SW_REFUSAL_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < SW_HOOKS_MAX && probe->hooks[i].program; i++) {
		int err = sw_hook_try(kernel, probe->hooks[i].section);

		if (!err) {
			refusal[0] = '\0';
			return &probe->hooks[i];
		}
		n += (size_t)snprintf(refusal + n, SW_REFUSAL_BYTES - n, "%s%s: %s", n ? "; " : "",
				      probe->hooks[i].section,
				      err == -ENOENT ? "not in this kernel" : strerror(-err));
		if (n >= SW_REFUSAL_BYTES)
			break;
	}
	return NULL;
}

static int choose(struct sw_choice *choice, enum sw_wanted wanted, size_t row,
		  const struct btf *kernel, bool without)
{
	const struct sw_probe *probe = &sw_probe_table[row];
	char *refusal = choice->refusals[row];

	if (probe->set == SW_SET_CORE) {
		choice->hooks[row] = &probe->hooks[0];
		return 0;
	}
	if (without || wanted == SW_WANTED_CORE) {
		snprintf(refusal, SW_REFUSAL_BYTES, "%s", without ? "left out" : "not asked for");
		return 0;
	}
	choice->hooks[row] = try_hooks(kernel, probe, refusal);
	return choice->hooks[row] || wanted == SW_WANTED_AUTO ? 0 : -ENOTSUP;
}

int sw_choice_make(struct sw_choice *choice, enum sw_wanted wanted,
		   const bool without[SW_PROBES_MAX], char *why, size_t why_bytes)
{
	struct btf *kernel = NULL;
	int err = 0;

	memset(choice, 0, sizeof(*choice));
	if (wanted != SW_WANTED_CORE) {
		kernel = btf__load_vmlinux_btf();
		err = (int)libbpf_get_error(kernel);
	}
	if (err) {
		snprintf(why, why_bytes, "cannot read the kernel's types: %s", strerror(-err));
		return err;
	}
	for (size_t i = 0; !err && i < sw_probe_count; i++) {
		err = choose(choice, wanted, i, kernel, without[i]);
		if (err)
			snprintf(why, why_bytes,
				 "this kernel cannot carry the precision set: probe %s: %s",
				 sw_probe_table[i].name, choice->refusals[i]);
	}
	btf__free(kernel);
	return err;
}

bool sw_choice_is_precise(const struct sw_choice *choice)
{
	for (size_t i = 0; i < sw_probe_count; i++)
		if (choice->hooks[i] && sw_probe_table[i].set != SW_SET_CORE)
			return true;
	return false;
}

void sw_choice_fall_back(struct sw_choice *choice, const char *reason)
{
	for (size_t i = 0; i < sw_probe_count; i++) {
		if (!choice->hooks[i] || sw_probe_table[i].set == SW_SET_CORE)
			continue;
		choice->hooks[i] = NULL;
		snprintf(choice->refusals[i], SW_REFUSAL_BYTES, "%s", reason);
	}
}
