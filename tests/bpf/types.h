/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares structs as we declare them with the kernel's, by the BTF of both. What CO-RE does not
 * notice is noticed here: a size that differs above all.
 */
#ifndef TESTS_BPF_TYPES_H
#define TESTS_BPF_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "base/cleanup.h"

#define NAME_BYTES 64
#define PROBLEMS_MAX 32
#define PROBLEM_BYTES 200

struct tally {
	size_t fields; /* scalars, enums, pointers and arrays compared */
	size_t count; /* problems; the first PROBLEMS_MAX are kept */
	char problems[PROBLEMS_MAX][PROBLEM_BYTES];
};

struct comparison {
	const struct btf *ours;
	const struct btf *kernel;
	struct tally *tally;
};

/* Fields that some kernels are built without, and whose readers ask first whether they exist. */
static const char *const may_be_absent[] = {
	"task_struct.loginuid", /* CONFIG_AUDIT; bpf/task.h */
};

/* Types whose inner form changed while their size did not: compared as a whole. */
static const char *const opaque[] = {
	"kernel_cap_t", /* kernel commit f122a08b197d */
};

__attribute__((format(printf, 2, 3))) static void problem(struct tally *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (t->count < PROBLEMS_MAX)
		vsnprintf(t->problems[t->count], PROBLEM_BYTES, format, args);
	va_end(args);
	t->count++;
}

static bool is_listed(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

/* ---- BTF --------------------------------------------------------------------------------- */

static const struct btf_type *type_of(const struct btf *btf, uint32_t id)
{
	return btf__type_by_id(btf, id);
}

static const char *name_of(const struct btf *btf, uint32_t name_off)
{
	return btf__name_by_offset(btf, name_off) ?: "";
}

/* Without typedefs, qualifiers and tags. */
static uint32_t bare(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = type_of(btf, id);

	while (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t)) {
		id = t->type;
		t = type_of(btf, id);
	}
	return id;
}

/* A flavor is named with three underscores, as libbpf understands them. */
static size_t base_length(const char *name)
{
	const char *flavor = strstr(name, "___");

	return flavor ? (size_t)(flavor - name) : strlen(name);
}

static bool is_flavor(const char *name)
{
	return name[base_length(name)] != '\0';
}

static bool same_base(const char *a, const char *b)
{
	size_t n = base_length(a);

	return n == base_length(b) && !strncmp(a, b, n);
}

struct found {
	uint32_t type;
	uint32_t bit_offset;
	uint32_t bits; /* 0: no bit field */
};

/* Looks into anonymous members too, as C does. */
static bool find_member(const struct btf *btf, uint32_t id, const char *name, uint32_t base,
			struct found *out)
{
	const struct btf_type *t = type_of(btf, id);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = btf_members(t) + i;
		const char *member = name_of(btf, m->name_off);
		uint32_t offset = base + btf_member_bit_offset(t, i);
		uint32_t inner = bare(btf, m->type);

		if (!strcmp(member, name)) {
			*out = (struct found){m->type, offset, btf_member_bitfield_size(t, i)};
			return true;
		}
		if (!member[0] && btf_is_composite(type_of(btf, inner)) &&
		    find_member(btf, inner, name, offset, out))
			return true;
	}
	return false;
}

/* ---- fields ------------------------------------------------------------------------------ */

static void compare_members(struct comparison *c, uint32_t ours, uint32_t kernel, const char *path);

static bool is_number(const struct btf_type *t)
{
	return btf_is_int(t) || btf_is_any_enum(t) || btf_is_float(t);
}

/* What a pointer points to need only be the same struct by its name. */
static void compare_pointers(struct comparison *c, const struct btf_type *ours,
			     const struct btf_type *kernel, const char *path)
{
	const struct btf_type *a = type_of(c->ours, bare(c->ours, ours->type));
	const struct btf_type *b = type_of(c->kernel, bare(c->kernel, kernel->type));
	const char *name = name_of(c->ours, a->name_off), *real = name_of(c->kernel, b->name_off);

	if ((btf_is_composite(a) || btf_is_fwd(a)) && !same_base(name, real))
		problem(c->tally, "%s: points to %s, the kernel's to %s", path, name, real);
}

static void compare_sizes(struct comparison *c, uint32_t ours, uint32_t kernel, const char *path)
{
	long long a = btf__resolve_size(c->ours, ours);
	long long b = btf__resolve_size(c->kernel, kernel);

	if (a < 0 || a != b)
		problem(c->tally, "%s: declared with %lld bytes, the kernel has %lld", path, a, b);
}

static void compare_types(struct comparison *c, uint32_t ours, uint32_t kernel, const char *path);

static void compare_arrays(struct comparison *c, const struct btf_type *ours,
			   const struct btf_type *kernel, const char *path)
{
	const struct btf_array *a = btf_array(ours), *b = btf_array(kernel);

	/* [] stands for any number. */
	if (a->nelems && a->nelems != b->nelems)
		problem(c->tally, "%s: declared with %u elements, the kernel has %u", path,
			a->nelems, b->nelems);
	compare_types(c, a->type, b->type, path);
}

static void compare_types(struct comparison *c, uint32_t ours, uint32_t kernel, const char *path)
{
	const char *alias = name_of(c->ours, type_of(c->ours, ours)->name_off);
	uint32_t a = bare(c->ours, ours), b = bare(c->kernel, kernel);
	const struct btf_type *ta = type_of(c->ours, a), *tb = type_of(c->kernel, b);

	if (is_listed(alias, opaque, SW_ARRAY_SIZE(opaque))) {
		c->tally->fields++;
		compare_sizes(c, a, b, path);
	} else if (btf_is_composite(ta) && btf_is_composite(tb)) {
		compare_members(c, a, b, path);
	} else if (btf_is_array(ta) && btf_is_array(tb)) {
		compare_arrays(c, ta, tb, path);
	} else if (btf_is_ptr(ta) && btf_is_ptr(tb)) {
		c->tally->fields++;
		compare_pointers(c, ta, tb, path);
	} else if (is_number(ta) && is_number(tb)) {
		c->tally->fields++;
		compare_sizes(c, a, b, path);
	} else {
		problem(c->tally, "%s: declared as another kind of type than the kernel's", path);
	}
}

/* Contexts of iterators are laid out by the kernel's ABI, not by CO-RE: offsets count too. */
static bool is_abi(const char *path)
{
	return !strncmp(path, "bpf_iter__", 10);
}

static void compare_member(struct comparison *c, const struct btf_type *ours, uint32_t i,
			   uint32_t kernel, const char *path)
{
	const struct btf_member *m = btf_members(ours) + i;
	const char *name = name_of(c->ours, m->name_off);
	struct found found;
	char here[NAME_BYTES * 3];

	if (!name[0]) {
		compare_members(c, bare(c->ours, m->type), kernel, path);
		return;
	}
	if (is_abi(path) && !strcmp(name, "pad"))
		return;
	snprintf(here, sizeof(here), "%s.%s", path, name);
	if (!find_member(c->kernel, kernel, name, 0, &found)) {
		if (!is_listed(here, may_be_absent, SW_ARRAY_SIZE(may_be_absent)))
			problem(c->tally, "%s: the kernel has no such member", here);
		return;
	}
	if (found.bits != btf_member_bitfield_size(ours, i))
		problem(c->tally, "%s: declared with %u bits, the kernel has %u", here,
			btf_member_bitfield_size(ours, i), found.bits);
	if (is_abi(path) && found.bit_offset != btf_member_bit_offset(ours, i))
		problem(c->tally, "%s: lies elsewhere", here);
	compare_types(c, m->type, found.type, here);
}

static void compare_members(struct comparison *c, uint32_t ours, uint32_t kernel, const char *path)
{
	const struct btf_type *t = type_of(c->ours, ours);

	if (!btf_is_composite(t)) {
		problem(c->tally, "%s: is no struct", path);
		return;
	}
	if (!btf_vlen(t))
		problem(c->tally, "%s: is declared without any member", path);
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		compare_member(c, t, i, kernel, path);
}

/* ---- structs ----------------------------------------------------------------------------- */

static uint32_t next_struct(const struct btf *btf, uint32_t id, const char *name, bool base_only)
{
	for (id++; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = type_of(btf, id);
		const char *found = name_of(btf, t->name_off);

		if (btf_is_composite(t) &&
		    (base_only ? same_base(found, name) : !strcmp(found, name)))
			return id;
	}
	return 0;
}

/* The kernel may have several types of one name: CO-RE takes the one that fits. 0: there is none.
 */
static uint32_t best_candidate(const struct btf *ours, uint32_t id, const struct btf *kernel,
			       const char *name)
{
	size_t least = SIZE_MAX;
	char base[NAME_BYTES];
	uint32_t best = 0;

	snprintf(base, sizeof(base), "%.*s", (int)base_length(name), name);
	for (uint32_t k = 0; (k = next_struct(kernel, k, base, false));) {
		struct tally tally = {0};
		struct comparison c = {.ours = ours, .kernel = kernel, .tally = &tally};

		compare_members(&c, id, k, name);
		if (tally.count < least) {
			least = tally.count;
			best = k;
		}
	}
	return best;
}

/*
 * A flavor may have a member that this kernel lacks, and of several declarations of one member
 * only one has to fit.
 */
static bool is_excused(const struct comparison *c, uint32_t id, const char *name,
		       const char *member, uint32_t kernel)
{
	struct found found;

	if (is_flavor(name) && !find_member(c->kernel, kernel, member, 0, &found))
		return true;
	for (uint32_t other = 0; (other = next_struct(c->ours, other, name, true));) {
		const struct btf_type *t = type_of(c->ours, other);
		struct tally tally = {0};
		struct comparison again = {.ours = c->ours, .kernel = c->kernel, .tally = &tally};

		for (uint32_t i = 0; other != id && i < btf_vlen(t); i++) {
			if (strcmp(name_of(c->ours, btf_members(t)[i].name_off), member))
				continue;
			compare_member(&again, t, i, kernel, name);
			if (!tally.count)
				return true;
		}
	}
	return false;
}

static void add_tally(struct tally *all, const struct tally *one)
{
	all->fields += one->fields;
	for (size_t i = 0; i < one->count; i++)
		problem(all, "%s", i < PROBLEMS_MAX ? one->problems[i] : "and more");
}

static void compare_struct(const struct btf *ours, const struct btf *kernel, const char *name,
			   struct tally *all)
{
	uint32_t id = next_struct(ours, 0, name, false), real;
	const struct btf_type *t = type_of(ours, id);

	if (!id) {
		problem(all, "%s: declared, but no probe reads it", name);
		return;
	}
	real = best_candidate(ours, id, kernel, name);
	if (!real) {
		if (!is_flavor(name))
			problem(all, "%s: the kernel has no such type", name);
		return;
	}
	if (!btf_vlen(t))
		problem(all, "%s: is declared without any member", name);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		struct tally one = {0};
		struct comparison c = {.ours = ours, .kernel = kernel, .tally = &one};
		const char *member = name_of(ours, btf_members(t)[i].name_off);

		compare_member(&c, t, i, real, name);
		if (!one.count || !is_excused(&c, id, name, member, real))
			add_tally(all, &one);
	}
}

/* Compares every struct that the header's text declares. Returns how many there are. */
static size_t compare_all(const char *header, const struct btf *ours, const struct btf *kernel,
			  struct tally *all)
{
	size_t structs = 0;

	memset(all, 0, sizeof(*all));
	for (const char *line = header; line; line = strchr(line, '\n')) {
		char name[NAME_BYTES], brace;

		line += *line == '\n';
		if (sscanf(line, "struct %63[A-Za-z0-9_] %c", name, &brace) != 2 || brace != '{')
			continue;
		compare_struct(ours, kernel, name, all);
		structs++;
	}
	return structs;
}

#endif
