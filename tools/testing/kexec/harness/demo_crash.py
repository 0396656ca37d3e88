# SPDX-License-Identifier: GPL-2.0-only
"""One panic and its dump, told as a timeline while it happens."""

import dataclasses

from . import build, demo, dump, guest

# Of guests.toml, what is shown here: with kexec-tools, or where there are none.
ROW, OWN_ROW = "client-crash", "boot-crash"

# See demo.EVENTS.
EVENTS = [
    ("memory reserved", r"crashkernel: reserved (\S+) \((.+)\)",
     lambda match: [f"{match[2]} at {match[1]}"]),
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
    ("capture kernel up", r"kexec-guest: up: .*(elfcorehdr=\S+)",
     lambda match: [f"its first program runs; {match[1]}"]),
    (None, r"kexec-capture: (\$ .*)", lambda match: [match[1]]),
    ("dump written", r"kexec-capture: dump written: (\d+) bytes in (\d+) ms",
     lambda match: [f"{demo.size(match[1])} in {match[2]} ms"]),
]


def backtraces(story, report):
    """What drgn says that every CPU was doing."""
    for number, cpu in report["cpus"].items():
        crashed = ", crashed" if cpu["pid"] == report["crashed"] else ""
        print("\n" + story.paint("1;32", f"CPU {number}"),
              f"{cpu['comm']}, pid {cpu['pid']}{crashed}:")
        print(cpu["trace"])


def run(arch):
    """Panic, capture, read; returns 0 only if the dump is as it should be."""
    name = ROW if arch.client else OWN_ROW
    one = next((row for row in guest.table(arch) if row.name == name), None)
    if not one:
        raise build.BuildError(f"guests.toml has no {name} for {arch.name}")
    one = dataclasses.replace(one, name="demo-crash")
    vmlinux = build.vmlinux(build.kernel(arch, one.flavour))

    def end(story, outcome):
        print("\n" + story.paint(
            "1", f"{story.after('dump written', 'panic'):8.0f} ms"),
            "from the panic until the dump was written;\n"
            f"{story.after('capture kernel', 'panic'):8.0f} ms  of it until "
            "the capture kernel's first line")
        print("\n" + story.paint(
            "36", f"$ drgn -c {build.relative(dump.path(outcome.disk))} "
                  f"-s {build.relative(vmlinux)}"))
        why = dump.verify(one.dump, outcome.disk, vmlinux)
        if not why:
            backtraces(story, dump.read_drgn(dump.path(outcome.disk), vmlinux))
        return why

    return demo.tell(arch, one, EVENTS, end)
