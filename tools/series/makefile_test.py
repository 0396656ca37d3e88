# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the Makefile, with programs that only say how they are called."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
# In the place of the programs that its recipes run.
SAY = [f"{name}=echo {name}" for name in ("INSTALL", "SERIES", "PATCHES", "HARNESS")]


def said(*words, **environment):
    """What make says."""
    # Not what the make has set that these tests run under.
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "HOME", "TMPDIR")}
    result = subprocess.run(["make", "-C", str(REPO), "--no-print-directory", *words],
                            env=kept | environment, text=True, capture_output=True)
    return result.stdout + result.stderr


class MakefileTest(unittest.TestCase):

    def test_architecture(self):
        self.assertRegex(said(*SAY, "check"), r"HARNESS check *\n")
        self.assertRegex(said(*SAY, "check", "ARCH=arm"),
                         r"INSTALL .* arm\n(?s:.*)HARNESS check --arch arm *\n")

    def test_checks(self):
        self.assertRegex(said(*SAY, "check", "CHECK=one two"),
                         r"HARNESS check *one two\n")

    def test_environment(self):
        """What others have exported for other builds changes nothing here."""
        exported = {name: "x y" for name in
                    "ARCH BASE BENCH BRANCH CHECK FRAGMENT KIND ONLY OUT RESUME RUNS "
                    "STEP TREE CROSS_COMPILE KBUILD_OUTPUT O LLVM KCFLAGS".split()}
        goals = "help tree series check-series kernel demo demo-crash bench docs " \
            "check check-all check-steady apply".split()
        self.assertEqual(said(*SAY, *goals, **exported), said(*SAY, *goals))

    def test_environment_that_is_ours(self):
        self.assertIn("a b c\n", said(
            *SAY[1:], "demo", 'INSTALL=echo "$$LINUX $$ACCEL $$PATIENCE";:',
            LINUX="a", ACCEL="b", PATIENCE="c"))

    def test_one_goal_at_a_time(self):
        """Two would write the same files."""
        with tempfile.TemporaryDirectory() as top:
            alone = f"mkdir {top}/at-work && sleep 0.3 && rmdir {top}/at-work; echo"
            text = said("-j8", "INSTALL=true", f"SERIES={alone}", f"HARNESS={alone}",
                        "tree", "kernel", "docs", "check")
        self.assertNotIn("File exists", text)
        self.assertIn("check", text)


if __name__ == "__main__":
    unittest.main()
