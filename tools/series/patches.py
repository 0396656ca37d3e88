# SPDX-License-Identifier: GPL-2.0-only
"""The steps as commits and as patches, and the check that they are good.

Commits are written by git fast-import.  Patches are made in a repository that has
those of the base's files only that a step touches: all that git am looks at.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import textwrap
from pathlib import Path
from typing import NamedTuple

from bases import numbers
from plan import LANDS, REPO, Plan, Refused, Tree, kept_dir, read_state, which

# In a directory of patches: what "write" wrote there, "DIGEST NAME" a line.
LIST = ".kexec-series"
BENCH = REPO / "Documentation/admin-guide/kexec/bench-tables.rst"
TESTS = REPO / "Documentation/core-api/kexec/tests.rst"

# What users have configured for git must not change what is written.  Where git
# looks for attributes is a setting, which goes by no other variable.
SETTINGS = (("core.attributesFile", "/dev/null"), ("core.autocrlf", "false"),
            ("core.excludesFile", "/dev/null"), ("core.hooksPath", "/dev/null"))


def environment(settings):
    """The environment for git with these settings, and none of the user's."""
    fixed = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
             "GIT_ATTR_NOSYSTEM": "1",
             "GIT_CONFIG_COUNT": str(len(settings)),
             "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    for number, (key, value) in enumerate(settings):
        fixed |= {f"GIT_CONFIG_KEY_{number}": key,
                  f"GIT_CONFIG_VALUE_{number}": value}
    return {name: value for name, value in os.environ.items()
            if not name.startswith("GIT_")} | fixed


ENVIRONMENT = environment(SETTINGS)


def run_git(top, *arguments, data=None, env=None):
    return subprocess.run(["git", *arguments], cwd=top, input=data,
                          capture_output=True, env=env or ENVIRONMENT)


def words_of(result):
    """What git says on its way out."""
    return result.stderr.decode(errors="replace").strip()


def git(top, *arguments, data=None, check=True, env=None):
    """Run git in @top; returns what it prints."""
    result = run_git(top, *arguments, data=data, env=env)
    if check and result.returncode:
        raise Refused(f"git {' '.join(arguments[:2])}: {words_of(result)}")
    return result.stdout


def for_clone():
    """The environment for a clone of the user's, who may have said to git that
    it is safe although it belongs to somebody else.
    """
    said = git("/", "config", "-z", "--get-all", "safe.directory", check=False,
               env=os.environ).decode(errors="surrogateescape")
    return environment([*SETTINGS, *(("safe.directory", path) for path in
                                     said.split("\0")[:-1])])


def in_git():
    """Whether the repository is git's: it may have been unpacked from a tarball,
    also to where something else is.
    """
    top = git(REPO, "-c", "safe.directory=*", "rev-parse", "--show-toplevel",
              check=False).decode(errors="surrogateescape").rstrip("\n")
    return bool(top) and Path(top).resolve() == REPO


class Author(NamedTuple):
    """Whom the commits are by, who signs them off, and when the first was."""
    name: str
    email: str
    seconds: int

    @classmethod
    def who_runs_this(cls, top):
        """As git has it for who commits in @top; it is no guess of git's, from
        the names of login and host, as a sign-off is somebody's word.
        """
        result = run_git(top, "-c", "user.useConfigOnly=true", "var",
                         "GIT_AUTHOR_IDENT", env=os.environ)
        match = re.fullmatch(r"(.*) <(.*)> \d+ [-+]\d+\n",
                             result.stdout.decode(errors="replace"))
        if result.returncode or not match:
            raise Refused(
                "the patches are signed off by who makes them, and git does not "
                "know who you are. Say so:\n"
                '  git config --global user.name "Your Name"\n'
                "  git config --global user.email you@example.org\n"
                f"git says: {words_of(result)}")
        return cls(match[1], match[2], last_change())

    @property
    def ident(self):
        return f"{self.name} <{self.email}>"


# Of the quick check, which nobody signs: "write" and "branch" never have it.
NOBODY = Author("Nobody", "nobody@example.org", 1700000000)


def last_change():
    """When what the patches are made of was last committed."""
    date = git(REPO, "-c", "safe.directory=*", "log", "-1", "--format=%ct", "--",
               *LANDS, "MAINTAINERS", "tools/series", check=False) \
        if in_git() else b""
    if not date.strip():
        raise Refused(f"{REPO} has no git history: the date of the patches is "
                      "taken from there")
    return int(date)


def check_tracked(series):
    """Refuse files that lie in the repository, and are not of it."""
    if not in_git():
        return
    tracked = git(REPO, "-c", "safe.directory=*", "ls-files", "-z", "--", *LANDS,
                  "tools/series")
    strange = sorted({str(path.relative_to(REPO))
                      for path in series.whole.files.values()}
                     - set(os.fsdecode(tracked).split("\0")))
    if strange:
        raise Refused("git does not track what would be in the patches; add it, "
                      "or take it away:\n  " + "\n  ".join(strange))


# --- What a base has ----------------------------------------------------------

def made_tree(top):
    """The base behind a tree that kexec-tree made."""
    state = read_state(kept_dir(top))
    if not state:
        raise Refused(f"{top} was not made by kexec-tree: make tree")
    return Tree(top, kept_dir(top), state["touched"])


class Commit:
    """A commit of a clone of Linux as a base: files come out when asked for."""

    def __init__(self, clone, name, directory, env):
        self.clone, self.directory, self.env = clone, Path(directory), env
        self.name = git(clone, "rev-parse", "--verify", "--quiet",
                        f"{name}^{{commit}}", check=False,
                        env=env).decode().strip()
        if not self.name:
            raise Refused(f"{clone} has no commit {name}")
        listing = git(clone, "ls-tree", "-rz", self.name, env=env).decode(
            errors="surrogateescape")
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
                                 f"{self.name}:{name}", env=self.env))
            path.chmod(int(self.modes[name][3:], 8))
        return path

    def below(self, directory):
        return sorted(name for name in self.modes if name.startswith(directory))


def version_of(base):
    """6.12.117, as the base's Makefile has it; refuses what is none of ours."""
    which(base)
    return ".".join(filter(None, numbers(base.find("Makefile").read_text())))


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


def maintained(state, author):
    """A state in which @author looks after what the overlay's entry of MAINTAINERS
    lists: that names nobody, as who sends the patches is not known there.
    """
    name = "MAINTAINERS"
    if author is NOBODY or not state.get(name):
        return state
    mode, data = state[name]
    return state | {name: (mode, data.replace(
        b"\nKEXEC\nL:", f"\nKEXEC\nM:\t{author.ident}\nL:".encode(), 1))}


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


def commit_all(series, top, branch, all_states, author, parent=None, env=None):
    """Write a commit for each step to the repository @top."""
    stream = []
    all_states = [maintained(state, author) for state in all_states]
    if not parent:
        stream += commit_stream(branch, {}, {
            name: what for name, what in all_states[0].items() if what},
            "The base's files that the series touches\n", author, 0)
    for number, step in enumerate(series.steps, 1):
        stream += commit_stream(branch, all_states[number - 1],
                                all_states[number], message_of(step, author),
                                author, number, parent if number == 1 else None)
    git(top, "fast-import", "--quiet", data=b"".join(stream), env=env)


def branch(series_of, clone, base_name, name):
    """Write the steps as commits on a new branch of a user's clone.

    @series_of: returns the Series for a Base
    """
    env = for_clone()
    result = run_git(clone, "rev-parse", "--git-dir", env=env)
    if result.returncode:
        raise Refused(f"{clone} is no clone of git's: {words_of(result)}")
    if git(clone, "check-ref-format", "--branch", name, check=False, env=env
           ).decode().strip() != name:
        raise Refused(f"{name} is no name for a branch")
    # A branch without a commit is none yet, but who has it checked out would find
    # all files to be deleted in what is there.
    unborn = f"branch refs/heads/{name}" in git(
        clone, "worktree", "list", "--porcelain", env=env).decode(
            errors="replace").splitlines()
    if unborn or git(clone, "rev-parse", "--verify", "--quiet",
                     f"refs/heads/{name}", check=False, env=env):
        raise Refused(f"{clone} has a branch {name} already: name another one, "
                      "with BRANCH=")
    author = Author.who_runs_this(clone)
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory:
        base = Commit(clone, base_name, directory, env)
        series = series_of(which(base))
        check_tracked(series)
        version = version_of(base)
        commit_all(series, clone, name, states(series, base), author, base.name,
                   env)
    print(f"series: {len(series.steps)} commits on branch {name} of {clone}, on "
          f"top of {base.name[:12]}, Linux {version}")


# --- Patches ----------------------------------------------------------------------

def write(series, tree, out, author=None):
    """Write the steps as patches to @out, with a cover letter."""
    if not author:
        check_tracked(series)
        author = Author.who_runs_this(REPO)
    base = made_tree(tree)
    version = version_of(base)
    ours = ours_in(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory, \
         tempfile.TemporaryDirectory(prefix=f".{out.name}-",
                                     dir=out.parent) as part:
        format_patches(series, base, author, Path(directory), part,
                       cover_letter(series, version))
        replace(out, ours, Path(part))
    print(f"series: {len(series.steps)} patches for Linux {version}, and a cover "
          f"letter, in {os.path.relpath(out)}")


def format_patches(series, base, author, top, out, cover):
    """Have git write the patches to @out, from a new repository @top."""
    git(top, "init", "--quiet", "--template=", "--initial-branch=base")
    commit_all(series, top, "series", states(series, base), author)
    first = f"series~{len(series.steps)}"
    git(top, "config", "branch.series.description", cover)
    git(top, "config", "core.abbrev", "12")
    git(top, "format-patch", "--quiet", f"--output-directory={out}",
        "--cover-letter", "--cover-from-description=subject", "--numbered", "--rfc",
        "--zero-commit", "--no-signature", "--no-renames", f"{first}..series",
        env=ENVIRONMENT | {
            "GIT_COMMITTER_NAME": author.name,
            "GIT_COMMITTER_EMAIL": author.email,
            "GIT_COMMITTER_DATE": f"{author.seconds} +0000"})


def line_of(path):
    """What the list of ours says of a file."""
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.name}"


def ours_in(out):
    """The files in @out that are as they were written here: {path: line}.  Refuses
    an @out that has anything else in it, be it a patch.
    """
    if not out.is_dir():
        if out.exists() or out.is_symlink():
            raise Refused(f"{out} is no directory")
        return {}
    try:
        listed = set((out / LIST).read_text().splitlines()) \
            if (out / LIST).is_file() else set()
    except UnicodeDecodeError:
        listed = set()
    ours = {}
    for path in sorted(out.iterdir()):
        if path.name in (LIST, f"{LIST}.part") and listed:
            continue
        if path.is_symlink() or not path.is_file() or \
           not any(line.endswith(f" {path.name}") for line in listed):
            raise Refused(f"{out} has something else in it than patches that were "
                          f"made here: {path.name}: it is left alone; name "
                          "another place, with OUT=")
        if line_of(path) not in listed:
            raise Refused(f"{out}: {path.name} was changed since it was made: it "
                          "is left alone; move it away, or name another place, "
                          "with OUT=")
        ours[path] = line_of(path)
    return ours


def replace(out, ours, new):
    """Have the files of @new take the place of @ours in @out.  Wherever this
    breaks off, the list there names what is.
    """
    lines = {path: line_of(path) for path in sorted(new.iterdir())}
    out.mkdir(exist_ok=True)
    write_list(out, [*ours.values(), *lines.values()])
    for path in ours:
        path.unlink()
    for path in lines:
        shutil.move(path, out / path.name)
    write_list(out, lines.values())


def write_list(out, lines):
    """Note in @out what is ours; there is never half a note."""
    part = out / f"{LIST}.part"
    part.write_text("".join(f"{line}\n" for line in lines))
    part.replace(out / LIST)


def cover_letter(series, version):
    """The text of the cover letter: its subject, and its body."""
    cover = series.cover
    body = cover["body"].strip("\n").format(
        about=about_measurements(), measured=measured(cover["measured"]),
        untried=untried(), version=f"Linux {version}")
    return f"{cover['subject']}\n\n{filled(body)}\n"


def filled(text, width=75):
    """A letter whose paragraphs, and items of lists, are filled anew.  Headings and
    tables stay: what is underlined, and what begins with blanks.
    """
    blocks = []
    for block in text.split("\n\n"):
        if re.search(r"^ |\n-+$", block):
            blocks.append(block)
            continue
        items = re.split(r"\n(?=[-*] )", block)
        blocks.append("\n".join(
            textwrap.fill(" ".join(item.split()), width, break_on_hyphens=False,
                          subsequent_indent="  " * item.startswith(("- ", "* ")))
            for item in items))
    return "\n\n".join(blocks)


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
    """What the document about tests lists as not exercised, but for what is of one
    architecture, which begins with its name.
    """
    items = re.search(r"not exercised by the tests:\n\n((?:[* ] .*\n)+)",
                      TESTS.read_text())
    if not items:
        raise Refused(f"{TESTS.name} does not list what was not exercised")
    found = re.findall(r"^\* .*\n(?:  .*\n)*", items[1], re.MULTILINE)
    return "".join(item for item in found if not re.match(r"\* [a-z\d]+: ", item)
                   ).rstrip("\n").replace("``", "")


# --- The check ----------------------------------------------------------------------

def check(series, tree):
    """Whether the patches are good; returns complaints."""
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as directory:
        out = Path(directory) / "out"
        write(series, tree, out, NOBODY)
        return check_applies(tree, out, Path(directory) / "applied") \
            + check_headers(series, made_tree(tree)) \
            + check_style(series, tree, out)


def check_applies(tree, out, top):
    """git am takes all of them, and what they leave is what @tree has."""
    base = made_tree(tree)
    content = Plan(base).content
    top.mkdir()
    git(top, "init", "--quiet", "--template=")
    for name in content:
        if path := base.find(name):
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, top / name)
    settings = ["-c", f"user.name={NOBODY.name}",
                "-c", f"user.email={NOBODY.email}"]
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


INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([^>\n]+)>", re.MULTILINE)


def includes(base, name, content):
    """What a file includes by <...>; @content is as Plan has it, or the base's."""
    what = blob(base, name, content) if name.endswith((".c", ".h", ".S")) else None
    return set(INCLUDED.findall(what[1].decode(errors="replace"))) if what else set()


def check_headers(series, base):
    """After each step, an architecture has the headers of its own that its files
    include: it is built at its own step, and at the first.
    """
    contents = [series.content(base, number)
                for number in range(1, len(series.steps) + 1)]
    header = re.compile(r"arch/(?P<arch>[^/]+)/include/(uapi/)?(?P<name>.*\.h)")
    gone = [{name: match for name, what in content.items()
             if what is None and (match := header.fullmatch(name))}
            for content in contents]
    names = {(match["arch"], match["name"]): name
             for each in gone for name, match in each.items()}
    ours = {arch: {header for other, header in names if other == arch}
            for arch, _ in names}
    # Of the base's files, those that include one of these.
    users = {name: found for arch in ours for name in base.below(f"arch/{arch}/")
             if (found := includes(base, name, base.find(name)) & ours[arch])}
    wrong = {}
    for step, content, missing in zip(series.steps, contents, gone):
        now = users | {name: includes(base, name, what)
                       for name, what in content.items()}
        for name, found in sorted(now.items()):
            arch = name.split("/")[1] if name.startswith("arch/") else ""
            for each in sorted(found & ours.get(arch, set())):
                if names[arch, each] in missing:
                    wrong.setdefault(f"{name}: includes <{each}>, which is gone",
                                     step.subject)
    return [f"{subject}: {complaint}" for complaint, subject in wrong.items()]


COMPLAINT = re.compile(r"(?:(?P<file>[^:\s]*):\d+: )?(?:ERROR|WARNING|CHECK):"
                       r"(?P<type>\w+): ")


def without_maintainers(tree, top):
    """A view of @tree, at @top, that checkpatch takes for a tree: but it asks nobody
    there for each file if that is obsolete, which takes most of the time.
    """
    (top / "scripts").mkdir()
    for path in [*tree.iterdir(), *(tree / "scripts").glob("*")]:
        if path.name not in ("scripts", "get_maintainer.pl"):
            (top / path.relative_to(tree)).symlink_to(path)


def check_style(series, tree, out):
    """What checkpatch says of the patches that series.toml does not accept."""
    wrong, used = [], set()
    with tempfile.TemporaryDirectory(prefix="kexec-series-") as view:
        without_maintainers(tree, Path(view))
        for patch in sorted(out.glob("*.patch"))[1:]:
            result = subprocess.run(
                ["perl", "scripts/checkpatch.pl", "--strict", "--terse",
                 "--showfile", "--show-types", "--no-summary", str(patch)],
                cwd=view, capture_output=True, text=True, errors="replace")
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
