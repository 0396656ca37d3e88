# SPDX-License-Identifier: GPL-2.0-only
"""Tests of running the short lists of other bases."""

import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from harness import build, check, other_base

ARCH = types.SimpleNamespace(name="some")
GOOD = """\
ok   build/default/some (1.0 s, 2.0 of a processor)
ok   guest/some/abi (3.0 s, 38 tests)
     skipped: kexec.reserved the device tree reserves no memory
ok   guest/some/boot (1.2 s)
0.1 minutes, 0.0 of a processor; the longest:
     3.0 s  guest/some/abi
40 passed, 0 failed, 1 skipped
"""
BAD = GOOD.replace("ok   guest/some/boot (1.2 s)",
                   "FAIL guest/some/boot (1.2 s)\n     expected /x/: not seen")


class OtherBaseTest(unittest.TestCase):

    def setUp(self):
        top = tempfile.TemporaryDirectory()
        self.addCleanup(top.cleanup)
        self.top = Path(top.name)
        self.base("6.12", "")
        self.base("9.1", 'check = ["guest/some/abi", "guest/some/boot"]\n'
                         'check_all = ["guest/rare/abi", "build/small/rare"]\n')
        self.program("tools/series/kexec-tree", "exit 0")
        for name, value in (("REPO", self.top), ("HERE", self.top),
                            ("BUILD", self.top), ("BASE", ""),
                            ("IN_TREE", False)):
            patch = mock.patch.object(build, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def base(self, name, text):
        path = self.top / f"tools/series/bases/{name}/base.toml"
        path.parent.mkdir(parents=True)
        path.write_text(text)

    def program(self, name, script):
        path = self.top / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def run_list(self, said, status=0, complaint=""):
        """Run the list of 9.1 with a kexec-qemu that says this."""
        (self.top / "said").write_text(said)
        (self.top / "kexec-qemu").write_text(
            "import os, sys\n"
            f"print({complaint!r}, end='', file=sys.stderr)\n"
            f"print(open({str(self.top / 'said')!r}).read(), end='')\n"
            "sys.argv[1:] == ['check', '--arch', 'some'] or sys.exit(9)\n"
            "os.environ['KEXEC_BASE'] == '9.1' or sys.exit(8)\n"
            f"sys.exit({status})\n")
        return other_base.run("9.1", ARCH)

    def test_good(self):
        why, tests = self.run_list(GOOD)
        self.assertEqual(why, [])
        self.assertEqual([(test.name, test.ok, test.skipped) for test in tests],
                         [("build/default/some", True, False),
                          ("kexec.reserved", True, True),
                          ("guest/some/abi", True, False),
                          ("guest/some/boot", True, False)])

    def test_skipped(self):
        """What did not run at all has not passed."""
        _, tests = self.run_list(GOOD.replace(
            "(1.2 s)\n", "(0.0 s, 1 tests)\n     skipped: boot no kexec-tools\n"))
        self.assertEqual([(test.name, test.skipped, test.detail)
                          for test in tests if test.name.endswith("boot")],
                         [("guest/some/boot", True, "no kexec-tools")])

    def test_failed(self):
        why, tests = self.run_list(BAD, 1)
        self.assertEqual([test.name for test in tests if not test.ok],
                         ["guest/some/boot"])
        self.assertEqual(tests[-1].detail, "     expected /x/: not seen")
        self.assertEqual(len(why), 1)

    def test_broke_off(self):
        """What is not told of, or does not fit the exit status, is no success."""
        for said, status, reason in (("", 0, "guest/some/abi: not seen"),
                                     ("", 1, "exit status is 1"),
                                     (GOOD, 1, "exit status is 1"),
                                     (BAD, 0, "exit status is 0"),
                                     (GOOD.replace("some/boot", "x"), 0,
                                      "guest/some/boot: not seen")):
            with self.subTest(reason):
                why, _ = self.run_list(said, status)
                self.assertRegex("\n".join(why), reason)

    def test_complaints(self):
        """What it says on its stderr is reported if it fails, and then only."""
        said = "waiting\nkexec-qemu: no architecture x\n"
        for text, status in (("", 1), (BAD, 1)):
            why, _ = self.run_list(text, status, said)
            self.assertEqual(why[-3:-1], said.split("\n")[:-1])
        self.assertEqual(self.run_list(GOOD, 0, said)[0], [])

    def test_not_to_be_had(self):
        self.program("tools/series/kexec-tree",
                     f"echo no package >&2; exit {other_base.NOT_TO_BE_HAD}")
        why, tests = self.run_list(GOOD)
        self.assertEqual((why, [(test.name, test.ok, test.skipped, test.detail)
                                for test in tests]),
                         ([], [("Linux-9.1", True, True, "no package")]))
        self.program("tools/series/kexec-tree", "echo an edit >&2; exit 1")
        with self.assertRaisesRegex(build.BuildError, "an edit"):
            self.run_list(GOOD)

    def test_tree(self):
        self.program("tools/series/kexec-tree", 'echo "$*" >asked')
        self.run_list(GOOD)
        self.assertEqual((self.top / "asked").read_text(),
                         "make --base 9.1 build/linux-9.1\n")

    def test_for_whom(self):
        rare = types.SimpleNamespace(name="rare")
        self.assertEqual(other_base.bases_for(ARCH), {"9.1": True})
        self.assertEqual(other_base.bases_for(rare), {"9.1": False})
        self.assertEqual(other_base.bases_for(types.SimpleNamespace(name="x")), {})
        for name, value in (("BASE", "9.1"), ("IN_TREE", True)):
            with mock.patch.object(build, name, value):
                self.assertEqual(other_base.bases_for(ARCH), {})

    def test_short_list(self):
        """What "make check" has, if it has any; or what is named."""
        often = ["guest/some/abi", "guest/some/boot"]
        rare = ["guest/rare/abi", "build/small/rare"]
        for archs, names in (({"some"}, often), ({"rare"}, rare),
                             ({"some", "rare"}, often), ({"x"}, [])):
            self.assertEqual(other_base.short_list("9.1", archs), (names, True))
        self.assertEqual(other_base.short_list("6.12", {"some"}), ([], False))
        with self.assertRaisesRegex(build.BuildError, "no base 9.9: there is 6.12, 9.1"):
            other_base.settings("9.9")


class OverlayTest(unittest.TestCase):
    """The lists that there are."""

    def test_names(self):
        if build.IN_TREE or build.BASE:
            self.skipTest("there is one base")
        archs = [build.Arch(name) for name in build.ported()]
        lists = [(base, arch) for arch in archs
                 for base in other_base.bases_for(arch)]
        self.assertIn("7.3/x86_64", [f"{base}/{arch.name}" for base, arch in lists])
        for base, arch in lists:
            names = {one.name: one for one in check.checks_of(arch, True, True)}
            self.assertEqual(names[f"base/{base}/{arch.name}"].in_check,
                             arch.name in ("x86_64", "arm64"))
            with mock.patch.object(build, "BASE", base):
                names = {one.name: one for one in check.checks_of(arch, True, True)}
            for name in other_base.short_list(base, {arch.name})[0]:
                with self.subTest(name):
                    self.assertTrue(names[name].in_check)
