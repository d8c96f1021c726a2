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
PACKAGES := libbpf libcrypto libcyaml yaml-0.1 jansson libsystemd
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lelf -lz

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Werror
CPPFLAGS := -D_GNU_SOURCE -DSW_VERSION='"$(VERSION)"' -Iinclude -Iuser -I$(OUT)/gen $(PKG_CFLAGS)
CFLAGS := -std=gnu17 -g -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE $(WARN)
LDFLAGS := -pie -Wl,-z,relro,-z,now
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_CFLAGS := -std=gnu17 -g -O1 $(WARN) $(ASAN)

BPF_SRC := $(sort $(wildcard bpf/*.bpf.c))
BPF_OBJ := $(BPF_SRC:%.bpf.c=$(OUT)/%.bpf.o)
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

$(OUT)/sidewatch.bpf.o: $(BPF_OBJ)
	$(say) LINK $@
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(OUT)/sidewatch.bpf.o
	$(say) SKEL $@
	$(Q)mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name sidewatch_bpf >$@.tmp && mv $@.tmp $@

## ---- user space --------------------------------------------------------------------------

$(OUT)/rel/user/probe/%.o $(OUT)/asan/user/probe/%.o: | $(SKEL)

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

-include $(BPF_OBJ:.o=.d) $(USER_OBJ:.o=.d) $(ASAN_OBJ:.o=.d) $(UNIT_BIN:=.d)

## ---- tests -------------------------------------------------------------------------------

unit: $(UNIT_BIN) ## unit tests under ASan and UBSan (ONLY=path/test_x for one)
	$(Q)tests/unit/run $(if $(ONLY),$(OUT)/unit/$(ONLY),$(UNIT_BIN))

clean: ## remove everything made
	$(Q)rm -rf $(OUT)

help: ## this list
	$(Q)grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
		awk -F'\t' '{ printf "  make %-14s %s\n", $$1, $$2 }'

.PHONY: all unit clean help
