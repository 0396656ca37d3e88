# SPDX-License-Identifier: GPL-2.0-only
"""The checks that need no guest: what tools say about our files.

Ours are the files that this repository puts into a kernel tree or, where this
is a kernel tree, those that the subsystem's entry in MAINTAINERS names.
"""

import fnmatch
import functools
import re
import subprocess
import sys
from pathlib import Path

from . import build, ktap, record

CODE = {".c", ".h", ".S"}


def run(command, cwd=build.REPO):
    """All that a command prints, and its exit status."""
    result = build.finished(command, cwd=cwd, text=True, errors="replace",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return result.stdout.splitlines(), result.returncode


def patterns():
    """The F: lines of the entry in the tree's MAINTAINERS."""
    text = (build.TREE / "MAINTAINERS").read_text()
    entry = re.search(r"^KEXEC\n((?:\S.*\n)+)", text, re.MULTILINE)[1]
    return re.findall(r"^F:\s*(.+)$", entry, re.MULTILINE)


@functools.cache
def our_files():
    """Our files in the tree, as paths relative to it."""
    if build.IN_TREE:
        return maintained_files()
    lines, status = run(["tools/series/kexec-tree", "list",
                         "--base", build.BASE or build.DEFAULT_BASE])
    if status:
        raise build.BuildError("\n".join(lines))
    return lines


def maintained_files():
    """The files that the entry in MAINTAINERS names."""
    found = set()
    for pattern in patterns():
        directory = pattern.endswith("/")
        for path in build.TREE.glob(pattern.rstrip("/")):
            found |= {path} if not directory else \
                {below for below in path.rglob("*") if below.is_file()}
    return sorted(str(path.relative_to(build.TREE)) for path in found
                  if "__pycache__" not in path.parts)


def code_files():
    return [name for name in our_files() if name[-2:] in CODE]


def repository_files():
    """Everything that is versioned, or about to be."""
    names, status = run(["git", "-c", "safe.directory=*", "ls-files",
                         "-co", "--exclude-standard"])
    if status and (build.REPO / ".git").exists():
        raise build.BuildError("\n".join(names))
    if status:          # unpacked from a tarball
        paths = (path.relative_to(build.REPO) for path in build.REPO.rglob("*"))
        names = sorted(str(path) for path in paths if path.parts[0] != "build"
                       and "__pycache__" not in path.parts)
    return [name for name in names if (build.REPO / name).is_file()]


def fingerprint():
    """A text that changes with any file of ours, with the base that they are put into,
    and with the programs of the packages that the overlay asks for.
    """
    names = our_files() if build.IN_TREE else repository_files()
    top = build.TREE if build.IN_TREE else build.REPO
    base = build.TREE.with_name(f"{build.TREE.name}.base") / "state.json"
    packages = build.REPO / "tools/series/install-packages"
    programs = re.findall(r"^\t\S+\t+\S+\t+(\S+)$", packages.read_text(), re.MULTILINE) \
        if packages.is_file() else []
    return record.digest([*(top / name for name in names),
                          *filter(Path.is_file, [base])]) + record.stamps(programs)


def our_objects(arch):
    """(source, object) of what of ours the kernel is built from."""
    return [(name, name[:-2] + ".o") for name in code_files()
            if name.startswith(("kernel/", f"arch/{arch.arch}/"))
            and name[-2:] in (".c", ".S")
            # Included by what they test.
            and not name.endswith("_test.c")
            and not any(fnmatch.fnmatch(name, pattern)
                        for pattern in arch.others)]


def our_targets(arch):
    """What to ask make for, to have our objects built: directories that are
    ours as a whole, and objects in those of others.
    """
    directories = [name.removesuffix("Makefile") for name in our_files()
                   if name.endswith("/Makefile")]
    return sorted({next((directory for directory in directories
                         if target.startswith(directory)), target)
                   for _, target in our_objects(arch)})


def build_objects(arch, what, targets, *settings, flavour=()):
    """Build @targets and nothing else, our objects anew; returns the build's
    directory and the output's lines.
    """
    out = build.TREE / f"out-{arch.name}-{'-'.join(('objects', *flavour))}"
    with build.locked(out):
        build.configure(arch, out, build.fragments_of(arch, flavour), what)
        for _, target in our_objects(arch):
            (out / target).unlink(missing_ok=True)
        text = build.run_logged(
            [*arch.make(out), *settings, "-k", *targets],
            f"{out.name}-{what.replace(' ', '-')}.log", what, quiet=True)
        return out, text.splitlines()


# With the options without which some of our files are not compiled.
WHOLE = ("whole",)
# Without SMP.
ONE_CPU = "one-cpu"


def complaints(lines):
    """The lines that warn of one of our files."""
    ours = set(code_files())
    return [line for line in lines
            if (match := re.match(r"(?:\.\./)?([^:\s]+):\d+:.*", line))
            and match[1] in ours and re.search("warning:|error:", line)]


def require_seen(lines, word, arch, but=()):
    """A tool that did not look at our files has not found them clean."""
    done = {match[1] for line in lines
            if (match := re.match(rf"  {word} +(?:\.\./)?(\S+)", line))}
    missing = [source for source, target in our_objects(arch)
               if {source, target}.isdisjoint(done)
               and source.endswith(".c") and not source.endswith("_test.c")
               and source not in but]
    foreign = [name for name in code_files()
               if any(fnmatch.fnmatch(name, pattern) for pattern in arch.others)
               and not done.isdisjoint({name, name[:-2] + ".o"})]
    return [f"{word} never saw {name}" for name in missing] \
        + [f"{word} saw {name}, which is not for {arch.name}" for name in foreign] \
        + ([] if done else [f"{word} saw nothing"])


# What make says if it has no use for the sparse of this machine: 7.3 wants one that
# knows typeof_unqual, which is later than 0.6.4.
TOO_OLD = re.compile(r"C=2 specified, but .* is not available or not up to date")


def warnings(arch):
    """What the compiler warns of with W=1, and sparse, unless another base than the
    default one wants a newer one.
    """
    _, lines = build_objects(arch, "warnings", our_targets(arch), "W=1", "C=2",
                             f"CHECK={build.HERE / 'harness/sparse'}", flavour=WHOLE)
    too_old = build.BASE and any(map(TOO_OLD.search, lines))
    return complaints(lines) + require_seen(lines, "CC", arch) \
        + ([] if too_old else require_seen(lines, "CHECK", arch))


# What includes our headers or calls our functions, on every architecture;
# arch.callers are an architecture's own.  All are others' files.
CALLERS = [f"{name}.o" for name in """
    block/blk-mq drivers/base/core drivers/base/cpu drivers/base/memory
    drivers/misc/pvpanic/pvpanic drivers/misc/pvpanic/pvpanic-mmio
    drivers/pci/pci-driver fs/proc/kcore
    fs/proc/vmcore kernel/elfcorehdr
    init/initramfs kernel/bpf/helpers kernel/ksysfs kernel/panic
    kernel/printk/printk kernel/reboot kernel/sched/core kernel/sys_ni kernel/sysctl
    kernel/vmcore_info lib/dump_stack mm/mm_init mm/page_alloc net/core/dev
    security/integrity/ima/ima_appraise security/integrity/ima/ima_init
    security/integrity/ima/ima_main security/integrity/ima/ima_policy
    """.split()]
# By name; and what kernel/panic.c may have for it.
SYMBOLS_OF_KEXEC = re.compile(r"kexec|kimage|crash|kdump|vmcore|^panic_goes_elsewhere$")


def unknown_symbols(arch, out, callers):
    """What our objects and those of @callers want of kexec, below @out, and none of
    them has.  Others that lie there may be of a build before.

    Stands for the link, which would need all of the kernel.
    """
    defined, wanted = set(), set()
    objects = {*callers, *(target for _, target in our_objects(arch))}
    paths = filter(Path.is_file, map(out.joinpath, sorted(objects)))
    lines, _ = run(["nm", "-A", *map(str, paths)])
    for line in lines:
        kind, name = line.split()[-2:]
        if SYMBOLS_OF_KEXEC.search(name):
            (wanted if kind == "U" else defined).add(name)
    return [f"nothing has {name}" for name in sorted(wanted - defined)]


def base_callers(arch):
    """Those that only another base than the default one has, for an architecture."""
    from . import other_base    # which looks at what is in here
    return other_base.settings(build.BASE).get("callers", {}).get(arch.name, [])


def distribution(arch):
    """We and our callers compile in a kernel such as distributions have."""
    callers = [name for name in CALLERS + arch.callers + base_callers(arch)
               if name not in arch.no_callers]
    out, lines = build_objects(
        arch, "distribution", our_targets(arch) + callers,
        "KCFLAGS=-Werror", flavour=("distribution",))
    return require_seen(lines, "CC", arch, ["kernel/kexec/debug.c"]) \
        + unknown_symbols(arch, out, callers)


# Those of them that every kernel has.
CORE_CALLERS = [f"kernel/{name}.o" for name in
                ("ksysfs", "panic", "reboot", "sys_ni", "sysctl")]


def without(arch):
    """The callers that every kernel has compile without kexec."""
    callers = CORE_CALLERS + arch.core_callers
    out, _ = build_objects(arch, "without kexec", callers, "KCFLAGS=-Werror",
                           flavour=("without",))
    return unknown_symbols(arch, out, callers)


def one_cpu(arch):
    """We and the callers that every kernel has compile for one CPU, where an
    architecture has such kernels.
    """
    callers = [name for name in CORE_CALLERS + arch.core_callers
               if not name.endswith("/smp.o")]
    callers += ["kernel/vmcore_info.o", "kernel/printk/printk.o"]
    out, lines = build_objects(
        arch, "one CPU", our_targets(arch) + callers,
        "KCFLAGS=-Werror", flavour=(*WHOLE, ONE_CPU))
    return require_seen(lines, "CC", arch) + unknown_symbols(arch, out, callers)


def checkpatch(arch):
    """--strict; but TRACE_EVENT() has a layout of its own in every tree, tests ask for a
    BUG(), columns of a manual's table have one format, and fields of registers have the names
    that manuals give them: checkpatch looks for those in the headers before it ignores them.
    """
    trace = {name for name in our_files() if name.startswith("include/trace/")}
    hooks = {"kernel/kexec/debug.c"}
    fields = {"arch/arm64/kernel/machine_kexec.c"}
    tables = {"Documentation/man/man2/kexec_load.2"}
    rest = set(our_files()) - trace - hooks - fields - tables
    failed = []
    for names, ignore in ((rest, []), (hooks, ["--ignore", "AVOID_BUG"]),
                          (tables, ["--ignore", "REPEATED_WORD"]),
                          (fields, ["--ignore", "CAMELCASE", "--root", "."]), (trace, [
            "--ignore", "OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT"])):
        lines, status = run(
            ["perl", "scripts/checkpatch.pl", "--strict", "--no-tree",
             "--terse", "--show-types", "--no-summary", *ignore, "-f",
             *sorted(names)], build.TREE)
        failed += lines or ([f"exit status {status}"] if status else [])
    return failed


def series(arch):
    """The patches apply, leave what is in the tree, and checkpatch likes them."""
    lines, status = run(["tools/series/kexec-series", "check"])
    # What it says when all is well is no complaint.
    lines = [line for line in lines if not line.startswith("series: ")]
    return lines or ([f"exit status {status}"] if status else [])


def kernel_doc(arch):
    lines, status = run(["perl", "scripts/kernel-doc", "-none", "-Wall",
                         *(name for name in code_files()
                           if not name.endswith(".S"))], build.TREE)
    return lines or ([f"exit status {status}"] if status else [])


# Words of the RISC-V, s390 and x86 specifications, and of troff.
KNOWN_WORDS = "hart,sie,stap,ist,bu,te"


def codespell(arch):
    names = our_files() if build.IN_TREE else repository_files()
    skip = "COPYING"
    lines, status = run(["codespell", "-L", KNOWN_WORDS,
                         *(name for name in names if name != skip)])
    return lines or ([f"exit status {status}"] if status else [])


def manual_files():
    """The manual pages, as paths in the tree."""
    return [name for name in our_files() if re.search(r"/man\d/.*\.\d$", name)]


def manual_pages(arch):
    pages = manual_files()
    lines, status = run(["mandoc", "-Tlint", "-Wwarning", *pages], build.TREE)
    if not pages:
        return ["there is no manual page"]
    return lines or ([f"exit status {status}"] if status else [])


USES_HEADER = """
#include <linux/kexec.h>
unsigned long probe(void);
unsigned long probe(void)
{
    struct kexec_segment segment = { 0, 0, 0, 0 };
    return KEXEC_ON_CRASH | KEXEC_PRESERVE_CONTEXT | KEXEC_ARCH_MASK |
           KEXEC_ARCH_X86_64 | KEXEC_ARCH_AARCH64 | KEXEC_FILE_UNLOAD |
           KEXEC_SEGMENT_MAX | (unsigned long)segment.memsz;
}
"""


def uapi_header(arch):
    """The exported header compiles from user space, as C and as C++."""
    include = build.user_headers(arch)
    failed = []
    for language, standard in (("c", "c99"), ("c", "gnu17"), ("c++", "c++11"),
                               ("c++", "c++20")):
        # C++ is the same everywhere: the host's compiler will do.
        compiler = "g++" if "+" in language else arch.cross_compile + "gcc"
        result = subprocess.run(
            [compiler, f"-std={standard}", "-x", language, "-Wall", "-Wextra",
             "-pedantic", "-I", str(include), "-fsyntax-only", "-"],
            input=USES_HEADER, text=True, capture_output=True)
        # -pedantic dislikes headers that ours includes: those are not ours.
        bad = re.findall(r"^.*linux/kexec\.h:\d+:\d+: .*$|^<stdin>.*$",
                         result.stderr, re.MULTILINE)
        if result.returncode or bad:
            failed += [f"{language}, {standard}:",
                       *(bad or result.stderr.splitlines())]
    return failed


def maintainers(arch):
    """Every file that lands in a tree is one that MAINTAINERS names."""
    return [f"no F: line has {name}"
            for name in sorted(set(our_files()) - set(maintained_files()))]


def core_of_any_architecture(arch):
    """Nothing in kernel/kexec/ names an architecture."""
    names = {path.name for path in (build.TREE / "arch").iterdir()
             if path.is_dir()} | {"x86_64", "i386", "aarch64", "riscv64", "s390x"}
    word = re.compile(rf"\b(CONFIG_)?({'|'.join(sorted(names))})\b", re.I)
    return [f"{name}:{number}: {line.strip()}" for name in our_files()
            if name.startswith(("kernel/kexec/", "kernel/kexec.c"))
            for number, line in enumerate(
                (build.TREE / name).read_text().splitlines(), 1)
            if word.search(line)]


VERSION = re.compile(r"\b(LINUX_VERSION_\w+|KERNEL_VERSION)\b|<linux/version\.h>")


def no_version_checks(arch):
    """What differs between the bases is in the headers that each has of its own."""
    return [f"{name}:{number}: {line.strip()}" for name in code_files()
            if name.startswith(("kernel/", "include/", "arch/"))
            for number, line in enumerate(
                (build.TREE / name).read_text().splitlines(), 1)
            if VERSION.search(line)]


def bench_options(arch):
    """What "bench" measures can be configured: no kernel of it is built here.  That of
    the base's own kexec only where there is its tree.
    """
    kernels = [(build.TREE, ("bench",)), (build.BASE_TREE, ("bench", "plain"))]
    for tree, flavour in kernels:
        if not (tree / "Kbuild").is_file():
            continue
        name = "-".join(flavour)
        out = tree / f"out-{arch.name}-options-{name}"
        with build.locked(out):
            build.configure(arch, out, build.fragments_of(arch, flavour),
                            f"kernel {arch.name} {name}")
    return []


def unit_tests(directory):
    """Run the Python tests of a directory; returns (reasons, tests).

    In a process of their own: they change what others use meanwhile.
    """
    lines, status = run([sys.executable, "-m", "harness.unit", str(directory)],
                        build.HERE)
    tests = ktap.parse(lines)
    if not tests:
        return ["no test ran", *lines[-30:]], []
    failed = any(not test.ok for test in tests)
    if failed != bool(status):
        return [f"exit status {status}", *lines[-30:]], tests
    return [], tests


def all_checks():
    """(name, function of the architecture that returns complaints, whether "make
    check" has it).
    """
    from . import messages, outside, pages  # which look at the lists in here
    checks = [uapi_header, bench_options, outside.outside_users]
    # What our files say by themselves is the same whatever the base.
    if not build.BASE:
        checks += [checkpatch, kernel_doc, codespell, manual_pages,
                   pages.manual_facts, pages.documented_features,
                   core_of_any_architecture, no_version_checks,
                   messages.documented_messages]
    if not build.IN_TREE:
        checks += [series] if build.BASE else [maintainers, series]
    # Each line is in a patch, too, and checkpatch reads those.
    return [(f"static/{check.__name__}", check, build.IN_TREE or check is not checkpatch)
            for check in checks]


def has_one_cpu(arch):
    """Whether an architecture has a fragment for a kernel without SMP."""
    return (build.HERE / f"configs/{arch.name}-{ONE_CPU}.config").is_file()


def build_checks(arch, whole, first):
    """The same, of those that keep all processors busy.

    @whole: "make check" has more of the architecture than what compiles our files
    @first: it is the first of those that are checked
    """
    return [("static/warnings", warnings, True),
            ("build/distribution", distribution, whole),
            # What differs between architectures is little there.
            ("build/without-kexec", without, first),
            *([("build/one-cpu", one_cpu, whole)] if has_one_cpu(arch) else [])]


def test_directories():
    """(name, directory) of the tests of our own programs, which know one base."""
    if build.BASE:
        return []
    found = [("tool/harness", build.HERE / "harness"),
             ("tool/series", build.REPO / "tools/series")]
    return [(name, path) for name, path in found if path.is_dir()]
