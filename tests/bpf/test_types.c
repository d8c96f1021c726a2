// SPDX-License-Identifier: Apache-2.0
/*
 * A field declared with a wrong size loads and silently reads the wrong bytes. So every field of
 * every struct in vmlinux/vmlinux.h, as it stands in the compiled probes, is compared with the
 * running kernel's. SIDEWATCH_BPF_OBJECT and SIDEWATCH_KERNEL_BTF name other files to compare.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "sidewatch.skel.h"

/* The names of the declared structs come from the header's text; the guard makes the include
 * empty, it is there for the list of dependencies. */
#define __VMLINUX_H__
#include "../../vmlinux/vmlinux.h"
#undef __VMLINUX_H__
extern const char header_text[];
__asm__(".pushsection .rodata\n"
	".globl header_text\n"
	"header_text: .incbin \"vmlinux/vmlinux.h\"\n"
	".byte 0\n"
	".popsection\n");

#define NAME_BYTES 64
#define PROBLEMS_MAX 32
#define PROBLEM_BYTES 200

/* So that a comparison which found nothing to compare cannot pass. */
#define LEAST_STRUCTS 25
#define LEAST_FIELDS 100

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
	bool bitfield;
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
			*out = (struct found){m->type, offset, btf_member_bitfield_size(t, i) != 0};
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
	if (found.bitfield || btf_member_bitfield_size(ours, i))
		problem(c->tally, "%s: is a bit field", here);
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

/* ---- this kernel ------------------------------------------------------------------------- */

static struct bpf_object *open_object(void)
{
	const char *path = getenv("SIDEWATCH_BPF_OBJECT");
	struct bpf_object *object;
	const void *bytes;
	size_t size;

	if (path) {
		object = bpf_object__open(path);
	} else {
		bytes = sidewatch_bpf__elf_bytes(&size);
		object = bpf_object__open_mem(bytes, size, NULL);
	}
	assert_non_null(object);
	return object;
}

static void test_every_declared_field_is_the_kernels(void **state)
{
	const char *path = getenv("SIDEWATCH_KERNEL_BTF") ?: "/sys/kernel/btf/vmlinux";
	struct bpf_object *object = open_object();
	struct btf *kernel = btf__parse(path, NULL);
	struct tally all;
	size_t structs;

	(void)state;
	assert_non_null(kernel);
	structs = compare_all(header_text, bpf_object__btf(object), kernel, &all);
	for (size_t i = 0; i < all.count && i < PROBLEMS_MAX; i++)
		print_error("%s\n", all.problems[i]);
	print_message("%zu structs, %zu fields compared\n", structs, all.fields);
	assert_int_equal(all.count, 0);
	assert_true(structs >= LEAST_STRUCTS);
	assert_true(all.fields >= LEAST_FIELDS);
	btf__free(kernel);
	bpf_object__close(object);
}

/* ---- the comparison itself --------------------------------------------------------------- */

/* Two small worlds: what we declare and what the kernel has. */
struct worlds {
	struct btf *ours;
	struct btf *kernel;
};

enum { U32 = 1, U64, CHAR, PTR_TO_U32, SIGNED32, CONST_U32, FIRST_STRUCT };

static struct btf *world(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	assert_int_equal(btf__add_int(btf, "unsigned int", 4, 0), U32);
	assert_int_equal(btf__add_int(btf, "unsigned long long", 8, 0), U64);
	assert_int_equal(btf__add_int(btf, "char", 1, BTF_INT_CHAR), CHAR);
	assert_int_equal(btf__add_ptr(btf, U32), PTR_TO_U32);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), SIGNED32);
	assert_int_equal(btf__add_const(btf, U32), CONST_U32);
	return btf;
}

static int build(void **state)
{
	struct worlds *w = calloc(1, sizeof(*w));

	w->ours = world();
	w->kernel = world();
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct worlds *w = *state;

	btf__free(w->ours);
	btf__free(w->kernel);
	free(w);
	return 0;
}

static int add_struct(struct btf *btf, const char *name, uint32_t size)
{
	int id = btf__add_struct(btf, name, size);

	assert_true(id > 0);
	return id;
}

/* To the struct added last; where it lies matters to iterators' contexts alone. */
static void add_field(struct btf *btf, const char *name, int type, uint32_t bit_offset)
{
	assert_int_equal(btf__add_field(btf, name, type, bit_offset, 0), 0);
}

static int add_array(struct btf *btf, int type, uint32_t n)
{
	int id = btf__add_array(btf, U32, type, n);

	assert_true(id > 0);
	return id;
}

/* A struct `thing` of one field. */
static void thing(struct btf *btf, const char *field, int type)
{
	add_struct(btf, "thing", 64);
	add_field(btf, field, type, 0);
}

#define THING "/* a comment */\nstruct other;\nstruct thing {\n\tu32 value;\n};\n"

static void expect(const struct worlds *w, const char *header, const char *wanted, size_t fields)
{
	struct tally all;

	compare_all(header, w->ours, w->kernel, &all);
	if (!wanted) {
		if (all.count)
			print_error("%s\n", all.problems[0]);
		assert_int_equal(all.count, 0);
	} else {
		assert_int_equal(all.count, 1);
		assert_string_equal(all.problems[0], wanted);
	}
	assert_int_equal(all.fields, fields);
}

static void test_a_right_declaration_passes(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	thing(w->kernel, "value", CONST_U32);
	expect(w, THING, NULL, 1);
}

static void test_a_field_too_wide_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U64);
	thing(w->kernel, "value", U32);
	expect(w, THING, "thing.value: declared with 8 bytes, the kernel has 4", 1);
}

static void test_a_field_too_narrow_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", SIGNED32);
	thing(w->kernel, "value", U64);
	expect(w, THING, "thing.value: declared with 4 bytes, the kernel has 8", 1);
}

static void test_a_missing_member_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	thing(w->kernel, "worth", U32);
	expect(w, THING, "thing.value: the kernel has no such member", 0);
}

static void test_a_missing_type_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	expect(w, THING, "thing: the kernel has no such type", 0);
}

static void test_a_type_that_no_probe_reads_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->kernel, "value", U32);
	expect(w, THING, "thing: declared, but no probe reads it", 0);
}

static void test_a_struct_without_members_is_found(void **state)
{
	struct worlds *w = *state;

	add_struct(w->ours, "thing", 0);
	thing(w->kernel, "value", U32);
	expect(w, THING, "thing: is declared without any member", 0);
}

static void test_another_kind_of_type_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U64);
	thing(w->kernel, "value", PTR_TO_U32);
	expect(w, THING, "thing.value: declared as another kind of type than the kernel's", 0);
}

static void test_a_bit_field_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	add_struct(w->kernel, "thing", 64);
	assert_int_equal(btf__add_field(w->kernel, "value", U32, 0, 3), 0);
	expect(w, THING, "thing.value: is a bit field", 1);
}

static void test_arrays_are_compared_by_length_and_element(void **state)
{
	struct worlds *w = *state;
	int any = add_array(w->ours, PTR_TO_U32, 0), seven = add_array(w->kernel, PTR_TO_U32, 7);

	thing(w->ours, "same", add_array(w->ours, CHAR, 16));
	add_field(w->ours, "any", any, 0);
	thing(w->kernel, "same", add_array(w->kernel, CHAR, 16));
	add_field(w->kernel, "any", seven, 0);
	expect(w, THING, NULL, 2);
}

static void test_an_array_too_long_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", add_array(w->ours, CHAR, 64));
	thing(w->kernel, "value", add_array(w->kernel, CHAR, 16));
	expect(w, THING, "thing.value: declared with 64 elements, the kernel has 16", 1);
}

static void test_an_arrays_element_too_wide_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", add_array(w->ours, U64, 0));
	thing(w->kernel, "value", add_array(w->kernel, U32, 4));
	expect(w, THING, "thing.value: declared with 8 bytes, the kernel has 4", 1);
}

static void test_a_pointer_to_another_struct_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", btf__add_ptr(w->ours, add_struct(w->ours, "file", 8)));
	thing(w->kernel, "value", btf__add_ptr(w->kernel, add_struct(w->kernel, "socket", 8)));
	expect(w, THING, "thing.value: points to file, the kernel's to socket", 1);
}

static void test_embedded_structs_are_looked_into(void **state)
{
	struct worlds *w = *state;
	int ours = add_struct(w->ours, "path", 8), kernel;

	add_field(w->ours, "dentry", U64, 0);
	kernel = add_struct(w->kernel, "path", 8);
	add_field(w->kernel, "dentry", U32, 0);
	thing(w->ours, "inner", ours);
	thing(w->kernel, "inner", kernel);
	expect(w, THING, "thing.inner.dentry: declared with 8 bytes, the kernel has 4", 1);
}

static void test_anonymous_members_are_looked_into(void **state)
{
	struct worlds *w = *state;
	int inner = btf__add_union(w->kernel, NULL, 8);

	add_field(w->kernel, "value", U32, 0);
	add_struct(w->kernel, "thing", 64);
	add_field(w->kernel, NULL, inner, 32);
	thing(w->ours, "value", U32);
	expect(w, THING, NULL, 1);
}

static void test_a_capability_set_is_compared_as_a_whole(void **state)
{
	struct worlds *w = *state;
	int ours = btf__add_struct(w->ours, NULL, 8), kernel, array;

	add_field(w->ours, "val", U64, 0);
	array = add_array(w->kernel, U32, 2);
	kernel = btf__add_struct(w->kernel, "kernel_cap_struct", 8);
	add_field(w->kernel, "cap", array, 0);
	thing(w->ours, "value", btf__add_typedef(w->ours, "kernel_cap_t", ours));
	thing(w->kernel, "value", btf__add_typedef(w->kernel, "kernel_cap_t", kernel));
	expect(w, THING, NULL, 1);
}

static void test_a_capability_set_of_another_size_is_found(void **state)
{
	struct worlds *w = *state;
	int ours = btf__add_struct(w->ours, NULL, 8), kernel;

	add_field(w->ours, "val", U64, 0);
	kernel = btf__add_struct(w->kernel, NULL, 4);
	add_field(w->kernel, "val", U32, 0);
	thing(w->ours, "value", btf__add_typedef(w->ours, "kernel_cap_t", ours));
	thing(w->kernel, "value", btf__add_typedef(w->kernel, "kernel_cap_t", kernel));
	expect(w, THING, "thing.value: declared with 8 bytes, the kernel has 4", 1);
}

#define FLAVORS "struct thing {\n};\nstruct thing___old {\n};\n"

static void flavors(struct worlds *w, int now, int old)
{
	thing(w->ours, "value", now);
	add_struct(w->ours, "thing___old", 64);
	add_field(w->ours, "value", old, 0);
}

static void test_one_flavor_has_to_fit(void **state)
{
	struct worlds *w = *state;

	flavors(w, U64, U32);
	thing(w->kernel, "value", U32);
	expect(w, FLAVORS, NULL, 1);
}

static void test_no_flavor_fits_is_found(void **state)
{
	struct worlds *w = *state;
	struct tally all;

	flavors(w, U64, PTR_TO_U32);
	thing(w->kernel, "value", U32);
	assert_int_equal(compare_all(FLAVORS, w->ours, w->kernel, &all), 2);
	assert_int_equal(all.count, 2);
}

static void test_a_flavor_may_have_what_this_kernel_lacks(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	add_struct(w->ours, "thing___old", 64);
	add_field(w->ours, "former", U64, 0);
	thing(w->kernel, "value", U32);
	expect(w, FLAVORS, NULL, 1);
}

static void test_a_flavors_own_member_of_another_size_is_found(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	add_struct(w->ours, "thing___old", 64);
	add_field(w->ours, "former", U64, 0);
	thing(w->kernel, "value", U32);
	add_field(w->kernel, "former", U32, 32);
	expect(w, FLAVORS, "thing___old.former: declared with 8 bytes, the kernel has 4", 2);
}

/* A kernel module or a driver has another type of the same name. */
static void test_the_candidate_that_fits_is_taken(void **state)
{
	struct worlds *w = *state;

	thing(w->ours, "value", U32);
	thing(w->kernel, "worth", U64);
	thing(w->kernel, "value", U32);
	expect(w, THING, NULL, 1);
}

#define CONTEXT "struct bpf_iter__thing {\n};\n"

static void contexts(struct worlds *w, uint32_t kernel_offset)
{
	add_struct(w->ours, "bpf_iter__thing", 16);
	add_field(w->ours, "fd", U32, 64);
	add_field(w->ours, "pad", U32, 96);
	add_struct(w->kernel, "bpf_iter__thing", 16);
	add_field(w->kernel, "fd", U32, kernel_offset);
}

static void test_an_iterators_context_is_compared_by_offset(void **state)
{
	contexts(*state, 64);
	expect(*state, CONTEXT, NULL, 1);
}

static void test_an_iterators_context_that_moved_is_found(void **state)
{
	contexts(*state, 128);
	expect(*state, CONTEXT, "bpf_iter__thing.fd: lies elsewhere", 1);
}

#define WITH_WORLDS(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_declared_field_is_the_kernels),
		WITH_WORLDS(test_a_right_declaration_passes),
		WITH_WORLDS(test_a_field_too_wide_is_found),
		WITH_WORLDS(test_a_field_too_narrow_is_found),
		WITH_WORLDS(test_a_missing_member_is_found),
		WITH_WORLDS(test_a_missing_type_is_found),
		WITH_WORLDS(test_a_type_that_no_probe_reads_is_found),
		WITH_WORLDS(test_a_struct_without_members_is_found),
		WITH_WORLDS(test_another_kind_of_type_is_found),
		WITH_WORLDS(test_a_bit_field_is_found),
		WITH_WORLDS(test_arrays_are_compared_by_length_and_element),
		WITH_WORLDS(test_an_array_too_long_is_found),
		WITH_WORLDS(test_an_arrays_element_too_wide_is_found),
		WITH_WORLDS(test_a_pointer_to_another_struct_is_found),
		WITH_WORLDS(test_embedded_structs_are_looked_into),
		WITH_WORLDS(test_anonymous_members_are_looked_into),
		WITH_WORLDS(test_a_capability_set_is_compared_as_a_whole),
		WITH_WORLDS(test_a_capability_set_of_another_size_is_found),
		WITH_WORLDS(test_one_flavor_has_to_fit),
		WITH_WORLDS(test_no_flavor_fits_is_found),
		WITH_WORLDS(test_a_flavor_may_have_what_this_kernel_lacks),
		WITH_WORLDS(test_a_flavors_own_member_of_another_size_is_found),
		WITH_WORLDS(test_the_candidate_that_fits_is_taken),
		WITH_WORLDS(test_an_iterators_context_is_compared_by_offset),
		WITH_WORLDS(test_an_iterators_context_that_moved_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
