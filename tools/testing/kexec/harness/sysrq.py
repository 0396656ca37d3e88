# SPDX-License-Identifier: GPL-2.0-only
"""Reads what the kernel of a guest that hangs says of its tasks, by SysRq."""

import re

# What it is asked, in this order: to print all that it says; blocked tasks, those of
# which a signal ends the wait included; all tasks; what its processors do.
KEYS = "9wtl"

TASK = re.compile(r"\btask:.* pid:(\d+) +tgid:\d+ +ppid:(\d+) ")
# What comes after the last task of an answer.
END = re.compile(r"\bsysrq: |\bShowing |\bSched Debug Version")
KTHREADD = "2"


def tasks(lines):
    """Yield (whether it is blocked, pid, parent's pid, lines) of each task."""
    blocked, task = False, None
    for line in [*lines, "sysrq: "]:
        match = TASK.search(line)
        if task and (match or END.search(line)):
            yield blocked, *task
            task = None
        if match:
            task = match[1], match[2], []
        if task:
            task[2].append(line)
        if "sysrq: " in line:
            blocked = "sysrq: Show Blocked State" in line


def waiting(lines, most=150):
    """The lines of tasks that may be what all waits for: those that are blocked, then
    programs, the youngest first; @most of them, and how many are left out.
    """
    blocked, programs = {}, {}
    for is_blocked, pid, parent, text in tasks(lines):
        if is_blocked:
            blocked[pid] = text
        elif pid not in blocked and KTHREADD not in (pid, parent):
            programs[pid] = text
    found = sum([*blocked.values(), *reversed(programs.values())], [])
    if len(found) > most:
        found[most:] = [f"... and {len(found) - most} lines more"]
    return found
