# SPDX-License-Identifier: GPL-2.0-only
"""Reads KTAP, as KUnit and the selftests print it, out of a console log."""

import re
from typing import NamedTuple

STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\] ?")
RESULT = re.compile(
    r"^(not )?ok (\d+)(?: -)? ?(.*?)(?: *# *(SKIP)\b ?(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)(?: *# *(SKIP)\b ?(.*))?$")
VERSION = re.compile(r"^K?TAP version 1")


class Test(NamedTuple):
    name: str
    ok: bool
    skipped: bool = False
    detail: str = ""


class Level:
    """The results of one indentation that await their parent's result."""

    def __init__(self, indent):
        self.indent = indent
        self.plan = None
        self.seen = 0
        self.leaves = []


def parse(lines):
    """The leaf results of all KTAP in @lines, as a list of Test.

    What the format promises and the text does not keep is a failed Test: a
    result missing from a plan or out of turn, a document without a plan or with
    an empty one, one that broke off.
    """
    tests, levels, notes, opened = [], [], [], False
    for line in lines:
        text = STAMP.sub("", line.rstrip())
        body = text.lstrip(" ")
        indent = len(text) - len(body)
        if VERSION.match(body):
            if indent == 0:
                tests += close(levels)
                opened = True
            notes = []
            enter(levels, indent)
        elif not opened:
            continue
        elif match := PLAN.match(body):
            level = enter(levels, indent)
            level.plan = int(match[1])
            if not level.plan:
                level.leaves.append(
                    Test("all", True, True, match[3]) if match[2] else
                    Test("plan", False, detail="no tests, and no reason for that"))
        elif match := RESULT.match(body):
            take(levels, indent, match, notes)
            notes = []
        elif body.startswith("Bail out!"):
            enter(levels, indent).leaves.append(Test("all", False, detail=body))
        elif body.startswith("#"):
            notes.append(body)
    return tests + close(levels)


def enter(levels, indent):
    """The level of @indent: the innermost one, or a new one within it."""
    if not levels or levels[-1].indent < indent:
        levels.append(Level(indent))
    return levels[-1]


def take(levels, indent, match, notes):
    """Note one result; it is a leaf unless deeper results came before it."""
    failed, name, skipped = bool(match[1]), match[3].strip(), bool(match[4])
    inner = []
    while levels and levels[-1].indent > indent:
        inner = shortfall(levels.pop(), name) + inner
    level = enter(levels, indent)
    level.seen += 1
    if int(match[2]) != level.seen:
        level.leaves.append(Test(name, False, detail=f"result {match[2]}, "
                                 f"where {level.seen} was due"))
        level.seen = int(match[2])
    if not inner:
        detail = match[5] if skipped else "\n".join(notes[-20:])
        inner = [Test(name, not failed, skipped, detail or "")]
    else:
        inner = [test._replace(name=f"{name}: {test.name}") for test in inner]
        if failed and all(test.ok for test in inner):
            inner.append(Test(name, False, detail="failed as a whole"))
    level.leaves += inner


def shortfall(level, name):
    """The leaves of a finished level, and what its plan still lacks."""
    if level.plan is None or level.plan == level.seen:
        return level.leaves
    return level.leaves + [
        Test(f"{name or 'plan'}", False,
             detail=f"{level.seen} results of {level.plan} planned")]


def close(levels):
    """End a document: its leaves, and the failures of its form."""
    broken = len(levels) > 1
    tests = [test for level in levels for test in shortfall(level, "")]
    if levels and levels[0].plan is None:
        tests.append(Test("plan", False, detail="no plan"))
    if broken:
        tests.append(Test("plan", False, detail="broke off in a subtest"))
    levels.clear()
    return tests
