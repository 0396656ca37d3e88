# SPDX-License-Identifier: GPL-2.0-only
"""Measures kexec side by side with the base's own: the same configuration, the
same program in the guest, the same QEMU, in turn.
"""

import csv
import dataclasses
import re
import statistics
import sys

from . import build, guest

CRASH_MIB = 32
CRASH_RUNS = 5


@dataclasses.dataclass
class Variant:
    """A kernel, and how it is started."""
    name: str
    image: object
    initrd: object
    append: str = ""


@dataclasses.dataclass
class Way:
    """How a figure is taken."""
    unit: str
    cpus: int
    qemu: list
    runs: int


# Counted instructions are the same every time.
WAYS = [
    Way("instructions", 1, ["-icount", "shift=0,sleep=off"], 1),
    Way("microseconds", 4, [], CRASH_RUNS),
]


def variants(arch):
    """The kernels to compare, built."""
    ours = build.kernel(arch, ("bench",))
    base = build.kernel(arch, ("bench", "plain"), build.BASE_TREE)
    ours_initrd = build.initramfs(arch, ours)
    return [
        Variant("base", base, build.initramfs(arch, base)),
        Variant("ours", ours, ours_initrd),
        Variant("ours, unchecked", ours, ours_initrd, "kexec_crash_verify=0"),
    ]


def figure(text, way):
    """From the panic to the image's first instruction."""
    def number(pattern):
        match = re.search(pattern, text)
        if not match:
            raise build.BuildError(f"the guest never said /{pattern}/:\n"
                                   + text[-1000:])
        return float(match[1])

    took = number(r"payload: time stamp (\d+)") \
        - number(r"bench: panic at (\d+)")
    if way.unit == "instructions":
        return took
    return took / number(r"bench: ([\d.]+) ticks are a microsecond")


def measure(arch, variant, way, run):
    one = guest.Guest(
        name=f"bench-crash-{variant.name}-{way.unit}-{run}"
             .replace(", ", "-"),
        run=f"kexec_bench crash {CRASH_MIB} /dev/{arch.console}",
        cpus=way.cpus, qemu=way.qemu, console=False, timeout=180,
        append=f"crashkernel={2 * CRASH_MIB}M {variant.append}")
    outcome = guest.boot(arch, one, variant.image, variant.initrd)
    return figure(outcome.text, way)


def crash(arch, kernels):
    """All figures: {(variant's name, unit): [figure of each run]}."""
    figures = {}
    for way in WAYS:
        for run in range(way.runs):
            for variant in kernels:
                took = measure(arch, variant, way, run)
                figures.setdefault((variant.name, way.unit), []).append(took)
                print(f"  {variant.name}, {way.cpus} CPUs: {took:.0f} "
                      f"{way.unit}", file=sys.stderr, flush=True)
    return figures


def rows(figures):
    """(what, unit, median, least, most, ratio of base's median to it)."""
    for (name, unit), taken in figures.items():
        median = statistics.median(taken)
        base = statistics.median(figures["base", unit])
        yield (name, unit, median, min(taken), max(taken), base / median)


def run(arch):
    """Build, measure, print a table, write it as CSV."""
    figures = crash(arch, variants(arch))
    head = ("kexec", "unit", "median", "least", "most", "base / it")
    out = build.BUILD / "bench/crash.csv"
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows(rows(figures))

    print(f"\nFrom a panic to the first instruction of a crash image of "
          f"{CRASH_MIB} MiB,\n{arch.qemu}, -accel {guest.accelerator()}; "
          "instructions on 1 CPU, time on 4:\n")
    print("{:16} {:14} {:>12} {:>12} {:>12} {:>10}".format(*head))
    for row in rows(figures):
        print("{:16} {:14} {:12.0f} {:12.0f} {:12.0f} {:10.3f}".format(*row))
    for way in WAYS:
        checked, unchecked = (statistics.median(figures[name, way.unit])
                              for name in ("ours", "ours, unchecked"))
        print(f"\nThe check of the digest: {checked - unchecked:.0f} {way.unit},"
              f" {(checked - unchecked) / CRASH_MIB:.0f} a MiB", end="")
    print(f"\n\nAs CSV: {build.relative(out)}")
    return 0
