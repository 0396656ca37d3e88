# SPDX-License-Identifier: GPL-2.0-only
"""The bases: releases of Linux that the overlay can be put into.

What is one base's own is in bases/X.Y/, all of it optional but base.toml:

base.toml    where Debian has it: the package, and the release if not that which
             we run on; and which checks "make check BASE=X.Y" has, if not all, and
             which "make check-all", of architectures that the former has not; others'
             files that include kexec's headers there only; and what its checkpatch
             says that stays
remove.list  what of it is deleted besides
edits.py     EDITS, as edits.py has them, applied after those
tree/        files that land in that base only
"""

import importlib.util
import os
import re
import tomllib
from pathlib import Path

SERIES = Path(__file__).resolve().parent
BASES = SERIES / "bases"
DEFAULT = "6.12"
# What directories below build/ end with that are of the base named by the environment.
SUFFIX = f"-{name}" if (name := os.environ.get("KEXEC_BASE", "")) not in \
    ("", DEFAULT) else ""


class Refused(Exception):
    """A reason not to touch the tree."""


def known():
    """The names of all bases, the oldest first."""
    return sorted((path.parent.name for path in BASES.glob("*/base.toml")),
                  key=lambda name: list(map(int, name.split("."))))


class Base:
    """A base, by its name: 6.12 is all 6.12.y."""

    def __init__(self, name):
        if name not in known():
            raise Refused(f"there is no base {name}: there is "
                          + ", ".join(known()))
        self.name = name
        self.directory = BASES / name
        settings = tomllib.loads((self.directory / "base.toml").read_text())
        self.package = settings["package"]
        self.release = settings.get("release", "")
        self.accept = settings.get("accept", [])

    @property
    def tarball(self):
        """Where the package has it, below where it was unpacked."""
        return Path(f"usr/src/{self.package}.tar.xz")

    def removals(self):
        """The lines of its own remove.list."""
        path = self.directory / "remove.list"
        return read_list(path) if path.is_file() else []

    def edits(self):
        """Its own edits."""
        path = self.directory / "edits.py"
        if not path.is_file():
            return []
        spec = importlib.util.spec_from_file_location("edits_of_base", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.EDITS

    def files(self):
        """The files that land in it only: {relative path: path}."""
        top = self.directory / "tree"
        return {path.relative_to(top).as_posix(): path
                for path in sorted(top.rglob("*")) if path.is_file()}


def read_list(path):
    """The lines of a list file that are not comments."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def numbers(makefile):
    """What a tree's Makefile, its text, says of the version: of 7.3.4, 7, 3 and
    4; an empty text for what it does not say.
    """
    return [match[1] if (match := re.search(rf"^{word} *= *(\d+)$", makefile[:2000],
                                            re.MULTILINE)) else ""
            for word in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]


def base_of(makefile, what):
    """The Base that a tree is, by the text of its Makefile; refuses another, and
    calls it @what.
    """
    name = ".".join(numbers(makefile)[:2])
    if name not in known():
        raise Refused(f"{what} is not Linux " + " or ".join(
            f"{name}.y" for name in known()) + " by its Makefile")
    return Base(name)
