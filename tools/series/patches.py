# SPDX-License-Identifier: GPL-2.0-only
"""The steps as commits and as patches, and the check that they are good.

Commits are written by git fast-import.  Patches are made in a repository that has
those of the base's files only that a step touches: all that git am looks at.
"""

import os
import re
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import NamedTuple

from plan import REPO, Plan, Refused, Tree, kept_dir, read_state

PATCH = re.compile(r"\d{4}-.*\.patch")
BENCH = REPO / "Documentation/admin-guide/kexec/bench-tables.rst"
DESIGN = REPO / "Documentation/core-api/kexec/design.rst"

# What users have configured for git must not change what is written.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if not name.startswith("GIT_")} \
    | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
       "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def git(top, *arguments, data=None, check=True, env=None):
    """Run git in @top; returns what it prints."""
    result = subprocess.run(["git", *arguments], cwd=top, input=data,
                            capture_output=True, env=env or ENVIRONMENT)
    if check and result.returncode:
        raise Refused(f"git {' '.join(arguments[:2])}: "
                      + result.stderr.decode(errors="replace").strip())
    return result.stdout


class Author(NamedTuple):
    """Whom the commits are by, and when the first was."""
    name: str
    email: str
    seconds: int

    @classmethod
    def of_repository(cls):
        """As the repository has it: its own settings, else its last commit."""
        ask = lambda *words: git(REPO, "-c", "safe.directory=*", *words,
                                 check=False).decode().strip()
        last = ask("log", "-1", "--format=%an%n%ae%n%at").splitlines()
        if len(last) != 3:
            raise Refused(f"{REPO} has no git history: author and date of the "
                          "patches are taken from there")
        return cls(ask("config", "--local", "user.name") or last[0],
                   ask("config", "--local", "user.email") or last[1],
                   int(last[2]))

    @property
    def ident(self):
        return f"{self.name} <{self.email}>"


# --- What a base has ----------------------------------------------------------

def made_tree(top):
    """The base behind a tree that kexec-tree made."""
    state = read_state(kept_dir(top))
    if not state:
        raise Refused(f"{top} was not made by kexec-tree: make tree")
    return Tree(top, kept_dir(top), state["touched"])


class Commit:
    """A commit of a clone of Linux as a base: files come out when asked for."""

    def __init__(self, clone, name, directory):
        self.clone, self.directory = clone, Path(directory)
        self.name = git(clone, "rev-parse", "--verify", "--quiet",
                        f"{name}^{{commit}}", check=False).decode().strip()
        if not self.name:
            raise Refused(f"{clone} has no commit {name}")
        listing = git(clone, "ls-tree", "-rz", self.name).decode()
        self.modes = {path: entry.split()[0] for entry, _, path in
                      (line.partition("\t") for line in
                       listing.split("\0")[:-1])}

    def find(self, name):
        """A file with the commit's content of @name, or None."""
        path = self.directory / name
        if name not in self.modes or not self.modes[name].startswith("100"):
            return None
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(git(self.clone, "cat-file", "blob",
                                 f"{self.name}:{name}"))
            path.chmod(int(self.modes[name][3:], 8))
        return path

    def below(self, directory):
        return sorted(name for name in self.modes if name.startswith(directory))


def version_of(base):
    """6.12.117, as the base's Makefile has it; refuses other than 6.12."""
    path = base.find("Makefile")
    text = path.read_text() if path else ""
    number = [match[1] if (match := re.search(rf"^{word} *= *(\d+)$", text,
                                              re.MULTILINE)) else ""
              for word in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if number[:2] != ["6", "12"]:
        raise Refused("the base is not Linux 6.12.y by its Makefile")
    return ".".join(filter(None, number))


# --- Commits --------------------------------------------------------------------

def blob(base, name, content):
    """(mode, bytes) of what Plan has as the content of a path; None if it is
    deleted.
    """
    if content is None:
        return None
    path = content if isinstance(content, Path) else base.find(name)
    executable = path is not None and path.stat().st_mode & 0o100
    data = content.read_bytes() if isinstance(content, Path) else content
    return "100755" if executable else "100644", data


def states(series, base):
    """What each step leaves of the paths that any touches: a list of {path:
    blob}, of which the first is the base's.
    """
    contents = [series.content(base, number)
                for number in range(len(series.steps) + 1)]
    names = sorted(set().union(*contents))
    before = {name: blob(base, name, base.find(name)) for name in names}
    return [before | {name: blob(base, name, what)
                      for name, what in content.items()}
            for content in contents]


def message_of(step, author):
    """A commit's message; its body is paragraphs, which are filled anew."""
    body = "\n\n".join(textwrap.fill(paragraph, 72, break_on_hyphens=False)
                       for paragraph in step.body.strip().split("\n\n"))
    return f"{step.subject}\n\n{body}\n\nSigned-off-by: {author.ident}\n"


def commit_stream(branch, before, after, message, author, number, parent=None):
    """The lines for git fast-import that turn one state into the next."""
    when = f"{author.ident} {author.seconds + number} +0000"
    data = message.encode()
    yield f"commit refs/heads/{branch}\nauthor {when}\ncommitter {when}\n" \
        f"data {len(data)}\n".encode() + data
    if parent:
        yield f"from {parent}\n".encode()
    for name, what in after.items():
        if what == before.get(name):
            continue
        if what is None:
            yield f"D {name}\n".encode()
        else:
            yield f"M {what[0]} inline {name}\ndata {len(what[1])}\n".encode() \
                + what[1] + b"\n"
    yield b"\n"


def commit_all(series, top, branch, all_states, author, parent=None):
    """Write a commit for each step to the repository @top."""
    stream = []
    if not parent:
        stream += commit_stream(branch, {}, {
            name: what for name, what in all_states[0].items() if what},
            "The base's files that the series touches\n", author, 0)
    for number, step in enumerate(series.steps, 1):
        stream += commit_stream(branch, all_states[number - 1],
                                all_states[number], message_of(step, author),
                                author, number, parent if number == 1 else None)
    git(top, "fast-import", "--quiet", data=b"".join(stream))


def branch(series, clone, base_name, name):
    """Write the steps as commits on a new branch of a user's clone."""
    if not git(clone, "rev-parse", "--git-dir", check=False):
        raise Refused(f"{clone} is no clone of git's")
    if git(clone, "check-ref-format", "--branch", name, check=False
           ).decode().strip() != name:
        raise Refused(f"{name} is no name for a branch")
    if git(clone, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}",
           check=False):
        raise Refused(f"{clone} has a branch {name} already: name another one, "
                      "with BRANCH=")
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory:
        base = Commit(clone, base_name, directory)
        version = version_of(base)
        commit_all(series, clone, name, states(series, base),
                   Author.of_repository(), base.name)
    print(f"series: {len(series.steps)} commits on branch {name} of {clone}, on "
          f"top of {base.name[:12]}, Linux {version}")


# --- Patches ----------------------------------------------------------------------

def write(series, tree, out):
    """Write the steps as patches to @out, with a cover letter."""
    base, author = made_tree(tree), Author.of_repository()
    strangers = [path.name for path in out.iterdir()
                 if not PATCH.fullmatch(path.name)] if out.is_dir() else []
    if strangers or out.exists() and not out.is_dir():
        raise Refused(f"{out} has something else in it than patches"
                      + (f": {strangers[0]}" if strangers else ""))
    out.mkdir(parents=True, exist_ok=True)
    version = version_of(base)
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory:
        top = Path(directory)
        git(top, "init", "--quiet", "--initial-branch=base")
        commit_all(series, top, "series", states(series, base), author)
        first = f"series~{len(series.steps)}"
        git(top, "config", "branch.series.description",
            cover_letter(series, version))
        git(top, "config", "core.abbrev", "12")
        for path in out.iterdir():
            path.unlink()
        git(top, "format-patch", "--quiet", f"--output-directory={out}",
            "--cover-letter", "--cover-from-description=subject", "--numbered",
            "--zero-commit", "--no-signature", "--no-renames",
            f"{first}..series",
            env=ENVIRONMENT | {
                "GIT_COMMITTER_NAME": author.name,
                "GIT_COMMITTER_EMAIL": author.email,
                "GIT_COMMITTER_DATE": f"{author.seconds} +0000"})
    print(f"series: {len(series.steps)} patches for Linux {version}, and a cover "
          f"letter, in {os.path.relpath(out)}")


def cover_letter(series, version):
    """The text of the cover letter: its subject, and its body."""
    cover = series.cover
    body = cover["body"].strip("\n").format(
        about=about_measurements(), measured=measured(cover["measured"]),
        untried=untried(), version=f"Linux {version}")
    return f"{cover['subject']}\n\n{body}\n"


def section(path, title):
    """The text below a title of a document, up to the next one."""
    match = re.search(rf"^{re.escape(title)}\n=+\n\n(.*?)(?=^[^\n]+\n===+\n|\Z)",
                      path.read_text(), re.MULTILINE | re.DOTALL)
    if not match:
        raise Refused(f"{path.name} has no section {title!r}")
    return match[1]


def simple_table(text):
    """The rows of a table of reStructuredText's simple kind: {first cell: {head:
    cell}}.
    """
    lines = text.splitlines()
    rules = [number for number, line in enumerate(lines)
             if re.fullmatch(r"=+(  =+)+", line)]
    columns = [match.span() for match in re.finditer("=+", lines[rules[0]])]
    cells = lambda line: [line[begin:end].strip() for begin, end in columns]
    head = cells(lines[rules[0] + 1])
    rows = map(cells, lines[rules[1] + 1:rules[2]])
    return {row[0]: dict(zip(head, row)) for row in rows}


def measured(tables):
    """The figures that the cover letter quotes."""
    found = []
    for table in tables:
        rows = simple_table(section(BENCH, table["table"]))
        lines = [[table["table"], *(column.partition(",")[0]
                                    for column in table["columns"])]]
        for name in table["rows"]:
            try:
                lines.append([name, *(rows[name][column]
                                      for column in table["columns"])])
            except KeyError as error:
                raise Refused(f"{BENCH.name}: {table['table']}: there is no "
                              f"{error}") from None
        widths = [max(map(len, column)) for column in zip(*lines)]
        found.append("\n".join(
            "  " + "  ".join([line[0].ljust(widths[0]),
                              *(cell.rjust(width) for cell, width in
                                zip(line[1:], widths[1:]))])
            for line in lines))
    return "\n\n".join(found)


def about_measurements():
    """What was measured on, as the document says it."""
    fields = dict(re.findall(r"^:(\w+): (.+)$", BENCH.read_text(), re.MULTILINE))
    return textwrap.fill(
        f"On {fields['date']}, with Linux {fields['Linux']}, in "
        f"{re.sub(r' [(].*', '', fields['QEMU'])} ({fields['accelerator']}), on "
        f"{fields['host']}.", 79)


def untried():
    """What the design document lists as not exercised by the tests."""
    text = section(DESIGN, "What the tests show, and what they don't")
    items = re.search(r"not exercised by the tests:\n\n((?:[* ] .*\n)+)", text)
    if not items:
        raise Refused(f"{DESIGN.name} does not list what was not exercised")
    return items[1].rstrip("\n").replace("``", "")


# --- The check ----------------------------------------------------------------------

def check(series, tree):
    """Whether the patches are good; returns complaints."""
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory:
        out = Path(directory) / "out"
        write(series, tree, out)
        return check_applies(tree, out, Path(directory) / "applied") \
            + check_style(series, tree, out)


def check_applies(tree, out, top):
    """git am takes all of them, and what they leave is what @tree has."""
    base = made_tree(tree)
    content = Plan(base).content
    top.mkdir()
    git(top, "init", "--quiet")
    for name in content:
        if path := base.find(name):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, top / name)
    settings = ["-c", "user.name=check", "-c", "user.email=check@localhost"]
    git(top, "add", "--all", "--force")
    git(top, *settings, "commit", "--quiet", "--message=base")
    patches = sorted(map(str, out.glob("*.patch")))[1:]     # after the cover
    git(top, *settings, "am", "--quiet", *patches)
    names = set(git(top, "ls-files", "-z").decode().split("\0")) - {""}
    wrong = [f"{name}: not in {tree.name}" for name in sorted(names)
             if not (tree / name).is_file()]
    for name in sorted(content):
        ours, theirs = (path.read_bytes() if path.is_file() else None
                        for path in (top / name, tree / name))
        if ours != theirs:
            wrong.append(f"{name}: not the same as in {tree.name}")
        elif ours is not None and ((top / name).stat().st_mode
                                   ^ (tree / name).stat().st_mode) & 0o100:
            wrong.append(f"{name}: another mode than in {tree.name}")
    return wrong


COMPLAINT = re.compile(r"(?:(?P<file>[^:\s]*):\d+: )?(?:ERROR|WARNING|CHECK):"
                       r"(?P<type>\w+): ")


def check_style(series, tree, out):
    """What checkpatch says of the patches that series.toml does not accept."""
    wrong, used = [], set()
    for patch in sorted(out.glob("*.patch"))[1:]:
        result = subprocess.run(
            ["perl", "scripts/checkpatch.pl", "--strict", "--terse",
             "--showfile", "--show-types", "--no-summary", str(patch)],
            cwd=tree, capture_output=True, text=True, errors="replace")
        for line in (result.stdout + result.stderr).splitlines():
            accepted = [number for number, entry in enumerate(series.accept)
                        if accepts(entry, line)]
            used.update(accepted)
            if not accepted:
                wrong.append(f"{patch.name}: {line}")
    return wrong + [f"series.toml: nothing has the accepted complaint "
                    f"{entry['type']}" for number, entry in
                    enumerate(series.accept) if number not in used]


def accepts(entry, line):
    """Whether an entry of the list of accepted complaints is about a line."""
    match = COMPLAINT.match(line)
    return bool(match) and match["type"] == entry["type"] and \
        re.fullmatch(entry.get("files", ".*"), match["file"] or "") is not None
