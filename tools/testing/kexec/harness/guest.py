# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest in QEMU, watches its serial console, and judges it."""

import dataclasses
import os
import re
import selectors
import shlex
import socket
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

from . import build, dump, ktap

ALWAYS_REJECTED = [
    r"\bBUG:", r"\bWARNING:", r"\bOops\b", r"Kernel panic", r"INFO: task .*blocked",
    r"general protection fault", r"rcu: INFO: .*stall", r"unreferenced object",
    r"UBSAN:", r"ODEBUG:", r"(memory|list_\w+) corruption",
]
APPEND = "panic=-1 printk.devkmsg=on retain_initrd"


@dataclasses.dataclass
class Guest:
    """One row of the list; guests/README.rst explains each field."""
    name: str
    arch: list = dataclasses.field(default_factory=lambda: ["x86_64"])
    run: str = ""
    kernel: str = "default"
    memory: str = "1G"
    cpus: int = 1
    cpu: str = ""
    append: str = ""
    console: bool = True
    kunit: bool = False
    timeout: int = 120
    qemu: list = dataclasses.field(default_factory=list)
    tap: bool = False
    ends: str = "init"
    expect: list = dataclasses.field(default_factory=list)
    reject: list = dataclasses.field(default_factory=list)
    allow: list = dataclasses.field(default_factory=list)
    dies: list = dataclasses.field(default_factory=list)
    nmi_on: str = ""
    vmlinux: bool = False
    disk: str = ""
    fdtput: list = dataclasses.field(default_factory=list)
    needs: str = ""
    dump: dict = None

    def __post_init__(self):
        if isinstance(self.dump, dict):
            self.dump = dump.Dump(**self.dump)
        if self.needs not in ("", "kexec", "kexec-new"):
            raise build.BuildError(f"guest {self.name}: needs {self.needs}")

    @property
    def flavour(self):
        return () if self.kernel == "default" else tuple(self.kernel.split("-"))


def complete(rows, name, above=()):
    """The fields of a row, those of the one that it is like included."""
    row = dict(rows[name])
    like = row.pop("like", None)
    if not like:
        return row
    if like not in rows or like in (name, *above):
        raise build.BuildError(f"guests: {name}: like {like}, which "
                               "is no other row")
    return complete(rows, like, (name, *above)) | row


def read_tables(*texts):
    """The guests of tables in TOML."""
    rows = {}
    for row in (row for text in texts for row in tomllib.loads(text)["guest"]):
        if row["name"] in rows:
            raise build.BuildError(f"guests: {row['name']}: twice")
        rows[row["name"]] = row
    return [Guest(**complete(rows, name)) for name in rows]


def every_guest():
    """The guests of all files of the list."""
    return read_tables(*(path.read_text() for path in
                         sorted((build.HERE / "guests").glob("*.toml"))))


def table(arch):
    """The guests that are for an architecture."""
    return [one for one in every_guest()
            if arch.name in one.arch or "all" in one.arch]


@dataclasses.dataclass
class Outcome:
    """What became of a guest."""
    lines: list                 # (seconds since QEMU's start, text)
    seconds: float
    log: object
    timed_out: bool
    status: int                 # of QEMU
    disk: object = None         # the guest's disk, if it has one

    @property
    def text(self):
        return "\n".join(line for _, line in self.lines)


def accelerator():
    """What QEMU runs the guest's processors with."""
    return os.environ.get("ACCEL") or "tcg"


def machine(arch, guest):
    """The part of QEMU's command line that says what it emulates."""
    return [arch.qemu, "-machine", arch.machine,
            "-cpu", guest.cpu or arch.cpu, "-smp", str(guest.cpus),
            "-m", guest.memory, "-nodefaults", "-display", "none", *guest.qemu]


def with_device_tree(arch, guest, scratch):
    """Change the device tree that QEMU would give the guest; returns QEMU's
    options.
    """
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


def command_line(arch, guest, image, initrd):
    """QEMU's command line."""
    console = [f"console={arch.console}", arch.append] if guest.console \
        else ["console=none"]
    append = [*console, APPEND,
              f"kunit.enable={int(guest.kunit)}", guest.append]
    return [*machine(arch, guest), "-accel", accelerator(),
            "-no-reboot", "-kernel", str(image), "-initrd", str(initrd),
            "-append", " ".join(filter(None, append))]


def with_own_files(arch, guest, image, initrd, scratch):
    """The initramfs plus /run/command, and what else only this guest has;
    archives may follow one another.
    """
    if not guest.run:
        return initrd
    cpio = build.Cpio()
    cpio.script("run/command", "#!/bin/sh\n" + guest.run.strip() + "\n")
    if guest.vmlinux:
        stripped = scratch / "vmlinux"
        subprocess.run([f"{arch.cross_compile}strip", "-o", str(stripped),
                        str(build.vmlinux(image))], check=True)
        cpio.file("boot/vmlinux", stripped, 0o644)
    more = build.newer_client(arch).bytes() if guest.needs == "kexec-new" else b""
    whole = scratch / "initramfs"
    whole.write_bytes(initrd.read_bytes() + more + cpio.bytes())
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


class Nmi:
    """Sends an NMI into a guest, once, when it prints what it waits for."""

    def __init__(self, guest, scratch):
        self.pattern = guest.nmi_on
        self.path = str(scratch / "monitor")

    def options(self):
        return ["-monitor", f"unix:{self.path},server=on,wait=off"] \
            if self.pattern else []

    def line(self, text):
        if self.pattern and re.search(self.pattern, text):
            self.pattern = ""
            with socket.socket(socket.AF_UNIX) as monitor:
                monitor.settimeout(10)
                monitor.connect(self.path)
                monitor.sendall(b"nmi\n")
                monitor.shutdown(socket.SHUT_WR)
                while monitor.recv(4096):       # until it has done that
                    pass


def boot(arch, guest, image, initrd, watch=None):
    """Run one guest to its end or its time limit; returns the Outcome.

    @watch is called with (seconds, line) as lines come; when it returns True,
    nothing more is wanted of the guest, and that is ended.
    """
    log = build.LOGS / "guests" / arch.name / f"{guest.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kexec-guest-") as scratch:
        whole = with_own_files(arch, guest, image, initrd, Path(scratch))
        disk, disk_options = with_disk(guest, log)
        nmi = Nmi(guest, Path(scratch))
        tree_options = with_device_tree(arch, guest, Path(scratch))
        command = command_line(arch, guest, image, whole) + [
            *tree_options, *disk_options, *nmi.options(),
            "-chardev", "stdio,id=serial,signal=off",
            "-serial", "chardev:serial"]
        began = time.monotonic()
        deadline = began + guest.timeout
        lines, timed_out = [], False
        with open(log, "w") as out, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as qemu:
            out.write(shlex.join(command) + "\n")
            try:
                with build.ended_with_us(qemu):
                    for line in lines_until(qemu.stdout, deadline):
                        now = time.monotonic() - began
                        lines.append((now, line))
                        out.write(f"{now:9.3f} {line}\n")
                        out.flush()
                        nmi.line(line)
                        if watch and watch(now, line):
                            qemu.terminate()
                            break
                    qemu.wait(max(1, deadline - time.monotonic()))
            except (TimeoutError, subprocess.TimeoutExpired):
                timed_out = True
                qemu.kill()
        return Outcome(lines, time.monotonic() - began, log, timed_out,
                       qemu.returncode, disk)


def lines_until(stream, deadline):
    """Yield a stream's lines as they come, the last one even if it is not
    whole; raises TimeoutError at @deadline.
    """
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            ended = left <= 0 or not selector.select(left)
            chunk = b"" if ended else os.read(stream.fileno(), 65536)
            *whole, rest = (rest + chunk).split(b"\n")
            if not chunk and rest:
                whole.append(rest)
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r")
            if ended:
                raise TimeoutError
            if not chunk:
                return


def judge(guest, outcome):
    """The guest's verdict: a list of reasons, empty when it did well, and
    the tests that its KTAP has.
    """
    why = []
    if outcome.timed_out:
        why.append(f"did not end within {guest.timeout} s: killed")
    elif outcome.status:
        why.append(f"QEMU's exit status is {outcome.status}")
    tests = ktap.parse(line for _, line in outcome.lines) if guest.tap else []
    if guest.tap and not tests:
        why.append("expected KTAP, saw none")
    if guest.ends == "init":
        match = re.findall(r"kexec-guest: exit (\d+)", outcome.text)
        if match != ["0"]:
            seen = f"exit {' '.join(match)}" if match else "no end of it"
            why.append(f"expected the command to exit 0, saw {seen}")
            why += re.findall(r"Bail out! (.*)", outcome.text)[-1:]
    at = 0
    for pattern in guest.expect:
        match = re.compile(pattern, re.MULTILINE).search(outcome.text, at)
        if not match:
            where = " after the one before it" if at else ""
            why.append(f"expected /{pattern}/{where}: not seen")
            break
        at = match.end()
    lines = list(allowed_lines_removed(guest, outcome))
    for pattern in guest.reject + ALWAYS_REJECTED:
        seen = next((line for line in lines if re.search(pattern, line)), None)
        if seen is not None:
            why.append(f"rejected /{pattern}/: saw: {seen}")
    return why, tests


def allowed_lines_removed(guest, outcome):
    """Yield the lines that must not complain."""
    kernels = 0
    for _, line in outcome.lines:
        kernels += bool(re.search(r"Linux version \d", line))
        allowed = guest.allow + (guest.dies if kernels < 2 else [])
        if not any(re.search(pattern, line) for pattern in allowed):
            yield line


def tail(outcome, count=40):
    """The end of the serial log, for a person to read."""
    return [f"    {seconds:9.3f} {line}"
            for seconds, line in outcome.lines[-count:]]
