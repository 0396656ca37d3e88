# SPDX-License-Identifier: GPL-2.0-only
"""Tests of keeping commands in one clone apart."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness import at_work, build

# Says how it went, and goes on until its stdin is closed.
BEGIN = """
import sys
from pathlib import Path
from harness import at_work
try:
    lock = at_work.begin(Path(sys.argv[1]))
except at_work.Busy as error:
    sys.exit(str(error))
"""
WAIT = """
print("begun", flush=True)
sys.stdin.read()
"""


class AtWorkTest(unittest.TestCase):

    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.top = Path(top.name) / "build"
        # That of the run that these tests are part of.
        patch = mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop(at_work.HOLDER, None)

    def python(self, script):
        """A program with this for @script."""
        return [sys.executable, "-B", "-c", script, str(self.top), "words"]

    def holder(self, script=BEGIN + WAIT):
        """One that has begun, and goes on."""
        process = subprocess.Popen(self.python(script), cwd=build.HERE, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.communicate)
        self.assertEqual(process.stdout.readline(), "begun\n")
        return process

    def other(self):
        """What another one says that begins meanwhile; "" if it can."""
        return subprocess.run(self.python(BEGIN), cwd=build.HERE, text=True,
                              stderr=subprocess.PIPE).stderr

    def test_alone(self):
        for _ in range(2):
            self.assertEqual(self.other(), "")

    def test_two(self):
        process = self.holder()
        said = f"another command is at work in this clone: PID {process.pid}, -c " \
            f"{self.top} words\n"
        for _ in range(2):
            self.assertEqual(self.other(), said)
        process.communicate()
        self.assertEqual(self.other(), "")

    def test_killed(self):
        """Also if what it had started goes on."""
        process = self.holder(BEGIN + "import subprocess\nsubprocess.Popen(['cat'], "
                              "stdout=subprocess.DEVNULL)\n" + WAIT)
        self.assertNotEqual(self.other(), "")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(self.other(), "")

    def test_what_it_runs(self):
        """That has the lock, too, and what that runs; but in no other clone."""
        inner = BEGIN + "assert not lock\n" \
            "import subprocess\nsubprocess.run([*sys.orig_argv[:-3], {!r}, " \
            "*sys.argv[1:]], check=True)\n"
        script = BEGIN + "assert lock\nimport subprocess\n" \
            "subprocess.run([*sys.orig_argv[:-3], " \
            + repr(inner.format(BEGIN + "assert not lock\n")) \
            + ", *sys.argv[1:]], check=True)\n"
        result = subprocess.run(self.python(script), cwd=build.HERE, text=True,
                                stderr=subprocess.PIPE)
        self.assertEqual((result.stderr, result.returncode), ("", 0))
        lock = at_work.begin(self.top)
        self.addCleanup(lock.close)
        self.assertEqual(self.other(), "")
        self.top = self.top.with_name("other")
        self.holder()
        self.assertIn("another command", self.other())

    def test_given_back(self):
        at_work.begin(self.top).close()
        at_work.begin(self.top).close()

    def test_of_another_user(self):
        """Root may open any file, but no directory."""
        (self.top / "at-work").mkdir(parents=True)
        self.assertIn("has another user made it?", self.other())

    def test_deleted(self):
        """Whoever had it deleted it: the file that we lock has to be there."""
        flock = at_work.fcntl.flock

        def delete(lock, how):
            with mock.patch.object(at_work.fcntl, "flock", flock):
                flock(lock, how)
                (self.top / "at-work").unlink()
            at_work.fcntl.flock = flock

        with mock.patch.object(at_work.fcntl, "flock", delete):
            lock = at_work.begin(self.top)
        self.addCleanup(lock.close)
        del os.environ[at_work.HOLDER]
        self.assertIn("another command", self.other())


class KexecQemuTest(unittest.TestCase):
    """Which commands of kexec-qemu have to be alone."""

    def said(self, *words):
        environment = {name: value for name, value in os.environ.items()
                       if name != at_work.HOLDER}
        result = subprocess.run([sys.executable, str(build.HERE / "kexec-qemu"), *words],
                                text=True, capture_output=True, env=environment)
        return result.stderr

    def test_commands(self):
        with mock.patch.dict(os.environ):
            try:
                lock = at_work.begin(build.BUILD)   # as most often, of this very run
            except at_work.Busy:
                lock = None
        if lock:
            self.addCleanup(lock.close)
        for words in (["kernel"], ["boot"], ["check", "no such check"], ["demo"],
                      ["demo-crash"], ["docs"], ["bench", "no such row"]):
            with self.subTest(words):
                self.assertIn("kexec-qemu: another command is at work in this clone: PID",
                              self.said(*words))
        for words in (["list"], ["bench", "--report", "no such row"]):
            with self.subTest(words):
                self.assertNotIn("another command", self.said(*words))


if __name__ == "__main__":
    unittest.main()
