# SPDX-License-Identifier: GPL-2.0-only
"""Runs the checks, two at a time, and counts what passed and failed."""

import concurrent.futures
import dataclasses
import functools
import time
import traceback
from typing import Callable

from . import build, dump, guest, ktap, static

AT_ONCE = 2


@dataclasses.dataclass
class Check:
    """Something to run.  It returns why it failed, and the tests within it."""
    name: str
    run: Callable
    kernel: tuple = None        # that it boots: architecture, flavour
    alone: bool = False         # it keeps all processors busy by itself


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: dict = dataclasses.field(default_factory=dict)


IMAGES = {}                     # (architecture, flavour): image, initramfs


def build_kernel(arch, flavour):
    image = build.kernel(arch, flavour)
    IMAGES[arch.name, flavour] = image, build.initramfs(arch, image)
    return [], []


def run_guest(arch, one):
    """Boot a guest and judge it."""
    if (arch.name, one.flavour) not in IMAGES:
        return ["its kernel could not be built"], []
    if why := build.lack(arch, one.needs):
        return [], [ktap.Test(one.name, True, True, " ".join(why.split()))]
    image, initrd = IMAGES[arch.name, one.flavour]
    outcome = guest.boot(arch, one, image, initrd)
    why, tests = guest.judge(one, outcome)
    if why or any(not test.ok for test in tests):
        why += [f"the end of {build.relative(outcome.log)}:",
                *guest.tail(outcome)]
    elif one.dump:
        why = dump.verify(one.dump, outcome.disk, build.vmlinux(image))
        why += [f"see {build.relative(outcome.disk)}"] if why else []
    if outcome.disk and not why:
        dump.remove(outcome.disk)
    return why, tests


def checks_of(arch):
    """What is checked for an architecture: that it compiles, the guests."""
    return [
        *(Check(f"{name}/{arch.name}",
                lambda function=function: (function(arch), []), alone=True)
          for name, function in static.build_checks()),
        *(Check(f"guest/{arch.name}/{one.name}",
                functools.partial(run_guest, arch, one),
                (arch.name, one.flavour))
          for one in guest.table(arch)),
    ]


def common_checks(arch):
    """What is checked once: what tools say, our programs' own tests."""
    return [
        *(Check(name, lambda function=function: (function(arch), []))
          for name, function in static.all_checks()),
        *(Check(name, functools.partial(static.unit_tests, directory))
          for name, directory in static.test_directories()),
    ]


def all_checks(archs):
    """Every check, for @archs."""
    return common_checks(archs[0]) + sum(map(checks_of, archs), [])


def kernels(archs, checks):
    """The kernels that @checks boot; building each is a check too."""
    known = {arch.name: arch for arch in archs}
    return [Check(f"build/{'-'.join(flavour) or 'default'}/{name}",
                  functools.partial(build_kernel, known[name], flavour),
                  alone=True)
            for name, flavour in dict.fromkeys(
                check.kernel for check in checks if check.kernel)]


def names(archs):
    return [check.name for check in all_checks(archs)]


def timed(check):
    """Run a check; returns how long it took, and what it returned."""
    began = time.monotonic()
    try:
        why, tests = check.run()
    except build.BuildError as error:
        why, tests = str(error).splitlines(), []
    except Exception:
        why, tests = traceback.format_exc().splitlines(), []
    return time.monotonic() - began, why, tests


def report(check, seconds, why, tests, count):
    """Print the check's line, and what went wrong; count it."""
    bad = [test for test in tests if not test.ok]
    skipped = [test for test in tests if test.ok and test.skipped]
    ok = not why and not bad
    # A check that has tests counts as these; it counts itself if it failed
    # otherwise, or has none.
    count.skipped += len(skipped)
    count.passed += len(tests) - len(bad) - len(skipped)
    count.failed += len(bad)
    if not tests or (why and not bad):
        count.passed += not why
        count.failed += bool(why)
    count.seconds[check.name] = seconds
    inner = f", {len(tests)} tests" if tests else ""
    print(f"{'ok  ' if ok else 'FAIL'} {check.name} ({seconds:.1f} s{inner})")
    for test in skipped:
        print(f"     skipped: {test.name} {test.detail}")
    for test in bad:
        print(f"     not ok: {test.name}")
        print("".join(f"       {line}\n" for line in test.detail.splitlines()),
              end="")
    print("".join(f"     {line}\n" for line in why), end="", flush=True)


def summary(count, seconds):
    """The last lines: what took longest, and how many passed."""
    print(f"{seconds / 60:.1f} minutes; the longest:")
    for name, took in sorted(count.seconds.items(),
                             key=lambda item: -item[1])[:5]:
        print(f"  {took:6.1f} s  {name}")
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    print(f"{count.passed} passed, {count.failed} failed{skipped}", flush=True)


def run_all(checks):
    """Run @checks: those that need all processors, then the others some at a
    time; returns an exit status.
    """
    began, count = time.monotonic(), Count()
    for check in checks:
        if check.alone:
            report(check, *timed(check), count)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {pool.submit(timed, check): check for check in checks
                if not check.alone}
        try:
            for job in concurrent.futures.as_completed(jobs):
                report(jobs[job], *job.result(), count)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            build.end_all()
            raise
    summary(count, time.monotonic() - began)
    return 1 if count.failed else 0


def run(archs, substring):
    """Run the checks whose names have @substring; returns an exit status."""
    checks = [check for check in all_checks(archs) if substring in check.name]
    if not checks:
        raise build.BuildError(f"no check's name has {substring!r}")
    return run_all(kernels(archs, checks) + checks)
