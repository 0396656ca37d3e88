# SPDX-License-Identifier: GPL-2.0-only
"""Runs the checks, some at a time, and counts what passed and failed."""

import concurrent.futures
import contextlib
import dataclasses
import functools
import os
import resource
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Callable

from . import build, docs, dump, guest, ktap, other_base, pages, record, static

AT_ONCE = 2


@dataclasses.dataclass
class Check:
    """Something to run.  It returns why it failed, and the tests within it."""
    name: str
    run: Callable
    kernels: tuple = ()         # that it boots: architecture, flavour of each
    builds: tuple = ()          # that it makes, of the same form
    alone: bool = False         # it keeps most processors busy by itself
    in_check: bool = True       # "make check" has it, not "check-all" only
    inputs: Callable = None     # returns a text that changes if it has to run
                                # again; None: static.fingerprint()


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    before: int = 0             # checks that passed before, with these inputs
    cpu_seconds: float = 0.0
    seconds: dict = dataclasses.field(default_factory=dict)
    results: dict = dataclasses.field(default_factory=dict)    # name: passed


IMAGES = {}                     # (architecture, flavour): image, initramfs
GUEST_CPU = {}                  # (architecture, guest): seconds of QEMU, the last time
GUESTS_CPU = []                 # those of each time


def build_kernel(arch, flavour):
    image = build.kernel(arch, flavour)
    IMAGES[arch.name, flavour] = image, build.initramfs(arch, image)
    return [], []


def run_guest(arch, one):
    """Boot a guest and judge it."""
    if any((arch.name, flavour) not in IMAGES for flavour in one.flavours):
        build.borrowed(arch.borrowed)   # what its kernel lacked is what it lacks
        return ["its kernel could not be built"], []
    if why := build.lack(arch, one.needs):
        return [], [ktap.Test(one.name, True, True, " ".join(why.split()))]
    image, initrd = IMAGES[arch.name, one.flavour]
    capture = IMAGES[arch.name, one.flavours[1]][0] if one.capture else None
    outcome = guest.boot(arch, one, image, initrd, capture=capture)
    GUEST_CPU[arch.name, one.name] = outcome.cpu_seconds
    GUESTS_CPU.append(outcome.cpu_seconds)
    why, tests = guest.judge(one.on(arch), outcome)
    if why or any(not test.ok for test in tests):
        why += [f"the end of {build.relative(outcome.log)}:",
                *guest.tail(outcome)]
    elif one.dump:
        why = dump.verify(one.dump, outcome.disk, build.vmlinux(image))
        why += [f"see {build.relative(outcome.disk)}"] if why else []
    if outcome.disk and not why:
        dump.remove(outcome.disk)
    return why, tests


def emulator(arch):
    """A text that changes with QEMU, its firmware, or how it runs guests."""
    return "\n".join([guest.accelerator(arch), record.version(arch.qemu),
                      guest.firmware(arch.qemu)])


def inputs_of_guest(arch, one):
    """What a guest's result depends on: the row, the files that it boots, what
    runs and judges it.
    """
    images = [IMAGES[arch.name, flavour] for flavour in one.flavours]
    files = [*sum(images, ()), *sorted((build.HERE / "harness").glob("*.py")),
             build.HERE / "harness/counter_khz.c",
             *map(Path, arch.firmware.get(one.firmware, {}).values())]
    if one.dump or one.vmlinux:
        files += [build.vmlinux(image) for image, _ in images]
    if one.dtb:
        files.append(build.output(images[0][0]) / one.dtb)
    tools = [*dump.PROGRAMS * bool(one.disk), *["fdtput"] * bool(one.fdtput)]
    return "\n".join([
        repr(one), repr(sorted(arch.settings.items())), record.digest(files),
        build.lack(arch, one.needs)
        or record.digest_of_bytes(build.more_files(arch, one.needs)),
        emulator(arch), record.stamps(tools)])


def inputs_of_base(arch):
    """What the result of a run for another base depends on, as far as it can be told
    before there is its tree.
    """
    return static.fingerprint() + emulator(arch)


def checks_of(arch, whole, first):
    """What is checked for an architecture: that it compiles, the guests; and of other
    bases, some of that.  @whole and @first are those of static.build_checks().
    """
    return [
        *(Check(f"{name}/{arch.name}",
                lambda function=function: (function(arch), []), alone=True,
                in_check=often)
          for name, function, often in static.build_checks(arch, whole, first)),
        *(Check(f"guest/{arch.name}/{one.name}",
                functools.partial(run_guest, arch, one),
                tuple((arch.name, flavour) for flavour in one.flavours),
                in_check=whole and one.in_check(arch.name),
                inputs=functools.partial(inputs_of_guest, arch, one))
          for one in guest.table(arch)),
        *(Check(f"base/{base}/{arch.name}",
                functools.partial(other_base.run, base, arch), alone=True,
                in_check=whole and often,
                inputs=functools.partial(inputs_of_base, arch))
          for base, often in other_base.bases_for(arch).items()),
    ]


def common_checks(arch):
    """What is checked once: what tools say, our programs' own tests."""
    return [
        *(Check(name, lambda function=function: (function(arch), []), in_check=often)
          for name, function, often in static.all_checks()),
        Check("static/documents", docs.documents),
        Check("static/manual_programs", pages.manual_programs),
        *(Check(name, functools.partial(static.unit_tests, directory))
          for name, directory in static.test_directories()),
    ]


def all_checks(archs):
    """Every check, for @archs."""
    return common_checks(archs[0]) + sum(
        (checks_of(arch, len(archs) == 1 or arch.default != "compile",
                   arch is archs[0]) for arch in archs), [])


def archs(name, every, words=()):
    """The architecture that is named, or those that checks are for if none is:
    @every one, or the ones that "make check" has and those whose checks @words name
    as a whole, as guest/sh4/abi.
    """
    found = [build.Arch(each) for each in ([name] if name else build.ported())]
    asked = {part for word in words if "/" in word for part in word.split("/")}
    return [arch for arch in found if name or every or arch.default
            or arch.name in asked]


def kernels(archs, checks):
    """The kernels that @checks boot; building each is a check too."""
    known = {arch.name: arch for arch in archs}
    return [Check(f"build/{'-'.join(flavour) or 'default'}/{name}",
                  functools.partial(build_kernel, known[name], flavour),
                  builds=((name, flavour),), alone=True)
            for name, flavour in dict.fromkeys(
                kernel for check in checks for kernel in check.kernels)]


def names(archs):
    """The names of all checks, and which command runs each."""
    checks = all_checks(archs)
    if build.BASE:
        often = set(other_base.lists(build.BASE)[0])
    else:
        rare = {arch.name for arch in archs if not arch.default and len(archs) > 1}
        often = {check.name for check in checks
                 if check.in_check and not rare & set(check.name.split("/"))}
    return [f"{'check    ' if check.name in often else 'check-all'}  {check.name}"
            for check in checks]


def timed(check):
    """Run a check; returns how long it took, how long it had processors, and
    what it returned.
    """
    began, before = time.monotonic(), children_cpu() - guests_cpu()
    try:
        why, tests = check.run()
    except build.NotBorrowed as error:
        why, tests = [], [ktap.Test(check.name, True, True,
                                    " ".join(str(error).split()))]
    except build.BuildError as error:
        why, tests = str(error).splitlines(), []
    except Exception:
        why, tests = traceback.format_exc().splitlines(), []
    # Of those beside one another, what each had can't be told apart so: some of it was
    # had by a tool that ran beside it, not by guests.
    cpu = children_cpu() - guests_cpu() - before if check.alone else \
        GUEST_CPU.get(tuple(check.name.split("/")[1:]), 0.0)
    return time.monotonic() - began, cpu, why, tests


def children_cpu():
    """Seconds of processors that our processes had which have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def guests_cpu():
    """What of these the guests had."""
    return sum(GUESTS_CPU)


def report(check, seconds, cpu, why, tests, count):
    """Print the check's line, and what went wrong; count it."""
    bad = [test for test in tests if not test.ok]
    skipped = [test for test in tests if test.ok and test.skipped]
    ok = not why and not bad
    # A check that has tests counts as these; it counts itself if it failed
    # otherwise, or has none.
    passed, failed = len(tests) - len(bad) - len(skipped), len(bad)
    if not tests or (why and not bad):
        passed += not why
        failed += bool(why)
    count.passed += passed
    count.failed += failed
    count.skipped += len(skipped)
    count.cpu_seconds += cpu
    count.seconds[check.name] = seconds
    count.results[check.name] = ok
    inner = f", {cpu:.1f} of a processor" if cpu else ""
    inner += f", {len(tests)} tests" if tests else ""
    print(f"{'ok  ' if ok else 'FAIL'} {check.name} ({seconds:.1f} s{inner})")
    for test in skipped:
        print(f"     skipped: {test.name} {test.detail}")
    for test in bad:
        print(f"     not ok: {test.name}")
        print("".join(f"       {line}\n" for line in test.detail.splitlines()),
              end="")
    print("".join(f"     {line}\n" for line in why), end="", flush=True)
    return record.Result(check.name, ok, passed, failed, len(skipped),
                         round(seconds, 1), round(cpu, 1))


def closing_line(count):
    """How many passed: the last line of everything that runs checks."""
    skipped = f", {count.skipped} skipped" if count.skipped else ""
    return f"{count.passed} passed, {count.failed} failed{skipped}"


def summary(count, seconds):
    """What took longest, and how long all did."""
    print(f"{seconds / 60:.1f} minutes, {count.cpu_seconds / 60:.1f} of a "
          "processor; the longest:")
    for name, took in sorted(count.seconds.items(),
                             key=lambda item: -item[1])[:5]:
        print(f"  {took:6.1f} s  {name}")
    if count.before:
        print(f"{count.before} checks have passed before, and were not run "
              "again")


class Lanes:
    """Where checks run: one at a time that builds; beside it one of the others, and
    AT_ONCE when no more is to be built.

    Links, scripts and what waits for the network leave a part of the processors unused.
    """

    def __init__(self, checks):
        self.built = {kernel: threading.Event()
                      for check in checks for kernel in check.builds}
        self.slots = threading.Semaphore(AT_ONCE)
        self.left = sum(check.alone for check in checks)
        if self.left:
            self.slots.acquire()

    def run_alone(self, check):
        try:
            return timed(check)
        finally:
            for kernel in check.builds:
                self.built[kernel].set()
            self.left -= 1
            if not self.left:
                self.slots.release()

    def run_beside(self, check):
        for kernel in check.kernels:
            if kernel in self.built:
                self.built[kernel].wait()
        with self.slots:
            return timed(check)

    def let_go(self):
        """Nobody waits any more, as nothing is begun any more."""
        for event in self.built.values():
            event.set()
        self.slots.release(AT_ONCE)


def run_each(checks, count, done=lambda check, result: None):
    """Run @checks; @done is called with each one's result."""
    build.ENDING.clear()
    lanes = Lanes(checks)
    with concurrent.futures.ThreadPoolExecutor(1) as one, \
         concurrent.futures.ThreadPoolExecutor(AT_ONCE) as some:
        try:
            jobs = {}
            for check in checks:
                pool, run = (one, lanes.run_alone) if check.alone else \
                    (some, lanes.run_beside)
                jobs[pool.submit(run, check)] = check
            for job in concurrent.futures.as_completed(jobs):
                done(jobs[job], report(jobs[job], *job.result(), count))
        except BaseException:
            for pool in one, some:
                pool.shutdown(wait=False, cancel_futures=True)
            build.end_all()
            lanes.let_go()
            raise


def run_all(checks, count=None, done=lambda check, result: None):
    """Run @checks and say how many passed; returns an exit status."""
    count = count or Count()
    began = time.monotonic()
    try:
        run_each(checks, count, done)
    finally:
        # Also of what somebody has broken off.
        summary(count, time.monotonic() - began)
    print(closing_line(count), flush=True)
    return 1 if count.failed else 0


def short_list(archs):
    """The names of the checks that "make check" has of the base, for @archs; none
    if it has all.
    """
    if not build.BASE:
        return []
    found, any_list = other_base.short_list(build.BASE,
                                            {arch.name for arch in archs})
    if any_list and not found:
        raise build.BuildError(
            f"the short list of {build.BASE} has nothing for "
            + ", ".join(arch.name for arch in archs)
            + ": say which checks, or check-all")
    return found


def named(checks, words):
    """Those of @checks that @words mean: the one whose whole name a word is, or else
    those whose names have it; all, if there is no word.
    """
    names = {check.name for check in checks}
    found = set()
    for word in words or [""]:
        its = {word} & names or {name for name in names if word in name}
        if not its:
            raise build.BuildError(f"no check's name has {word!r}")
        found |= its
    return [check for check in checks if check.name in found]


def selected(archs, words, all_of_them):
    """The checks that @words mean: of "make check", or of all; and those whose whole
    names are among them.
    """
    found = named(all_checks(archs), words)
    short = [] if words or all_of_them else short_list(archs)
    if unknown := set(short) - {check.name for check in found}:
        raise build.BuildError("in the base's short list is no check: "
                               + ", ".join(sorted(unknown)))
    checks = [check for check in found if all_of_them or check.name in words
              or check.in_check and (not short or check.name in short)]
    if not checks:
        raise build.BuildError(
            f"{' '.join(words)!r} is in names of check-all only: kexec-qemu check "
            "--all; they are\n" + "\n".join(check.name for check in found))
    return checks


def run(archs, words):
    """What "make check" does; returns an exit status."""
    checks = selected(archs, words, False)
    return run_all(kernels(archs, checks) + checks)


# --- All of them, in several sittings ------------------------------------

def run_recorded(archs, words, resume):
    """What "make check-all" does: run every check, and keep each result; with
    @resume, less those that have passed before, and still would.
    """
    checks = selected(archs, words, True)
    count, began = Count(), time.monotonic()
    book = record.Book.open()
    book.forget([] if resume else [check.name for check in checks])
    # Whether a guest's inputs are the same can be told when its kernel is built.
    run_each(kernels(archs, checks), count)
    keys = {check.name: key(check) for check in checks}
    left = []
    for check in checks:
        before = book.passed(check.name, keys[check.name])
        if before:
            count.before += 1
            count.passed += before.passed
            count.skipped += before.skipped
        else:
            left.append(check)
    try:
        run_each(left, count, lambda check, result:
                 book.add(result, keys[check.name]))
    finally:
        path = book.write_report()
        summary(count, time.monotonic() - began)
    print(f"what was run when: {build.relative(path)}")
    print(closing_line(count), flush=True)
    return 1 if count.failed else 0


def key(check):
    """Changes with what the result of a check depends on; "" if that can't be told."""
    try:
        return record.key((check.inputs or static.fingerprint)())
    except (KeyError, OSError, build.BuildError):
        return ""               # no kernel, no firmware, no package


# --- Again and again -------------------------------------------------------

@contextlib.contextmanager
def one_processor():
    """All that is started meanwhile has one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def busy_neighbours(number=2):
    """Meanwhile @number others keep processors busy."""
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            process = stack.enter_context(subprocess.Popen(
                [sys.executable, "-c", "while True: pass"]))
            stack.callback(process.terminate)
            stack.enter_context(build.ended_with_us(process))
        yield


ROUNDS = [
    ("as it is, 1", contextlib.nullcontext),
    ("as it is, 2", contextlib.nullcontext),
    ("as it is, 3", contextlib.nullcontext),
    ("on one processor", one_processor),
    ("with two busy neighbours", busy_neighbours),
]


def not_steady(rounds):
    """(name, in which rounds it failed) of each check that failed in one.

    @rounds: name: {check: whether it passed}
    """
    failed = {}
    for name, results in rounds.items():
        for check, passed in results.items():
            if not passed:
                failed.setdefault(check, []).append(name)
    return failed


def run_steady(archs, words):
    """What "make check-steady" does: run all guests, or some, several times
    and in several conditions; returns an exit status.
    """
    checks = [check for check in selected(archs, words, True)
              if check.kernels]
    if not checks:
        raise build.BuildError(f"no guest's name has {' '.join(words)!r}")
    total, began = Count(), time.monotonic()
    run_each(kernels(archs, checks), total)
    rounds = repeat(checks, total)
    summary(total, time.monotonic() - began)
    unsteady = not_steady(rounds)
    for name, where in unsteady.items():
        print(f"not steady: {name}: failed "
              + ("each time" if len(where) == len(rounds)
                 else "; ".join(where)))
    print(closing_line(total), flush=True)
    return 1 if total.failed else 0


def repeat(checks, total):
    """Run @checks in each of the ROUNDS, the logs of each kept; returns what
    passed: {round: {check: whether}}.
    """
    logs, rounds = build.LOGS, {}
    for number, (name, condition) in enumerate(ROUNDS, 1):
        print(f"--- {name} ---", flush=True)
        build.LOGS = logs / f"steady-{number}"
        total.results = {}
        try:
            with condition():
                run_each(checks, total)
        finally:
            build.LOGS = logs
        rounds[name] = total.results
    return rounds
