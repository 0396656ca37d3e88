# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest in QEMU, watches its serial console, and judges it."""

import contextlib
import dataclasses
import functools
import os
import platform
import re
import selectors
import shlex
import socket
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

from . import build, dump, ktap, record, sysrq

ALWAYS_REJECTED = [
    r"\bBUG:", r"\bWARNING:", r"\bOops\b", r"Kernel panic", r"INFO: task .*blocked",
    r"general protection fault", r"rcu: INFO: .*stall", r"unreferenced object",
    r"^monitor: (Error|unknown)", r"UBSAN:", r"ODEBUG:", r"(memory|list_\w+) corruption",
]
APPEND = "panic=-1 printk.devkmsg=on retain_initrd"
ENDS = ("init", "payload")
# What not each architecture can have.
FEATURES = ("capture", "cpus", "filled", "jump", "letter", "panic=", "protect",
            "trace")

# A guest hangs if its console is silent for as long as its row says; one that is
# never silent, if it has not ended in so many times that.
LONGEST = 12

# A test of a selftest is ended after so many times that: when it is silent, not before
# the guest is, as what was killed can't be asked any more what it waited for.
TEST_LONGEST = 2

# Seconds of silence after which a guest that hangs has answered: it may lose a key
# that comes before.
ANSWERED = 5

# What a row's patterns may have in place of bytes that are another architecture's
# on each: the first 20 of an ELF core file; and of the release that the tree is.
ELF_HEADER = "@ELF_HEADER@"
RELEASE = "@RELEASE@"


@dataclasses.dataclass
class Guest:
    """One row of the list; guests/README.rst explains each field."""
    name: str
    arch: list = dataclasses.field(default_factory=lambda: ["x86_64"])
    check: list = dataclasses.field(default_factory=lambda: ["x86_64"])
    run: str = ""
    kernel: str = "default"
    memory: str = "1G"
    cpus: int = 1
    cpu: str = ""
    machine: str = ""
    dtb: str = ""
    append: str = ""
    console: bool = True
    kunit: bool = False
    timeout: int = 300
    qemu: list = dataclasses.field(default_factory=list)
    tap: bool = False
    skips: dict = dataclasses.field(default_factory=dict)
    suites: list = dataclasses.field(default_factory=list)
    ends: str = "init"
    expect: list = dataclasses.field(default_factory=list)
    reject: list = dataclasses.field(default_factory=list)
    allow: list = dataclasses.field(default_factory=list)
    dies: list = dataclasses.field(default_factory=list)
    monitor: list = dataclasses.field(default_factory=list)
    vmlinux: bool = False
    disk: str = ""
    fdtput: list = dataclasses.field(default_factory=list)
    needs: str = ""
    firmware: str = ""
    feature: str = ""
    since: str = ""
    until: str = ""
    small: bool = False
    dump: dict = None
    notes: list = dataclasses.field(default_factory=list)
    capture: str = ""

    def __post_init__(self):
        if isinstance(self.dump, dict):
            self.dump = dump.Dump(**self.dump)

    @property
    def flavour(self):
        return () if self.kernel == "default" else tuple(self.kernel.split("-"))

    @property
    def flavours(self):
        """The flavours of all kernels that it has; the first is what boots."""
        return [self.flavour, *([tuple(self.capture.split("-"))]
                                if self.capture else [])]

    def is_for(self, arch_name):
        """Whether it is a guest of an architecture, of the base that there is."""
        if self.since and not build.is_since(self.since) or \
           self.until and build.is_since(self.until):
            return False
        arch = build.Arch(arch_name)
        return arch_name in self.arch or (
            "all" in self.arch and self.feature not in arch.no_features
            and (self.small or not arch.small))

    def cpus_on(self, arch):
        """How many CPUs it has there.  A row that names the architecture knows."""
        if not arch.max_cpus or arch.name in self.arch:
            return self.cpus
        return min(self.cpus, arch.max_cpus)

    def on(self, arch):
        """The same guest, with what is not to be minded on an architecture."""
        return dataclasses.replace(self, allow=self.allow + arch.allow)

    def in_check(self, arch_name):
        """Whether "make check" has it, and not "make check-all" only."""
        return self.is_for(arch_name) \
            and not {arch_name, "all"}.isdisjoint(self.check)

    def may_skip(self, test, arch_name):
        """Whether a test of its may be skipped on an architecture."""
        what = f"{test.name} {test.detail}"
        return any(re.search(pattern, what)
                   and not {arch_name, "all"}.isdisjoint(archs)
                   for pattern, archs in self.skips.items())


def wrong_types(kind, row):
    """Yield what is wrong with the names and the types of a row's fields."""
    fields = {field.name: field.type for field in dataclasses.fields(kind)}
    for name, value in row.items():
        if name not in fields:
            yield f"there is no field {name}"
        # bool is an int, and not meant where a number is.
        elif type(value) is not fields[name]:
            yield f"{name} is no {fields[name].__name__}"
        elif name == "monitor":
            if not all(isinstance(due, list) and len(due) > 1 and
                       all(isinstance(item, str) for item in due) for due in value):
                yield f"{name} has something that is no pattern with its commands"
        elif isinstance(value, list) and kind is Guest \
                and not all(isinstance(item, str) for item in value):
            yield f"{name} has something that is no text"


def wrong_values(one):
    """Yield what is wrong with the values of a row, of which the types are
    right.
    """
    known = {"all", *build.ported()}
    for what, archs in (("arch", one.arch), ("check", one.check),
                        *(("skips", archs) for archs in one.skips.values())):
        if not set(archs) <= known:
            yield f"{what}: {' '.join(map(str, archs))}: no such architecture"
    if one.ends not in ENDS:
        yield f"ends: {one.ends}, which is none of {', '.join(ENDS)}"
    for name, release in (("since", one.since), ("until", one.until)):
        if not re.fullmatch(r"(\d+\.\d+)?", release):
            yield f"{name}: {release}, which is no release"
    if one.feature not in ("", *FEATURES):
        yield f"feature: {one.feature}, which is none of {', '.join(FEATURES)}"
    for pattern in (*one.expect, *one.reject, *one.allow, *one.dies,
                    *one.skips, *(due[0] for due in one.monitor)):
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"{pattern}: {error}"
    for part in sum(one.flavours, ()):
        if not [*(build.HERE / "configs").glob(f"{part}.config"),
                *(build.HERE / "configs").glob(f"*-{part}.config")]:
            yield f"kernel, capture: there is no configs/{part}.config"
    for name, size in (("memory", one.memory), ("disk", one.disk or "1M")):
        if not re.fullmatch(r"\d+[MG]", size):
            yield f"{name}: {size}, which is no number of M or G"
    for name in build.ported() if "all" in one.arch else one.arch:
        if one.firmware and one.firmware not in build.Arch(name).firmware:
            yield f"firmware: {one.firmware}, which is not in {name}.toml"
        if one.needs not in ("", "kexec", "kexec-new") \
           and one.needs not in build.Arch(name).kernels:
            yield f"needs: {one.needs}, which is not in {name}.toml"
    if one.dtb and one.fdtput:
        yield "fdtput: it changes QEMU's device tree, and this has one of its own"
    if one.cpus < 1 or one.timeout < 1:
        yield "cpus and timeout begin at 1"
    if one.cpus > 1 and "-icount" in one.qemu:
        yield "-icount: QEMU 7.2 then lets one of several CPUs starve"
    if (one.skips or one.suites) and not one.tap:
        yield "skips and suites are of tests, which need tap"
    if one.kunit and not one.suites:
        yield "kunit: which suites?"
    if not set(one.notes) <= set(dump.NOTES):
        yield f"notes: {' '.join(one.notes)}: each is one of {' '.join(dump.NOTES)}"
    if one.notes and len(one.notes) != one.cpus:
        yield f"notes: {len(one.notes)}, of {one.cpus} CPUs"
    if one.dump and not one.disk:
        yield "a dump needs a disk"


def read_row(row):
    """The guest that a row is; raises BuildError if a field makes no sense."""
    wrong = [*wrong_types(Guest, row)]
    if not wrong and "dump" in row:
        wrong += wrong_types(dump.Dump, row["dump"])
        if "stacks" not in row["dump"]:
            wrong.append("dump: no stacks")
    if not wrong:
        one = Guest(**row)
        wrong = [*wrong_values(one)]
    if wrong:
        raise build.BuildError("\n".join(
            f"guests: {row.get('name', '?')}: {reason}" for reason in wrong))
    return one


# What says of each row anew.
OF_THE_ROW_ALONE = ("name", "check")


def complete(rows, name, above=()):
    """The fields of a row, those of the one that it is like included."""
    row = dict(rows[name])
    like = row.pop("like", None)
    if not like:
        return row
    if like not in rows or like in (name, *above):
        raise build.BuildError(f"guests: {name}: like {like}, which "
                               "is no other row")
    model = complete(rows, like, (name, *above))
    return {field: value for field, value in model.items()
            if field not in OF_THE_ROW_ALONE} | row


def read_tables(*texts):
    """The guests of tables in TOML."""
    rows = {}
    for row in (row for text in texts for row in tomllib.loads(text)["guest"]):
        if "name" not in row:
            raise build.BuildError(f"guests: a row without a name: {row}")
        if row["name"] in rows:
            raise build.BuildError(f"guests: {row['name']}: twice")
        rows[row["name"]] = row
    return [read_row(complete(rows, name)) for name in rows]


@functools.cache
def every_guest():
    """The guests of all files of the list."""
    return read_tables(*(path.read_text() for path in
                         sorted((build.HERE / "guests").glob("*.toml"))))


def table(arch):
    """The guests that are for an architecture."""
    return [one for one in every_guest() if one.is_for(arch.name)]


@dataclasses.dataclass
class Outcome:
    """What became of a guest."""
    lines: list                 # (seconds since QEMU's start, text)
    seconds: float
    log: object
    timed_out: str              # why it was killed, or ""
    status: int                 # of QEMU
    disk: object = None         # the guest's disk, if it has one
    cpu_seconds: float = 0.0    # of QEMU
    arch: object = None         # what it was a guest of
    untold: list = ()           # what was left of the row's "monitor"
    sysrq: list = ()            # lines, what it said by SysRq when it hung

    @property
    def text(self):
        return "\n".join(line for _, line in self.lines)


def accelerator(arch=None):
    """What QEMU runs the guest's processors with, with its options."""
    chosen = os.environ.get("ACCEL") or "tcg"
    return arch.accelerator if arch and chosen == "tcg" else chosen


def is_emulated():
    """Whether that emulates the guest's processors."""
    return accelerator().removeprefix("accel=").split(",")[0] == "tcg"


def with_data(qemu):
    """QEMU, with an option for its data if it is borrowed: it would look for firmware where
    that of the machine's own release is.
    """
    data = Path(qemu).parent.parent / "share/qemu"
    return [qemu, "-L", str(data)] if os.path.isabs(qemu) and data.is_dir() else [qemu]


@functools.cache
def firmware(qemu):
    """A text that changes with what QEMU has for its machines to begin with, which may
    be of other packages.
    """
    top = record.said(*with_data(qemu), "-L", "help").split()
    return record.stamps(path for name in top for path in Path(name).rglob("*"))


def machine(arch, guest):
    """The part of QEMU's command line that says what it emulates."""
    return [*with_data(arch.qemu), "-machine", guest.machine or arch.machine,
            "-cpu", guest.cpu or arch.cpu,
            "-smp", str(guest.cpus_on(arch)),
            "-m", guest.memory, "-nodefaults", "-display", "none", *arch.options,
            *guest.qemu]


def with_firmware(arch, guest):
    """QEMU's options for other firmware than its own: flash with the program, and
    flash for what it stores, of which each guest begins with the same.
    """
    if not guest.firmware:
        return []
    flash = arch.firmware.get(guest.firmware, {})
    options = []
    for unit, (name, how) in enumerate((("program", "readonly=on"),
                                        ("variables", "snapshot=on"))):
        path = flash.get(name, "")
        if not os.path.isfile(path):
            raise build.BuildError(
                f"guests: {guest.name}: no {name} of firmware "
                f"\"{guest.firmware}\": {path or 'not in ' + arch.name + '.toml'}")
        options += ["-drive", f"if=pflash,format=raw,unit={unit},{how},"
                              f"file={path}"]
    return options


def with_device_tree(arch, guest, image, scratch):
    """Change the device tree that QEMU would give the guest, or take one that was
    built with its kernel; returns QEMU's options.
    """
    if guest.dtb:
        return ["-dtb", str(build.output(image) / guest.dtb)]
    if not guest.fdtput:
        return []
    tree = scratch / "device-tree"
    commands = [[*machine(arch, guest), "-machine", f"dumpdtb={tree}"]] + [
        ["fdtput", *(str(tree) if word == "TREE" else word
                     for word in shlex.split(change))]
        for change in guest.fdtput]
    for command in commands:
        result = subprocess.run(command, text=True, capture_output=True)
        if result.returncode or not tree.exists():
            raise build.BuildError(f"{shlex.join(command)}:\n{result.stderr}")
    return ["-dtb", str(tree)]


def counter(arch, guest):
    """The kernel's parameter for how fast its processors' counter counts.  What it
    measures itself, when it starts, is off by a factor of ten or more if the host was
    busy in between, and so are all its clocks then.  It is told nothing where its counter
    is not the host's, or the host has none that can be read.
    """
    if platform.machine() not in arch.counter_of or not is_emulated() \
       or "-icount" in guest.qemu:
        return ""
    khz = build.counter_khz()
    return f"{arch.counter}={khz}" if khz else ""


def command_line(arch, guest, image, initrd):
    """QEMU's command line."""
    console = [f"console={arch.console}", arch.append] if guest.console \
        else ["console=none"]
    append = [*console, counter(arch, guest), APPEND,
              f"kunit.enable={int(guest.kunit)}",
              # Not every base has this; those that don't ignore it.
              "kunit.autorun=1", guest.append]
    return [*machine(arch, guest), "-accel", accelerator(arch),
            "-no-reboot", "-kernel", str(image), "-initrd", str(initrd),
            "-append", " ".join(filter(None, append))]


def with_own_files(arch, guest, image, initrd, scratch, capture=None):
    """The initramfs plus /run/command, and what else only this guest has, as
    the image of another kernel, @capture; archives may follow one another.
    """
    if not guest.run:
        return initrd
    cpio = build.Cpio()
    limit = TEST_LONGEST * guest.timeout * build.patience()
    cpio.script("run/command", f"#!/bin/sh\nexport KEXEC_TEST_TIMEOUT={limit:.0f}\n"
                + guest.run.strip() + "\n")
    if guest.vmlinux:
        stripped = scratch / "vmlinux"
        subprocess.run([f"{arch.cross_compile}strip", "-o", str(stripped),
                        str(build.vmlinux(image))], check=True)
        cpio.file("boot/vmlinux", stripped, 0o644)
    if capture:
        cpio.file("boot/kernel-capture", capture, 0o644)
    whole = scratch / "initramfs"
    whole.write_bytes(initrd.read_bytes() + build.more_files(arch, guest.needs)
                      + cpio.bytes())
    return whole


def with_disk(guest, log):
    """Make the disk that a guest has; returns its path, and QEMU's options."""
    if not guest.disk:
        return None, []
    disk = log.with_suffix(".disk")
    dump.make_disk(disk, guest.disk)
    return disk, ["-drive", f"file={disk},if=none,id=disk,format=raw,"
                            "cache=unsafe",
                  "-device", "virtio-blk-pci,drive=disk"]


class Monitor:
    """Tells QEMU what to do with a running guest.

    Does what the guest's row asks for, in that order, each when the guest has
    printed what is waited for.
    """

    def __init__(self, guest, scratch):
        """@scratch: a descriptor of the guest's directory, which QEMU inherits.  By its
        own name the directory may lie too deep for a socket's path.
        """
        self.waiting = list(guest.monitor)
        self.timeout = guest.timeout
        self.path = f"/proc/self/fd/{scratch}/monitor"

    def options(self):
        return ["-monitor", f"unix:{self.path},server=on,wait=off"]

    def tell(self, command):
        """Have QEMU run a command; returns what it says, when it is done."""
        said = b""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(60 * build.patience())
            monitor.connect(self.path)
            monitor.sendall(command.encode() + b"\n")
            monitor.shutdown(socket.SHUT_WR)
            while chunk := monitor.recv(65536):
                said += chunk
        return said.decode(errors="replace")

    def run(self, command):
        """tell(), or with "until STATUS: COMMAND", tell() once that is what QEMU
        says of the machine: it knows when a guest sleeps, which is silent then.
        """
        status, _, later = command.removeprefix("until ").partition(": ")
        if not command.startswith("until "):
            return self.tell(command)
        deadline = time.monotonic() + self.timeout * build.patience()
        while status not in (said := self.tell("info status")):
            if time.monotonic() > deadline:
                return f"Error: not {status}: {' '.join(said.split())}"
            time.sleep(0.1)
        return self.tell(later)

    def line(self, text):
        """Returns what QEMU was told at this line of the guest's, and what of
        it did not work, as lines for the log.
        """
        if not self.waiting or not re.search(self.waiting[0][0], text):
            return []
        _, *commands = self.waiting.pop(0)
        told = []
        for command in commands:
            told.append(f"monitor: {command}")
            told += [f"monitor: {error}" for error in
                     re.findall(r"Error: [^\r\n]*|unknown command[^\r\n]*",
                                self.run(command))]
        return told

    def registers(self):
        """What the processors of a guest do that hangs, or why that can't be
        told.
        """
        try:
            return self.tell("info registers -a")
        except OSError as error:
            return f"no registers: {error}"


def by_sysrq(monitor, qemu):
    """Yield the lines that a guest which hangs says when it is asked by SysRq.

    It need not say any: its kernel may be dead, or have no serial console.
    """
    for key in sysrq.KEYS:
        try:
            monitor.tell("chardev-send-break serial")
            os.write(qemu.stdin.fileno(), key.encode())
        except OSError as error:
            yield f"sysrq: not asked: {error}"
            return
        line = None
        with contextlib.suppress(TimeoutError):
            for line in lines_of(qemu.stdout, ANSWERED * build.patience()):
                yield line
        if line is None:
            yield "sysrq: no answer"
            # The first key may be lost; what follows it does not need it.
            if key != sysrq.KEYS[0]:
                return


@contextlib.contextmanager
def scratch_directory():
    """What only one guest has, while it runs: yields a directory and a descriptor."""
    with tempfile.TemporaryDirectory(prefix="kexec-guest-") as path:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield Path(path), descriptor
        finally:
            os.close(descriptor)


def boot(arch, guest, image, initrd, watch=None, capture=None):
    """Run one guest to its end or its time limit; returns the Outcome.

    @capture is the image of the kernel that is to capture its dump, if that is
    another one.

    @watch is called with (seconds, line) as lines come; when it returns True,
    nothing more is wanted of the guest, and that is ended.
    """
    log = build.LOGS / "guests" / arch.name / f"{guest.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with scratch_directory() as (scratch, descriptor):
        whole = with_own_files(arch, guest, image, initrd, scratch, capture)
        disk, disk_options = with_disk(guest, log)
        monitor = Monitor(guest, descriptor)
        tree_options = with_device_tree(arch, guest, image, scratch)
        command = command_line(arch, guest, image, whole) + [
            *with_firmware(arch, guest), *tree_options, *disk_options,
            *monitor.options(),
            "-chardev", "stdio,id=serial,signal=off",
            "-serial", "chardev:serial"]
        began = time.monotonic()
        lines, asked, timed_out, cpu = [], [], "", 0.0
        silent = guest.timeout * build.patience()
        with open(log, "w") as out, subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=[descriptor]) as qemu:
            out.write(shlex.join(command) + "\n")
            with build.ended_with_us(qemu):
                try:
                    for line in lines_of(qemu.stdout, silent):
                        now = time.monotonic() - began
                        for text in [line, *monitor.line(line)]:
                            lines.append((now, text))
                            out.write(f"{now:9.3f} {text}\n")
                        out.flush()
                        if watch and watch(now, line):
                            qemu.terminate()
                            break
                    cpu = cpu_seconds(qemu.pid)
                    qemu.wait(silent)
                except TimeoutError as error:
                    timed_out = str(error)
                except subprocess.TimeoutExpired:
                    timed_out = ("closed its console, and ran for "
                                 f"{silent:.0f} s more")
                if timed_out:
                    cpu = cpu_seconds(qemu.pid)
                    out.write(f"{timed_out}; what it says by SysRq:\n")
                    for line in by_sysrq(monitor, qemu):
                        asked.append(line)
                        out.write(f"{line}\n")
                    out.write(f"its processors:\n{monitor.registers()}\n")
                    qemu.kill()
        return Outcome(lines, time.monotonic() - began, log, timed_out,
                       qemu.returncode, disk, cpu, arch, monitor.waiting, asked)


def cpu_seconds(pid):
    """Seconds of the processor that a child of ours, not waited for, had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def lines_of(stream, silent):
    """Yield a stream's lines as they come, the last one even if it is not
    whole; raises TimeoutError, with the reason, when nothing has come for
    @silent seconds, or no end has in LONGEST times that.
    """
    rest = b""
    longest = LONGEST * silent
    deadline = time.monotonic() + longest
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            late = time.monotonic() > deadline
            ended = late or not selector.select(silent)
            chunk = b"" if ended else os.read(stream.fileno(), 65536)
            *whole, rest = (rest + chunk).split(b"\n")
            if not chunk and rest:
                whole.append(rest)
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r")
            if ended:
                raise TimeoutError(f"did not end within {longest:.0f} s" if late
                                   else f"said nothing for {silent:.0f} s")
            if not chunk:
                return


def with_skips_judged(guest, outcome, tests):
    """The tests, of which those have failed that may not be skipped."""
    name = outcome.arch.name if outcome.arch else ""
    return [test if not test.skipped or guest.may_skip(test, name) else
            test._replace(ok=False, detail="may not be skipped here, but was: "
                                           + test.detail)
            for test in tests]


def missing_suites(guest, tests, arch):
    """Why the KUnit suites that have to be there are not."""
    return [f"expected the KUnit suite {suite}: not seen"
            for suite in guest.suites
            if not (arch and suite in arch.no_suites) and
            not any(test.name.startswith(suite + ":") for test in tests)]


def in_place(pattern, arch):
    """A row's pattern, with what is the architecture's, or the tree's, in place."""
    if ELF_HEADER in pattern:
        pattern = pattern.replace(ELF_HEADER, arch.elf_header)
    if RELEASE in pattern:
        pattern = pattern.replace(RELEASE, re.escape(build.release(build.TREE)))
    return pattern


def test_under_way(text):
    """The test of a selftest that has begun, and not ended, or None."""
    began = re.findall(r"#  RUN +(\S+) \.\.\.$", text, re.MULTILINE)
    if began and not re.search(rf"\bok \d+ {re.escape(began[-1])}(?!\S)", text):
        return began[-1]
    return None


def judge(guest, outcome):
    """The guest's verdict: a list of reasons, empty when it did well, and
    the tests that its KTAP has.
    """
    why = []
    if outcome.timed_out:
        why.append(f"{outcome.timed_out}: killed")
        if test := test_under_way(outcome.text):
            why.append(f"it was in the test {test}")
        if "kexec-guest: up: " not in outcome.text:
            why.append("it never ran a program of ours: look at QEMU, its "
                       "firmware and the kernel's boot; the log has its "
                       "processors' registers")
    elif outcome.status:
        why.append(f"QEMU's exit status is {outcome.status}")
    tests = ktap.parse(line for _, line in outcome.lines) if guest.tap else []
    if guest.tap and not tests:
        why.append("expected KTAP, saw none")
    tests = with_skips_judged(guest, outcome, tests)
    why += missing_suites(guest, tests, outcome.arch)
    if guest.ends == "init":
        match = re.findall(r"kexec-guest: exit (\d+)", outcome.text)
        if match != ["0"]:
            seen = f"exit {' '.join(match)}" if match else "no end of it"
            why.append(f"expected the command to exit 0, saw {seen}")
            why += re.findall(r"Bail out! (.*)", outcome.text)[-1:]
    at = 0
    for pattern in (in_place(text, outcome.arch) for text in guest.expect):
        match = re.compile(pattern, re.MULTILINE).search(outcome.text, at)
        if not match:
            where = " after the one before it" if at else ""
            why.append(f"expected /{pattern}/{where}: not seen")
            break
        at = match.end()
    if guest.notes:
        why += dump.judge_notes(guest.notes, outcome.text)
    why += gaps_too_long(outcome)
    why += [f"/{pattern}/: not seen, so QEMU was not told: "
            f"{', '.join(commands)}" for pattern, *commands in outcome.untold]
    lines = list(allowed_lines_removed(guest, outcome))
    for pattern in guest.reject + ALWAYS_REJECTED:
        seen = next((line for line in lines if re.search(pattern, line)), None)
        if seen is not None:
            why.append(f"rejected /{pattern}/: saw: {seen}")
    return why, tests


def gaps_too_long(outcome):
    """Why what a kernel says of the time before it can't be: the machine has not run
    for as long.  A line may be seen late, but not early.
    """
    return [f"a gap of {match[1]} us, {seconds:.3f} s after QEMU was started"
            for seconds, line in outcome.lines
            if (match := re.search(r"kexec-guest: previous: gap (\d+) us", line))
            and int(match[1]) > seconds * 1e6]


def allowed_lines_removed(guest, outcome):
    """Yield the lines that must not complain."""
    kernels = 0
    for _, line in outcome.lines:
        kernels += bool(re.search(r"Linux version \d", line))
        allowed = guest.allow + (guest.dies if kernels < 2 else [])
        if not any(re.search(pattern, line) for pattern in allowed):
            yield line


def tail(outcome, count=40):
    """The end of the serial log, and what a guest that hung waits for, for a person
    to read.
    """
    return [f"    {seconds:9.3f} {line}"
            for seconds, line in outcome.lines[-count:]] + waits_for(outcome)


def waits_for(outcome):
    """What a guest that hung waits for, as far as its kernel has said."""
    found = sysrq.waiting(outcome.sysrq)
    return ["what it waits for, by SysRq:",
            *(f"    {line}" for line in found)] if found else []
