// SPDX-License-Identifier: Apache-2.0
/* The comparison that test_types.c relies upon, on types made up: each kind of mistake is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>

#include "types.h"

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
	expect(w, THING, "thing.value: declared with 0 bits, the kernel has 3", 1);
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
