# SPDX-License-Identifier: GPL-2.0-only
"""One kexec, told as a timeline while it happens."""

import re
import sys
from pathlib import Path

from . import build, guest

MARK = "kexec_demo=second"
CLIENT = "kexec -l", "--command-line", "kexec -e"
# Where there are no kexec-tools.
OWN = "kexec_boot --load", "--append", "kexec_boot --exec"


def script(arch):
    """What the guest runs, in both kernels."""
    load, cmdline, leave = CLIENT if build.client(arch) else OWN
    load = " ".join([load, *arch.load_options])
    return f"""
case $(cat /proc/cmdline) in *{MARK}*) exit 0 ;; esac
echo "demo: \\$ {load} {Path(arch.image).name} --initrd=initrd" \\
	"{cmdline}=\\"... {MARK}\\""
{load} /boot/kernel --initrd="$(own-initrd)" \\
	{cmdline}="$(cat /proc/cmdline) {MARK}" || exit
echo "demo: \\$ {leave}"
exec {leave}
"""


LOADED = re.compile(
    r"kexec: boot image loaded: (?P<segments>\d+) segments, (?P<bytes>\d+) "
    r"bytes: (?P<in_place>\d+) in place, (?P<moved>\d+) moved, "
    r"(?P<zero>\d+) zero, in (?P<ms>\d+) ms")


def size(number):
    """Bytes, as a person reads them."""
    number = int(number)
    for unit, bits in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if number >= 1 << bits:
            return f"{number / (1 << bits):.1f} {unit}"
    return f"{number} bytes"


def loaded(match):
    return [f"{size(match['bytes'])} in {match['segments']} segments, "
            f"in {match['ms']} ms:",
            f"{size(match['in_place']):>10} lie in place already",
            f"{size(match['moved']):>10} are left to move",
            f"{size(match['zero']):>10} are left to clear"]


def handoff(match):
    return [f"{size(match[2])} to move, {size(match[3])} to clear, "
            f"entry at {match[1]}"]


# What happens, in this order: a name, the line that shows it, and what to
# say of it.  Each is looked for only once the one before it was seen.
EVENTS = [
    ("first kernel", r"Linux version (\S+)",
     lambda match: [f"Linux {match[1]}"]),
    ("first kernel up", r"kexec-guest: up: ",
     lambda match: ["its first program runs"]),
    (None, r"demo: (\$ .*initrd.*)", lambda match: [match[1]]),
    ("image loaded", LOADED, loaded),
    (None, r"demo: (\$ .*)", lambda match: [match[1]]),
    ("handoff", r"kexec: handing over to (\S+): (\d+) bytes to move, "
                r"(\d+) bytes to clear", handoff),
    ("second kernel", r"Linux version (\S+)",
     lambda match: [f"Linux {match[1]}"]),
    ("second kernel up", rf"kexec-guest: up: (\S+) .*{MARK}",
     lambda match: [f'with the command line "{match[1]} ... {MARK}"']),
]


class Story:
    """Tells the events as the guest's lines come."""

    def __init__(self, events):
        self.events = events
        self.seen = []
        self.times = {}
        self.colour = sys.stdout.isatty()

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    def line(self, seconds, text):
        """One line of the guest's console."""
        if len(self.seen) == len(self.events):
            return
        name, pattern, detail = self.events[len(self.seen)]
        match = re.search(pattern, text)
        if not match:
            return
        self.seen.append(name)
        self.times[name] = seconds
        first, *more = detail(match)
        stamp = self.paint("2", f"{seconds * 1000:8.0f} ms")
        if name:
            print(f"{stamp}  {self.paint('1;32', f'{name:17}')}  {first}")
        else:
            print(f"{stamp}  {self.paint('36', first)}")
        for extra in more:
            print(f"{'':32}{extra}")
        sys.stdout.flush()

    def after(self, name, since):
        """Milliseconds from one event to another."""
        return (self.times[name] - self.times[since]) * 1000

    def missing(self):
        """What was not seen, as a list of reasons."""
        return [f"never seen: {name or pattern}" for name, pattern, _ in
                self.events[len(self.seen):][:1]]


def end(story, outcome):
    """The sum: how long nothing answered."""
    print()
    print(story.paint("1", f"{story.after('second kernel up', 'handoff'):8.0f} "
                           "ms  blackout:"),
          "from the old kernel's last line to the new one's first program;\n"
          f"{story.after('second kernel', 'handoff'):8.0f} ms  of it until the "
          "new kernel's first line")
    return []


def tell(arch, one, events, end):
    """Build, boot, and tell; @end sums it up, and returns reasons why it was
    no success.  Returns 0 only if it was one.
    """
    image = build.kernel(arch, one.flavour)
    own = not build.client(arch) or "kexec_boot" in one.run
    initrd = build.initramfs(arch, image, tests=own)
    capture = build.kernel(arch, one.flavours[1]) if one.capture else None
    print(f"\nA guest of {one.memory} and {one.cpus} CPUs in {arch.qemu} "
          f"({guest.accelerator(arch)}); times since it was started.\n", flush=True)
    story = Story(events)
    outcome = guest.boot(arch, one, image, initrd, story.line, capture)
    why = story.missing() + guest.judge(one.on(arch), outcome)[0]
    if why:
        why += guest.tail(outcome)
    else:
        why = end(story, outcome)
    if why:
        print("\nThe demo failed:", *why, sep="\n")
    print(f"\nThe whole console: {build.relative(outcome.log)}")
    return 1 if why else 0


def run(arch):
    """Kexec; returns 0 only if the second kernel came up."""
    return tell(arch, guest.Guest(name="demo", run=script(arch), cpus=2),
                EVENTS, end)
