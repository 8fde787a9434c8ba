# replay: one Makefile, not recursive but for one step: the targets that install what they need start it again once that is there,
# since pkg-config can only be asked then. `make help` names every target.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
CLANG   ?= clang
AR      ?= ar
OBJCOPY ?= objcopy
SAN     ?=
WERROR  ?= $(if $(CI),-Werror)
OPT     ?= $(if $(SAN),-O1,-O2)

VERSION := 0.1.0

# V=1 shows each command; otherwise a line for each file.
Q   := $(if $(V),,@)
say  = $(if $(V),,@echo '  $(1)  $(2)')

GOALS := $(or $(MAKECMDGOALS),all)

# --- dependencies: found by pkg-config; each missing one is a sentence ----------------------------------------
# package of pkg-config, package of Debian
NEEDS := libpcap:libpcap-dev libcurl:libcurl4-openssl-dev libzstd:libzstd-dev zlib:zlib1g-dev libbrotlidec:libbrotli-dev \
         libpcre2-8:libpcre2-dev jansson:libjansson-dev libcap-ng:libcap-ng-dev
PKGS  := $(foreach n,$(NEEDS),$(firstword $(subst :, ,$(n))))

# These install first, or compile nothing.
INSTALLING := $(if $(DEPS),,test asan tsan fuzz bench demo)
ifneq ($(filter-out help clean deps format lint uninstall $(INSTALLING),$(GOALS)),)
MISSING := $(if $(shell command -v $(firstword $(CC))),,gcc) \
           $(if $(shell command -v pkg-config),$(foreach n,$(NEEDS),$(shell pkg-config --exists $(firstword $(subst :, ,$(n))) || echo \
           $(lastword $(subst :, ,$(n))))),pkg-config $(foreach n,$(NEEDS),$(lastword $(subst :, ,$(n))))) \
           $(if $(shell pkg-config --exists libllhttp 2>/dev/null && echo yes)$(wildcard /usr/share/llhttp/llhttp.c),,node-llhttp)
ifneq ($(strip $(MISSING)),)
$(error replay cannot be built here yet: install $(strip $(MISSING)) (Debian's names), or run contrib/install-deps, which does it)
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
endif

# llhttp: a library where the system has one, Debian's sources otherwise.
LLHTTP_DIR := $(wildcard /usr/share/llhttp)
ifneq ($(shell pkg-config --exists libllhttp 2>/dev/null && echo yes),)
LLHTTP_CFLAGS := $(shell pkg-config --cflags libllhttp)
LLHTTP_LIBS   := $(shell pkg-config --libs libllhttp)
LLHTTP_SRC    :=
else
LLHTTP_CFLAGS := -isystem /usr/share/include/llhttp
LLHTTP_SRC    := $(addprefix $(LLHTTP_DIR)/,api.c http.c llhttp.c)
endif

# gcc's sanitizers make it see narrowings that are not there: the plain build looks for those.
WARN   := -Wall -Wextra -Wshadow $(if $(SAN),,-Wconversion) -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
CFLAGS ?= $(OPT) -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -fno-strict-aliasing $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
             -Isrc -Iinclude -I$(BUILD)/gen $(PKG_CFLAGS) $(LLHTTP_CFLAGS) -D_GNU_SOURCE -DREPLAY_VERSION='"$(VERSION)"'
ALL_LDFLAGS = $(LDFLAGS) -pthread $(if $(SAN),-fsanitize=$(SAN))
LIBS = $(PKG_LIBS) $(LLHTTP_LIBS) -lm -pthread

# --- sources ------------------------------------------------------------------------------------------------
FOLDERS  := base model wire http log play diff report filter input output pipe api cli
SRC      := $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c))
LIB_SRC  := $(filter-out src/cli/%,$(SRC))
obj       = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
LLHTTP_OBJ := $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/obj/llhttp/%.o,$(LLHTTP_SRC))
LIB_OBJ  := $(call obj,$(LIB_SRC)) $(LLHTTP_OBJ)

.PHONY: all help deps
all: $(BUILD)/replay $(BUILD)/libreplay.a ## the program and the library (this is the default)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | sort -u | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo "  BUILD=dir (build)  PREFIX=dir (/usr/local)  DESTDIR=dir  CC=  CLANG=  SAN=address,undefined  WERROR=-Werror  FUZZ_SECONDS=20"

deps: ## install what the build and the tests need and this machine lacks
	@contrib/install-deps build test

$(BUILD)/replay: $(call obj,$(filter src/cli/%,$(SRC))) $(LIB_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# One object whose only global names are the public ones, so that a program that links it meets none of ours by accident.
$(BUILD)/libreplay.a: $(LIB_OBJ)
	$(call say,AR  ,$@)
	$(Q)$(CC) -r -nostdlib -o $(BUILD)/libreplay.o $^
	$(Q)$(OBJCOPY) --wildcard --keep-global-symbol='rp_*' $(BUILD)/libreplay.o
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(BUILD)/libreplay.o

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) -std=gnu11 $(OPT) -g -w $(if $(SAN),-fsanitize=$(SAN)) $(LLHTTP_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# --- the page of a comparison: its style and its script as a header, with the hashes that the page's own policy names ---
PAGE      := src/report/verdict_page
PAGE_GEN  := $(BUILD)/gen/report
page_bytes = od -An -v -tx1 $(1) | sed 's/ \(..\)/0x\1,/g'
page_hash  = $$(env printf "$$(sha256sum $(1) | cut -c1-64 | sed 's/../\\x&/g')" | base64)

$(PAGE_GEN)/verdict.js: $(addprefix $(PAGE)/,tools.js answers.js charts.js page.js)
	@mkdir -p $(@D)
	$(Q)if grep -niE '</script|<!--' $^; then echo 'this would end the script' >&2; exit 1; fi
	$(Q){ echo "'use strict';"; echo '(() => {'; cat $^; echo '})();'; } >$@
$(PAGE_GEN)/verdict_assets.h: $(PAGE)/page.css $(PAGE_GEN)/verdict.js
	$(call say,GEN ,$@)
	$(Q){ echo 'static const unsigned char verdict_style[] = {'; $(call page_bytes,$<); echo '};'; \
	      echo 'static const unsigned char verdict_script[] = {'; $(call page_bytes,$(PAGE_GEN)/verdict.js); echo '};'; \
	      echo "#define VERDICT_STYLE_SHA256 \"$(call page_hash,$<)\""; \
	      echo "#define VERDICT_SCRIPT_SHA256 \"$(call page_hash,$(PAGE_GEN)/verdict.js)\""; } >$@
$(BUILD)/obj/report/verdict_html.o $(BUILD)/fuzz/obj/report/verdict_html.o: $(PAGE_GEN)/verdict_assets.h

# --- unit tests: one Criterion program per folder, linked with that folder and the floors below only --------
ALLOC_WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
UNITS := $(sort $(foreach t,$(wildcard tests/unit/*/test_*.c),$(word 3,$(subst /, ,$(t)))))
below_base   := base
below_model  := base model
below_wire   := base model wire
below_http   := base model http
below_log    := base model log
below_play   := base model play
below_diff   := base model diff
below_report := base model report
below_cli    := $(FOLDERS)
below_of      = $(or $(below_$(1)),$(filter-out cli,$(FOLDERS)))

# Criterion's workers and ThreadSanitizer do not go together: its builds have a small runner of their own.
TSAN_RUNNER := $(if $(filter thread,$(SAN)),$(wildcard tests/support/tsan/*.c))
CRITERION   := $(if $(TSAN_RUNNER),,-lcriterion)

define UNIT
$(BUILD)/unit/$(1): $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/unit/$(1)/*.c tests/support/unit_*.c) $(TSAN_RUNNER)) \
                    $(call obj,$(filter-out src/cli/main.c,$(foreach f,$(call below_of,$(1)),$(wildcard src/$(f)/*.c)))) \
                    $(if $(filter http,$(call below_of,$(1))),$(LLHTTP_OBJ))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS) $(CRITERION) $(ALLOC_WRAP)
.PHONY: unit-$(1)
unit-$(1): $(BUILD)/unit/$(1)
	$(BUILD)/unit/$(1) --jobs 2
endef
$(foreach u,$(UNITS),$(eval $(call UNIT,$(u))))
UNIT_BIN := $(addprefix $(BUILD)/unit/,$(UNITS))

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Wno-missing-braces -Itests $(if $(TSAN_RUNNER),-Itests/support/tsan) -MMD -MP -c -o $@ $<

# Programs that run several threads at once, for ThreadSanitizer above all: tests/unit/FOLDER/threads/X.c, their exit status the verdict.
THREAD_SRC := $(wildcard tests/unit/*/threads/*.c)
THREAD_BIN := $(addprefix $(BUILD)/threads/,$(notdir $(THREAD_SRC:.c=)))
define THREAD
$(BUILD)/threads/$(notdir $(1:.c=)): $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(1)) $(LIB_OBJ)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach s,$(THREAD_SRC),$(eval $(call THREAD,$(s))))

# --- the demo's, the end-to-end tests' and the bench's own programs: one file each ----------------------------
DEMO_BIN  := $(patsubst contrib/demo/%.c,$(BUILD)/demo/%,$(wildcard contrib/demo/*.c))
TOOL_BIN  := $(patsubst tests/support/%.c,$(BUILD)/tools/%,$(filter-out tests/support/unit_%,$(wildcard tests/support/*_server.c tests/support/*_service.c tests/support/*_tool.c)))
BENCH_BIN := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))

$(BUILD)/demo/%: contrib/demo/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< -pthread
$(BUILD)/tools/%: tests/support/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -o $@ $< $(LIBS)
$(BUILD)/tools/verdict_page_tool: tests/support/verdict_page_tool.c $(call obj,$(foreach f,$(below_report),$(wildcard src/$(f)/*.c)))
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -o $@ $^ $(LIBS)
$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests -o $@ $< $(LIBS)

# --- fuzz targets: tests/fuzz/fuzz_X.c, clang's libFuzzer with ASan and UBSan ---------------------------------
FUZZERS   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BIN  := $(addprefix $(BUILD)/fuzz/,$(FUZZERS))
FUZZ_OBJ  := $(patsubst src/%.c,$(BUILD)/fuzz/obj/%.o,$(LIB_SRC)) $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/fuzz/obj/llhttp/%.o,$(LLHTTP_SRC))
FUZZ_SAN  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS ?= 20

$(BUILD)/fuzz/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CLANG) -std=gnu11 -O1 -g -w $(FUZZ_SAN) $(LLHTTP_CFLAGS) -c -o $@ $<
$(BUILD)/fuzz/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC  ,$@)
	$(Q)$(CLANG) $(subst -O2,-O1,$(ALL_CFLAGS)) -w $(FUZZ_SAN) -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/libreplay.a: $(FUZZ_OBJ)
	$(call say,AR  ,$@)
	$(Q)rm -f $@
	ar rcs $@ $^
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz/libreplay.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(subst -O2,-O1,$(ALL_CFLAGS)) -w -Itests -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(BUILD)/fuzz/libreplay.a $(LIBS)

# --- what proves it -------------------------------------------------------------------------------------------
.PHONY: test asan tsan fuzz bench demo lint format install uninstall clean
ifeq ($(DEPS),)
AGAIN = --no-print-directory $(if $(findstring j,$(MAKEFLAGS)),,-j$(shell nproc)) DEPS=ready
test asan tsan fuzz demo:
	@contrib/install-deps build test
	@$(MAKE) $(AGAIN) $@
bench:
	@contrib/install-deps build test bench
	@$(MAKE) $(AGAIN) $@
else
PARTS ?= lint unit threads golden cli
SCRIPTS ?=
test: all $(UNIT_BIN) $(THREAD_BIN) $(TOOL_BIN) $(DEMO_BIN) $(BENCH_BIN) ## everything: lint, unit, golden and end-to-end tests
	@BUILD='$(BUILD)' SAN='$(SAN)' UNITS='$(UNITS)' SCRIPTS='$(SCRIPTS)' tests/run $(PARTS)

asan: ## the same tests with AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SAN=address,undefined PARTS='$(filter-out lint,$(PARTS))' test

THREADED := log play output pipe
tsan: ## the tests of what runs on several threads, with ThreadSanitizer
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SAN=thread PARTS='unit threads golden cli' SCRIPTS='carry threads engine' UNITS='$(filter $(THREADED),$(UNITS))' test

fuzz: $(FUZZ_BIN) ## every fuzz target for FUZZ_SECONDS each
	@BUILD='$(BUILD)' SECONDS_EACH='$(FUZZ_SECONDS)' tests/run fuzz

bench: all $(BENCH_BIN) ## the figures beside those of other tools, as a table and as build/bench.json
	@BUILD='$(BUILD)' tests/bench/run

demo: all $(DEMO_BIN) ## capture a demo service live, replay against its next version, show the account
	@BUILD='$(BUILD)' contrib/demo/run
endif

lint: ## who may include whom, third-party headers, file sizes, formatting
	@tests/run lint

format: ## clang-format over all of our C
	clang-format -i $$(git ls-files '*.c' '*.h')

# --- installation -----------------------------------------------------------------------------------------------
BINDIR := $(DESTDIR)$(PREFIX)/bin
LIBDIR := $(DESTDIR)$(PREFIX)/lib
INCDIR := $(DESTDIR)$(PREFIX)/include/replay
MANDIR := $(DESTDIR)$(PREFIX)/share/man/man1
BASHC  := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHC   := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISHC  := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

install: all ## program, library, headers, man page and completions below PREFIX
	install -d $(BINDIR) $(LIBDIR) $(MANDIR) $(BASHC) $(ZSHC) $(FISHC)
	install -m 755 $(BUILD)/replay $(BINDIR)/replay
	install -m 644 $(BUILD)/libreplay.a $(LIBDIR)/libreplay.a
	$(if $(wildcard include/replay/*.h),install -d $(INCDIR) && install -m 644 $(wildcard include/replay/*.h) $(INCDIR))
	$(BUILD)/replay help --man >$(MANDIR)/replay.1
	$(BUILD)/replay help --bash >$(BASHC)/replay
	$(BUILD)/replay help --zsh >$(ZSHC)/_replay
	$(BUILD)/replay help --fish >$(FISHC)/replay.fish

uninstall: ## takes away what install put there
	rm -f $(BINDIR)/replay $(LIBDIR)/libreplay.a $(MANDIR)/replay.1 $(BASHC)/replay $(ZSHC)/_replay $(FISHC)/replay.fish
	rm -rf $(INCDIR)

clean: ## takes away the build folder
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/tests/*/*.d $(BUILD)/tests/*/*/*.d $(BUILD)/tests/*/*/*/*.d $(BUILD)/fuzz/obj/*/*.d)
