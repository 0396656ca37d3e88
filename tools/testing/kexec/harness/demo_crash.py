# SPDX-License-Identifier: GPL-2.0-only
"""One panic and its dump, told as a timeline while it happens."""

import dataclasses

from . import build, demo, dump, guest

# Of the list of guests, what is shown here: a dump on a disk, which drgn reads; or,
# where there is no row of that, a look into /proc/vmcore.
ROWS = ("client-crash", "crash-vmcore", "crash-vmcore-own-loader",
        "crash-vmcore-m68k", "crash-vmcore-mips", "crash-vmcore-ppc")

# See demo.EVENTS.
EVENTS = [
    # By us, or by an architecture that takes the memory itself.
    ("memory reserved", r"crashkernel: reserved (?P<at>\S+) \((?P<size>.+)\)|"
     r"Reserving (?P<own_size>\S+) of memory at (?P<own_at>\S+) for crashkernel",
     lambda match: [f"{match['size'] or match['own_size']} at "
                    f"{match['at'] or match['own_at']}"]),
    ("kernel up", r"kexec-guest: up: ",
     lambda match: ["its first program runs"]),
    (None, r"kexec-capture-load: (\$ .*)", lambda match: [match[1]]),
    ("image loaded",
     r"kexec: crash image loaded: (\d+) segments, (\d+) bytes: .* in (\d+) ms",
     lambda match: [f"{demo.size(match[2])} in {match[1]} segments, "
                    f"in {match[3]} ms"]),
    (None, r"kexec-crash: on CPU \d+: (.*)", lambda match: [f"$ {match[1]}"]),
    ("panic", r"Kernel panic - not syncing: (.*)", lambda match: [match[1]]),
    ("CPUs stopped", r"kexec: crash: (.* other CPUs) stopped",
     lambda match: [match[1]]),
    ("image verified", r"kexec: crash: image verified in (\d+) ms",
     lambda match: [f"in {match[1]} ms"]),
    ("handoff", r"kexec: crash: handing over to (\S+)",
     lambda match: [f"entry at {match[1]}"]),
    ("capture kernel", r"Linux version (\S+)",
     lambda match: [f"Linux {match[1]}"]),
    ("capture kernel up", r"kexec-capture: /proc/vmcore has (\d+) bytes",
     lambda match: ["its first program runs; /proc/vmcore has "
                    + demo.size(match[1])]),
]
DUMP_EVENTS = [
    (None, r"kexec-capture: (\$ .*)", lambda match: [match[1]]),
    ("dump written", r"kexec-capture: dump written: (\d+) bytes in (\d+) ms",
     lambda match: [f"{demo.size(match[1])} in {match[2]} ms"]),
]
LOOK_EVENTS = [
    ("ELF header", r"kexec-capture: ELF header: (.*)",
     lambda match: [match[1]]),
    ("notes", r"kexec-capture: (\d+) notes of CPUs",
     lambda match: [f"of {match[1]} CPUs"]),
    (None, r"kexec-capture: (\$ .*)", lambda match: [match[1]]),
    ("the old log", r"kexec-capture: the log: (.*)",
     lambda match: [match[1]]),
]


def backtraces(story, report):
    """What drgn says that every CPU was doing."""
    for number, cpu in report["cpus"].items():
        crashed = ", crashed" if cpu["pid"] == report["crashed"] else ""
        print("\n" + story.paint("1;32", f"CPU {number}"),
              f"{cpu['comm']}, pid {cpu['pid']}{crashed}:")
        print(cpu["trace"])


def row_of(arch):
    """The guest to show; raises BuildError if there is none."""
    rows = {row.name: row for row in guest.table(arch)}
    for name in ROWS:
        if name in rows and not build.lack(arch, rows[name].needs):
            return dataclasses.replace(rows[name], name="demo-crash")
    raise build.BuildError(f"the list of guests has none of {', '.join(ROWS)} for "
                           f"{arch.name}")


def run(arch):
    """Panic, capture, read; returns 0 only if the dump is as it should be."""
    one = row_of(arch)
    vmlinux = build.vmlinux(build.kernel(arch, one.flavour))

    def times(story, name, what):
        print("\n" + story.paint("1", f"{story.after(name, 'panic'):8.0f} ms"),
              f"from the panic until {what};\n"
              f"{story.after('capture kernel', 'panic'):8.0f} ms  of it until "
              "the capture kernel's first line")

    def looked(story, outcome):
        times(story, "the old log", "the dead kernel's log was read")
        return []

    def dumped(story, outcome):
        times(story, "dump written", "the dump was written")
        print("\n" + story.paint(
            "36", f"$ drgn -c {build.relative(dump.path(outcome.disk))} "
                  f"-s {build.relative(vmlinux)}"))
        why = dump.verify(one.dump, outcome.disk, vmlinux)
        if not why:
            backtraces(story, dump.read_drgn(dump.path(outcome.disk), vmlinux))
        return why

    # One CPU has no others to stop.
    events = [event for event in EVENTS
              if one.cpus > 1 or event[0] != "CPUs stopped"]
    if one.dump:
        return demo.tell(arch, one, events + DUMP_EVENTS, dumped)
    return demo.tell(arch, one, events + LOOK_EVENTS, looked)
