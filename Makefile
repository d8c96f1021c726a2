# SPDX-License-Identifier: Apache-2.0
#
# The whole build. `make help` lists what there is; V=1 shows the commands.
# Everything made lies in .output/.

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:

OUT := .output
V ?= 0
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

CC := gcc
CLANG ?= clang
BPFTOOL ?= bpftool
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')

VERSION := 0.1.0
PACKAGES := libbpf libcrypto libssl libcyaml yaml-0.1 jansson libsystemd
PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS = $(shell pkg-config --libs $(PACKAGES)) -lelf -lz

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Werror
CPPFLAGS := -D_GNU_SOURCE -DSW_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(OUT)/gen $(PKG_CFLAGS)
CFLAGS := -std=gnu17 -g -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE $(WARN)
LDFLAGS := -pie -Wl,-z,relro,-z,now
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_CFLAGS := -std=gnu17 -g -O1 $(WARN) $(ASAN)

BPF_SRC := $(sort $(wildcard bpf/*.bpf.c))
BPF_TWINS := exec flow life mptcp reader
BPF_OBJ := $(BPF_SRC:%.bpf.c=$(OUT)/%.bpf.o) $(BPF_TWINS:%=$(OUT)/bpf/%.twin.bpf.o)
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Iinclude -Ivmlinux -Ibpf \
	-idirafter /usr/include/$(shell uname -m)-linux-gnu \
	-Wall -Wextra -Wno-unused-parameter -Werror
SKEL := $(OUT)/gen/sidewatch.skel.h

USER_SRC := $(sort $(shell find user -name '*.c'))
USER_OBJ := $(USER_SRC:%.c=$(OUT)/rel/%.o)
LIB_SRC := $(filter-out user/main.c,$(USER_SRC))
ASAN_OBJ := $(LIB_SRC:%.c=$(OUT)/asan/%.o)
ASAN_LIB := $(OUT)/asan/libsidewatch.a

UNIT_SRC := $(sort $(shell find tests/unit -name 'test_*.c'))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(OUT)/unit/%)

all: $(OUT)/sidewatch ## build the sidewatch binary (default)

## ---- BPF ---------------------------------------------------------------------------------

$(OUT)/bpf/%.bpf.o: bpf/%.bpf.c Makefile
	$(say) BPF $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/bpf/%.twin.bpf.o: bpf/%.bpf.c Makefile
	$(say) BPF '$< (twin)'
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DSW_TWIN -MMD -MP -c $< -o $@

$(OUT)/sidewatch.bpf.o: $(BPF_OBJ)
	$(say) LINK $@
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(OUT)/sidewatch.bpf.o
	$(say) SKEL $@
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name sidewatch_bpf >$@.tmp && mv $@.tmp $@

## ---- user space --------------------------------------------------------------------------

$(OUT)/rel/%.o: %.c Makefile
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/sidewatch: $(USER_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(OUT)/asan/%.o: %.c Makefile
	$(say) ASAN $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ASAN_CFLAGS) -MMD -MP -c $< -o $@

$(ASAN_LIB): $(ASAN_OBJ)
	$(say) AR $@
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/unit/%: tests/unit/%.c $(ASAN_LIB) Makefile
	$(say) TEST $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(ASAN_CFLAGS) -MMD -MP -MF $@.d $< $(ASAN_LIB) -o $@ \
		$(PKG_LIBS) -lcmocka

$(filter $(OUT)/rel/user/probe/%,$(USER_OBJ)) $(filter $(OUT)/asan/user/probe/%,$(ASAN_OBJ)): | $(SKEL)

-include $(BPF_OBJ:.o=.d) $(USER_OBJ:.o=.d) $(ASAN_OBJ:.o=.d) $(UNIT_BIN:=.d)

## ---- dependencies ------------------------------------------------------------------------

BUILD_DEPS := gcc make pkg-config clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev libssl-dev \
	libcyaml-dev libyaml-dev libjansson-dev uthash-dev libsystemd-dev libcap-ng-dev
TEST_DEPS := libcmocka-dev clang-format clang-tidy shellcheck mandoc git iproute2 util-linux bash \
	libcap2-bin python3 python3-jsonschema python3-yaml pyflakes3 jq libclang-rt-dev openssl mmdebstrap clang-19

deps: ## install what the build needs, from Debian's packages
	$(Q)tests/deps $(BUILD_DEPS)

deps-test: deps ## and what the tests need, QEMU and its image's tools among it
	$(Q)tests/deps $(TEST_DEPS)
	$(Q)tests/vm/deps.sh

## ---- run ---------------------------------------------------------------------------------

# In a second make, because what the build finds depends on what has been installed.
run: deps ## build and watch this host, incidents on the terminal (SCOPE=cgroup:PATH|netns:PATH)
	$(Q)$(MAKE) --no-print-directory all
	$(OUT)/sidewatch run $(if $(SCOPE),--scope $(SCOPE))

demo: deps ## play a pivot in three namespaces of its own and show the incident
	$(Q)tests/vm/deps.sh image
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo/demo.sh

## ---- tests -------------------------------------------------------------------------------

BPF_TEST_SRC := $(sort $(wildcard tests/bpf/test_*.c))
BPF_TEST_BIN := $(BPF_TEST_SRC:tests/bpf/%.c=$(OUT)/bpf-test/%)
BPF_TEST_OBJ := $(filter-out $(OUT)/rel/user/main.o,$(USER_OBJ))

$(OUT)/bpf-test/%: tests/bpf/%.c tests/bpf/lab.c $(wildcard tests/bpf/*.h) $(BPF_TEST_OBJ) Makefile
	$(say) TEST $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/bpf $(CFLAGS) $(LDFLAGS) $< tests/bpf/lab.c $(BPF_TEST_OBJ) \
		-o $@ $(PKG_LIBS) -lcmocka

RANDOM := tests/causality/random
RANDOM_BIN := $(OUT)/causality-random/random $(OUT)/causality-random/serve
RANDOM_SERVE := $(addprefix $(RANDOM)/,serve.c serve_threads.c serve_loop.c \
	strand.c alive.c process.c)
RANDOM_DRIVE := $(addprefix $(RANDOM)/,random.c judge.c play.c plan.c program.c shapes.c)

$(OUT)/causality-random/random: $(RANDOM_DRIVE) tests/bpf/lab.c tests/bpf/lab.h \
		$(wildcard $(RANDOM)/*.h) $(BPF_TEST_OBJ) Makefile
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/bpf $(CFLAGS) $(LDFLAGS) $(filter %.c %.o,$^) -o $@ \
		$(PKG_LIBS) -lcmocka

# Static: it is exec'd some ten thousand times.
$(OUT)/causality-random/serve: $(RANDOM_SERVE) $(RANDOM)/shapes.c $(wildcard $(RANDOM)/*.h) Makefile
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu17 -g -O2 $(WARN) -static $(filter %.c,$^) -o $@ -lpthread

KERNEL ?= native
PROBES ?= core

fmt: ## format all C files
	$(Q)git ls-files '*.c' '*.h' | xargs $(CLANG_FORMAT) -i

lint: $(SKEL) ## formatting, static analysis, layering, scripts, man pages
	$(say) LINT format
	$(Q)git ls-files '*.c' '*.h' | xargs $(CLANG_FORMAT) --dry-run -Werror
	$(say) LINT layers
	$(Q)tests/lint/layers
	$(say) LINT text
	$(Q)tests/lint/text
	$(say) LINT tidy
	$(Q)printf '%s\n' $(USER_SRC) | xargs -n 4 -P "$$(nproc)" sh -c \
		'$(CLANG_TIDY) --quiet "$$@" -- $(subst ','\'',$(CPPFLAGS)) -std=gnu17 2>&1 | \
			{ grep -vE "^[0-9]+ warnings? generated" || :; }' tidy >$(OUT)/tidy
	$(Q)cat $(OUT)/tidy && ! grep -q . $(OUT)/tidy
	$(Q)echo 'lint: 4 passed, 0 failed'

unit: $(UNIT_BIN) ## unit tests under ASan and UBSan (ONLY=path/test_x for one)
	$(Q)tests/unit/run $(if $(ONLY),$(OUT)/unit/$(ONLY),$(UNIT_BIN))

RENDERERS := $(filter $(OUT)/unit/sink/% $(OUT)/unit/alert/%,$(UNIT_BIN))

schema: $(RENDERERS) ## docs/schema against what is rendered, the man page and ECS
	$(Q)tests/schema/run $^

cli: $(OUT)/sidewatch ## the command line's documented behaviour and exit codes
	$(Q)tests/cli/run $<

bpf-test: $(BPF_TEST_BIN) ## the probes on real sockets (KERNEL=native|6.1|6.12|7, PROBES=, ONLY=test_x)
	$(Q)SIDEWATCH_PROBES=$(PROBES) tests/bpf/run $(KERNEL) $(if $(ONLY),$(OUT)/bpf-test/$(ONLY),$(BPF_TEST_BIN))

bpf-twins: $(BPF_TEST_BIN) ## the same with each probe attached twice, as on kernels that preempt them
	$(Q)SIDEWATCH_TWINS=on tests/bpf/run native $(BPF_TEST_BIN)

bpf-clang-19: ## and once more with probes built by clang 19, Debian 13's
	$(Q)SIDEWATCH_TWINS=on $(MAKE) --no-print-directory -j 2 OUT=$(OUT)/clang-19 CLANG=clang-19 bpf-test

causality-random: $(RANDOM_BIN) ## random process trees against their truth (N=, SEED=, TREE=, KERNEL=, PROBES=)
	$(Q)SIDEWATCH_PROBES=$(PROBES) N=$(or $(N),10000) $(foreach v,SEED TREE BATCH TIMES LIMIT \
		LOAD PID_MAX,$(if $($v),$v=$($v))) $(RANDOM)/run $(KERNEL)

random-short: $(RANDOM_BIN)
	$(Q)N=500 LIMIT=30 $(RANDOM)/run native

# In the VM process ids are few and used again, and the processors have other work.
random-full: $(RANDOM_BIN)
	$(Q)N=2000 LOAD=2 $(RANDOM)/run native
	$(Q)SIDEWATCH_PROBES=precision N=2000 LOAD=2 PID_MAX=2000 $(RANDOM)/run 6.12

scenarios: $(OUT)/sidewatch ## attacks and honest work (KERNEL=, PROBES=, DIR=path, ONLY=name)
	$(Q)tests/scenarios/run --kernel $(KERNEL) --probes $(PROBES) $(if $(DIR),--dir $(DIR)) \
		$(if $(ONLY),--only $(ONLY)) $(if $(SEED),--seed $(SEED)) $(if $(SCOPE),--scope $(SCOPE))

ACTOR_SRC := $(filter-out %/i386.c,$(wildcard tests/causality/actor/*.c))
CAUSALITY_BIN := $(OUT)/causality/actor $(OUT)/causality/i386 $(OUT)/causality/told

$(OUT)/causality/actor: $(ACTOR_SRC) $(wildcard tests/causality/actor/*.h) Makefile
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE $(CFLAGS) $(LDFLAGS) $(ACTOR_SRC) -o $@

# Of 32 bits, for which no library need be there.
$(OUT)/causality/i386: tests/causality/actor/i386.c Makefile
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -m32 -O2 $(WARN) -ffreestanding -fno-stack-protector -fno-pie -no-pie -nostdlib -static $< -o $@

$(OUT)/causality/told: tests/causality/told.c $(BPF_TEST_OBJ) Makefile
	$(say) TEST $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $< $(BPF_TEST_OBJ) -o $@ $(PKG_LIBS)

causality: $(OUT)/sidewatch $(CAUSALITY_BIN) ## origins of every shape and trick (KERNEL=, PROBES=, ONLY=name)
	$(Q)tests/causality/run --kernel $(KERNEL) --probes $(PROBES) $(if $(ONLY),--only '$(ONLY)')

causality-vm: $(OUT)/sidewatch $(CAUSALITY_BIN)
	$(Q)for kernel in 6.1 6.12 7; do for probes in core precision; do \
		tests/causality/run --kernel $$kernel --probes $$probes || exit; \
	done; done

causality-table: ## writes docs/causality.md's table, once all of them have passed
	$(Q)tests/causality/table

SYSLOG_DRIVER := $(OUT)/syslog-test/driver

$(SYSLOG_DRIVER): tests/syslog/driver.c $(BPF_TEST_OBJ) Makefile
	$(say) TEST $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d $< $(BPF_TEST_OBJ) \
		-o $@ $(PKG_LIBS) -lcmocka

-include $(SYSLOG_DRIVER).d

syslog-test: $(SYSLOG_DRIVER) ## syslog over the network, to real daemons (ONLY=pattern)
	$(Q)tests/syslog/run --messages 2000 $(if $(ONLY),--only '$(ONLY)') $<

syslog-full: $(SYSLOG_DRIVER)
	$(Q)tests/syslog/run --messages 20000 --all --table $(OUT)/syslog-test/table.md $<

replay: $(OUT)/sidewatch ## judges the recorded fixtures again: the same bytes must come of it
	$(Q)tests/fixtures/run $<

fixtures: $(OUT)/sidewatch ## records the fixtures anew from the scenarios (ONLY=name)
	$(Q)tests/fixtures/record $< $(if $(ONLY),'$(ONLY)')

# Those that look for what the precision set adds: under emulation the others take too long.
PRECISION_TESTS := test_precision test_listener

mutation: $(BPF_TEST_BIN) $(OUT)/sidewatch ## turns each probe off: a test must go red
	$(Q)tests/bpf/mutation native core $(BPF_TEST_BIN)
	$(Q)tests/bpf/mutation 6.12 precision $(addprefix $(OUT)/bpf-test/,$(PRECISION_TESTS))

mutation-marks: $(RANDOM_BIN) ## breaks the marking code in a copy: random trees or a BPF test must go red
	$(Q)$(RANDOM)/mutate

fuzz: ## fuzzes the way from bytes to incidents (SECONDS=60)
	$(Q)tests/fuzz/run $(or $(SECONDS),60)

SUITES := lint unit replay schema cli bpf-test bpf-twins bpf-clang-19 random-short harness syslog-test causality scenarios-native refused

build-tests: $(OUT)/sidewatch $(CAUSALITY_BIN) $(SYSLOG_DRIVER) $(UNIT_BIN) $(BPF_TEST_BIN) $(RANDOM_BIN)

harness: $(OUT)/sidewatch $(CAUSALITY_BIN) ## the runners themselves: that they can fail
	$(Q)tests/scenarios/selftest/run
	$(Q)tests/causality/selftest/run

scenarios-native: $(OUT)/sidewatch
	$(Q)tests/scenarios/run --kernel native

# In VMs `make test` plays each scenario cold, `make test-full` after learning too.
VM_PHASE ?= cold
test-full: export VM_PHASE := all

# Under emulation a VM keeps one core busy: one kernel for each of the two.
vm: $(OUT)/sidewatch $(BPF_TEST_BIN)
	$(Q)$(MAKE) --no-print-directory --output-sync=target -j 2 vm-6.1 vm-6.12

# In `make test` each of the two kernels has one set, and those of the probes' tests that depend most
# on the kernel: under emulation each takes seconds. `test-full` has all.
VM_SETS_6.1 := core
VM_SETS_6.12 := precision
VM_SMOKE := test_types test_choice test_doctor test_session test_causality test_identity test_outcome test_precision
test-full: export VM_SETS := core precision
test-full: export VM_BPF := $(BPF_TEST_BIN)

vm-%: $(OUT)/sidewatch $(BPF_TEST_BIN)
	$(Q)for probes in $(or $(VM_SETS),$(VM_SETS_$*),core precision); do \
		SIDEWATCH_PROBES=$$probes tests/bpf/run $* \
			$(or $(VM_BPF),$(addprefix $(OUT)/bpf-test/,$(VM_SMOKE))) || exit; \
		tests/scenarios/run --kernel $* --probes $$probes --phase $(VM_PHASE) || exit; \
	done

refused: $(OUT)/sidewatch ## boots systems that cannot carry it: one clear line, exit code 3
	$(Q)tests/vm/refused

cgroup-v1: $(OUT)/sidewatch $(BPF_TEST_BIN)
	$(Q)tests/vm/cgroup-v1 6.1

kernels-table: $(OUT)/sidewatch $(BPF_TEST_BIN) ## writes docs/kernels.md's tables (KERNEL=x: x again)
	$(Q)tests/kernels-table $(if $(filter command line,$(origin KERNEL)),--kernel $(KERNEL))

test: deps-test ## what CI runs: every suite, under 20 minutes
	$(Q)tests/suites --beside vm $(SUITES)

test-full: deps-test ## everything
	$(Q)tests/suites --beside vm $(SUITES) vm-7 causality-vm cgroup-v1 unscoped syslog-full million random-full \
		mutation mutation-marks fuzz demo-shows

million: $(OUT)/sidewatch ## 10^6 connections through nginx, counted to the unit
	$(Q)tests/scenarios/run --kernel native --dir tests/scenarios/load

demo-shows: demo
	$(Q)echo 'demo: 1 passed, 0 failed'

unscoped: $(OUT)/sidewatch
	$(Q)tests/scenarios/run --kernel 6.12 --scope none

clean: ## remove everything made
	$(Q)rm -rf $(OUT)

help: ## this list
	$(Q)grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | \
		awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

.PHONY: all deps deps-test run demo fmt lint unit schema cli bpf-test bpf-twins bpf-clang-19 scenarios replay fixtures mutation fuzz harness \
	scenarios-native refused vm cgroup-v1 kernels-table causality causality-vm causality-table \
	causality-random random-short random-full mutation-marks \
	syslog-test syslog-full test test-full unscoped million demo-shows clean help
