# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what bench makes of the guests' figures; no guest runs."""

import csv
import dataclasses
import io
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from harness import bench, bench_plot, bench_report, bench_rows, build, guest
from harness.bench_rows import BASE, INSTRUCTIONS, NO_DIGEST, OURS, TIME

ARCH = types.SimpleNamespace(console="ttyS0", append="earlyprintk")
KERNELS = [bench_rows.Variant(BASE, None, None),
           bench_rows.Variant(OURS, None, None, "1"),
           bench_rows.Variant(NO_DIGEST, None, None, "0")]
LOADED = """\
bench: ticks_per_us 1000.0
bench: bytes 1048576
bench: content_bytes 1048576
bench: available_bytes 900000000
bench: load_ticks 2500
payload: time stamp 900, 500 at reboot(2), 700 when a program last ran
"""


def outcome(text, timed_out="", at=10.0):
    """A guest that printed @text, a line every second from @at on."""
    lines = [(at + number, line)
             for number, line in enumerate(text.splitlines())]
    return guest.Outcome(lines, 20.0, None, timed_out, 0)


def row_named(name):
    return next(row for row in bench_rows.ROWS if row.name == name)


def figures(text, kind="load", **more):
    return bench.figures_of(kind, outcome(text, **more))


class FiguresTest(unittest.TestCase):

    def test_load(self):
        seen = figures(LOADED)
        self.assertEqual(seen["load_ticks"], 2500)
        self.assertEqual(seen["ticks_per_us"], 1000)
        self.assertEqual(seen["handoff_ticks"], 400)
        self.assertEqual(seen["blackout_ticks"], 200)
        self.assertEqual(seen["seconds"], 20)
        self.assertNotIn("failed", seen)

    def test_never_handed_over(self):
        text = LOADED[:LOADED.index("payload")]
        self.assertEqual(figures(text)["failed"], 1)
        self.assertEqual(figures(text, timed_out="said nothing")["failed"], 1)
        self.assertEqual(figures("")["failed"], 1)

    def test_refused(self):
        seen = figures("bench: available_bytes 1\nbench: loaded_errno 12\n")
        self.assertEqual(seen["loaded_errno"], 12)
        self.assertNotIn("failed", seen)

    def test_load_that_the_time_limit_broke_off(self):
        text = LOADED[:LOADED.index("bench: load")]
        seen = figures(text, timed_out="said nothing")
        self.assertEqual(seen["load_over_seconds"], 20 - 13)
        self.assertNotIn("failed", seen)
        self.assertEqual(figures(text)["failed"], 1)

    def test_preparation_that_the_time_limit_broke_off(self):
        seen = figures("bench: ticks_per_us 1000.0", timed_out="said nothing")
        self.assertEqual(seen["failed"], 1)

    def test_crash(self):
        seen = figures("bench: panic_at 100\npayload: time stamp 130\n",
                       "crash")
        self.assertEqual(seen["crash_ticks"], 30)
        self.assertEqual(figures("bench: panic_at 100\n", "crash")["failed"],
                         1)

    def test_client(self):
        text = "bench: run_ticks 7\nbench: exec 0\nDecompressing\n" \
               "[    0.000000] Linux version 6.12\n"
        seen = figures(text, "client")
        self.assertEqual((seen["run_ticks"], seen["exec_seconds"]), (7, 2))
        self.assertEqual(figures(text[:30], "client")["failed"], 1)

    def test_lines_that_are_none(self):
        self.assertEqual(figures("a bench: x 1\nbench: x 1 2\nbench: X 1\n"),
                         {"failed": 1, "seconds": 20})


class JobsTest(unittest.TestCase):

    def job(self, name, way=TIME, kernel=1):
        return bench.Job(row_named(name), way, KERNELS[kernel], 0)

    def test_names_are_unique(self):
        names = [row.name for row in bench_rows.ROWS]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_selected(self):
        names = [row.name for row in bench_rows.selected("unmovable-256")]
        self.assertEqual(names, ["one-page", "unmovable-256",
                                 "unmovable-256x16", "one-page-max",
                                 "unmovable-256-max"])
        self.assertEqual([row.name for row in bench_rows.selected("crash")],
                         ["crash-32"])
        with self.assertRaisesRegex(build.BuildError, "'nothing'.*free-64"):
            bench_rows.selected("nothing")

    def test_rows_that_a_base_can_have(self):
        for base, there in (("6.12", False), ("7.3", True), ("7.10", True)):
            with self.subTest(base), \
                 mock.patch.object(build, "base", lambda: base):
                names = [row.name for row in bench_rows.selected("")]
                self.assertEqual("file-cma-64" in names, there)
        with mock.patch.object(build, "base", lambda: "6.12"), \
             self.assertRaisesRegex(build.BuildError, "no row's name has 'file'"):
            bench_rows.selected("file")

    def test_order(self):
        rows = [row_named("free-64"), row_named("kexec-tools")]
        order = bench.jobs(rows, KERNELS, 2)
        self.assertEqual(
            [(job.way.name, job.row.name, job.run) for job in order[::3]],
            [("instructions", "free-64", 0), ("time", "free-64", 0),
             ("time", "kexec-tools", 0), ("time", "free-64", 1),
             ("time", "kexec-tools", 1)])
        self.assertEqual([job.variant.name for job in order[:3]],
                         [BASE, OURS, NO_DIGEST])

    def test_rows_without_digest(self):
        order = bench.jobs([row_named("unmovable-256")], KERNELS, 1)
        self.assertEqual([job.variant.name for job in order],
                         2 * [BASE, NO_DIGEST])

    def test_one_way_only(self):
        for way in ("instructions", "time"):
            order = bench.jobs([row_named("free-64")], KERNELS, 2, way)
            self.assertEqual({job.way.name for job in order}, {way})
        with mock.patch.dict("os.environ", ACCEL="kvm"):
            self.assertEqual(bench.jobs([row_named("free-64")], KERNELS, 1,
                                        "instructions"), [])

    def test_only_tcg_counts_instructions(self):
        with mock.patch.dict("os.environ", ACCEL="kvm"):
            order = bench.jobs([row_named("free-64")], KERNELS, 1)
        self.assertEqual({job.way.name for job in order}, {"time"})

    def test_command(self):
        for name, kernel, expected in (
                ("one-page", 0, "--mib=0 load"),
                ("free-64x16", 1, "--verify=1 --mib=64 --segments=16 load"),
                ("unmovable-256", 2, "--verify=0 --mib=256 --over=unmovable "
                                     "load"),
                ("file-cma-64", 0, "--file --mib=64 load"),
                ("file-64", 0, "--file --mib=64 load"),
                ("file-cma-64", 1, "--verify=1 --mib=64 load"),
                ("of-free-90", 0, "--of-free=90 load"),
                ("crash-32", 0, "--mib=32 crash")):
            with self.subTest(name):
                self.assertEqual(
                    bench.command(ARCH, self.job(name, kernel=kernel)),
                    f"kexec_bench --tty=/dev/ttyS0 {expected}")

    def test_guest(self):
        one = bench.guest_of(ARCH, self.job("crash-32", INSTRUCTIONS, 2))
        self.assertEqual(one.append, "noapictimer crashkernel=64M "
                                     "kexec_crash_verify=0")
        self.assertEqual((one.cpus, one.memory), (1, "1024M"))
        self.assertIn("-icount", one.qemu)
        one = bench.guest_of(ARCH, self.job("free-256"))
        self.assertEqual((one.cpus, one.cpu, one.append), (2, "qemu64", ""))
        one = bench.guest_of(ARCH, self.job("free-256-max"))
        self.assertEqual(one.cpu, "max")
        for name, kernel, words in (("file-cma-64", 0, "cma=128M"),
                                    ("file-cma-64", 1, ""), ("file-64", 0, "")):
            one = bench.guest_of(ARCH, self.job(name, kernel=kernel))
            self.assertEqual((name, one.append), (name, words))
        one = bench.guest_of(ARCH, self.job("page-cache-64"))
        self.assertEqual(one.append, f"ramdisk_size={1184 << 10}")

    def test_memory_is_enough(self):
        for row in bench_rows.ROWS:
            with self.subTest(row.name):
                self.assertGreaterEqual(row.memory, row.mib + 500)

    def test_run(self):
        """Figures are stored as they come, and slow cases run once."""
        ran, jobs = [], bench.jobs([row_named("free-64")], KERNELS, 3)

        def measure(arch, job):
            ran.append(job)
            slow = job.way is TIME and job.variant.name == BASE
            bad = job.way is TIME and job.variant.name == OURS
            return {"seconds": 61 if slow else 5} | ({"failed": 1} if bad
                                                    else {"load_ticks": 3})

        with tempfile.TemporaryDirectory() as scratch, \
             mock.patch.object(bench, "measure", measure), \
             mock.patch.object(sys, "stderr", io.StringIO()) as said, \
             mock.patch.object(bench, "RESULTS", Path(scratch) / "a/b.csv"):
            self.assertEqual(bench.run_jobs(ARCH, jobs, {}, "2026-01-01"), 3)
            results = bench_report.read(bench.RESULTS)
        self.assertEqual([job.variant.name for job in ran if job.way is TIME],
                         [BASE, OURS, NO_DIGEST, OURS, NO_DIGEST, OURS,
                          NO_DIGEST])
        self.assertEqual(results.figures["free-64", "time", NO_DIGEST],
                         [{"seconds": 5, "load_ticks": 3}] * 3)
        self.assertIn("[0 left, 0 min]", said.getvalue())


def run_of(load, **more):
    """The figures of a run over 4 MiB."""
    return {"ticks_per_us": 1.0, "bytes": 4 << 20, "content_bytes": 4 << 20,
            "copy_bytes": 2 << 20, "memcpy_ticks": 900.0,
            "tmpfs_ticks": 1000.0, "load_ticks": load} | more


PLACED = {"in_place_bytes": 3 << 20, "moved_bytes": 1 << 20, "zero_bytes": 0}


def results_of(name="free-64", **variants):
    """Results of one row, and of one page: {variant: its runs}."""
    found = {}
    for variant, runs in variants.items():
        variant = {"digest_off": NO_DIGEST}.get(variant, variant)
        for way in ("time", "instructions"):
            found[name, way, variant] = runs
            found["one-page", way, variant] = [{"handoff_ticks": 100.0}]
    return bench_report.Results(found, {"QEMU": "7.2"},
                                ("2026-01-01", "2026-01-02"))


def line_of(results, title):
    return next(line for line in bench_report.lines(results)
                if line.title.startswith(title))


def counted(results):
    """What there is of @results if time is not measured."""
    return dataclasses.replace(results, figures={
        key: runs for key, runs in results.figures.items() if key[1] != "time"})


class ReportTest(unittest.TestCase):

    def test_load(self):
        results = results_of(
            base=[run_of(9000.0), run_of(8000.0), run_of(10000.0)],
            ours=[run_of(3000.0, **PLACED)], digest_off=[run_of(2000.0)])
        line = line_of(results, "Load, ms")
        self.assertEqual(line.limit, 2.0)       # the slower, scaled
        self.assertEqual(line.taken[BASE], bench_report.Spread(9, 8, 10))
        self.assertEqual(line.ratio(BASE, OURS), 3)
        self.assertEqual(line.ratio(OURS, "limit"), 1.5)
        self.assertEqual(line.ratio(NO_DIGEST, "limit"), 1)
        self.assertEqual(line.placed, {"in_place": 3, "moved": 1, "zero": 0})
        line = line_of(results, "Load, instructions")
        self.assertEqual(line.taken[OURS].median, 3000 / 1024)

    def test_handoff(self):
        results = results_of(
            base=[run_of(1.0, handoff_ticks=4100.0)],
            ours=[run_of(1.0, handoff_ticks=1100.0, **PLACED)])
        line = line_of(results, "Handoff, beyond that of one page, ms")
        self.assertEqual(line.taken[BASE].median, 4.0)
        self.assertEqual(line.taken[OURS].median, 1.0)
        self.assertEqual(line.limit, 0.5)       # a quarter has to move

    def test_handoff_in_place_has_no_limit_but_nothing(self):
        placed = PLACED | {"moved_bytes": 4096}
        results = results_of(ours=[run_of(1.0, handoff_ticks=1100.0,
                                          **placed)])
        line = line_of(results, "Handoff, beyond that of one page, ms")
        self.assertEqual(line.limit, 0)
        self.assertIsNone(line.ratio(OURS, "limit"))

    def test_without_figures(self):
        results = results_of(
            base=[{"load_over_seconds": 87.6}], ours=[{"loaded_errno": 12.0}],
            digest_off=[{"failed": 1.0}])
        line = line_of(results, "Load, ms")
        self.assertEqual(line.taken, {BASE: "> 88 s", OURS: "ENOMEM",
                                      NO_DIGEST: "failed"})
        self.assertIsNone(line.ratio(BASE, OURS))

    def test_digest(self):
        results = results_of(
            ours=[run_of(3000.0, handoff_ticks=740.0, blackout_ticks=5.0)],
            digest_off=[run_of(2360.0, handoff_ticks=100.0,
                               blackout_ticks=5.0)])
        for where, cost in (("at load", 10000), ("before", 10000),
                            ("in the blackout", 0)):
            self.assertEqual(
                line_of(results, f"Digest, {where}").taken[OURS].median, cost)

    def test_memory(self):
        results = results_of("free-256", ours=[
            run_of(1.0, held_bytes=(4 << 20) + 2048,
                   peak_bytes=(4 << 20) + 4096)])
        self.assertEqual(line_of(results, "Memory while").taken[OURS].median, 2)
        self.assertEqual(line_of(results, "Most memory").taken[OURS].median, 4)

    def test_reread(self):
        """The last measurement of a case counts, and runs are apart."""
        def records(began, runs):
            job = bench.Job(row_named("free-64"), TIME, KERNELS[0], 0)
            for run, ticks in enumerate(runs):
                yield from bench.records_of(
                    began, dataclasses.replace(job, run=run),
                    {"load_ticks": ticks, "bytes": 1})

        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "results.csv"
            bench.store(path, records("2026-01-01T00:00", [1, 2, 3]))
            bench.store(path, [dict(zip(bench.FIELDS, (
                "2026-01-02T00:00", "", "", "", 0, "QEMU", "7, or so")))])
            bench.store(path, records("2026-01-02T00:00", [4, 5]))
            results = bench_report.read(path)
        self.assertEqual(results.figures, {
            ("free-64", "time", BASE): [{"load_ticks": 4, "bytes": 1},
                                        {"load_ticks": 5, "bytes": 1}]})
        self.assertEqual(results.about, {"QEMU": "7, or so"})
        self.assertEqual(results.dates, ("2026-01-02", "2026-01-02"))

    def test_file(self):
        """What is loaded in another way is in tables of its own."""
        results = results_of(
            "file-64", base=[run_of(9000.0, handoff_ticks=4100.0)],
            ours=[run_of(3000.0, handoff_ticks=1100.0, **PLACED)])
        for title, taken in (("Load by kexec_file_load(2), ours by kexec_load(2), ms", 9),
                             ("Handoff of what kexec_file_load(2) has loaded, beyond "
                              "that of one page, ms", 4)):
            self.assertEqual(line_of(results, title).taken[BASE].median, taken)
        self.assertFalse([line for line in bench_report.lines(results)
                          if line.title.startswith(("Load, ", "Handoff, "))])

    def test_number(self):
        for value, text in ((0, "0"), (0.0123, "0.012"), (0.0001, "0"),
                            (1.234, "1.23"), (-12.34, "-12.3"),
                            (123.4, "123"), (123456.7, "123457")):
            self.assertEqual(bench_report.number(value), text)
        self.assertEqual(str(bench_report.Spread(2, 1, 3)), "2.00 (1.00-3.00)")
        self.assertEqual(str(bench_report.Spread(2, 2, 2)), "2.00")

    def test_one_page(self):
        """What every handoff has is told, too, where only instructions are."""
        results = counted(results_of(base=[run_of(8000.0)]))
        self.assertEqual(line_of(results, "Handoff of one page, instructions")
                         .taken[BASE].median, 100)

    def test_what_was_measured(self):
        results = results_of(base=[run_of(8000.0)])
        self.assertIn(("measured", "instructions and time"),
                      bench_report.about(results))
        self.assertIn(("measured", "instructions only"),
                      bench_report.about(counted(results)))
        self.assertIn(("measured", ""), bench_report.about(
            dataclasses.replace(results, figures={})))

    def test_table(self):
        self.assertEqual(
            bench_report.simple_table(["case", "none", "ms"],
                                      [["one", "", "1.00"], ["two", "", ""]]),
            ["====  ====",
             "case    ms",
             "====  ====",
             "one   1.00",
             "two      -",
             "====  ===="])

    def test_csv(self):
        results = results_of(base=[run_of(8000.0)],
                             ours=[run_of(3000.0, **PLACED)])
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "bench.csv"
            bench_report.write_csv(path, bench_report.lines(results))
            with open(path, newline="") as file:
                first = next(csv.DictReader(file))
        self.assertEqual((first["figure"], first["case"]),
                         ("Load, ms", "free-64"))
        self.assertEqual((first["limit"], first["base, median"],
                          first["ours, most"], first["ours / limit"],
                          first["in_place MiB"]),
                         ("2.0", "8.0", "3.0", "1.5", "3.0"))


class PlotTest(unittest.TestCase):

    def test_load(self):
        results = results_of(base=[run_of(8000.0)], ours=[run_of(3000.0)],
                             digest_off=[{"load_over_seconds": 9}])
        lines = bench_report.lines(results)
        self.assertEqual(bench_plot.load_ratios(lines),
                         {"free": [(64, 4.0, 1.5, None)]})
        self.assertIn("\n64 4 1.5 ?\n", bench_plot.load_script(lines))

    def test_handoff(self):
        run = run_of(1.0, handoff_ticks=1100.0, blackout_ticks=300.0)
        results = results_of("page-cache-256", base=[run])
        script = bench_plot.handoff_script(bench_report.lines(results))
        self.assertIn('\n"page cache" 0.976562 ? ?\n', script)
        self.assertIn('\n"page cache" 0.3 ? ?\n', script)

    def test_nothing_to_plot(self):
        self.assertEqual(bench_plot.load_script([]), "")
        self.assertEqual(bench_plot.handoff_script([]), "")

    def test_page(self):
        results = results_of(base=[run_of(8000.0)])
        page = bench_plot.tables_page(results, bench_report.lines(results))
        self.assertIn(":date: 2026-01-01 to 2026-01-02\n:QEMU: 7.2\n", page)
        self.assertIn("\nLoad, ms\n========\n\n===", page)
        self.assertIn("\n64 MiB, free memory  ", page)

    def test_page_of_what_was_measured(self):
        results = counted(results_of(base=[run_of(8000.0)], ours=[run_of(3000.0)]))
        page = bench_plot.tables_page(results, bench_report.lines(results))
        self.assertIn("\n:measured: instructions only\n", page)
        self.assertIn("\nLoad, instructions a page\n===", page)
        self.assertNotIn(", ms\n", page)

    def document(self, base, lines=()):
        """The files that are written for a base: {name: text}."""
        results = results_of(base=[run_of(8000.0)])
        with tempfile.TemporaryDirectory() as scratch, \
             mock.patch.object(build, "BASE", base), \
             mock.patch.object(build, "SUFFIX", f"-{base}" if base else ""), \
             mock.patch.object(bench_plot, "DOCUMENT", Path(scratch) / "to"):
            plots = Path(scratch) / "from"
            for path in (plots, bench_plot.DOCUMENT):
                path.mkdir()
            for name in (bench_plot.LOAD, bench_plot.HANDOFF):
                (plots / name).write_text("plot")
            paths = bench_plot.document(results, lines, plots)
            self.assertEqual(sorted(paths), sorted(bench_plot.DOCUMENT.iterdir()))
            return {path.name: path.read_text() for path in paths}

    def test_page_of_a_base(self):
        files = self.document("")
        self.assertEqual(set(files), {"bench-tables.rst", bench_plot.LOAD,
                                      bench_plot.HANDOFF})
        self.assertIn("\nKexec beside the base's own: the figures\n====",
                      files["bench-tables.rst"])
        files = self.document("7.3")
        self.assertEqual(set(files), {"bench-tables-7.3.rst"})
        title = "Kexec beside the base's own: the figures, Linux 7.3"
        self.assertIn("\n".join(["", "=" * len(title), title, "=" * len(title), ""]),
                      files["bench-tables-7.3.rst"])
