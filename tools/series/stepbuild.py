# SPDX-License-Identifier: GPL-2.0-only
"""Builds what each step of the series leaves: "make check-series".

One tree goes from step to step, so that each compiles what it changes.  What was
built without an error and without a warning is noted with a digest of all that it
depends on, and is not built again: neither when this goes on after it was broken
off, nor for steps that change nothing that is compiled.

All jobs of a kind are done before those of the next, which tell less: so a kernel
with kexec is compiled first, step by step, and the configuration that has none of it
last.
"""

import hashlib
import re
import sys
import time

import bases
from patches import blob, version_of
from plan import REPO, Plan, Refused, Tree, kept_dir, read_state, write_state

sys.path.insert(0, str(REPO / "tools/testing/kexec"))
from harness import build, record, static

WORK = REPO / f"build/linux-series{bases.SUFFIX}"
STAMPS = REPO / f"build/check-series{bases.SUFFIX}"
# What is not compiled into a kernel.
OUTSIDE = ("Documentation/", "tools/", "MAINTAINERS")
# An architecture's directory, but what others have of it: Kconfig files are read by
# all, and arm64 compiles files of arm.
ARCHITECTURE = re.compile(r"arch/(?P<name>[^/]+)/(?!crypto/|ras/|xen/)")
# What makes a kernel one of an architecture, where Kconfig asks for it: x86 without
# any is i386, and powerpc of 32 bits.
WHICH = ("CONFIG_64BIT", "CONFIG_PPC64", "CONFIG_PPC_BOOK3S_64",
         "CONFIG_CPU_LITTLE_ENDIAN")
# The kinds of jobs, those that tell most first.
KINDS = ("test", "core", "defconfig", "llvm", "allmodconfig", "allnoconfig")
# A compiler's, with the source; another tool's, with an object, or without.
WARNING = re.compile(r"(?:\.\./)?(?P<source>[^:\s]+):\d+:.*\bwarning: |"
                     r"(?P<object>\S+\.o): .*\bwarning: |"
                     r".*\b(?:warning|WARNING): ")
# By #warning: on sh, the base says so of what it has not got.
SAID_BY_SOURCE = "[-Wcpp]"


class Job:
    """Something to build of the tree as a step leaves it.

    @content: what the tree has to hold, as Plan has it
    @wanted: a Kconfig fragment on top of allnoconfig, {option: line}; None where
        @name is a target that makes the configuration
    @must: those options of it that have to be granted
    @llvm: build with clang and its tools
    """

    def __init__(self, number, name, arch, content, wanted=None, must=(),
                 targets=None, llvm=False):
        self.number, self.name, self.arch = number, name, arch
        self.content, self.wanted, self.must = content, wanted, must
        # What wraps a kernel for boot loaders may want their tools.
        self.targets = targets or (arch.target,)
        self.llvm = llvm

    @property
    def title(self):
        return f"{self.number:2} {self.name} {self.arch.name}"

    @property
    def out(self):
        return WORK / f"out-{self.arch.name}-{self.name}"

    def make(self):
        """The make command, without a target."""
        command = self.arch.make(self.out)
        if self.llvm:
            command = [part for part in command if not part.startswith(
                ("CC=", "HOSTCC=", "CROSS_COMPILE="))] + ["LLVM=1"]
        return command

    def tools(self):
        """What compiler and linker say of themselves."""
        cross = self.arch.cross_compile
        names = ("clang", "ld.lld") if self.llvm else \
            (f"{cross}gcc", f"{cross}as", f"{cross}ld")
        return "".join(map(record.version, names))

    def key(self, base, identity):
        """Changes when this has to be built again; @identity is the base's, which
        is more than what is touched of it.
        """
        compiled = {name: blob(base, name, what)
                    for name, what in self.content.items()
                    if self.sees(name)}
        return hashlib.sha256(repr(
            [self.name, self.arch.name, self.wanted, sorted(self.must),
             self.targets, self.make(), self.tools(), identity, version_of(base),
             sorted(compiled.items())]).encode()).hexdigest()

    def sees(self, name):
        """Whether a path may have to do with what is built."""
        match = ARCHITECTURE.match(name)
        return not name.startswith(OUTSIDE) \
            and (not match or match["name"] == self.arch.arch)

    def run(self):
        """Configure and build; a failure, a warning or an option that is not
        granted raises BuildError.
        """
        what = f"step {self.title}"
        log = f"series-{self.number}-{self.arch.name}-{self.name}"
        self.configure(f"{log}-config.log", what)
        text = build.run_logged([*self.make(), *self.targets], f"{log}.log", what)
        warnings = [match for match in map(WARNING.match, text.splitlines())
                    if match and not match.string.endswith(SAID_BY_SOURCE)]
        for match in warnings:
            self.forget(match)
        if warnings:
            raise build.BuildError("\n".join(
                [f"{what}: warnings", *(match.string for match in warnings)]))

    def forget(self, match):
        """Have what was warned of made again, or the next run would not say it."""
        if match["source"] and (WORK / match["source"]).is_file():
            (WORK / match["source"]).touch()
        for name in filter(None, (match["object"], "vmlinux.o", "vmlinux")):
            (self.out / name).unlink(missing_ok=True)

    def configure(self, log, what):
        if self.wanted is None:
            build.run_logged([*self.make(), self.name], log, what, quiet=True)
            return
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / "all.config").write_text(
            "".join(f"{line}\n" for line in self.wanted.values()))
        build.run_logged([*self.make(), "KCONFIG_ALLCONFIG=all.config",
                          "allnoconfig"], log, what, quiet=True)
        asked = {name: line for name, line in self.wanted.items()
                 if name in self.must}
        if bad := build.not_granted(asked, (self.out / ".config").read_text()):
            raise build.BuildError("\n".join(
                [f"{what}: the configuration can't have:", *bad]))


def jobs_of(series, base, number):
    """What is built of the tree after step @number."""
    before, content = (series.content(base, count)
                       for count in (number - 1, number))
    steps = series.steps[:number]
    archs = [arch for step in steps for arch in step.archs]
    last = number == len(series.steps)
    x86 = build.Arch("x86_64")
    for name in build.ported():
        arch = build.Arch(name)
        if name == "x86_64" or touches(base, before, content, arch.arch):
            yield without_options(arch, content, number)
    for name in dict.fromkeys(["x86_64", *steps[-1].archs,
                               *(archs if last else [])]):
        yield test_kernel(series, build.Arch(name), content, number,
                          name in archs)
    if not archs and "kernel/kexec/Makefile" in content:
        yield core_only(series, base, number)
    if last:
        yield Job(number, "defconfig", x86, content)
        yield Job(number, "allmodconfig", x86, content,
                  targets=["prepare", *callers(x86)])
        yield test_kernel(series, x86, content, number, True, llvm=True)


def callers(arch):
    """What includes a header of kexec, and kexec: objects and directories.

    A whole kernel of allmodconfig takes hours, and has what no other one here has:
    every driver and debugging option.
    """
    return [*static.our_targets(arch),
            *(name for name in static.CALLERS + arch.callers + static.base_callers(arch)
              if name not in arch.no_callers)]


def touches(base, before, after, directory):
    """Whether a step has to do with the files of an architecture: changes, or what
    is not there any more.

    @before, @after: what the tree has to hold before and after it
    """
    return any(name.startswith(f"arch/{directory}/")
               and blob(base, name, what) != blob(
                   base, name, before[name] if name in before
                   else base.find(name))
               for name, what in after.items())


def without_options(arch, content, number):
    """allnoconfig, less what makes it another architecture's."""
    wanted = build.asked_for(build.fragments_of(arch, ()))
    wanted = {name: wanted[name] for name in WHICH if name in wanted}
    return Job(number, "allnoconfig", arch, content, wanted, wanted)


def test_kernel(series, arch, content, number, has_kexec, **settings):
    """The configuration of "make check"; without kexec where there is none."""
    wanted = build.asked_for(build.fragments_of(arch, ()))
    there = {f"CONFIG_{option}" for step in series.steps[:number]
             for option in step.options}
    complete = all(name in there for name in wanted
                   if name in {f"CONFIG_{option}" for step in series.steps
                               for option in step.options})
    must = () if not has_kexec else wanted if complete else there
    name = "llvm" if settings.get("llvm") else "test"
    return Job(number, name, arch, content, wanted, must, **settings)


def core_only(series, base, number):
    """The core as far as it is there, compiled with what makes it be compiled:
    the first architecture's step on top, and the option KEXEC.
    """
    first = next(index for index, step in enumerate(series.steps) if step.arch)
    arch = build.Arch(series.steps[first].archs[0])
    part = series.part([*range(number), first], ["KEXEC"])
    wanted = build.asked_for(build.fragments_of(arch, ()))
    content = Plan(base, part).content
    targets = ["prepare", "kernel/kexec/"]
    if "kernel/kexec.c" in part.files:
        targets.append("kernel/kexec.o")
    return Job(number, "core", arch, content, wanted, ["CONFIG_KEXEC"], targets)


def bring(tree, state, content):
    """Have the tree hold @content."""
    tree.keep(content)
    state["touched"] = sorted(tree.touched)
    write_state(kept_dir(WORK), state)
    tree.write(content)


def run(series, numbers, kinds=()):
    """Build what each step leaves, or some; returns an exit status.

    @kinds: of those jobs only that are of one of them
    """
    state = read_state(kept_dir(WORK))
    if not state:
        raise Refused(f"{WORK} was not made by kexec-tree: kexec-tree base")
    if bad := [number for number in numbers
               if not 1 <= number <= len(series.steps)]:
        raise Refused(f"there is no step {bad[0]}")
    if bad := [kind for kind in kinds if kind not in KINDS]:
        raise Refused(f"there is no kind {bad[0]}; there is {', '.join(KINDS)}")
    tree = Tree(WORK, kept_dir(WORK), state["touched"])
    build.ENVIRONMENT["CCACHE_BASEDIR"] = str(WORK)
    STAMPS.mkdir(parents=True, exist_ok=True)
    jobs = [job for number in numbers or range(1, len(series.steps) + 1)
            for job in jobs_of(series, tree, number)]
    built = before = failed = 0
    for kind in kinds or KINDS:
        for job in jobs:
            if job.name != kind:
                continue
            stamp = STAMPS / job.key(tree, state["base"])
            if stamp.exists():
                before += 1
                continue
            began = time.monotonic()
            try:
                bring(tree, state, job.content)
                job.run()
            except build.BuildError as error:
                failed += 1
                print(f"FAIL {job.title}: "
                      f"{series.steps[job.number - 1].subject}\n{error}",
                      flush=True)
                continue
            built += 1
            stamp.write_text(f"{job.title}\n{job.tools()}")
            print(f"ok   {job.title} ({time.monotonic() - began:.0f} s)",
                  flush=True)
    print(f"{built} built, {failed} failed, {before} had been built before")
    return 1 if failed else 0
