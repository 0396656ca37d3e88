# SPDX-License-Identifier: GPL-2.0-only
"""The short lists of other bases than the default one, as checks of "make check".

What a base is: tools/series/bases.py of the overlay.  Everything of another one has
directories of its own, which the environment chooses; so it is another program's run,
of which each check is a test here.
"""

import os
import re
import subprocess
import sys
import tomllib

from . import build, ktap

# What tools/series/kexec-tree ends with if a base can't be had.
NOT_TO_BE_HAD = 3


def settings(base):
    """What base.toml says of a base; {} of the default one, and in a kernel tree."""
    path = build.REPO / f"tools/series/bases/{base}/base.toml"
    if base and not path.exists():
        there = ", ".join(sorted(path.name for path in path.parents[1].iterdir()
                                 if path.is_dir()))
        raise build.BuildError(f"there is no base {base}: there is {there}")
    return tomllib.loads(path.read_text()) if base else {}


def lists(base):
    """The names of the checks that "make check" has of a base, and those that only
    "make check-all" has, of other architectures.
    """
    those = settings(base)
    return those.get("check", []), those.get("check_all", [])


def short_list(base, archs):
    """The names of the checks that there are of a base, for architectures, by their
    names: those of "make check", or, if it has none of them, of "make check-all"; and
    whether there is a list at all.
    """
    often, rare = lists(base)
    for names in (often, rare):
        if found := [name for name in names if archs & set(name.split("/"))]:
            return found, True
    return [], bool(often)


def bases_for(arch):
    """The other bases that have a short list for an architecture, and whether
    "make check" has it.
    """
    if build.IN_TREE or build.BASE:
        return {}
    paths = sorted((build.REPO / "tools/series/bases").glob("*/base.toml"))
    found = {path.parent.name: short_list(path.parent.name, {arch.name})[0]
             for path in paths if path.parent.name != build.DEFAULT_BASE}
    return {base: names[0] in lists(base)[0] for base, names in found.items()
            if names}


def make_tree(base):
    """Bring the tree of a base up to date; returns why it can't be had, or ""."""
    result = subprocess.run(
        [str(build.REPO / "tools/series/kexec-tree"), "make", "--base", base,
         f"build/linux-{base}"], cwd=build.REPO, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.returncode == NOT_TO_BE_HAD:
        return result.stderr
    if result.returncode:
        raise build.BuildError(result.stderr)
    return ""


def tests_of(text):
    """The checks of a run of kexec-qemu, by what it said, as tests, and their tests
    that were skipped.
    """
    tests = []
    for match in re.finditer(r"^(ok  |FAIL) (\S+) \((.*)((?:\n .*)*)", text,
                             re.MULTILINE):
        verdict, name, cost, more = match[1], match[2], match[3], match[4]
        skips = re.findall(r"^ +skipped: (\S+) ?(.*)", more, re.MULTILINE)
        ok = verdict == "ok  "
        # Nothing of it ran.
        if ok and skips and cost.endswith(f" {len(skips)} tests)"):
            tests.append(ktap.Test(name, True, True, skips[0][1]))
            continue
        tests += [ktap.Test(skipped, True, True, why) for skipped, why in skips]
        tests.append(ktap.Test(name, ok, detail="" if ok else more.strip("\n")))
    return tests


def missing(names, tests):
    """Why a run was not what it had to be: which of the checks it does not tell of."""
    seen = {test.name for test in tests}
    return [f"expected {name}: not seen" for name in names if name not in seen]


def run(base, arch):
    """Run the short list of a base for an architecture; returns why it failed, and its
    checks as tests.
    """
    logs = build.BUILD / f"logs-{base}"
    logs.mkdir(parents=True, exist_ok=True)
    if why := make_tree(base):
        return [], [ktap.Test(f"Linux-{base}", True, True, " ".join(why.split()))]
    return run_list(base, arch, logs / f"check-{arch.name}.log")


def run_list(base, arch, log):
    """Run a short list in the tree that there is; returns what run() does.  What the
    run complains of besides its checks lies beside its log.
    """
    complaints = log.with_suffix(".err")
    with open(log, "w") as out, open(complaints, "w") as err, subprocess.Popen(
            [sys.executable, str(build.HERE / "kexec-qemu"), "check",
             "--arch", arch.name], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env=os.environ | {"KEXEC_BASE": base}) as process:
        with build.ended_with_us(process):
            process.wait()
    text = log.read_text(errors="replace")
    tests = tests_of(text)
    why = missing(short_list(base, {arch.name})[0], tests)
    if bool(process.returncode) == all(test.ok for test in tests):
        why.append(f"its exit status is {process.returncode}: "
                   f"{text[-2000:].strip()}")
    if why or process.returncode:
        why += complaints.read_text(errors="replace")[-2000:].split("\n")[:-1]
        why.append(f"the whole log: {build.relative(log)}")
    return why, tests
