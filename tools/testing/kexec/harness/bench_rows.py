# SPDX-License-Identifier: GPL-2.0-only
"""What bench measures: the table of cases, the kernels, the ways."""

import dataclasses

from . import build

PAGE = 4096
MIB = 1 << 20
COPY_MOST_MIB = 256             # kexec_bench measures no larger copy
COUNT_MOST_MIB = 256            # the base executes 16 times as many instructions
                                # for four times this

# What --over= knows, as a person calls it.
USES = {
    "free": "free memory",
    "page-cache": "page cache",
    "anonymous": "anonymous memory",
    "huge-pages": "huge pages",
    "unmovable": "unmovable memory",
    "fragmented": "fragmented memory",
}
USED = [use for use in USES if use != "free"]

BASE, OURS, NO_DIGEST = "base", "ours", "ours, digest off"
VARIANTS = [BASE, OURS, NO_DIGEST]

# QEMU's models of processors.  The first does not announce ERMS, a fast rep movsb,
# which TCG executes a byte at a time.
PLAIN, ERMS = "qemu64", "max"


@dataclasses.dataclass(frozen=True)
class Row:
    """One case.  Each run of it, in each variant, is a boot."""
    name: str
    title: str                  # for a person
    kind: str = "load"          # what kexec_bench does, or "client"
    mib: int = 0                # of the image
    use: str = "free"           # of the memory where it has to lie
    segments: int = 1
    options: str = ""           # more of kexec_bench's
    cpu: str = PLAIN            # QEMU's model of the processor
    digest: bool = True         # measured with it, too
    memory_mib: int = 0         # of the guest, if it isn't to be worked out
    group: str = "load"         # the tables that have it
    file: bool = False          # the base loads it by kexec_file_load(2)
    cma: bool = False           # ... and has so large an area of CMA, twice
    since: str = ""             # the base that can do that
    only_time: bool = False     # instructions would take too long

    @property
    def memory(self):
        """The guest's memory, in MiB: what fills the destination, the image,
        the pages that wait for the handoff, and the two copies.
        """
        if self.memory_mib:
            return self.memory_mib
        if self.use != "free":
            return self.mib * 5 // 2 + 1024
        return self.mib + 2 * min(self.mib, COPY_MOST_MIB) + 768

    @property
    def timeout(self):
        """Seconds of silence until a guest is killed: the base may need many
        minutes.
        """
        return 60 + self.memory // 50

    @property
    def command(self):
        """kexec_bench's arguments, less those that depend on the kernel."""
        mib = [] if "--of-free" in self.options else [f"--mib={self.mib}"]
        over = [] if self.use == "free" else [f"--over={self.use}"]
        segments = [] if self.segments == 1 else [f"--segments={self.segments}"]
        return " ".join(filter(None, [*mib, *segments, *over, self.options,
                                      self.kind]))


@dataclasses.dataclass(frozen=True)
class Variant:
    """A kernel, and how it is told whether to take a digest."""
    name: str
    image: object
    initrd: object
    verify: str = ""            # "0", "1", or "" where it can't be told


@dataclasses.dataclass(frozen=True)
class Way:
    """How a figure is taken."""
    name: str
    cpus: int
    qemu: tuple
    append: str                 # to the kernel's command line
    at_once: int                # guests


# Counted instructions are the same every time, and whatever else runs.  The
# kernel would not use the APIC's timer anyway, and takes long to find that out.
INSTRUCTIONS = Way("instructions", 1, ("-icount", "shift=0,sleep=off"),
                   "noapictimer", 2)
# QEMU touches the guest's memory first: the host's part in that isn't ours.
TIME = Way("time", 2, ("-mem-prealloc",), "", 1)
WAYS = [INSTRUCTIONS, TIME]


def variants(arch):
    """The kernels to compare, built."""
    ours = build.kernel(arch, ("bench",))
    base = build.kernel(arch, ("bench", "plain"), build.BASE_TREE)
    ours_initrd = build.initramfs(arch, ours)
    return [
        Variant(BASE, base, build.initramfs(arch, base)),
        Variant(OURS, ours, ours_initrd, "1"),
        Variant(NO_DIGEST, ours, ours_initrd, "0"),
    ]


def load(use, mib, segments=1, cpu=PLAIN):
    """The row of an image of @mib, over memory that is used for @use."""
    name = f"{use}-{mib}" + (f"x{segments}" if segments > 1 else "")
    title = f"{mib} MiB, {USES[use]}"
    if segments > 1:
        title += f", {segments} segments"
    row = Row(name, title, mib=mib, use=use, segments=segments,
              digest=use == "free" and segments == 1,
              only_time=mib > COUNT_MOST_MIB)
    # So that one run of free memory is large enough: the first 2 GiB lie
    # apart from the rest.
    if mib >= 2048:
        row = dataclasses.replace(row, memory_mib=row.memory + 2048)
    return row if cpu == PLAIN else on(cpu, row)


def on(cpu, row):
    """@row on another model of processor."""
    return dataclasses.replace(row, name=f"{row.name}-{cpu}", cpu=cpu,
                               title=f"{row.title}, -cpu {cpu}")


def reload(mib):
    """An image that is replaced by the same one."""
    return Row(f"reload-{mib}", f"{mib} MiB", mib=mib, options="--again",
               memory_mib=2 * mib + 1280, group="reload",
               only_time=mib > COUNT_MOST_MIB)


def file(mib, cma):
    """An image that the base's own kexec finds a place for, in memory that it keeps for
    such purposes or anywhere.
    """
    what = "from CMA" if cma else "anywhere"
    name = "file-cma" if cma else "file"
    # It is in two files, in a buffer, and in its place.
    return Row(f"{name}-{mib}", f"{mib} MiB, {what}", mib=mib, group="file", file=True,
               cma=cma, since="7.3", memory_mib=5 * mib + 1024)


ONE_PAGE = Row("one-page", "one page", group="one page")

ROWS = [
    ONE_PAGE,
    *(load("free", mib, segments) for segments in (1, 16)
      for mib in (1, 16, 64, 256, 1024, 2048)),
    *(load(use, mib, segments) for use in USED
      for mib, segments in ((64, 1), (256, 1), (1024, 1), (256, 16))),
    dataclasses.replace(
        load("page-cache", 512), name="page-cache-full-512",
        title="512 MiB, page cache in all memory", options="--leave=96",
        memory_mib=2048),
    Row("of-free-90", "90 % of the free memory", mib=1500,
        options="--of-free=90", memory_mib=2048, only_time=True),
    Row("mostly-zero", "1024 MiB, of which 64 KiB are content", mib=1024,
        options="--content=64", group="mostly zero"),
    *(reload(mib) for mib in (64, 256, 1024)),
    *(file(mib, cma) for cma in (True, False) for mib in (16, 64, 256)),
    Row("crash-32", "32 MiB", kind="crash", mib=32, memory_mib=1024,
        group="panic"),
    Row("kexec-tools", "a bzImage and an initrd of 256 MiB", kind="client",
        memory_mib=2048, group="client", only_time=True),
    on(ERMS, ONE_PAGE),
    load("free", 256, cpu=ERMS),
    load("free", 1024, cpu=ERMS),
    load("anonymous", 256, cpu=ERMS),
    load("unmovable", 256, cpu=ERMS),
]


def one_page(cpu):
    """The row whose handoff is no more than what every handoff has."""
    return ONE_PAGE if cpu == PLAIN else on(cpu, ONE_PAGE)


def selected(substring):
    """The rows whose names have @substring, and those that they need."""
    rows = [row for row in ROWS if not row.since or build.is_since(row.since)]
    found = [row for row in rows if substring in row.name]
    if not found:
        raise build.BuildError(f"no row's name has {substring!r}: there is "
                               + ", ".join(row.name for row in rows))
    needed = {one_page(row.cpu) for row in found if row.kind == "load"}
    return [row for row in rows if row in needed or row in found]
