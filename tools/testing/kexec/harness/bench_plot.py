# SPDX-License-Identifier: GPL-2.0-only
"""What bench has measured, as plots, and as a part of Documentation."""

import shutil
import subprocess

from . import bench_report, build
from .bench_rows import BASE, NO_DIGEST, OURS, PLAIN, USES, VARIANTS

DOCUMENT = build.REPO / "Documentation/admin-guide/kexec"
LOAD, HANDOFF = "bench-load.svg", "bench-handoff.svg"
HANDOFF_MIB = 256               # the image whose handoffs are plotted

# Black and white: the kernels differ by dashes and points, and by patterns.
LINES = {BASE: "dt 3 pt 4", OURS: "dt 1 pt 7", NO_DIGEST: "dt 2 pt 6"}
PATTERNS = {BASE: 2, OURS: 3, NO_DIGEST: 0}

TERMINAL = """set terminal svg size {size} font "sans-serif,11" background "white"
set output "{output}"
set monochrome
set encoding utf8
"""

LOAD_SCRIPT = """
set multiplot layout 2,3 title "Time of a load over that of one copy"
set logscale xy
set xrange [0.7:3000]
set yrange [{least}:{most}]
set xtics ("1" 1, "16" 16, "64" 64, "256" 256, "1024" 1024)
set format y "%g"
set xlabel "image, MiB"
set grid ytics lt 1 lw 0.3
set key top left samplen 3
"""

HANDOFF_SCRIPT = """
set multiplot layout 1,2 title "Handoff of {mib} MiB"
set style data histogram
set style histogram clustered gap 1
set style fill pattern border lt -1
set boxwidth 0.9
set xtics rotate by -35 nomirror
set yrange [0:*]
set bmargin 8
set rmargin 8
set grid ytics lt 1 lw 0.3
set key at screen 0.5, screen 0.93 center top horizontal
set tmargin 6
"""


def block(name, rows):
    """Data within a script; None is no figure."""
    body = [" ".join("?" if cell is None else f'"{cell}"'
                     if isinstance(cell, str) else f"{cell:.6g}"
                     for cell in row) for row in rows]
    return "\n".join([f"${name} << END", *body, "END", ""])


def free_of_cpu(lines, start):
    """The lines of tables whose title begins with @start, on the default
    model of processor.
    """
    return [line for line in lines
            if line.title.startswith(start) and line.row.cpu == PLAIN]


def load_ratios(lines):
    """{use: [(MiB, its variants' times over the limit or None)]}."""
    found = {}
    for line in free_of_cpu(lines, "Load, ms"):
        row = line.row
        if row.segments == 1 and not row.options:
            found.setdefault(row.use, []).append(
                (row.mib, *(line.ratio(name, "limit") for name in VARIANTS)))
    return {use: sorted(found[use]) for use in USES if use in found}


def load_script(lines):
    """gnuplot's script for the loads, a panel for each use of memory."""
    ratios = load_ratios(lines)
    values = [value for rows in ratios.values() for row in rows
              for value in row[1:] if value]
    if not values:
        return ""
    script = [LOAD_SCRIPT.format(least=min(0.5, min(values) / 2),
                                 most=max(10, max(values) * 3))]
    for at, (use, rows) in enumerate(ratios.items()):
        plots = [f'$data{at} using 1:{column} with linespoints lw 1.3 '
                 f'{LINES[name]} ps 0.7 title "{name}"'
                 for column, name in enumerate(VARIANTS, 2)]
        script += [block(f"data{at}", rows),
                   f'set title "{USES[use]}"',
                   "plot 1 with lines lt 1 lw 0.5 notitle, " + ", ".join(plots),
                   "unset key"]
    return "\n".join([*script, "unset multiplot", ""])


def handoff_medians(lines, start):
    """[(use, its variants' medians)] of one image over all uses."""
    return [(USES[line.row.use],
             *(getattr(line.taken.get(name), "median", None)
               for name in VARIANTS))
            for line in free_of_cpu(lines, start)
            if line.row.mib == HANDOFF_MIB and line.row.segments == 1
            and not line.row.options]


def handoff_script(lines):
    """gnuplot's script for the handoffs: instructions, and the blackout."""
    script = [HANDOFF_SCRIPT.format(mib=HANDOFF_MIB)]
    for at, (start, title) in enumerate((
            ("Handoff, beyond that of one page, instructions",
             "instructions a page, beyond those of one page"),
            ("Blackout", "blackout, ms"))):
        rows = handoff_medians(lines, start)
        if not rows:
            return ""
        plots = [f'$data{at} using {column}'
                 + (":xtic(1)" if column == 2 else "")
                 + f' fillstyle pattern {PATTERNS[name]} title "{name}"'
                 for column, name in enumerate(VARIANTS, 2)]
        script += [block(f"data{at}", rows), f'set title "{title}"',
                   "plot " + ", ".join(plots), "unset key"]
    return "\n".join([*script, "unset multiplot", ""])


def draw(lines, directory):
    """Draw what there are figures for; returns the paths of the plots."""
    drawn = []
    for name, size, script in ((LOAD, "960,620", load_script(lines)),
                               (HANDOFF, "960,420", handoff_script(lines))):
        if not script:
            continue
        if not shutil.which("gnuplot"):
            raise build.BuildError("no gnuplot: install gnuplot-nox")
        path = directory / name
        head = TERMINAL.format(size=size, output=path)
        result = subprocess.run(["gnuplot"], input=head + script, text=True,
                                capture_output=True)
        if result.returncode or "error" in result.stderr:
            raise build.BuildError(f"gnuplot: {name}:\n{result.stderr}")
        lines_of = path.read_text().splitlines()
        path.write_text("".join(line.rstrip() + "\n" for line in lines_of))
        drawn.append(path)
    return drawn


def heading(title, under):
    return [title, under * len(title), ""]


def title_of_page():
    """Which base's page it is, if it is not the default one's."""
    return TITLE + (f", Linux {build.BASE}" if build.BASE else "")


def tables_page(results, lines):
    """The page of tables, in reStructuredText."""
    title = title_of_page()
    page = [".. SPDX-License-Identifier: GPL-2.0-only", "",
            '.. Written by "kexec-qemu bench --document".', "",
            "=" * len(title), *heading(title, "="),
            "Documentation/admin-guide/kexec/bench.rst explains them.", ""]
    page += [f":{name}: {value}" for name, value in bench_report.about(results)]
    page.append("")
    for title, table in bench_report.sections(lines):
        page += [*heading(title, "="), *table, ""]
    return "\n".join(page)


TITLE = "Kexec beside the base's own: the figures"


def document(results, lines, plots):
    """Write the page of tables, and the plots in @plots, to Documentation;
    returns the paths.  What was measured with another base than the default one has
    a page of its own, and no plots.
    """
    page = DOCUMENT / f"bench-tables{build.SUFFIX}.rst"
    page.write_text(tables_page(results, lines))
    written = [page]
    for name in () if build.BASE else (LOAD, HANDOFF):
        if (plots / name).exists():
            written.append(shutil.copy(plots / name, DOCUMENT / name))
    return written
