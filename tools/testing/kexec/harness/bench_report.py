# SPDX-License-Identifier: GPL-2.0-only
"""What bench has measured, as a table and as CSV."""

import csv
import dataclasses
import errno
import statistics

from . import bench_rows
from .bench_rows import BASE, INSTRUCTIONS, MIB, NO_DIGEST, OURS, PAGE, TIME, \
    VARIANTS

PLACES = ("in_place", "moved", "zero")


@dataclasses.dataclass(frozen=True)
class Spread:
    """A figure of some runs."""
    median: float
    least: float
    most: float

    def __str__(self):
        if number(self.least) == number(self.most):
            return number(self.median)
        return f"{number(self.median)} ({number(self.least)}-" \
               f"{number(self.most)})"


@dataclasses.dataclass
class Results:
    """All that was measured: of each case what its last bench said."""
    figures: dict               # (row, way, variant): [{figure: value} of a run]
    about: dict                 # what measured: {what: version}
    dates: tuple                # of the first and the last of these figures


@dataclasses.dataclass
class Line:
    """One line of a table: a case, in all variants."""
    title: str                  # of its table
    row: bench_rows.Row
    taken: dict                 # variant: Spread, or text that says why not
    limit: float = None         # what can't be beaten, in the same unit
    placed: dict = None         # MiB of the image that lie in_place, ...

    def ratio(self, over, under):
        """One variant's median, or the limit, over another one's; or None."""
        over, under = (self.limit if name == "limit" else
                       getattr(self.taken.get(name), "median", None)
                       for name in (over, under))
        return over / under if over is not None and under and under > 0 \
            else None


def number(value):
    """A number, with as many digits as a person needs."""
    size = abs(value)
    digits = 0 if size >= 100 or not size else 1 if size >= 10 else \
        2 if size >= 1 else 3
    text = f"{value:.{digits}f}"
    return text if float(text) else "0"


def read(path):
    """The Results in a file."""
    latest, figures, about = {}, {}, {}
    with open(path, newline="") as file:
        for record in csv.DictReader(file):
            if not record["row"]:
                about[record["figure"]] = record["value"]
                continue
            key = record["row"], record["way"], record["variant"]
            if latest.setdefault(key, record["began"]) != record["began"]:
                latest[key], figures[key] = record["began"], {}
            figures.setdefault(key, {}).setdefault(record["run"], {})[
                record["figure"]] = float(record["value"])
    days = [began[:10] for began in latest.values()] or [""]
    return Results({key: list(runs.values()) for key, runs in figures.items()},
                   about, (min(days), max(days)))


def spread(values):
    """The Spread of some figures, or None."""
    return Spread(statistics.median(values), min(values), max(values)) \
        if values else None


def figures(runs, measure):
    """What @measure makes of each run that has what it needs."""
    values = []
    for run in runs:
        try:
            values.append(measure(run))
        except KeyError:
            pass
    return values


def why_not(runs):
    """Why a case has no figure: the time limit, or what the kernel said."""
    for run in runs:
        if "load_over_seconds" in run:
            return f"> {run['load_over_seconds']:.0f} s"
        if "loaded_errno" in run:
            code = int(run["loaded_errno"])
            return errno.errorcode.get(code, f"errno {code}")
        if "failed" in run:
            return "failed"
    return None


def median_of(results, row, way, name, variants):
    """The median of a figure in the first variant that has it."""
    for variant in variants:
        runs = results.figures.get((row.name, way.name, variant), [])
        if values := figures(runs, lambda run: run[name]):
            return statistics.median(values)
    return None


# Each of these takes the figures of one run, and returns one; KeyError says
# that the run does not have it.

def milliseconds(name):
    return lambda run: run[name] / run["ticks_per_us"] / 1000


def microseconds(name):
    return lambda run: run[name] / run["ticks_per_us"]


def a_page(name):
    return lambda run: run[name] * PAGE / run["bytes"]


def beyond_image(name):
    """KiB of memory more than the content takes."""
    return lambda run: (run[name] - run["content_bytes"]) / 1024


def plain(name, unit=1):
    return lambda run: run[name] / unit


def copy_ticks(run):
    """One copy of the image's content: the slower of the two."""
    return max(run["memcpy_ticks"], run["tmpfs_ticks"]) \
        * run["content_bytes"] / run["copy_bytes"]


def with_copy(run):
    return run | {"copy_ticks": copy_ticks(run)}


def limit_of_load(results, row, way, measure):
    """What one copy takes, by all kernels' runs: the same program does it."""
    runs = [run for variant in VARIANTS
            for run in results.figures.get((row.name, way.name, variant), [])]
    values = figures(runs, lambda run: measure("copy_ticks")(with_copy(run)))
    return statistics.median(values) if values else None


def limit_of_handoff(results, row, way, measure):
    """One copy of what has to be moved or cleared; nothing, where that is no
    more than the odd page.
    """
    copy = limit_of_load(results, row, way, measure)
    placed = {name: median_of(results, row, way, f"{name}_bytes",
                              (NO_DIGEST, OURS)) for name in PLACES}
    if copy is None or None in placed.values():
        return None
    total = sum(placed.values())
    share = (placed["moved"] + placed["zero"]) / total if total else 0
    return copy * share if share > 0.01 else 0


def no_limit(results, row, way, measure):
    return None


def nothing(results, row, way, measure):
    return 0


def placed_of(results, row, way):
    """MiB of the image that were placed in each manner."""
    placed = {name: median_of(results, row, way, f"{name}_bytes",
                              (OURS, NO_DIGEST)) for name in PLACES}
    return None if None in placed.values() else \
        {name: value / MIB for name, value in placed.items()}


def less_one_page(results, row, way, variant, runs):
    """@runs, whose handoffs take less by what that of one page takes."""
    one = median_of(results, bench_rows.one_page(row.cpu), way,
                    "handoff_ticks", [variant])
    return [run | {"handoff_ticks": run["handoff_ticks"] - one}
            for run in runs if "handoff_ticks" in run and one is not None]


@dataclasses.dataclass(frozen=True)
class Table:
    """One figure of some rows."""
    title: str
    groups: tuple               # of rows
    way: bench_rows.Way
    figure: str
    measure: object             # makes of a figure's name one that measures
    limit: object = no_limit
    less_one_page: bool = False
    rows: tuple = ()            # only these
    places: bool = False


def tables():
    """All of them, in the order in which they are printed."""
    held = ("free-256", "free-1024")
    both = [("ms", TIME, milliseconds),
            ("instructions a page", INSTRUCTIONS, a_page)]
    yield from (Table(f"Load, {unit}", ("load",), way, "load_ticks", measure,
                      limit_of_load, places=True)
                for unit, way, measure in both)
    yield Table("From then on until all is in place, ms", ("load",), TIME,
                "settle_ticks", milliseconds)
    yield from (Table(f"Handoff, beyond that of one page, {unit}",
                      ("load", "mostly zero"), way, "handoff_ticks", measure,
                      limit_of_handoff, less_one_page=True)
                for unit, way, measure in both)
    yield from (Table(f"{what} of one page, instructions", ("one page",), INSTRUCTIONS,
                      name, plain)
                for what, name in (("Load", "load_ticks"), ("Handoff", "handoff_ticks")))
    yield Table("Blackout, ms", ("one page", "load", "mostly zero"), TIME,
                "blackout_ticks", milliseconds)
    yield Table("Memory while loaded, KiB beyond the image", ("load",), TIME,
                "held_bytes", beyond_image, nothing, rows=held)
    yield Table("Most memory while loading, KiB beyond the image", ("load",),
                TIME, "peak_bytes", beyond_image, nothing, rows=held)
    yield from (Table(f"Reload, {unit}", ("reload",), way, "reload_ticks",
                      measure, limit_of_load) for unit, way, measure in both)
    yield Table("Most memory while reloading, KiB beyond both images",
                ("reload",), TIME, "reload_peak_bytes", beyond_image)
    yield Table("Mostly zero: load, ms", ("mostly zero",), TIME, "load_ticks",
                milliseconds, limit_of_load, places=True)
    yield Table("Mostly zero: memory while loaded, KiB", ("mostly zero",), TIME,
                "held_bytes", lambda name: plain(name, 1024))
    yield from (Table(f"Load by kexec_file_load(2), ours by kexec_load(2), {unit}",
                      ("file",), way, "load_ticks", measure, limit_of_load)
                for unit, way, measure in both)
    yield from (Table("Handoff of what kexec_file_load(2) has loaded, beyond that of "
                      f"one page, {unit}", ("file",), way, "handoff_ticks", measure,
                      limit_of_handoff, less_one_page=True)
                for unit, way, measure in both)
    yield Table("Blackout of what kexec_file_load(2) has loaded, ms", ("file",), TIME,
                "blackout_ticks", milliseconds)
    yield Table("From a panic to the image, us", ("panic",), TIME,
                "crash_ticks", microseconds)
    yield Table("From a panic to the image, instructions", ("panic",),
                INSTRUCTIONS, "crash_ticks", plain)
    yield Table("kexec -l, ms", ("client",), TIME, "run_ticks", milliseconds)
    yield Table("kexec -e to the second kernel's first line, ms", ("client",),
                TIME, "exec_seconds", lambda name: plain(name, 1e-3))


def line(results, table, row):
    """The table's line for a row, or None if nothing was measured of it."""
    way, taken = table.way, {}
    for variant in VARIANTS:
        runs = results.figures.get((row.name, way.name, variant), [])
        some = less_one_page(results, row, way, variant, runs) \
            if table.less_one_page else runs
        found = spread(figures(some, table.measure(table.figure))) \
            or why_not(runs)
        if found:
            taken[variant] = found
    return Line(table.title, row, taken,
                table.limit(results, row, way, table.measure),
                placed_of(results, row, way) if table.places else None) \
        if taken else None


def digest_lines(results):
    """What the digest costs: ours less ours without."""
    def ticks(row, variant, name):
        values = figures(
            results.figures.get((row.name, TIME.name, variant), []),
            lambda run: run[name] / run["ticks_per_us"] * 1000)
        return statistics.median(values) if values else None

    for title, name, unit in (
            ("Digest, at load, ns a MiB", "load_ticks", None),
            ("Digest, before the handoff, ns a MiB", "handoff_ticks", None),
            ("Digest, in the blackout, us", "blackout_ticks", 1000)):
        for row in bench_rows.ROWS:
            if row.group != "load" or row.use != "free" or row.segments > 1 \
               or row.mib < 64:
                continue
            with_it, without = (ticks(row, variant, name)
                                for variant in (OURS, NO_DIGEST))
            if None not in (with_it, without):
                cost = (with_it - without) / (unit or row.mib)
                yield Line(title, row, {OURS: Spread(cost, cost, cost)})


def lines(results):
    """All lines of all tables."""
    found = [line(results, table, row) for table in tables()
             for row in bench_rows.ROWS if row.group in table.groups
             and (not table.rows or row.name in table.rows)]
    return [*filter(None, found), *digest_lines(results)]


# Columns of every table: name, and the text of a line in it.
COLUMNS = [
    ("case", lambda line: line.row.title),
    ("limit", lambda line: optional(line.limit)),
    *((name, lambda line, name=name: str(line.taken.get(name, "")))
      for name in VARIANTS),
    ("base / ours", lambda line: optional(line.ratio(BASE, OURS))),
    ("ours / limit", lambda line: optional(line.ratio(OURS, "limit"))),
    ("digest off / limit",
     lambda line: optional(line.ratio(NO_DIGEST, "limit"))),
    *((f"{name.replace('_', ' ')} MiB", lambda line, name=name:
       optional(line.placed and line.placed[name])) for name in PLACES),
]


def optional(value):
    return "" if value is None else number(value)


def simple_table(head, body):
    """Lines of a table that is one in reStructuredText, too.  Columns without
    content are left out.
    """
    used = [i for i in range(len(head)) if any(cells[i] for cells in body)]
    width = [max(len(cells[i]) for cells in [head, *body]) for i in used]

    def one(cells):
        text = (cells[i] or "-" for i in used)
        return "  ".join(f"{cell:{size}}" if at == 0 else f"{cell:>{size}}"
                         for at, (cell, size) in
                         enumerate(zip(text, width))).rstrip()

    rule = "  ".join("=" * size for size in width)
    return [rule, one(head), rule, *map(one, body), rule]


def sections(some):
    """(title, lines of the table) of each table that has lines."""
    for title in dict.fromkeys(line.title for line in some):
        body = [[cell(line) for _, cell in COLUMNS] for line in some
                if line.title == title]
        yield title, simple_table([name for name, _ in COLUMNS], body)


def about(results):
    """What measured, what and when: [(what, version)]."""
    first, last = results.dates
    return [("date", first if first == last else f"{first} to {last}"),
            *results.about.items(), ("measured", measured(results))]


def measured(results):
    """Which of the ways were gone, for a person."""
    ways = sorted({way for _, way, _ in results.figures})
    return " and ".join(ways) + (" only" if len(ways) == 1 else "")


def text(results, some):
    """The tables, as they are printed."""
    parts = ["\n".join(f"{name}: {value}" for name, value in about(results))]
    for title, table in sections(some):
        parts.append("\n".join([title, "", *table]))
    return "\n\n".join(parts)


def csv_record(line):
    """A line, in full precision: {column: value}."""
    record = {"figure": line.title, "case": line.row.name, "limit": line.limit}
    for name in VARIANTS:
        found = line.taken.get(name)
        for part in ("median", "least", "most"):
            record[f"{name}, {part}"] = getattr(found, part, found)
    for over, under in ((BASE, OURS), (OURS, "limit"), (NO_DIGEST, "limit")):
        record[f"{over} / {under}"] = line.ratio(over, under)
    for name in PLACES:
        record[f"{name} MiB"] = line.placed and line.placed[name]
    return record


def write_csv(path, some):
    """The same lines for programs."""
    records = list(map(csv_record, some))
    with open(path, "w", newline="") as file:
        if records:
            table = csv.DictWriter(file, records[0])
            table.writeheader()
            table.writerows(records)
