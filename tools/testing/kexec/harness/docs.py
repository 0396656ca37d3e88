# SPDX-License-Identifier: GPL-2.0-only
"""Builds our documents, for a browser, and as a check.

The documents are the directories below Documentation/ that have an index.rst of
ours, and the manual pages.  documents() has the tree build them as anybody would,
by "make htmldocs SPHINXDIRS=...", which makes a project of each directory.
folder() makes one project of all, with the tree's conf.py, so that they link to
each other, and renders the manual pages.
"""

import os
import re
import shutil
import subprocess

from . import build, ktap, static

OUT = build.BUILD / f"docs{build.SUFFIX}"
# The program, and Debian's package that has it.
PROGRAMS = {"sphinx-build": "python3-sphinx", "dot": "graphviz",
            "mandoc": "mandoc"}
# What Sphinx, its extensions, kernel-doc and make say of a fault.
FAULT = re.compile(r"WARNING|ERROR|CRITICAL|[Ww]arning:|[Ee]rror:|\*\*\*|"
                   r"Traceback|not found|SKIP ")


def directories():
    """Those of our documents, relative to Documentation/."""
    return [match[1] for name in static.our_files()
            if (match := re.fullmatch(r"Documentation/(.*)/index\.rst", name))]


def pages():
    """The names of our documents without .rst, relative to Documentation/."""
    return [name.removeprefix("Documentation/").removesuffix(".rst")
            for name in static.our_files()
            if name.startswith(tuple(f"Documentation/{directory}/"
                                     for directory in directories()))
            and name.endswith(".rst")]


def pictures():
    """The names of what graphviz draws for them, without .dot."""
    return [name.removeprefix("Documentation/").removesuffix(".dot")
            for name in static.our_files()
            if name.startswith("Documentation/") and name.endswith(".dot")]


def lack():
    """Why documents can't be built on this machine, or ""."""
    missing = [f"{program} (package {package})"
               for program, package in PROGRAMS.items()
               if not shutil.which(program)]
    return f"not installed: {', '.join(missing)}" if missing else ""


# 7.3 describes some files twice, which are not ours.
TWICE = re.compile(r"WARNING: \S.* is defined \d times: ")


def faults(lines):
    """Those of the lines that a build of documents should not have."""
    ours = [name for name in static.our_files() if name.startswith("Documentation/ABI/")]
    return [line for line in lines if FAULT.search(line)
            and not (TWICE.match(line) and not any(name in line for name in ours))]


def not_built(html):
    """What has no page below @html, and what has no picture."""
    drawn = {path.name for path in html.rglob("_images/*.svg")}
    return [f"{name}.rst was not built" for name in pages()
            if not (html / f"{name}.html").is_file()] \
        + [f"{name}.dot was not drawn" for name in pictures()
           if name.rpartition("/")[2] + ".svg" not in drawn]


def broken_references():
    """Where our files name documents that the tree does not have, or break a name
    at the end of a line, so that it becomes no link.
    """
    return [f"{name}:{number}: there is no {match[0]}"
            for name in static.our_files()
            if not name.startswith("tools/") and not name.endswith(".svg")
            for number, line in enumerate(
                (build.TREE / name).read_text().splitlines(), 1)
            for match in re.finditer(r"\bDocumentation/[\w./-]*(?:\w|/$)", line)
            if match[0].endswith("/") or not (build.TREE / match[0]).exists()]


SECTION_IN = re.compile(r'"([^"]+)"\s+in\s+((?:Documentation/[\w/-]+/)?[\w-]+\.rst)\b')
IN_SECTION = re.compile(r'(Documentation/[\w/-]+\.rst),\s+"([^"]+)"')


def headings(path):
    """The titles of sections that a document has."""
    return set(re.findall(r'^(\S.*)\n(?:=+|-+|~+)$', path.read_text(), re.M)) \
        if path.exists() else set()


def broken_sections():
    """Where documents of ours send their reader to a section that is not there."""
    failed = []
    for name in pages():
        path = build.TREE / f"Documentation/{name}.rst"
        text = path.read_text()
        named = SECTION_IN.findall(text) \
            + [match[::-1] for match in IN_SECTION.findall(text)]
        for title, other in named:
            title = " ".join(title.split())
            where = build.TREE / other if "/" in other else path.with_name(other)
            if title not in headings(where):
                failed.append(f'{name}.rst: there is no "{title}" in {other}')
    return failed


def by_the_tree():
    """What "make htmldocs" complains of in our directories."""
    out = build.TREE / "out-docs"
    output = out / "Documentation/output"
    with build.locked(out):
        # Of what has not changed since, Sphinx would say nothing.
        for name in (".doctrees", *directories()):
            shutil.rmtree(output / name, ignore_errors=True)
        text = build.run_logged(
            ["make", "-C", str(build.TREE), f"O={out}", "htmldocs",
             f"SPHINXDIRS={' '.join(directories())}"],
            "documents.log", "documents", quiet=True)
        return faults(text.splitlines()) + not_built(output)


def documents():
    """All documents are built, without a warning, for the tree and as a folder;
    returns (complaints, tests).
    """
    failed = broken_references() + broken_sections()
    if why := lack():
        return failed, [ktap.Test("documents", True, True, why)]
    return failed + by_the_tree() + folder(OUT)[1], []


FRONT_PAGE = """\
{title}
{line}

Kexec starts another Linux kernel from the running one, without going through firmware.

.. toctree::
   :maxdepth: 2

{toctree}

Manual pages
------------

{manual}
"""


def front_page():
    """The text of the page that leads to all others."""
    manual = [f"* {match[1]}({match[2]}): `HTML <man/{match[0]}.html>`__, "
              f"`PDF <man/{match[0]}.pdf>`__"
              for name in static.manual_files()
              if (match := re.search(r"([^/]+)\.(\d)$", name))]
    title = f"Kexec for Linux {build.base()}"
    return FRONT_PAGE.format(
        title=title, line="=" * len(title),
        toctree="\n".join(f"   {name}/index" for name in directories()),
        manual="\n".join(manual))


def prepare(source):
    """Make @source look like Documentation/ with nothing but ours in it."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    (source.parent / "MAINTAINERS").unlink(missing_ok=True)
    (source.parent / "MAINTAINERS").symlink_to(build.TREE / "MAINTAINERS")
    (source / "index.rst").write_text(front_page())
    for name in directories():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).symlink_to(build.TREE / "Documentation" / name)


def sphinx(source, html):
    """What Sphinx says when it makes one project of all documents."""
    settings = build.TREE / "Documentation"
    # A program of its own in 6.12, and a module of Sphinx's in 7.3.
    program = build.TREE / "scripts/kernel-doc"
    kernel_doc = ["-D", f"kerneldoc_bin={program}"] \
        if "kerneldoc_bin" in (settings / "conf.py").read_text() else []
    result = build.finished(
        ["sphinx-build", "-q", "-E", "-b", "html", "-c", str(settings),
         "-d", str(source.parent / "doctrees"),
         "-D", f"kerneldoc_srctree={build.TREE}",
         *kernel_doc,
         "-D", f"version={build.base()}", "-D", f"release={build.base()}",
         str(source), str(html)],
        env=dict(os.environ, srctree=str(build.TREE), BUILDDIR=str(html),
                 PYTHONDONTWRITEBYTECODE="1"),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace")
    return faults(result.stdout.splitlines()) \
        or (result.stdout.splitlines() if result.returncode else [])


STYLE = """\
body { max-width: 52em; margin: 1em auto; padding: 0 1em; font-family: sans-serif }
h1 { font-size: 1.3em }
h2 { font-size: 1.1em }
a.permalink { color: inherit; text-decoration: none }
table.head, table.foot { width: 100% }
table { border-collapse: collapse }
td { vertical-align: top; padding: 0 .5em 0 0 }
.head-vol, .foot-date { text-align: center }
.head-rtitle, .foot-os { text-align: right }
"""


def render_manual(man):
    """Render the manual pages to HTML and PDF; returns what mandoc says."""
    man.mkdir(exist_ok=True)
    (man / "style.css").write_text(STYLE)
    failed = []
    for name in static.manual_files():
        for kind, option in (("html", "style=style.css"), ("pdf", "paper=a4")):
            result = subprocess.run(
                ["mandoc", "-T", kind, "-W", "warning", "-O", option,
                 str(build.TREE / name)], capture_output=True)
            failed += result.stderr.decode(errors="replace").splitlines()
            (man / f"{name.rpartition('/')[2]}.{kind}").write_bytes(
                without_breaks(result.stdout) if kind == "html"
                else result.stdout)
    return failed


def without_breaks(html):
    """Without the breaks that mandoc puts before indented lines, also where
    lines stay as they are.
    """
    return re.sub(rb"<pre>.*?</pre>", lambda match: match[0].replace(
        b"\n<br/>", b""), html, flags=re.DOTALL)


def folder(out):
    """Make @out a folder for a browser; returns its first page, and complaints."""
    if why := lack():
        raise build.BuildError(why)
    # An extension of 7.3's goes by that name, and reads a file beside it.
    source, html = out / "source/Documentation", out / "html"
    with build.locked(out):
        prepare(source)
        shutil.rmtree(html, ignore_errors=True)
        failed = sphinx(source, html)
        if html.is_dir():
            failed += render_manual(html / "man")
        failed += not_built(html)
    return html / "index.html", failed
