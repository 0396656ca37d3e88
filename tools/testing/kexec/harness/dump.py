# SPDX-License-Identifier: GPL-2.0-only
"""Gets a dump off a guest's disk, has drgn and gdb read it, and judges it."""

import dataclasses
import json
import os
import re
import shutil
import struct
import subprocess

from . import build

TIMEOUT = 1800                  # seconds: a program that we run hangs
# Those that read dumps.
PROGRAMS = ("mke2fs", "debugfs", "drgn", "gdb")

# crash-workload's registers: by their number, and by the CPU.
SPIN_REGISTERS = range(8, 16)
SPIN_VALUE = 0x6b65786563000000


@dataclasses.dataclass
class Machine:
    """How an architecture's notes have registers: the kernel's ABI."""
    word: str                   # of struct
    prstatus: int               # bytes before pr_reg
    pc: int                     # which of pr_reg
    spin: dict                  # crash-workload's registers: number, which
    user: int = 0               # the bit of the first one that says "user space",
                                # where addresses don't
    kernel: tuple = ()          # or which one has a bit that says "kernel", and that

    def in_kernel(self, registers):
        """Whether a CPU with these was."""
        if self.user:
            return not registers[0] & self.user
        if self.kernel:
            return bool(registers[self.kernel[0]] & self.kernel[1])
        return bool(registers[self.pc] >> 8 * struct.calcsize(self.word) - 1)


# By e_machine.  Before pr_reg: a siginfo, two signal sets, four pids, four times.
MACHINES = {
    3: Machine("I", 72, 12, {number: number for number in range(4)}),
    4: Machine("I", 70, 18, {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 9: 8, 10: 9},
                kernel=(17, 0x2000)),
    8: Machine("I", 72, 40, {number: 6 + number for number in range(16, 24)}),
    20: Machine("I", 72, 32, {number: number for number in range(14, 22)}),
    21: Machine("Q", 112, 32, {number: number for number in range(14, 22)}),
    22: Machine("Q", 112, 1, {number: 2 + number for number in range(4, 12)},
                1 << 48),
    40: Machine("I", 72, 15, {number: number for number in (4, 5, 6, 8, 9, 10)}),
    42: Machine("I", 72, 16, {number: number for number in range(8, 15)}),
    62: Machine("Q", 112, 16, dict(zip(range(8, 16), (9, 8, 7, 6, 3, 2, 1, 0)))),
    183: Machine("Q", 112, 32, {number: number for number in range(8, 16)}),
    243: Machine("Q", 112, 0, {number: number for number in range(18, 26)}),
    258: Machine("Q", 112, 33, {number: number for number in range(23, 31)}),
}
# The same where a file of 64 bits has others.
MACHINES_64 = {
    8: Machine("Q", 112, 34, {number: number for number in range(16, 24)}),
}
NT_PRSTATUS = 1
PT_NOTE = 4

# What a CPU did, for a row's "notes".
NOTES = ("spin", "kernel", "none")

ANY_CPU = -1                    # it is not up to the test which one crashes


@dataclasses.dataclass
class Dump:
    """What a dump has to have: guests/README.rst explains each field."""
    stacks: list
    cpu: int = 0                # or ANY_CPU
    log: list = dataclasses.field(default_factory=list)
    held: bool = True
    gdb: bool = False


def program(name):
    """Where a program of the host is."""
    path = shutil.which(name, path=build.SYSTEM_PATH)
    if not path:
        raise build.BuildError(f"no program {name}: "
                               "tools/series/install-packages tests")
    return path


def run(what, command):
    """What a program prints; raises BuildError with what went wrong."""
    limit = TIMEOUT * build.patience()
    try:
        result = subprocess.run(command, text=True, errors="replace",
                                capture_output=True, timeout=limit,
                                env=build.ENVIRONMENT)
    except subprocess.TimeoutExpired:
        raise build.BuildError(f"{what}: no end within {limit:.0f} s") from None
    if result.returncode:
        raise build.BuildError(f"{what}: exit status {result.returncode}\n"
                               + result.stderr.strip()[-2000:])
    return result.stdout


def make_disk(disk, size):
    """Make an empty disk for a guest to write its dump to."""
    remove(disk)
    disk.parent.mkdir(parents=True, exist_ok=True)
    run("mke2fs", [program("mke2fs"), "-q", "-t", "ext2", "-b", "4096",
                   str(disk), size])


def path(disk, name="vmcore"):
    """Where a file of a guest's disk is copied to."""
    return disk.with_suffix(f".{name}")


def take(disk, name):
    """Copy a file off a guest's disk; returns its path."""
    copy = path(disk, name)
    copy.unlink(missing_ok=True)
    run("debugfs", [program("debugfs"), "-R", f"dump /{name} {copy}",
                    str(disk)])
    if not copy.is_file() or not copy.stat().st_size:
        raise build.BuildError(f"the guest has not written {name}")
    return copy


# <asm/orc_types.h>: the type in an ORC entry, bits 8 to 10, and what stood
# there up to 6.2, which is what drgn 0.0.22 knows.  Where all registers are
# saved, it has to be told that rbp is; it is at this offset in them.
ORC_TYPES = {0: 0x000, 1: 0x400, 2: 0x000, 3: 0x100, 4: 0x200}
ORC_TYPE_REGS, ORC_BP_AT_PREV_SP, BP_IN_REGS = 3, 0x10, 32


def older_orc(table):
    """ORC entries as kernels up to 6.2 had them."""
    entries = []
    for sp_offset, bp_offset, bits in struct.iter_unpack("<hhH", table):
        kind, bits = bits >> 8 & 7, bits & 0xff
        if kind == ORC_TYPE_REGS:
            bp_offset, bits = BP_IN_REGS, bits & 0x0f | ORC_BP_AT_PREV_SP
        entries.append(struct.pack("<hhH", sp_offset, bp_offset,
                                   bits | ORC_TYPES[kind]))
    return b"".join(entries)


def for_drgn(vmlinux):
    """A copy of vmlinux with ORC tables that drgn 0.0.22 can read."""
    copy, table = (vmlinux.with_name(name) for name in
                   ("vmlinux.drgn", "vmlinux.orc"))
    with build.locked(vmlinux.parent):
        if copy.is_file() and copy.stat().st_mtime > vmlinux.stat().st_mtime:
            return copy
        objcopy = program("objcopy")
        run("objcopy", [objcopy, "--dump-section", f".orc_unwind={table}",
                        str(vmlinux), "/dev/null"])
        table.write_bytes(older_orc(table.read_bytes()))
        # Half of one would be newer than vmlinux as well.
        part = copy.with_suffix(".part")
        run("objcopy", [objcopy, "--update-section", f".orc_unwind={table}",
                        str(vmlinux), str(part)])
        part.replace(copy)
    return copy


def read_drgn(dump, vmlinux):
    """The report of drgn_report.py."""
    # With several threads, drgn 0.0.22 at times mixes up structures.
    return json.loads(run("drgn", [
        program("env"), "OMP_NUM_THREADS=1", program("drgn"), "-q",
        "-c", str(dump), "-s", str(for_drgn(vmlinux)),
        str(build.HERE / "harness/drgn_report.py")]))


def read_gdb(dump, vmlinux):
    """The text that gdb prints of every CPU, which it takes for a thread."""
    return run("gdb", [
        program("gdb"), "-nx", "-batch", "-ex", "set pagination off",
        "-ex", 'printf "banner: %s", (char *)linux_banner',
        "-ex", "thread apply all -ascending bt",
        "-ex", "thread apply all -ascending info registers",
        str(vmlinux), str(dump)])


def cpus_of_gdb(text):
    """The names of functions and the registers of each CPU, by its number."""
    cpus = {}
    for part in re.split(r"^(?=Thread \d+ )", text, flags=re.MULTILINE)[1:]:
        cpu = cpus.setdefault(int(part.split()[1]) - 1,
                              {"frames": [], "registers": {}})
        cpu["frames"] += re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?([\w.]+) \(",
                                    part, re.MULTILINE)
        cpu["registers"] |= {
            name: int(value, 16) for name, value in
            re.findall(r"^(\w+) +(0x[0-9a-f]+) ", part, re.MULTILINE)}
    return cpus


def not_in_order(patterns, items, match):
    """The first of @patterns that is not seen after those before it."""
    rest = iter(items)
    return next((pattern for pattern in patterns
                 if not any(match(pattern, item) for item in rest)), None)


def differences(expected, seen):
    """How registers differ from those expected."""
    return [f"expected {name} {value:#x}, saw "
            + (f"{seen[name]:#x}" if name in seen else "none")
            for name, value in expected.items() if seen.get(name) != value]


def judge_stack(number, expected, cpu):
    """Why a CPU's stack is not what is expected."""
    if expected == ["user"]:
        return differences({f"r{register}": SPIN_VALUE | number << 8 | register
                            for register in SPIN_REGISTERS}, cpu["user"])
    missing = not_in_order(expected, cpu["frames"], re.fullmatch)
    if not missing:
        return []
    after = "" if missing == expected[0] else " after those before it"
    return [f"expected {missing} in its stack{after}, saw "
            + " ".join(cpu["frames"])]


def judge_cpus(expected, cpus):
    """Why the CPUs' stacks and registers are not what is expected."""
    numbers = [str(number) for number in range(len(expected.stacks))]
    if list(cpus) != numbers:
        return [f"expected CPUs {' '.join(numbers)}, saw {' '.join(cpus)}"]
    return [f"CPU {number}: {reason}"
            for number, stack in enumerate(expected.stacks)
            for cpu in (cpus[str(number)],)
            for reason in (judge_stack(number, stack, cpu)
                           + differences(cpu["start"], cpu["registers"]))]


def way_down(nr_cpus):
    """What the log of every kernel that died has at its end.  Not all of it
    need be on the console: there, nothing is seen of what is said in an NMI.
    """
    others = nr_cpus - 1
    stopped = [rf"kexec: crash: {others} of {others} other CPUs stopped"]
    return (stopped if others else []) + [
        r"kexec: crash: image verified in \d+ ms",
        r"kexec: crash: handing over to 0x[0-9a-f]+"]


def judge_log(expected, text):
    """Why the log is not what is expected."""
    missing = not_in_order(expected.log + way_down(len(expected.stacks)),
                           text.splitlines(), re.search)
    return [f"expected /{missing}/ in the log: not seen"] if missing else []


def judge_drgn(expected, report):
    """Why drgn's report is not what is expected."""
    cpus, crashed = report["cpus"], report["crashed"]
    why = judge_cpus(expected, cpus) + judge_log(expected, report["log"])
    candidates = [cpu["pid"] for number, cpu in cpus.items()
                  if expected.cpu in (int(number), ANY_CPU)]
    if not why and crashed not in candidates:
        why.append(f"expected process {' or '.join(map(str, candidates))} to "
                   f"have crashed, saw {crashed}")
    if expected.held and report["held"]:
        why.append(f"what crash-workload held: {report['held']}")
    return why


def judge_gdb(report, text):
    """Why what gdb prints is not what drgn reports."""
    seen = cpus_of_gdb(text)
    why = []
    if "banner: Linux version" not in text:
        why.append("expected linux_banner, not seen")
    for number, cpu in report["cpus"].items():
        one = seen.get(int(number), {"frames": [], "registers": {}})
        why += [f"CPU {number}: {reason}" for reason in differences(
            {name: value for name, value in cpu["registers"].items()
             if name in one["registers"] or name in cpu["start"]},
            one["registers"])]
        frames = cpu["frames"][:max(1, len(one["frames"]))]
        if one["frames"] != frames and frames != ["?"]:
            why.append(f"CPU {number}: expected {' '.join(frames)} to run, saw "
                       + " ".join(one["frames"]))
    return why


def core_of(text):
    """The bytes of /proc/vmcore that kexec-capture has printed: what od prints, of
    which "*" stands for lines like the one before.
    """
    core = b""
    for line in re.findall(r"kexec-capture: vmcore: (.*)", text):
        if line == "*":
            continue
        offset, *values = line.split()
        gap = int(offset, 16) - len(core)
        if gap < 0 or gap and (gap % 16 or len(core) < 16):
            raise ValueError(f"no line before {offset}")
        core += core[-16:] * (gap // 16) + bytes(int(value, 16)
                                                 for value in values)
    return core


def notes_of(core):
    """The registers, by their places in pr_reg, of each NT_PRSTATUS in the notes of
    a core file, and its Machine.
    """
    bits = {1: 32, 2: 64}.get(core[4]) if core[:4] == b"\x7fELF" else None
    order = {1: "<", 2: ">"}.get(core[5]) if bits else None
    if not order:
        raise ValueError("no core file")
    unpack = lambda form, where: struct.unpack_from(order + form, core, where)
    number, = unpack("H", 18)
    machine = MACHINES_64.get(number) if bits == 64 else None
    machine = machine or MACHINES[number]
    at, = unpack("Q", 32) if bits == 64 else unpack("I", 28)
    # The first header is that of the notes.
    if bits == 64:
        kind, _, start, _, _, size = unpack("IIQQQQ", at)
    else:
        kind, start, _, _, size = unpack("IIIII", at)
    if kind != PT_NOTE:
        raise ValueError(f"the first program header is of type {kind}")
    found, end = [], min(start + size, len(core))
    while start + 12 <= end:
        name_size, size, kind = unpack("III", start)
        name = core[start + 12:start + 12 + name_size]
        data = start + 12 + (name_size + 3 & ~3)
        start = data + (size + 3 & ~3)
        if not name:
            break
        # Other registers, of which some machines have notes, too, or VMCOREINFO.
        if (name, kind) != (b"CORE\0", NT_PRSTATUS):
            continue
        count = (size - machine.prstatus) // struct.calcsize(machine.word)
        found.append(unpack(f"{count}{machine.word}", data + machine.prstatus))
    return machine, found


def judge_notes(expected, text):
    """Why the notes of CPUs are not what is expected: a word of NOTES for each CPU.
    A CPU that spins may be in an interrupt just then, but not all of them.
    """
    try:
        machine, notes = notes_of(core_of(text))
    except (ValueError, KeyError, IndexError, struct.error) as error:
        return [f"no notes of CPUs: {error!r}"]
    with_note = [cpu for cpu, what in enumerate(expected) if what != "none"]
    if len(notes) != len(with_note):
        return [f"expected notes of {len(with_note)} CPUs, saw {len(notes)}"]
    bits = 8 * struct.calcsize(machine.word)
    why, spun = [], 0
    for cpu, registers in zip(with_note, notes):
        in_kernel = machine.in_kernel(registers)
        value = (SPIN_VALUE | cpu << 8) % (1 << bits)
        wrong = [f"CPU {cpu}: {reason}" for reason in differences(
            {number: value | number for number in machine.spin},
            {number: registers[place] for number, place in machine.spin.items()})]
        # One that has just entered the kernel has not changed them yet.
        if expected[cpu] == "spin" and (not in_kernel or not wrong):
            spun += 1
            why += wrong
        elif not in_kernel:
            why.append(f"CPU {cpu}: expected it in the kernel, saw its program "
                       f"counter at {registers[machine.pc]:#x}")
    if "spin" in expected and not spun:
        why.append("expected a CPU that spins, saw none")
    return why


def labelled(what, reasons):
    return [f"{what}: {reason}" for reason in reasons]


def verify(expected, disk, vmlinux):
    """Read what a guest has written to @disk, with everything that is meant
    to be able to; returns the reasons why it is not what is expected.
    """
    try:
        dump = take(disk, "vmcore")
        report = read_drgn(dump, vmlinux)
        why = labelled("drgn", judge_drgn(expected, report))
        why += labelled("makedumpfile --dump-dmesg", judge_log(
            expected, take(disk, "dmesg").read_text(errors="replace")))
        if expected.gdb:
            why += labelled("gdb", judge_gdb(report, read_gdb(dump, vmlinux)))
        return why
    except build.BuildError as error:
        return str(error).splitlines()


def remove(disk):
    """Delete a disk, and what was copied off it."""
    for file in (disk, path(disk, "vmcore"), path(disk, "dmesg")):
        file.unlink(missing_ok=True)
