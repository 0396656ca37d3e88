# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel tree has to hold, worked out from a base without writing to it.

A tree is the base, less what remove.list names, with the repository's files
copied over it, and the edits of edits.py applied; and what bases.py says of that
base.
"""

import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import edits as edit_table
from bases import Base, Refused, base_of, read_list

SERIES = Path(__file__).resolve().parent
REPO = SERIES.parents[1]

# What of the repository lands in a kernel tree; the rest stays here.
LANDS = ("kernel", "include", "arch", "Documentation", "tools/testing")
NEVER = re.compile(r"(^|/)(__pycache__|\.[^/]*\.sw.)(/|$)|[~#]$|\.(orig|rej)$")


def overlay_files():
    """The repository's files that land in each tree: relative paths."""
    found = [path.relative_to(REPO).as_posix()
             for top in LANDS for path in (REPO / top).rglob("*")
             if path.is_file()]
    return sorted(name for name in found if not NEVER.search(name))


class Part(NamedTuple):
    """What is done to a base, or some of it."""
    removals: list              # lines of remove.list
    edits: list
    files: dict                 # path: content, as in Plan.content


def whole(base):
    """All that is done to a base, a Base."""
    files = {name: REPO / name for name in overlay_files()}
    if both := sorted(files.keys() & base.files().keys()):
        raise Refused(f"{both[0]}: is of all bases, and of {base.name}")
    return Part(read_list(SERIES / "remove.list") + base.removals(),
                edit_table.edits((REPO / "MAINTAINERS").read_text())
                + base.edits(),
                dict(sorted((files | base.files()).items())))


def which(tree):
    """The Base that @tree is, a Tree or the like."""
    path = tree.find("Makefile")
    return base_of(path.read_text(errors="replace") if path else "", "the base")


class Plan:
    """What a tree has to hold, worked out without writing to it.

    self.content maps each path that is touched to what it must be: a Path of
    the overlay to copy, bytes, or None for "deleted".  @base finds the base's
    own content of a path; @part is what is done to it, a Part.
    """

    def __init__(self, base, part=None):
        part = part or whole(which(base))
        self.base = base
        self.content = {}
        self.check_needs()
        for name in part.removals:
            self.remove(name)
        for edit in part.edits:
            self.edit(edit)
        for name, content in part.files.items():
            if self.content.get(name) is not None or \
               name not in self.content and base.find(name):
                raise Refused(f"{name}: the base tree has it too, and "
                              "remove.list does not name it")
            self.content[name] = content

    def check_needs(self):
        """Refuse a base that lacks what our files need of it."""
        lacks = []
        for need in edit_table.NEEDS:
            path = self.base.find(need.file)
            if not path or need.find not in path.read_text():
                lacks.append(f"{need.file}: no {need.find}: {need.why}")
        if lacks:
            raise Refused("the base tree is too old, take a later one of its kind:\n  "
                          + "\n  ".join(lacks))

    def remove(self, name):
        """Plan to delete the file or, with a slash at its end, directory; of some
        that are "A | B", the one that is there.
        """
        if name.endswith("/"):
            names = self.base.below(name)
        else:
            names = list(filter(self.base.find, name.split(" | ")))
        if not names:
            raise Refused(f"remove.list: {name}: not in the base tree")
        if len(names) > 1 and " | " in name:
            raise Refused(f"remove.list: {name}: both are in the base tree")
        self.content.update(dict.fromkeys(names))

    def edit(self, edit):
        """Plan one edit, on top of those of the same file before it."""
        path = self.base.find(edit.file)
        text = self.content.get(edit.file, path and path.read_bytes())
        if text is None:
            raise Refused(f"edits.py: {edit.file}: not in the base tree")
        text = text.decode()
        find = edit.find if isinstance(edit.find, re.Pattern) \
            else re.compile(re.escape(edit.find))
        times = len(find.findall(text))
        if times != 1:
            raise Refused(f"edits.py: {edit.file}: {edit.why}: must apply "
                          f"exactly once, applies {times} times")
        self.content[edit.file] = \
            find.sub(lambda _: edit.replace, text).encode()


class Tree:
    """A kernel tree, and where the base's content of changed paths lies."""

    def __init__(self, top, kept=None, touched=()):
        self.top = top
        self.kept = kept            # None: a user's tree, nothing is kept
        self.touched = set(touched)

    def find(self, name):
        """The file that holds the base's content of @name, or None."""
        top = self.kept if name in self.touched else self.top
        return top / name if (top / name).is_file() else None

    def below(self, directory):
        """The base's files below @directory."""
        tops = [self.top] + ([self.kept] if self.kept else [])
        names = {path.relative_to(top).as_posix() for top in tops
                 for path in (top / directory).rglob("*") if path.is_file()}
        return sorted(filter(self.find, names))

    def keep(self, names):
        """Keep the base's content of @names, before any is written."""
        for name in set(names) - self.touched:
            path = self.top / name
            if path.is_file():
                (self.kept / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, self.kept / name)
        self.touched.update(names)

    def write(self, content):
        """Make the tree hold @content, and the base's where it was touched
        before and is not now; returns how many paths it wrote.
        """
        wanted = {name: self.find(name) for name in self.touched} | content
        return sum(put(self.top / name, what)
                   for name, what in sorted(wanted.items()))


def put(path, content):
    """Give @path its content (a Path, bytes, or None), if it has another."""
    if content is None:
        if not path.exists():
            return False
        path.unlink()
        while not any(path.parent.iterdir()):
            path = path.parent
            path.rmdir()
        return True

    # An object that was built of the old content may be newer than the source that
    # the new one comes from: what changes is new, whatever its source's time.
    mode = None
    if isinstance(content, Path):
        mode, content = content.stat().st_mode, content.read_bytes()
    before = path.stat() if path.exists() else None
    if before and mode in (None, before.st_mode) and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # In a tree that shares its files with another ("cp -al"), only this one changes.
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    if before and not os.geteuid():         # it stays its owner's
        os.chown(path, before.st_uid, before.st_gid)
    if mode or before:
        path.chmod(mode or before.st_mode)
    return True


def kept_dir(tree):
    """Where the base's content of paths lies that were changed in @tree."""
    return tree.with_name(tree.name + ".base")


def state_file(directory):
    return directory / "state.json"


def write_state(directory, state):
    """Note what is known of a tree; there is never half a note."""
    part = state_file(directory).with_suffix(".part")
    part.write_text(json.dumps(state, indent=1) + "\n")
    part.replace(state_file(directory))


def read_state(directory):
    """What this program noted in TREE.base or TREE.part; {} if it did not."""
    try:
        state = json.loads(state_file(directory).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) and {"base", "touched"} <= \
        state.keys() else {}
