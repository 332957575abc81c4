# SPDX-License-Identifier: Apache-2.0
# One set of rules for every tree: `make` builds into build/, `make BUILD=build/clang CC=clang` beside it.
# `make help` lists the targets. CC, CPPFLAGS, CFLAGS, LDFLAGS, DESTDIR and PREFIX are the user's.
#
#   BUILD=DIR   where everything goes (default: build)      V=1        show the commands
#   WERROR=1    warnings are errors                         TESTS=...  only the tests whose name contains this
#   SANITIZE=1  AddressSanitizer and UBSan                  COVERAGE=1 count executed lines
#   FUZZ=...    only the fuzz targets whose name has this   FUZZ_SECONDS=N  how long each
#   BENCH=quick a benchmark of less than a minute           SHARED=1   use the shared libraries of the system

VERSION = 0.1.0
BUILD = build
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/samepage
COMPLETION = $(PREFIX)/share/bash-completion/completions/samepage
LIBRARIES = yaml-0.1 libfyaml inih nettle

CFLAGS = -O2 -g
SANITIZERS = -fsanitize=address,undefined -fno-sanitize-recover=all
ifdef SANITIZE
CFLAGS = -O1 -g -fno-omit-frame-pointer
TREE_FLAGS = $(SANITIZERS)
endif
ifdef COVERAGE
CFLAGS = -O0 -g
TREE_FLAGS = --coverage -fprofile-update=atomic
endif
ifdef FUZZING
CFLAGS = -O1 -g -fno-omit-frame-pointer
TREE_FLAGS = $(SANITIZERS) -fsanitize=fuzzer-no-link
endif

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wcast-align -Wwrite-strings -Wundef -Wvla -Wformat-security -Wimplicit-fallthrough \
	-Wredundant-decls -Wnull-dereference $(if $(WERROR),-Werror)
# $(call if_supported,FLAG): the flag, where the compiler takes it on this processor.
if_supported = $(shell echo 'int x;' | $(CC) -Werror $(1) -x c -c - -o /dev/null 2>/dev/null && echo $(1))
HARDENING := -pthread -fstack-protector-strong -fPIE $(call if_supported,-fstack-clash-protection)
# _FORTIFY_SOURCE does nothing without the optimiser, and hides errors from the sanitizers.
ifneq ($(if $(SANITIZE)$(FUZZING),,$(filter -O1 -O2 -O3 -Os -Og,$(CFLAGS))),)
HARDENING += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

FOREIGN_CFLAGS := $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
FOREIGN_LIBS := $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null)
COMPILE = $(CC) -std=gnu11 -D_GNU_SOURCE -DSAMEPAGE_VERSION='"$(VERSION)"' -I. $(FOREIGN_CFLAGS) $(WARNINGS) \
	$(HARDENING) $(TREE_FLAGS) $(CPPFLAGS) $(CFLAGS)
LINK_AS = $(CC) $(HARDENING) $(TREE_FLAGS) $(CFLAGS) $(1) -Wl,-z,relro,-z,now $(LDFLAGS)
LINK = $(call LINK_AS,-pie)

# The program is one file that needs no shared libraries, where it can be linked so: it starts in half the time, and it
# can be copied to a node as it is. With SHARED=1, and for the sanitizers, it uses those of the system.
STATIC_LIBS = $(shell pkg-config --static --libs $(LIBRARIES) 2>/dev/null)
CAN_BE_STATIC = $(if $(SHARED)$(SANITIZE)$(FUZZING)$(COVERAGE),,$(shell echo 'int main(void) { return 0; }' | \
	$(CC) -static-pie -x c - -x none $(LDFLAGS) $(STATIC_LIBS) -o /dev/null 2>/dev/null && echo yes))

SOURCES := $(sort $(wildcard reconciler/*.c selectors/*.c state/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
BENCH_TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
FUZZ_TARGETS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS = 600
FORMATTED := $(wildcard $(foreach folder,reconciler selectors state tests/unit tests/fuzz tests/bench,$(folder)/*.[ch]))
SCRIPTS = .ci/run tests/setup.sh tests/layers.sh $(wildcard examples/*.sh)
MAN_PAGES := $(wildcard man/*.1 man/*.5 man/*.7)

Q = $(if $(V),,@)
say = @$(if $(V),:,echo "  $(1)")

.PHONY: all demo check check-run golden unit sanitize fuzz fuzz-smoke fuzz-targets coverage bench bench-docs format \
	format-check lint \
	install uninstall clean help libraries FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/samepage ## Build the program (the default)

$(BUILD)/samepage: $(OBJECTS)
	$(call say,LINK $@)
	$(Q)$(if $(CAN_BE_STATIC),$(call LINK_AS,-static-pie),$(LINK)) -o $@ $(OBJECTS) \
		$(if $(CAN_BE_STATIC),$(STATIC_LIBS),$(FOREIGN_LIBS))

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC   $<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(BUILD)/reconciler/page.o: $(wildcard reconciler/page/*)

# Every object is built anew when the compiler or its flags change.
$(BUILD)/flags: FORCE | libraries
	@mkdir -p $(BUILD)
	@printf '%s\n' '$(subst ','\'',$(COMPILE))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(COMPILE))' >$@

libraries:
	@tests/setup.sh --check build

unit: $(UNIT_TESTS)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(filter-out %/main.o,$(OBJECTS))
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(FOREIGN_LIBS) -lcmocka

$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(filter-out %/main.o,$(OBJECTS))
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ $(FOREIGN_LIBS)

# Yardsticks, which hold nothing of samepage's, but for the one of its own JSON reader.
$(BUILD)/tests/bench/json_events: $(filter-out %/main.o,$(OBJECTS))
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(call say,LINK $@)
	$(Q)$(LINK) -o $@ $^ -Wl,--as-needed $(FOREIGN_LIBS)

# Without FUZZING, a fuzz target runs on the files it is given and no others, with any compiler.
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/property.o \
		$(if $(FUZZING),,$(BUILD)/tests/fuzz/replay.o) $(filter-out %/main.o,$(OBJECTS))
	$(call say,LINK $@)
	$(Q)$(LINK) $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $^ $(FOREIGN_LIBS)

fuzz-targets: $(FUZZ_TARGETS)

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TOOLS:=.d) $(BENCH_TOOLS:=.d) $(wildcard $(BUILD)/tests/fuzz/*.d)

demo: ## Install what is missing, build, and show the main job on examples/
	@tests/setup.sh build
	@+$(MAKE) --no-print-directory all
	@SAMEPAGE=$(BUILD)/samepage examples/demo.sh

check: ## Install what is missing, build, and run every test
	@tests/setup.sh build check
	@+$(MAKE) --no-print-directory check-run

check-run: all unit $(TOOLS) $(BENCH_TOOLS) fuzz-targets
	$(Q)tests/run --build $(BUILD) $(if $(V),-v) $(TESTS)

golden: all ## Rewrite what the golden tests expect, and show the difference
	$(Q)tests/run --build $(BUILD) --update $(TESTS)

sanitize: ## Every test again, under AddressSanitizer and UBSan
	@tests/setup.sh build check
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitize SANITIZE=1 check-run

fuzz: ## Feed the readers what nobody would write, for FUZZ_SECONDS each
	@tests/setup.sh build fuzz
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang FUZZING=1 fuzz-targets
	$(Q)tests/fuzz/run --build $(BUILD)/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ)

# So many inputs, not so many seconds: what passed once passes on a slower machine, too.
fuzz-smoke: ## The same for some 20 seconds each, with the same random numbers every time
	@tests/setup.sh build fuzz
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang FUZZING=1 fuzz-targets
	$(Q)tests/fuzz/run --build $(BUILD)/fuzz --runs 60000 --seed 1 $(FUZZ)

coverage: ## Which lines the tests reach: build/coverage/index.html
	@tests/setup.sh build check coverage
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/coverage COVERAGE=1 check-run
	$(Q)gcovr --root . --exclude tests/ --print-summary --html-details $(BUILD)/coverage/index.html $(BUILD)/coverage

bench: ## Measure it against wc, kubectl, jq and others; BENCH=quick takes less than a minute
	@tests/setup.sh build bench
	@+$(MAKE) --no-print-directory all $(BENCH_TOOLS)
	$(Q)tests/bench/run --build $(BUILD) $(if $(filter quick,$(BENCH)),--quick)

bench-docs: ## Write docs/performance.md anew, with what the last 'make bench' found
	$(Q)tests/bench/document.py $(BUILD)/bench/results.json docs

format: ## Lay out the C files anew
	@tests/setup.sh lint
	$(Q)clang-format -i $(FORMATTED)

format-check: ## Say which C files are not laid out as .clang-format wants
	@tests/setup.sh lint
	$(Q)clang-format --dry-run --Werror $(FORMATTED)

lint: ## clang-tidy, cppcheck, shellcheck and mandoc
	@tests/setup.sh build check lint
	$(Q)printf '%s\n' $(SOURCES) | xargs -P "$$(nproc)" -n 1 sh -c 'found=$$(clang-tidy --quiet "$$0" -- -std=gnu11 \
		-D_GNU_SOURCE -DSAMEPAGE_VERSION=\"$(VERSION)\" -I. $(FOREIGN_CFLAGS) 2>&1) || { echo "$$found"; exit 1; }'
	$(Q)cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
		--suppress=missingIncludeSystem -j "$$(nproc)" -I. -D_GNU_SOURCE \
		'-D_Noreturn=__attribute__((noreturn))' $(SOURCES)
	$(Q)shellcheck $(SCRIPTS)
	$(if $(MAN_PAGES),$(Q)mandoc -T lint -W warning $(MAN_PAGES))

install: all ## Install under DESTDIR and PREFIX
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DOCDIR)
	install -m 755 $(BUILD)/samepage $(DESTDIR)$(BINDIR)/samepage
	ln -sf samepage $(DESTDIR)$(BINDIR)/kubectl-samepage
	install -m 644 LICENSE README.md CHANGELOG.md CONTRIBUTING.md $(DESTDIR)$(DOCDIR)
	cp -R --no-preserve=ownership docs examples $(DESTDIR)$(DOCDIR)
	$(foreach page,$(MAN_PAGES),install -D -m 644 $(page) \
		$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)) &&) :
	install -d $(DESTDIR)$(dir $(COMPLETION))
	$(BUILD)/samepage completion bash >$(DESTDIR)$(COMPLETION)

uninstall: ## Remove what install put there
	rm -f $(DESTDIR)$(BINDIR)/samepage $(DESTDIR)$(BINDIR)/kubectl-samepage \
		$(foreach page,$(MAN_PAGES),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
		$(DESTDIR)$(COMPLETION)
	rm -rf $(DESTDIR)$(DOCDIR)

clean: ## Remove the build folder
	rm -rf $(BUILD)

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14
