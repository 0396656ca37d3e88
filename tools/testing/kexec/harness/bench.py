# SPDX-License-Identifier: GPL-2.0-only
"""Measures kexec side by side with the base's own: the same configuration, the
same program in the guest, the same QEMU, in turn.

bench_rows.py has what is measured; this runs it, and appends each run's figures
to a file; bench_report.py and bench_plot.py make tables and plots of that file.
"""

import concurrent.futures
import csv
import dataclasses
import datetime
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from . import bench_plot, bench_report, bench_rows, build, guest
from .bench_rows import WAYS

RESULTS = build.BUILD / f"bench{build.SUFFIX}/results.csv"
FIELDS = ("began", "row", "way", "variant", "run", "figure", "value")
RUNS = 3
SLOW = 60                       # seconds: what takes longer is run once

FIGURE = re.compile(r"^bench: ([a-z]\w*) (-?[\d.]+)$", re.MULTILINE)
STAMPS = re.compile(r"^payload: time stamp (\d+)"
                    r"(?:, (\d+) at reboot\(2\))?"
                    r"(?:, (\d+) when a program last ran)?", re.MULTILINE)

# Starts the same kernel, which gets no further than to its first line.
CLIENT = """
tty=/dev/{tty}
verify=/proc/sys/kernel/kexec_verify
[ -z "{verify}" ] || echo {verify} >$verify || exit
while cat /boot/kernel; do :; done 2>/dev/null | head -c 268435456 >/tmp/initrd
kexec_bench --tty=$tty run kexec -l /boot/kernel \\
	--initrd=/tmp/initrd --command-line="console={tty} {append}" || exit
echo "bench: exec 0" >$tty
exec kexec -e
"""


@dataclasses.dataclass(frozen=True)
class Job:
    """One boot."""
    row: object
    way: object
    variant: object
    run: int

    @property
    def key(self):
        """Names what all runs have in common."""
        return self.row.name, self.way.name, self.variant.name


def ways(only=""):
    """Those that can be gone: only TCG counts instructions.  @only: its name."""
    return [way for way in WAYS if only in ("", way.name)
            and (way is bench_rows.TIME or guest.is_emulated())]


def jobs(rows, kernels, runs, only=""):
    """All boots, in order: the kernels take turns, and so do the rows."""
    return [Job(row, way, variant, run)
            for way in ways(only)
            for run in range(1 if way is bench_rows.INSTRUCTIONS else runs)
            for row in rows
            if way is bench_rows.TIME or not row.only_time
            for variant in kernels
            if row.digest or variant.name != bench_rows.OURS]


def command(arch, job):
    """What the guest runs."""
    row, variant = job.row, job.variant
    if row.kind == "client":
        return CLIENT.format(tty=arch.console, verify=variant.verify,
                             append=arch.append)
    verify = f"--verify={variant.verify} " if variant.verify else ""
    file = "--file " if row.file and variant.name == bench_rows.BASE else ""
    return f"kexec_bench --tty=/dev/{arch.console} {verify}{file}{row.command}"


def append(job):
    """What goes to the guest's kernel command line."""
    row, words = job.row, [job.way.append]
    if row.use == "page-cache":     # that of /dev/ram0, in KiB
        words.append(f"ramdisk_size={row.memory * 1024}")
    if row.cma and job.variant.name == bench_rows.BASE:
        words.append(f"cma={2 * row.mib}M")
    if row.kind == "crash":
        words.append(f"crashkernel={2 * row.mib}M")
        if job.variant.verify:
            words.append(f"kexec_crash_verify={job.variant.verify}")
    return " ".join(filter(None, words))


def guest_of(arch, job):
    """The guest of a job."""
    name = "-".join(("bench", *job.key, str(job.run)))
    return guest.Guest(
        name=re.sub(r"[ ,]+", "-", name), run=command(arch, job),
        memory=f"{job.row.memory}M", cpus=job.way.cpus, cpu=job.row.cpu,
        append=append(job), qemu=[*job.way.qemu],
        console=False, timeout=job.row.timeout * job.way.at_once)


def second_kernel(_, line):
    """Whether a line is the first one of the kernel that was started; the
    first kernel's console is silent.
    """
    return "Linux version" in line


def stamps(text):
    """The figures that the payload's time stamps give."""
    match = STAMPS.search(text)
    if not match:
        return {}
    entry, reboot, ran = (int(stamp or 0) for stamp in match.groups())
    figures = {"entry": entry}
    if reboot:
        figures["handoff_ticks"] = entry - reboot
    if ran:
        figures["blackout_ticks"] = entry - ran
    return figures


def line_time(lines, pattern):
    """When the last line came that has @pattern, or None."""
    return next((at for at, line in reversed(lines)
                 if re.search(pattern, line)), None)


def figures_of(kind, outcome):
    """What a run has to say: {figure: value}; {"failed": 1} if it broke off.

    A load that the time limit broke off took longer than
    "load_over_seconds".
    """
    lines = outcome.lines
    figures = {name: float(value) for name, value
               in FIGURE.findall(outcome.text)} | stamps(outcome.text)
    entry = figures.pop("entry", None)
    if kind == "crash" and entry and "panic_at" in figures:
        figures["crash_ticks"] = entry - figures.pop("panic_at")
    if figures.pop("exec", None) is not None:
        began = line_time(lines, "^bench: exec ")
        ended = line_time(lines, "Linux version")
        if ended is not None and ended > began:
            figures["exec_seconds"] = ended - began
    if outcome.timed_out and "available_bytes" in figures \
       and not {"load_ticks", "loaded_errno"} & figures.keys():
        figures["load_over_seconds"] = outcome.seconds - line_time(
            lines, "^bench: available_bytes")
    last = {"load": {"handoff_ticks", "loaded_errno", "load_over_seconds"},
            "crash": {"crash_ticks"}, "client": {"exec_seconds"}}[kind]
    if not last & figures.keys():
        figures["failed"] = 1
    return figures | {"seconds": outcome.seconds}


def measure(arch, job):
    """Run a job; returns its figures."""
    one = guest_of(arch, job)
    outcome = guest.boot(arch, one, job.variant.image, job.variant.initrd,
                         second_kernel)
    figures = figures_of(job.row.kind, outcome)
    if "failed" in figures:
        print(f"{' '.join(job.key)}: failed, see "
              f"{build.relative(outcome.log)}",
              *guest.tail(outcome, 5), sep="\n", file=sys.stderr, flush=True)
    return figures


def store(path, records):
    """Append records, dicts of FIELDS, to the file of results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with open(path, "a", newline="") as file:
        table = csv.DictWriter(file, FIELDS)
        if new:
            table.writeheader()
        table.writerows(records)


def records_of(began, job, figures):
    return [dict(zip(FIELDS, (began, *job.key, job.run, name, value)))
            for name, value in figures.items()]


def first_line(*argv):
    """The first line that a command prints."""
    return subprocess.run(argv, capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def versions(arch, image):
    """What measured: {what: version}."""
    out = build.output(image)
    compiler = re.search(r'^CONFIG_CC_VERSION_TEXT="(.*)"$',
                         (out / ".config").read_text(), re.MULTILINE)[1]
    release = (out / "include/config/kernel.release").read_text().strip()
    model = re.search(r"model name\s*: (.*)",
                      Path("/proc/cpuinfo").read_text() + "model name: unknown")
    return {"Linux": release.split("-")[0], "compiler": compiler,
            "QEMU": first_line(arch.qemu, "--version"),
            "accelerator": guest.accelerator(arch),
            "host": f"{os.cpu_count()} CPUs, {model[1]}"}


def guess(job, taken):
    """Seconds that a job is going to need: as many as the last time."""
    if job.key in taken:
        return taken[job.key]
    return (4 + job.row.memory / 500) * job.way.at_once


class Progress:
    """Counts the jobs, and says on stderr how many are left."""

    def __init__(self, todo, taken):
        self.taken = taken
        self.left = list(todo)

    def minutes(self):
        """What the rest is going to need."""
        return sum(guess(job, self.taken) / job.way.at_once
                   for job in self.left) / 60

    def done(self, job, figures, slow):
        """@job has ended; the @slow ones aren't run again."""
        self.left = [other for other in self.left
                     if other != job and other.key not in slow]
        print(f"[{len(self.left)} left, {self.minutes():.0f} min] "
              f"{' '.join(job.key)}: {said(figures)}", file=sys.stderr,
              flush=True)


def said(figures):
    """The figures that progress is told with."""
    names = ("load_ticks", "handoff_ticks", "crash_ticks", "run_ticks",
             "loaded_errno", "load_over_seconds", "exec_seconds", "failed")
    return ", ".join([*(f"{name} {figures[name]:.0f}" for name in names
                        if name in figures), f"{figures['seconds']:.0f} s"])


def completed(arch, todo, at_once, skip):
    """Run jobs, some at once; yields each with its figures when it is done.

    Those that @skip says no to when their turn comes are left out.
    """
    waiting = {}
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        try:
            for job in todo:
                if not skip(job):
                    waiting[pool.submit(measure, arch, job)] = job
                if len(waiting) == at_once:
                    yield from first_done(waiting)
            while waiting:
                yield from first_done(waiting)
        except BaseException:
            build.end_all()
            raise


def first_done(waiting):
    """Wait until one of them is done, at least; yields and removes those."""
    for future in concurrent.futures.wait(
            waiting, return_when=concurrent.futures.FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def run_jobs(arch, todo, taken, began):
    """Run all jobs, and store what they say; returns how many failed."""
    progress, failed, slow = Progress(todo, taken), 0, set()
    for way in WAYS:
        its = [job for job in todo if job.way is way]
        for job, figures in completed(arch, its, way.at_once,
                                      lambda job: job.key in slow):
            store(RESULTS, records_of(began, job, figures))
            failed += "failed" in figures
            if figures["seconds"] > SLOW:
                slow.add(job.key)
            progress.done(job, figures, slow)
    return failed


def seconds_taken(results):
    """How long each job took the last time: {key: seconds}."""
    return {key: statistics.median(run["seconds"] for run in runs)
            for key, runs in results.figures.items()}


def run(arch, substring="", runs=RUNS, only=""):
    """Build, measure, report; returns an exit status.

    @only: the name of the one way that is gone.
    """
    rows = bench_rows.selected(substring)
    kernels = bench_rows.variants(arch)
    began = datetime.datetime.now(datetime.timezone.utc) \
        .isoformat(timespec="seconds")
    taken = seconds_taken(bench_report.read(RESULTS)) \
        if RESULTS.exists() else {}
    todo = jobs(rows, kernels, runs, only)
    minutes = Progress(todo, taken).minutes()
    print(f"bench: {len(rows)} rows, {len(todo)} boots, about {minutes:.0f} "
          "minutes", file=sys.stderr, flush=True)
    store(RESULTS, [dict(zip(FIELDS, (began, "", "", "", 0, name, value)))
                    for name, value in versions(arch, kernels[0].image).items()])
    failed = run_jobs(arch, todo, taken, began)
    report(substring)
    if failed:
        print(f"\n{failed} of {len(todo)} runs failed", file=sys.stderr)
    return 1 if failed else 0


def report(substring="", document=False):
    """Print the table, and write it as CSV, with the plots, from what was
    measured so far; with @document, also what Documentation has of it.
    """
    if not RESULTS.exists():
        raise build.BuildError("nothing was measured yet: make bench")
    results = bench_report.read(RESULTS)
    names = {row.name for row in bench_rows.selected(substring)}
    lines = [line for line in bench_report.lines(results)
             if line.row.name in names]
    print(bench_report.text(results, lines))
    bench_report.write_csv(RESULTS.with_name("bench.csv"), lines)
    everything = bench_report.lines(results)
    plots = bench_plot.draw(everything, RESULTS.parent)
    print("\nAs CSV: " + str(build.relative(RESULTS.with_name("bench.csv"))),
          *(f"Plot: {build.relative(plot)}" for plot in plots), sep="\n")
    if document:
        for path in bench_plot.document(results, everything, RESULTS.parent):
            print(f"Written: {build.relative(path)}")
    return 0
