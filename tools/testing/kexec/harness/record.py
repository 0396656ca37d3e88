# SPDX-License-Identifier: GPL-2.0-only
"""What became of checks, kept from one run to the next.

A line of the file is the result of one run of one check, with a key: the digest
of all that the result depends on.  A check that has passed with the key that it
has now need not run again.
"""

import dataclasses
import datetime
import functools
import hashlib
import json
import os
import shutil
import subprocess

from . import build

FILE = build.BUILD / f"check-all{build.SUFFIX}/results.json"
REPORT = build.BUILD / f"check-all{build.SUFFIX}/report.txt"


@dataclasses.dataclass
class Result:
    """What became of a check."""
    name: str
    ok: bool
    passed: int                 # tests
    failed: int
    skipped: int
    seconds: float
    cpu_seconds: float
    key: str = ""
    ended: str = ""


def key(text):
    return digest_of_bytes(text.encode())


def digest_of_bytes(data):
    return hashlib.sha256(data).hexdigest()


@functools.cache
def digest_of(path, size, changed):
    """The digest of a file as it is since it was @changed."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(paths):
    """One digest of all these files."""
    return key("".join(digest_of(path, path.stat().st_size,
                                 path.stat().st_mtime_ns) for path in paths))


@functools.cache
def said(*command):
    """What a program prints, "" if it is not there."""
    try:
        return subprocess.run(command, text=True, capture_output=True).stdout
    except OSError:
        return ""


def version(program):
    """What a program says of itself."""
    return said(program, "--version")


def stamps(programs):
    """A text that changes with any of these programs or files: how large they are,
    and of when.
    """
    found = {str(name): shutil.which(name, path=build.SYSTEM_PATH) or name
             for name in programs}
    stats = {name: os.stat(path) for name, path in sorted(found.items())
             if os.path.exists(path)}
    return "".join(f"{name} {stat.st_size} {stat.st_mtime_ns}\n"
                   for name, stat in stats.items())


class Book:
    """The results, by the names of checks."""

    def __init__(self, path, results):
        self.path = path
        self.results = results

    @classmethod
    def open(cls, path=None):
        """Read the file; what is no whole line was being written when
        something broke off.
        """
        path = path or FILE
        results = {}
        for line in path.read_text().splitlines() if path.is_file() else []:
            try:
                result = Result(**json.loads(line))
            except (ValueError, TypeError):
                continue
            results[result.name] = result
        return cls(path, results)

    def forget(self, names):
        """Have these run again.  The file gets whole lines only, so that others can
        follow.
        """
        for name in names:
            self.results.pop(name, None)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text("".join(map(self.line, self.results.values())))
        new.replace(self.path)

    def passed(self, name, key):
        """The result of a check that has passed with the same inputs, which are known;
        None if it was skipped as a whole, for want of something that may be there now.
        """
        result = self.results.get(name)
        if not result or not result.ok or not key or result.key != key:
            return None
        return None if result.skipped and not result.passed else result

    def add(self, result, key):
        """Keep a result, at once: what runs may be killed."""
        result.key = key
        result.ended = datetime.datetime.now().isoformat(" ", "seconds")
        self.results[result.name] = result
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a") as file:
            file.write(self.line(result))

    @staticmethod
    def line(result):
        return json.dumps(dataclasses.asdict(result)) + "\n"

    def write_report(self):
        """Write what was run when, for a person to read; returns the path."""
        rows = sorted(self.results.values(), key=lambda result: result.ended)
        report = self.path.with_name(REPORT.name)
        report.write_text("ended                result  tests  seconds  "
                          "of a CPU  check\n" + "".join(
            f"{row.ended}  {'ok    ' if row.ok else 'FAILED'} "
            f"{row.passed + row.failed + row.skipped:6} {row.seconds:8.1f} "
            f"{row.cpu_seconds:9.1f}  {row.name}\n" for row in rows))
        return report
