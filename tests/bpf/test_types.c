// SPDX-License-Identifier: Apache-2.0
/*
 * A field declared with a wrong size loads and silently reads the wrong bytes. So every field of
 * every struct in vmlinux/vmlinux.h, as it stands in the compiled probes, is compared with the
 * running kernel's. SIDEWATCH_BPF_OBJECT and SIDEWATCH_KERNEL_BTF name other files to compare.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "sidewatch.skel.h"
#include "types.h"

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

/* So that a comparison which found nothing to compare cannot pass. */
#define LEAST_STRUCTS 25
#define LEAST_FIELDS 100

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_declared_field_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
