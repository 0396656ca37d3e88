# SPDX-License-Identifier: GPL-2.0-only
#
# The project's commands; "make help" lists them.

INSTALL := tools/series/install-packages
SERIES := tools/series/kexec-tree
PATCHES := tools/series/kexec-series
HARNESS := tools/testing/kexec/kexec-qemu

export LINUX ACCEL PATIENCE
# The files are, whatever the locale.
export PYTHONUTF8 := 1

# What is meant is said on the command line: the environment may have these names for
# something else, as ARCH for the kernels that one builds besides.
$(foreach name,ARCH BASE BENCH BRANCH CHECK FRAGMENT KIND ONLY OUT RESUME RUNS STEP \
	TREE,$(if \
	$(filter command,$(firstword $(origin $(name)))),,$(eval override $(name) :=)))

# The base that is not the default one; with TREE, BASE is a commit of that.
ifneq ($(words $(BASE)),$(if $(BASE),1,0))
$(error BASE=$(BASE): one at a time)
endif
OTHER := $(if $(and $(TREE),$(filter series apply,$(MAKECMDGOALS))),,$(filter-out 6.12,$(BASE)))
SUFFIX := $(if $(OTHER),-$(OTHER))
export KEXEC_BASE := $(OTHER)
BASES := $(notdir $(patsubst %/,%,$(wildcard tools/series/bases/*/)))
ifneq ($(filter-out $(BASES),$(OTHER)),)
$(error BASE=$(BASE): there is $(sort $(BASES)))
endif

help:
	@echo 'make demo               build, boot in QEMU, and kexec: as a short story'
	@echo 'make demo-crash         a panic, its dump, and what drgn reads in that'
	@echo 'make check              the tests of every change, in less than an hour;'
	@echo '                        CHECK="a b": those whose names have one of these,'
	@echo '                        or are one'
	@echo 'make check-all          every test there is, in some hours; CHECK="a b";'
	@echo '                        RESUME=1: goes on where it was broken off'
	@echo 'make check-steady       every guest five times, also on one processor and'
	@echo '                        beside busy processes; CHECK="a b"'
	@echo 'make bench              how fast, side by side with the kexec of the base;'
	@echo '                        BENCH=text: those rows; RUNS=n: measure more often;'
	@echo '                        ONLY=instructions|time: one of the two'
	@echo 'make docs               the documents and manual pages, for a browser'
	@echo 'make tree               Linux with this kexec in it, at build/linux'
	@echo 'make kernel             the test kernel; FRAGMENT="a b": with more Kconfig'
	@echo 'make apply TREE=DIR     put this kexec into a tree of Linux of yours'
	@echo 'make series             the same as patches, for git am; OUT=DIR, or'
	@echo '                        build/series'
	@echo 'make series BASE=COMMIT TREE=DIR'
	@echo '                        the same as commits on top of one, in a clone of'
	@echo '                        Linux of yours; BRANCH=NAME, or kexec'
	@echo 'make check-series       each of them builds, in some hours; goes on where it'
	@echo '                        was broken off; STEP="n m": those; KIND="test llvm":'
	@echo '                        of their jobs, those (tools/series/stepbuild.py)'
	@echo 'make clean              delete build/'
	@echo
	@echo 'ARCH=NAME               what for: x86_64 if nothing is said, but "make check"'
	@echo '                        is for all but ppc64, ppc, mips, mips64, mips64el, sh4,'
	@echo '                        loongarch64, parisc and m68k then, and only compiles'
	@echo '                        for i386 and mipsel'
	@echo 'BASE=7.3                of another Linux than 6.12, in directories of its own'
	@echo 'LINUX=TARBALL|DIR       the Linux to start from; the default is that of the'
	@echo '                        Debian package linux-source-6.12'
	@echo 'PATIENCE=N              all time limits N times as long, for slow machines'

# What tests are for, unless told: those of every change, and the others.
# (i386 and mipsel are only compiled, unless ARCH says so.)
OFTEN := x86_64 i386 arm arm64 riscv64 s390x ppc64le mipsel
ALL := $(OFTEN) ppc64 ppc mips mips64 mips64el sh4 loongarch64 parisc m68k
FOR_ARCH = $(if $(ARCH),--arch $(ARCH))
FROM = $(if $(OTHER),--base $(OTHER)) $(if $(LINUX),--linux '$(LINUX)')
MAKE_TREE = $(SERIES) make $(FROM) build/linux$(SUFFIX)
BASE_TREE = $(SERIES) base $(FROM) build/linux-base$(SUFFIX)

tree:
	@$(INSTALL) tree
	@$(MAKE_TREE)

apply:
	@test -n '$(TREE)' || { echo 'make apply TREE=DIR: which tree?' >&2; exit 2; }
	@$(SERIES) apply '$(TREE)'

series:
	@$(INSTALL) tree series
ifneq ($(TREE),)
	@test -n '$(BASE)' || { echo 'make series BASE=COMMIT TREE=DIR: on top of what?' >&2; exit 2; }
	@$(PATCHES) branch $(if $(BRANCH),--branch '$(BRANCH)') '$(BASE)' '$(TREE)'
else
	@$(MAKE_TREE)
	@$(PATCHES) write --tree build/linux$(SUFFIX) '$(or $(OUT),build/series$(SUFFIX))'
endif

check-series:
	@$(INSTALL) tree series allmodconfig kernel tests clang $(ALL)
	@$(MAKE_TREE)
	@$(PATCHES) check --tree build/linux$(SUFFIX)
	@$(SERIES) base $(FROM) build/linux-series$(SUFFIX)
	@$(PATCHES) build $(addprefix --kind ,$(KIND)) $(STEP)

kernel:
	@$(INSTALL) tree kernel $(ARCH)
	@$(MAKE_TREE)
	@$(HARNESS) kernel $(FOR_ARCH) $(FRAGMENT)

demo:
	@$(INSTALL) tree kernel guest $(ARCH)
	@$(MAKE_TREE)
	@$(HARNESS) demo $(FOR_ARCH)

demo-crash:
	@$(INSTALL) tree kernel guest dump $(ARCH)
	@$(MAKE_TREE)
	@$(HARNESS) demo-crash $(FOR_ARCH)

bench:
	@$(INSTALL) tree kernel guest tests bench
	@$(MAKE_TREE)
	@$(BASE_TREE)
	@$(HARNESS) bench $(if $(RUNS),--runs $(RUNS)) $(addprefix --only ,$(ONLY)) $(BENCH)

docs:
	@$(INSTALL) tree docs
	@$(MAKE_TREE)
	@$(HARNESS) docs

check: HOW :=
check: ARCHS := $(OFTEN)
check-all: HOW = --all $(if $(RESUME),--resume)
check-steady: HOW := --steady
check-all check-steady: ARCHS := $(ALL)
check check-all check-steady:
	@$(INSTALL) tree series kernel guest tests docs $(or $(ARCH),$(ARCHS))
	@$(MAKE_TREE)
	@$(HARNESS) check $(HOW) $(FOR_ARCH) $(CHECK)

clean:
	@$(SERIES) clean

# Each of them has the clone to itself.
.NOTPARALLEL:

.PHONY: help tree apply series check-series kernel demo demo-crash bench docs \
	check check-all check-steady clean
