# replay: one Makefile, no recursion but for the sanitizer builds, which are the same build with another BUILD and SAN.
#
#   make            build/replay and build/libreplay.a
#   make help       every target

BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
CLANG   ?= clang
SAN     ?=
WERROR  ?= $(if $(CI),-Werror)
OPT     ?= $(if $(SAN),-O1,-O2)

VERSION := 0.1.0

# --- dependencies: found by pkg-config; each missing one is a sentence ----------------------------------------
PKGS := libpcap libcurl libzstd zlib libbrotlidec libpcre2-8 jansson libcap-ng
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

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

WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR)
CFLAGS ?= $(OPT) -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) -fno-strict-aliasing $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
             -Isrc -Iinclude $(PKG_CFLAGS) $(LLHTTP_CFLAGS) -D_GNU_SOURCE -DREPLAY_VERSION='"$(VERSION)"'
ALL_LDFLAGS = $(LDFLAGS) -pthread $(if $(SAN),-fsanitize=$(SAN))
LIBS = $(PKG_LIBS) $(LLHTTP_LIBS) -lm -pthread

# --- sources ------------------------------------------------------------------------------------------------
FOLDERS  := base model wire http log play diff report filter input output pipe api cli
SRC      := $(foreach f,$(FOLDERS),$(wildcard src/$(f)/*.c))
LIB_SRC  := $(filter-out src/cli/%,$(SRC))
obj       = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))
LLHTTP_OBJ := $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/obj/llhttp/%.o,$(LLHTTP_SRC))
LIB_OBJ  := $(call obj,$(LIB_SRC)) $(LLHTTP_OBJ)

.PHONY: all
all: $(BUILD)/replay $(BUILD)/libreplay.a

$(BUILD)/replay: $(call obj,$(filter src/cli/%,$(SRC))) $(LIB_OBJ)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libreplay.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(OPT) -g -w $(if $(SAN),-fsanitize=$(SAN)) $(LLHTTP_CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# --- unit tests: one Criterion program per folder, linked with that folder and the floors below only --------
ALLOC_WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
UNITS := $(notdir $(patsubst %/,%,$(wildcard tests/unit/*/)))
below_base   := base
below_model  := base model
below_wire   := base model wire
below_http   := base model http
below_log    := base model log
below_play   := base model play
below_diff   := base model diff
below_report := base model report
below_of      = $(or $(below_$(1)),$(filter-out cli,$(FOLDERS)))

define UNIT
$(BUILD)/unit/$(1): $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/unit/$(1)/*.c tests/support/unit_*.c)) \
                    $(foreach f,$(call below_of,$(1)),$(call obj,$(wildcard src/$(f)/*.c))) $(if $(filter http,$(call below_of,$(1))),$(LLHTTP_OBJ))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS) -lcriterion $(ALLOC_WRAP)
.PHONY: unit-$(1)
unit-$(1): $(BUILD)/unit/$(1)
	$(BUILD)/unit/$(1) --jobs 2
endef
$(foreach u,$(UNITS),$(eval $(call UNIT,$(u))))

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests -MMD -MP -c -o $@ $<

# --- fuzz targets: tests/fuzz/fuzz_X.c, clang's libFuzzer with ASan and UBSan ---------------------------------
FUZZERS   := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_OBJ  := $(patsubst src/%.c,$(BUILD)/fuzz/obj/%.o,$(LIB_SRC)) $(patsubst $(LLHTTP_DIR)/%.c,$(BUILD)/fuzz/obj/llhttp/%.o,$(LLHTTP_SRC))
FUZZ_SAN  := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_SECONDS ?= 20

$(BUILD)/fuzz/obj/llhttp/%.o: $(LLHTTP_DIR)/%.c
	@mkdir -p $(@D)
	$(CLANG) -std=gnu11 -O1 -g -w $(FUZZ_SAN) $(LLHTTP_CFLAGS) -c -o $@ $<
$(BUILD)/fuzz/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CLANG) $(subst -O2,-O1,$(ALL_CFLAGS)) -w $(FUZZ_SAN) -MMD -MP -c -o $@ $<
$(BUILD)/fuzz/libreplay.a: $(FUZZ_OBJ)
	rm -f $@
	ar rcs $@ $^
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz/libreplay.a
	$(CLANG) $(subst -O2,-O1,$(ALL_CFLAGS)) -w -Itests -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $@ $< $(BUILD)/fuzz/libreplay.a $(LIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
