# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what runs the checks and counts them."""

import contextlib
import functools
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path
from unittest import mock

from harness import build, check, guest, ktap, record, static

# Seconds; whoever waits so long waits for good.
HANG = 500

PASS, FAIL = ktap.Test("good", True), ktap.Test("bad", False, detail="saw 2")
SKIP = ktap.Test("left out", True, True, "needs root")


def run(*results):
    """run_all() of checks with these results; (exit status, output)."""
    def give(result):
        if isinstance(result, Exception):
            raise result
        return result

    checks = [check.Check(f"check-{number}",
                          lambda result=result: give(result),
                          alone=number % 2 == 0)
              for number, result in enumerate(results)]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = check.run_all(checks)
    return status, output.getvalue()


class RunTest(unittest.TestCase):

    def expect(self, status, last, *results):
        got, output = run(*results)
        self.assertEqual(output.splitlines()[-1], last, output)
        self.assertEqual(got, status)
        return output

    def test_pass(self):
        self.expect(0, "2 passed, 0 failed", ([], []), ([], []))

    def test_fail(self):
        output = self.expect(1, "1 passed, 1 failed",
                             (["too bad", "really"], []), ([], []))
        self.assertIn("FAIL check-0", output)
        self.assertIn("     too bad\n     really\n", output)

    def test_each_test_counts(self):
        self.expect(0, "3 passed, 0 failed", ([], [PASS, PASS]), ([], [PASS]))

    def test_failed_test(self):
        output = self.expect(1, "1 passed, 1 failed", ([], [PASS, FAIL]))
        self.assertIn("not ok: bad\n       saw 2\n", output)

    def test_failure_beside_tests_that_passed(self):
        self.expect(1, "1 passed, 1 failed", (["it hung"], [PASS]))

    def test_skipped(self):
        output = self.expect(0, "1 passed, 0 failed, 1 skipped",
                             ([], [PASS, SKIP]))
        self.assertIn("skipped: left out needs root", output)

    def test_build_error(self):
        output = self.expect(1, "0 passed, 1 failed",
                             build.BuildError("file.c:1: error: no\nlog: x"))
        self.assertIn("file.c:1: error: no", output)
        self.assertNotIn("Traceback", output)

    def test_crash(self):
        output = self.expect(1, "0 passed, 1 failed", ValueError("oh"))
        self.assertIn("ValueError: oh", output)

    def test_no_such_check(self):
        with self.assertRaises(build.BuildError):
            check.run([build.Arch("x86_64")], ["no such check"])
        result = subprocess.run(
            [sys.executable, str(build.HERE / "kexec-qemu"), "check",
             "no such check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no check's name has", result.stderr)

    def test_kernels(self):
        one, two = build.Arch("x86_64"), types.SimpleNamespace(name="other")
        checks = [check.Check("a", None, (("x86_64", ("x", "y")),)),
                  check.Check("b", None),
                  check.Check("c", None, (("other", ()), ("x86_64", ("x", "y")))),
                  check.Check("d", None, (("x86_64", ()),)),
                  check.Check("e", None, (("other", ()),))]
        self.assertEqual(
            [kernel.name for kernel in check.kernels([one, two], checks)],
            ["build/x-y/x86_64", "build/default/other",
             "build/default/x86_64"])


class SelectTest(unittest.TestCase):
    """Which checks which command runs."""

    def setUp(self):
        checks = [check.Check("guest/any/quick", None),
                  check.Check("guest/any/slow", None, in_check=False),
                  check.Check("guest/any/slower", None, in_check=False)]
        patch = mock.patch.object(check, "all_checks", lambda archs: checks)
        patch.start()
        self.addCleanup(patch.stop)

    def selected(self, *how, arch="any"):
        archs = [types.SimpleNamespace(name=arch)]
        return [one.name for one in check.selected(archs, *how)]

    def test_selected(self):
        quick, slow, slower = every = [f"guest/any/{name}" for name in
                                       ("quick", "slow", "slower")]
        self.assertEqual(self.selected([], False), [quick])
        self.assertEqual(self.selected(["any"], False), [quick])
        self.assertEqual(self.selected(["any"], True), every)
        self.assertEqual(self.selected(["slow"], True), [slow, slower])

    def test_several_words(self):
        quick, slow, slower = every = [f"guest/any/{name}" for name in
                                       ("quick", "slow", "slower")]
        self.assertEqual(self.selected(["slower", "quick"], True), [quick, slower])
        self.assertEqual(self.selected(["quick", "any"], True), every)
        with self.assertRaisesRegex(build.BuildError, "no check's name has 'x'"):
            self.selected(["quick", "x"], True)

    def test_whole_name(self):
        """It means no other check whose name has it; and that check is run."""
        quick, slow, slower = [f"guest/any/{name}" for name in
                               ("quick", "slow", "slower")]
        for all_of_them in (False, True):
            self.assertEqual(self.selected([slow], all_of_them), [slow])
            self.assertEqual(self.selected([slow, "quick"], all_of_them),
                             [quick, slow])
        self.assertEqual(self.selected([slow, "any"], False), [quick, slow])

    def test_short_list_of_a_base(self):
        with tempfile.TemporaryDirectory() as top:
            path = Path(top) / "tools/series/bases/6.13/base.toml"
            path.parent.mkdir(parents=True)
            path.write_text('check = ["guest/any/quick", "guest/any/gone"]\n')
            with mock.patch.object(build, "REPO", Path(top)), \
                 mock.patch.object(build, "BASE", "6.13"):
                # Nothing is left out without a word.
                with self.assertRaisesRegex(build.BuildError, "guest/any/gone"):
                    self.selected([], False)
                with self.assertRaisesRegex(build.BuildError, "nothing for x"):
                    self.selected([], False, arch="x")
                path.write_text('check = ["guest/any/other"]\n')
                more = [check.Check(f"guest/any/{name}", None)
                        for name in ("other", "quick")]
                with mock.patch.object(check, "all_checks", lambda archs: more):
                    self.assertEqual(self.selected([], False),
                                     ["guest/any/other"])
                    self.assertEqual(self.selected(["quick"], False),
                                     ["guest/any/quick"])
                    self.assertEqual(len(self.selected([], True)), 2)
                path.write_text("")
                self.assertEqual(self.selected([], False), ["guest/any/quick"])

    def test_only_in_check_all(self):
        with self.assertRaisesRegex(build.BuildError, "--all"):
            self.selected(["slow"], False)

    def test_list(self):
        self.assertEqual(check.names([]), ["check      guest/any/quick",
                                           "check-all  guest/any/slow",
                                           "check-all  guest/any/slower"])


class ArchsTest(unittest.TestCase):
    """Which architectures checks are for."""

    def setUp(self):
        settings = {"x86_64": True, "old": True, "new": False}
        for name, what in (("ported", lambda: list(settings)),
                           ("Arch", lambda name: types.SimpleNamespace(
                               name=name, default=settings[name]))):
            patch = mock.patch.object(build, name, what)
            patch.start()
            self.addCleanup(patch.stop)

    def names(self, *which):
        return [arch.name for arch in check.archs(*which)]

    def test_none_is_named(self):
        self.assertEqual(self.names(None, False), ["x86_64", "old"])
        self.assertEqual(self.names(None, True), ["x86_64", "old", "new"])

    def test_one_is_named(self):
        for every in (False, True):
            self.assertEqual(self.names("new", every), ["new"])

    def test_words(self):
        """A check that is named as a whole is there, whatever it is of."""
        for word, more in (("guest/new/quick", True), ("quick/new", True),
                           ("new", False), ("guest/newer/quick", False)):
            self.assertEqual(self.names(None, False, ["quick", word]),
                             ["x86_64", "old"] + ["new"] * more)
        self.assertEqual(self.names("old", False, ["guest/new/quick"]), ["old"])

    def test_list(self):
        def all_checks(archs):
            return [check.Check(f"{what}/{arch.name}{more}", None, in_check=often)
                    for arch in archs for what, more, often in (
                        ("guest", "/quick", True), ("guest", "/slow", False),
                        ("build/distribution", "", True))]

        with mock.patch.object(check, "all_checks", all_checks):
            often = [line.split()[1] for line in
                     check.names(check.archs(None, True))
                     if line.startswith("check ")]
            self.assertEqual(often, [
                "guest/x86_64/quick", "build/distribution/x86_64",
                "guest/old/quick", "build/distribution/old"])
            self.assertEqual(check.names(check.archs("new", True)), [
                "check      guest/new/quick", "check-all  guest/new/slow",
                "check      build/distribution/new"])


class WhatIsOfAnArchitectureTest(unittest.TestCase):
    """What "make check" has of one that it only compiles, beside others and alone."""

    @staticmethod
    def often(*names):
        return {one.name for one in check.all_checks(list(map(build.Arch, names)))
                if one.in_check}

    def test_beside_others(self):
        often = self.often("x86_64", "i386")
        self.assertLessEqual({"guest/x86_64/kunit", "build/without-kexec/x86_64",
                              "static/warnings/i386"}, often)
        self.assertEqual([name for name in often if "i386" in name],
                         ["static/warnings/i386"])

    def test_alone(self):
        self.assertLessEqual(
            {"guest/i386/kunit", "build/distribution/i386", "build/one-cpu/i386",
             "build/without-kexec/i386", "static/warnings/i386"}, self.often("i386"))

    def test_without_kexec_is_compiled_once(self):
        self.assertNotIn("build/without-kexec/arm64", self.often("x86_64", "arm64"))

    def test_checkpatch_reads_each_line_once(self):
        self.assertEqual("static/checkpatch" in self.often("x86_64"), build.IN_TREE)


class DefaultTest(unittest.TestCase):

    def test_default(self):
        """What is not in "make check" says so; all else is."""
        self.assertTrue(build.Arch("x86_64").default)
        self.assertEqual([arch.name for arch in check.archs(None, False)],
                         [name for name in build.ported()
                          if build.Arch(name).settings.get("default", True)])


class ResumeTest(unittest.TestCase):
    """What has passed is not run again, unless what it depends on changed."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="kexec-harness-")
        self.addCleanup(scratch.cleanup)
        self.file = Path(scratch.name) / "check-all/results.json"
        self.ran, self.inputs, self.fails = [], {}, set()
        self.names = ["one", "two", "three"]
        for patch in (mock.patch.object(record, "FILE", self.file),
                      mock.patch.object(check, "all_checks",
                                        lambda archs: self.checks())):
            patch.start()
            self.addCleanup(patch.stop)

    def checks(self):
        def run(name):
            self.ran.append(name)
            if name == "breaks off":
                raise KeyboardInterrupt
            return (["too bad"] if name in self.fails else []), []

        return [check.Check(name, functools.partial(run, name), alone=True,
                            in_check=False,
                            inputs=lambda name=name: self.inputs.get(name, ""))
                for name in self.names]

    def run_all(self, resume, *words):
        """(status, last line, what was run)"""
        self.ran.clear()
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = check.run_recorded([], words, resume)
        return status, output.getvalue().splitlines()[-1], sorted(self.ran)

    ALL = (0, "3 passed, 0 failed", ["one", "three", "two"])

    def test_all(self):
        self.assertEqual(self.run_all(False), self.ALL)
        self.assertEqual(self.run_all(False), self.ALL)

    def test_nothing_is_left(self):
        self.run_all(False)
        self.assertEqual(self.run_all(True), (0, "3 passed, 0 failed", []))

    def test_resume_without_a_begin(self):
        self.assertEqual(self.run_all(True), self.ALL)

    def test_changed_input(self):
        self.run_all(False)
        self.inputs["two"] = "another kernel"
        self.assertEqual(self.run_all(True),
                         (0, "3 passed, 0 failed", ["two"]))

    def test_what_failed_runs_again(self):
        self.fails = {"one"}
        self.assertEqual(self.run_all(False)[:2], (1, "2 passed, 1 failed"))
        self.assertEqual(self.run_all(True),
                         (1, "2 passed, 1 failed", ["one"]))
        self.fails = set()
        self.assertEqual(self.run_all(True),
                         (0, "3 passed, 0 failed", ["one"]))

    def test_broke_off(self):
        self.names.insert(1, "breaks off")
        with self.assertRaises(KeyboardInterrupt):
            self.run_all(False)
        self.assertEqual(self.reported(), ["one"])
        self.names.remove("breaks off")
        with open(self.file, "a") as file:
            file.write('{"name": "two", "ok": tr')
        self.assertEqual(self.run_all(True),
                         (0, "3 passed, 0 failed", ["three", "two"]))
        self.assertEqual(self.run_all(True), (0, "3 passed, 0 failed", []))

    def test_some(self):
        self.run_all(False)
        self.assertEqual(self.run_all(False, "t"),
                         (0, "2 passed, 0 failed", ["three", "two"]))
        self.assertEqual(self.run_all(True), (0, "3 passed, 0 failed", []))

    def reported(self):
        """The checks in the report."""
        report = self.file.with_name("report.txt").read_text()
        return [line.split()[-1] for line in report.splitlines()[1:]]

    def test_report(self):
        self.fails = {"two"}
        self.run_all(False)
        report = self.file.with_name("report.txt").read_text().splitlines()
        self.assertEqual(len(report), 4)
        self.assertRegex(report[2], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  "
                                    r"FAILED .* two$")

    def test_digest(self):
        file = self.file.parent.parent / "file"
        file.write_text("one")
        first = record.digest([file])
        self.assertEqual(record.digest([file]), first)
        file.write_text("three")
        self.assertNotEqual(record.digest([file]), first)

    def test_unknown_inputs(self):
        """What can't be told is no reason to believe that it is the same."""
        errors = [KeyError("kernel"), FileNotFoundError("firmware"),
                  build.BuildError("no mirror")]
        for error in errors:
            with self.subTest(error):
                one = check.Check("one", None, inputs=mock.Mock(side_effect=error))
                self.assertEqual(check.key(one), "")
        self.assertTrue(check.key(check.Check("one", None, inputs=lambda: "")))
        with mock.patch.object(check, "key", lambda check: ""):
            self.run_all(False)
            self.assertEqual(self.run_all(True), self.ALL)

    def program(self, name, script=""):
        path = self.file.parent.parent / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def test_stamps(self):
        top = self.file.parent.parent
        self.program("tool")
        (top / "data").write_text("")
        with mock.patch.object(build, "SYSTEM_PATH", str(top)):
            texts = {record.stamps(["tool", top / "data", "none"]) for _ in range(2)}
            os.utime(top / "tool", ns=(0, 0))
            texts.add(record.stamps(["tool", top / "data", "none"]))
            (top / "data").write_text("more")
            texts.add(record.stamps(["tool", top / "data", "none"]))
            self.program("none")
            texts.add(record.stamps(["tool", top / "data", "none"]))
        self.assertEqual(len(texts), 4)

    def test_fingerprint(self):
        """What it depends on that is no file of ours."""
        top = self.file.parent.parent
        state = top / "build/linux.base/state.json"
        table = top / "tools/series/install-packages"
        for path in (state, table):
            path.parent.mkdir(parents=True)
        table.write_text("\tkernel\tsome-package\t\ttool\n")
        self.program("tool")
        texts = set()
        with mock.patch.object(build, "REPO", top), \
             mock.patch.object(build, "TREE", top / "build/linux"), \
             mock.patch.object(build, "SYSTEM_PATH", str(top)), \
             mock.patch.object(static, "repository_files", lambda: []):
            texts.add(static.fingerprint())
            texts.add(static.fingerprint())
            state.write_text('{"base": "other"}')
            texts.add(static.fingerprint())
            self.program("tool", "# new")
            texts.add(static.fingerprint())
        self.assertEqual(len(texts), 3)

    def test_inputs_of_a_guest(self):
        top = self.file.parent.parent
        for name in ("kernel", "initrd", "vmlinux", ".config", "a.dtb", "flash",
                     "share/bios"):
            (top / name).parent.mkdir(exist_ok=True)
            (top / name).write_text(name)
        self.program("qemu", f"[ $1 = --version ] && echo 1 || echo {top}/share")
        self.program("drgn")
        arch, needed = build.Arch("x86_64"), [b"client"]
        arch.settings |= {"qemu": str(top / "qemu"),
                          "firmware": {"efi": {"program": str(top / "flash")}}}
        texts = []

        def add(**fields):
            for cached in (guest.firmware, record.said):
                cached.cache_clear()
            for _ in range(2):
                texts.append(check.inputs_of_guest(
                    arch, guest.Guest(name="some", run="true", **fields)))
            self.assertEqual(texts[-2], texts[-1])

        def write(name, text):
            (top / name).write_text(text)

        with mock.patch.dict(check.IMAGES, {
                ("x86_64", ()): (top / "kernel", top / "initrd")}), \
             mock.patch.dict(os.environ), \
             mock.patch.object(build, "SYSTEM_PATH", str(top)), \
             mock.patch.object(build, "lack", lambda arch, program: ""), \
             mock.patch.object(build, "more_files",
                               lambda arch, needs: needed[0] if needs else b""):
            os.environ.pop("ACCEL", None)
            add()
            add(cpus=2)
            write("kernel", "another kernel")
            add()
            write("initrd", "another initrd")
            add()
            os.environ["ACCEL"] = "kvm"
            add()
            write("share/bios", "another BIOS")
            add()
            self.program("qemu", f"[ $1 = --version ] && echo 2 || echo {top}/share")
            add()
            for name, fields in (("vmlinux", {"vmlinux": True}),
                                 ("vmlinux", {"disk": "4M", "dump": {"stacks": []}}),
                                 ("drgn", {"disk": "4M"}), ("a.dtb", {"dtb": "a.dtb"}),
                                 ("flash", {"firmware": "efi"})):
                add(**fields)
                write(name, f"another one, with {fields}")
                add(**fields)
                add()           # A row without it does not depend on it.
                write(name, "yet another one")
                add()
                self.assertEqual(*texts[-4::2])
                del texts[-4:]
            add(needs="kexec-new")
            needed[0] = b"another client"
            add(needs="kexec-new")
        self.assertEqual(len(set(texts)), 19)
        self.assertEqual(len(texts), 2 * 19)


class PassedBeforeTest(unittest.TestCase):
    """What need not be run again."""

    def passed(self, passed, skipped, ok=True):
        book = record.Book(None, {"x": record.Result("x", ok, passed, 0, skipped,
                                                     1.0, 1.0, key="same")})
        self.assertIsNone(book.passed("x", "other"))
        self.assertIsNone(book.passed("y", "same"))
        return bool(book.passed("x", "same"))

    def test_passed(self):
        self.assertTrue(self.passed(1, 0))
        self.assertTrue(self.passed(3, 2))
        self.assertFalse(self.passed(1, 0, ok=False))

    def test_skipped(self):
        """What it needs may be there the next time."""
        self.assertFalse(self.passed(0, 1))

    def test_unknown(self):
        book = record.Book(None, {"x": record.Result("x", True, 1, 0, 0, 1.0, 1.0)})
        self.assertIsNone(book.passed("x", ""))


class SteadyTest(unittest.TestCase):

    def run_steady(self, fails=lambda round_number, name: False):
        """(status, output) of some guests; @fails says when which fails."""
        calls = {"one": 0, "two": 0}

        def run(name):
            calls[name] += 1
            bad = fails(calls[name], name)
            return (["too bad"] if bad else []), []

        checks = [check.Check(name, functools.partial(run, name),
                              ("x86_64", ())) for name in calls]
        output = io.StringIO()
        with mock.patch.object(check, "all_checks", lambda archs: checks), \
             mock.patch.object(check, "kernels", lambda *_: []), \
             contextlib.redirect_stdout(output):
            status = check.run_steady([], [])
        self.assertEqual(calls, {"one": 5, "two": 5})
        return status, output.getvalue().splitlines()

    def test_steady(self):
        status, output = self.run_steady()
        self.assertEqual(status, 0)
        self.assertEqual(output[-1], "10 passed, 0 failed")
        self.assertFalse([line for line in output if "not steady" in line])

    def test_not_steady(self):
        status, output = self.run_steady(
            lambda number, name: name == "two" and number in (2, 5))
        self.assertEqual(status, 1)
        self.assertEqual(output[-2:], [
            "not steady: two: failed as it is, 2; with two busy neighbours",
            "8 passed, 2 failed"])

    def test_fails_each_time(self):
        _, output = self.run_steady(lambda number, name: name == "one")
        self.assertIn("not steady: one: failed each time", output)

    def test_one_processor(self):
        before = os.sched_getaffinity(0)
        with check.one_processor():
            text = subprocess.run(
                [sys.executable, "-c",
                 "import os; print(len(os.sched_getaffinity(0)))"],
                text=True, capture_output=True).stdout
        self.assertEqual(text, "1\n")
        self.assertEqual(os.sched_getaffinity(0), before)

    def test_busy_neighbours(self):
        with check.busy_neighbours():
            running = set(build.RUNNING)
            self.assertEqual([process.poll() for process in running],
                             [None, None])
        self.assertFalse(build.RUNNING)
        self.assertNotIn(None, [process.poll() for process in running])

    def test_logs_are_kept_apart(self):
        before = build.LOGS
        seen = set()

        def run():
            seen.add(build.LOGS)
            return [], []

        with contextlib.redirect_stdout(io.StringIO()):
            check.repeat([check.Check("one", run)], check.Count())
        self.assertEqual(len(seen), len(check.ROUNDS))
        self.assertEqual(build.LOGS, before)


class CoreTest(unittest.TestCase):
    """The check that the core names no architecture."""

    def complaints(self, text):
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top:
            for name in ("x86", "sh"):
                (Path(top) / "arch" / name).mkdir(parents=True)
            (Path(top) / "kernel/kexec").mkdir(parents=True)
            (Path(top) / "kernel/kexec/some.c").write_text(text)
            with mock.patch.object(build, "TREE", Path(top)), \
                 mock.patch.object(static, "our_files",
                                   lambda: ["kernel/kexec/some.c"]):
                return static.core_of_any_architecture(None)

    def test_none(self):
        self.assertEqual(self.complaints("int shift;\n#ifdef CONFIG_SMP\n"), [])

    def test_named(self):
        for text in ("#ifdef CONFIG_X86\n", "/* as on i386 */\n",
                     "#include <asm/x86/thing.h>\n"):
            self.assertEqual(self.complaints("\n" + text),
                             [f"kernel/kexec/some.c:2: {text.strip()}"])


class AptTest(unittest.TestCase):
    """Packages of an architecture that we don't run on."""

    def options(self, debian, suite=""):
        arch = types.SimpleNamespace(debian=debian)
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top, \
             mock.patch.object(subprocess, "run") as run, \
             mock.patch.object(build, "native", lambda: "amd64"):
            build.apt_get(arch, Path(top), "download", "busybox-static",
                          suite=suite)
            self.assertTrue((Path(top) / "apt/lists/partial").is_dir()
                            or arch.debian == "amd64")
            return [text.replace(top, "TOP") for text in run.call_args[0][0]]

    def test_native(self):
        self.assertEqual(self.options(debian="amd64"),
                         ["apt-get", "download", "busybox-static"])

    def test_foreign(self):
        options = self.options(debian="arm64")
        self.assertIn("-oAPT::Architecture=arm64", options)
        self.assertIn("-oDir::State::Lists=TOP/apt/lists", options)
        self.assertNotIn("SourceList", " ".join(options))

    def test_other_release(self):
        self.assertIn("-oDir::Etc::SourceList=TOP/apt/sources.list",
                      self.options(debian="riscv64", suite="trixie"))

    def release(self, *good, suites=None):
        """Which release programs are taken of, if @good have all of them."""
        def unpack(arch, wanted, suite):
            if suite not in good:
                raise build.NoPackage(f"not in {suite}")
            return suite

        arch = types.SimpleNamespace(suites=["one", "two"], busybox="")
        with mock.patch.object(build, "unpack", unpack):
            return build.debian(arch, [build.BUSYBOX], suites)

    def test_which_release(self):
        self.assertEqual(self.release("one", "two"), "one")
        self.assertEqual(self.release("two"), "two")
        self.assertEqual(self.release("one", "two", "new", suites=["new"]), "new")
        with self.assertRaisesRegex(build.NoPackage, "not in one\nnot in two"):
            self.release()

    def test_no_release(self):
        arch = types.SimpleNamespace(busybox="one", debian="other", suites=["one"])
        with mock.patch.object(build, "unpack", None), \
             self.assertRaisesRegex(build.NoPackage, "nothing for other"):
            build.debian(arch, [build.BUSYBOX])

    def test_source(self):
        """Its lists are of sources; what can't be fetched is a failure."""
        asked = []

        def run(command, **_):
            asked.append(command[-1])
            return types.SimpleNamespace(returncode=asked[-1] == fails,
                                         stderr="E: no route")

        arch = types.SimpleNamespace(busybox="one", debian="other")
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top, \
             mock.patch.object(subprocess, "run", run):
            source = Path(top) / "busybox-1.0"
            source.mkdir()
            fails = None
            self.assertEqual(build.busybox_source(arch, Path(top)), source)
            self.assertEqual(asked, ["update", "busybox"])
            self.assertRegex((Path(top) / "apt/sources.list").read_text(),
                             r"(?m)^deb-src .* one main$")
            fails = "busybox"
            with self.assertRaisesRegex(build.BuildError, "no route") as raised:
                build.busybox_source(arch, Path(top))
            self.assertNotIsInstance(raised.exception, build.NoPackage)

    def download(self, *results, debian="riscv64", suite="one"):
        """download(), when apt-get says that: "" if all is well."""
        told = list(results)

        def apt_get(arch, root, *arguments, suite="", cwd=None):
            says = told.pop(0)
            if cwd:
                (cwd / "kexec-tools_1.deb").write_text("half" if says else "whole")
            return types.SimpleNamespace(returncode=bool(says), stderr=says)

        arch = types.SimpleNamespace(debian=debian)
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top, \
             mock.patch.object(build, "apt_get", apt_get), \
             mock.patch.object(build, "native", lambda: "amd64"):
            deb = Path(top) / "debs/kexec-tools_1.deb"
            try:
                build.download(arch, Path(top), ["kexec-tools"], suite)
            finally:
                self.assertEqual(told, [])
                # Never what it had begun.
                if deb.exists():
                    self.assertEqual(deb.read_text(), "whole")

    def test_download(self):
        none = "E: Unable to locate package kexec-tools\n"
        offline = "E: Failed to fetch http://deb/Packages  Could not connect\n"
        self.download("")
        self.download(none, "", "")
        self.download(none, offline, "")        # another list did not come
        with self.assertRaises(build.NoPackage):
            self.download(none, "", none)
        for last in none, offline:              # nobody knows
            with self.assertRaises(build.BuildError) as raised:
                self.download(none, offline, last)
            self.assertNotIsInstance(raised.exception, build.NoPackage)
        # The machine's own lists are not touched.
        with self.assertRaisesRegex(build.NoPackage, "Is apt-get update needed"):
            self.download(none, debian="amd64", suite="")

    def system(self, *results):
        """download_all(), when apt-get says that; returns its lists."""
        def run(command, **_):
            says = told.pop(0)
            return types.SimpleNamespace(returncode=bool(says), stderr=says)

        told = list(results)
        arch = types.SimpleNamespace(debian="amd64")
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top, \
             mock.patch.object(subprocess, "run", run):
            build.download_all(arch, Path(top), "old old-backports",
                               ["linux-image-amd64"])
            self.assertEqual(told, [])
            return (Path(top) / "apt/sources.list").read_text()

    def test_kernel(self):
        """A kernel that is not there is no failure, but no mirror is one."""
        self.assertRegex(self.system("", ""), r"(?m) old main$\n.* old-backports main$")
        for results in (
                ["E: The repository 'http://deb old-backports Release' does not "
                 "have a Release file.\n"],
                ["", "E: Unable to locate package linux-image-amd64\n"]):
            with self.assertRaises(build.NoPackage):
                self.system(*results)
        with self.assertRaises(build.BuildError) as raised:
            self.system("E: Failed to fetch http://deb  Could not connect\n")
        self.assertNotIsInstance(raised.exception, build.NoPackage)

    def test_kernel_of_another(self):
        arch = types.SimpleNamespace(debian="amd64", kernels={"some": ["old"]})
        with mock.patch.object(build, "native", lambda: "arm64"), \
             self.assertRaisesRegex(build.NoPackage, "arm64 can't run"):
            build.debian_kernel(arch, "some")

    def test_without_program(self):
        """A guest that needs what there is not is left out, and counted."""
        one = types.SimpleNamespace(name="guest", flavour=(), flavours=[()],
                                    needs="kexec")
        arch = types.SimpleNamespace(name="some")
        images = {("some", ()): ("image", "initrd")}
        lack = lambda arch, needs: "none\nat all" if needs else ""
        with mock.patch.object(build, "lack", lack), \
             mock.patch.dict(check.IMAGES, images):
            self.assertEqual(check.run_guest(arch, one),
                             ([], [ktap.Test("guest", True, True, "none at all")]))


class BorrowedTest(unittest.TestCase):
    """Programs of other releases of Debian's."""

    WANTED = {"releases": ["new"], "packages": ["gcc-some", "libc-some"]}

    def setUp(self):
        top = tempfile.TemporaryDirectory(prefix="kexec-harness-")
        self.addCleanup(top.cleanup)
        self.top = Path(top.name)
        self.home = self.top / "borrowed/new-gcc-some"
        self.started = []
        for name, value in (("BORROWED", self.top / "borrowed"),
                            ("NOT_BORROWED", {}), ("native", lambda: "amd64")):
            patch = mock.patch.object(build, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def debs(self, arch, top, suite, packages):
        """In place of download_all(): a package with a program of this machine's, its
        loader, and a program for another.
        """
        self.assertEqual((arch.debian, suite), ("amd64", "new"))
        self.started.append(packages)
        tree = top / "tree"
        shell = Path("/bin/sh").resolve()
        loader = Path(build.needed(shell)[1][0]).resolve()
        files = {"DEBIAN/control": b"Package: a\nVersion: 1\nArchitecture: all\n"
                                   b"Maintainer: a <a@b.c>\nDescription: a\n",
                 "usr/bin/some-gcc": shell.read_bytes(),
                 "usr/lib/there/libsome.so.1": shell.read_bytes(),
                 f"usr/lib/there/{loader.name}": loader.read_bytes(),
                 "usr/bin/other": b"\x7fELF" + bytes(60),
                 "usr/bin/script": b"#!/bin/sh\n",
                 "usr/some/lib/libc.so": b"/* GNU ld script */\n"
                                         b"GROUP ( /usr/some/lib/libc.so.6 -la )\n"}
        for name, data in files.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o755)
        subprocess.run(["dpkg-deb", "--build", str(tree), str(top / "a.deb")],
                       check=True, capture_output=True)
        return [top / "a.deb"]

    def borrowed(self, wanted=None):
        with mock.patch.object(build, "download_all", self.debs), \
             contextlib.redirect_stderr(io.StringIO()):
            return build.borrowed([wanted or self.WANTED])

    def test_once(self):
        self.assertEqual(self.borrowed(), [self.home])
        self.assertEqual(self.borrowed(), [self.home])
        self.assertEqual(self.started, [["gcc-some", "libc-some"]])

    def test_other_packages(self):
        self.borrowed()
        self.borrowed(self.WANTED | {"packages": ["gcc-some", "more"]})
        self.assertEqual(self.started[1:], [["gcc-some", "more"]])

    def test_moved(self):
        """Programs have to be told where they are."""
        self.borrowed()
        new = self.top / "elsewhere"
        self.home.parent.rename(new)
        with mock.patch.object(build, "BORROWED", new):
            self.borrowed()
        self.assertEqual(len(self.started), 2)

    def test_programs(self):
        """They have the loader and the libraries of their own release, and others are
        left as they are.
        """
        self.borrowed()
        shell = Path("/bin/sh").resolve()
        name = os.path.basename(os.path.realpath(build.needed(shell)[1][0]))
        loader = self.home / "usr/lib/there" / name
        program = self.home / "usr/bin/some-gcc"
        self.assertEqual(build.needed(program)[1], [str(loader)])
        path = subprocess.run(["readelf", "-dW", str(program)], text=True,
                              capture_output=True, check=True).stdout
        self.assertRegex(path, rf"\(RPATH\).*\[{self.home}/usr/lib/there:")
        self.assertEqual((self.home / "usr/lib/there/libsome.so.1").read_bytes(),
                         shell.read_bytes())
        self.assertEqual((self.home / "usr/bin/other").read_bytes(),
                         b"\x7fELF" + bytes(60))
        self.assertIn(f"GROUP ( {self.home}/usr/some/lib/libc.so.6 -la )",
                      (self.home / "usr/some/lib/libc.so").read_text())

    def test_called_by_path(self):
        arch = build.Arch("x86_64")
        arch.settings = {"cross": "some-", "qemu": "qemu-none",
                         "borrowed": [self.WANTED]}
        self.borrowed()
        with mock.patch("platform.machine", lambda: "other"):
            self.assertEqual(arch.cross_compile, f"{self.home}/usr/bin/some-")
            self.assertEqual(arch.qemu, "qemu-none")
            arch.settings["cross"] = "usual-"
            self.assertEqual(arch.cross_compile, "usual-")

    def refuse(self, error):
        """What checks of an architecture come to that can't borrow its compiler."""
        arch = build.Arch("x86_64")
        arch.settings = arch.settings | {"borrowed": [self.WANTED]}
        one = types.SimpleNamespace(name="guest", flavour=("none",),
                                    flavours=[("none",)], needs="")
        download = mock.Mock(side_effect=error)
        checks = [check.Check("build/some", lambda: (arch.make(), []), alone=True),
                  check.Check("guest/some", lambda: check.run_guest(arch, one)),
                  check.Check("other", lambda: ([], []))]
        output = io.StringIO()
        with mock.patch.object(build, "download_all", download), \
             mock.patch("platform.machine", lambda: "other"), \
             contextlib.redirect_stdout(output), \
             contextlib.redirect_stderr(io.StringIO()):
            status = check.run_all(checks)
        return status, output.getvalue(), download.call_count

    def test_not_there(self):
        """Each check that needs it is skipped by its name, and nobody asks again."""
        status, output, asked = self.refuse(build.NoPackage("none\nat all"))
        self.assertEqual(output.splitlines()[-1], "1 passed, 0 failed, 2 skipped")
        self.assertIn("skipped: build/some none at all", output)
        self.assertIn("skipped: guest/some none at all", output)
        self.assertEqual((status, asked), (0, 1))

    def test_no_mirror(self):
        """That is a failure, and nobody asks again either."""
        status, output, asked = self.refuse(build.BuildError("could not connect"))
        self.assertEqual(output.splitlines()[-1], "1 passed, 2 failed")
        self.assertEqual((status, asked), (1, 1))

    def test_settings(self):
        """What files borrow makes sense."""
        for name in build.ported():
            for system in build.Arch(name).borrowed:
                self.assertEqual(set(system), {"releases", "packages"}, name)
                self.assertTrue(system["releases"] and system["packages"], name)


class InitramfsTest(unittest.TestCase):

    def test_libraries_in_order(self):
        """Whatever order a set has, which is another one each time."""
        names = [f"lib{number:02}.so" for number in range(30)]
        with mock.patch.object(build, "needed", lambda path: (names, [])), \
             mock.patch.object(build, "unpacked", lambda root, name: name):
            found = [path for path, _ in build.libraries(
                Path("/nowhere"), [("package", "program")])]
        self.assertEqual(found, [f"/lib/{name}" for name in names])


class UnitTest(unittest.TestCase):
    """What runs these very tests."""

    def run_tests(self, text):
        with tempfile.TemporaryDirectory(prefix="kexec-harness-") as top:
            (Path(top) / "some_test.py").write_text(
                "import unittest\nclass Some(unittest.TestCase):\n" + text)
            return static.unit_tests(top)

    def test_pass(self):
        why, tests = self.run_tests("    def test_it(self): pass\n")
        self.assertEqual(why, [])
        self.assertEqual([test.ok for test in tests], [True])

    def expect_failure(self, text):
        why, tests = self.run_tests(text)
        self.assertTrue(why or [test for test in tests if not test.ok])

    def test_failure(self):
        self.expect_failure("    def test_it(self): self.fail('no')\n")

    def test_error(self):
        self.expect_failure("    def test_it(self): 1 / 0\n")

    def test_failure_of_a_part(self):
        self.expect_failure("    def test_it(self):\n"
                            "        with self.subTest(1): self.fail('no')\n")

    def test_failure_to_set_up(self):
        self.expect_failure("    @classmethod\n"
                            "    def setUpClass(cls): 1 / 0\n"
                            "    def test_it(self): pass\n")

    def test_does_not_compile(self):
        self.expect_failure("    def test_it(self:\n")

    def test_dies(self):
        self.expect_failure("    def test_it(self):\n"
                            "        import os; os._exit(0)\n")

    def test_no_test(self):
        self.expect_failure("    pass\n")

    def test_no_file(self):
        with tempfile.TemporaryDirectory() as top:
            why, tests = static.unit_tests(top)
        self.assertTrue(why or [test for test in tests if not test.ok])


class ComplaintsTest(unittest.TestCase):

    def setUp(self):
        patch = mock.patch.object(static, "code_files",
                                  lambda: ["kernel/kexec.c"])
        patch.start()
        self.addCleanup(patch.stop)

    def test_of_our_files_only(self):
        ours = ["../kernel/kexec.c:12:3: warning: context imbalance",
                "kernel/kexec.c:12: error: no"]
        self.assertEqual(static.complaints([
            "  CC      kernel/kexec.o", *ours,
            "../kernel/fork.c:1:1: warning: not ours",
            "../kernel/kexec.c:12:3: note: not by itself"]), ours)

    def test_what_was_never_seen(self):
        arch = types.SimpleNamespace(arch="x86", others=[])
        for line in ("  CC      kernel/kexec.o", "  CC ../kernel/kexec.c"):
            self.assertEqual(static.require_seen([line], "CC", arch), [])
        self.assertEqual(
            static.require_seen(["  CC      kernel/fork.o"], "CC", arch),
            ["CC never saw kernel/kexec.c"])

    def test_what_is_another_architecture_s(self):
        arch = types.SimpleNamespace(name="x86_64", arch="x86",
                                     others=["kernel/ke*.[cS]"])
        self.assertEqual(static.require_seen(
            ["  CC      kernel/fork.o"], "CC", arch), [])
        for line in ("  CC      kernel/kexec.o", "  CC ../kernel/kexec.c"):
            self.assertEqual(
                static.require_seen([line], "CC", arch),
                ["CC saw kernel/kexec.c, which is not for x86_64"])
        self.assertTrue(static.require_seen([], "CC", arch))


class UnknownSymbolsTest(unittest.TestCase):
    """What stands for the link of all of a kernel."""

    def unknown(self, **symbols):
        """unknown_symbols() where objects have these lines of nm, by their names."""
        with tempfile.TemporaryDirectory() as top, \
             mock.patch.object(static, "our_objects", lambda arch: [
                 ("kernel/kexec.c", "ours.o"), ("kernel/off.c", "off.o")]), \
             mock.patch.object(static, "run", lambda command: (
                 [f"{path}:{line}" for path in command[2:]
                  for line in symbols[Path(path).stem].splitlines()], 0)):
            for name in symbols:
                (Path(top) / f"{name}.o").write_text("")
            return static.unknown_symbols(None, Path(top), ["caller.o", "none.o"])

    def test_of_ours_and_callers(self):
        self.assertEqual(self.unknown(ours="1 T crash_kexec\n U kexec_a\n",
                                      caller=" U crash_kexec\n U other\n"),
                         ["nothing has kexec_a"])
        self.assertEqual(self.unknown(ours="1 T crash_kexec\n",
                                      caller="2 T kexec_a\n U crash_kexec\n"), [])

    def test_of_a_build_before(self):
        """What lies there of it neither has a symbol nor needs one."""
        self.assertEqual(self.unknown(ours=" U kexec_a\n", old="1 T kexec_a\n"),
                         ["nothing has kexec_a"])
        self.assertEqual(self.unknown(ours="1 T kexec_a\n", old=" U kexec_gone\n"),
                         [])


class LanesTest(unittest.TestCase):
    """One builds, and what needs nothing of that runs beside it."""

    KERNEL = (("one", ()),)

    def run_each(self, *checks):
        count = check.Count()
        with contextlib.redirect_stdout(io.StringIO()):
            check.run_each(checks, count)
        return count.results

    def test_a_guest_waits_for_its_kernel(self):
        for fails in False, True:
            ran = []

            def build_it():
                ran.append("build")
                return ["failed"] * fails, []

            def guest_of_it():
                ran.append("guest")
                return [], []

            results = self.run_each(
                check.Check("guest", guest_of_it, kernels=self.KERNEL),
                check.Check("other", lambda: ([], []), alone=True),
                check.Check("build", build_it, builds=self.KERNEL, alone=True))
            self.assertEqual(ran, ["build", "guest"])
            self.assertEqual(results,
                             {"build": not fails, "other": True, "guest": True})

    def test_others_run_beside_a_build(self):
        seen = threading.Event()

        def other():
            seen.set()
            return [], []

        self.assertEqual(
            self.run_each(
                check.Check("build", lambda: ([] if seen.wait(HANG) else ["alone"], []),
                            builds=self.KERNEL, alone=True),
                check.Check("other", other)),
            {"build": True, "other": True})

    def test_one_beside_a_build_then_some(self):
        running, most = 0, {False: 0, True: 0}
        lock, built = threading.Lock(), threading.Event()

        def other(number):
            nonlocal running
            with lock:
                running += 1
                now = built.is_set()
                most[now] = max(most[now], running)
            if number == 2:
                done.set()
            if now:
                two.wait(timeout=HANG)
            with lock:
                running -= 1
            return [], []

        def build_it():
            self.assertTrue(done.wait(HANG))
            built.set()
            return [], []

        done, two = threading.Event(), threading.Barrier(check.AT_ONCE)
        self.run_each(
            check.Check("build", build_it, alone=True),
            *(check.Check(f"before {number}", functools.partial(other, number))
              for number in range(3)),
            check.Check("last", lambda: ([], []), alone=True, builds=self.KERNEL),
            *(check.Check(f"after {number}", functools.partial(other, number),
                          kernels=self.KERNEL)
              for number in range(3, 3 + check.AT_ONCE)))
        self.assertEqual(most, {False: 1, True: check.AT_ONCE})


class StartTest(unittest.TestCase):
    """Building a flavour starts from what the default one has."""

    def test_a_copy_that_breaks_off_is_none(self):
        def breaks_off(*args, **how):
            copy(*args, **how)
            raise OSError("no space")

        copy = shutil.copytree
        with tempfile.TemporaryDirectory() as top:
            default, out = Path(top) / "default", Path(top) / "other"
            (default / "lib").mkdir(parents=True)
            out.mkdir()
            (out / ".lock").write_text("")
            for name in (".config", "vmlinux", "fork.o", "lib/sort.o"):
                (default / name).write_text(name)
            (default / "source").symlink_to("..")
            with mock.patch.object(shutil, "copytree", breaks_off), \
                 self.assertRaises(OSError):
                build.start_from(default, out)
            self.assertFalse((out / ".config").exists())
            (out / "fork.o").write_text("half")
            build.start_from(default, out)
            self.assertEqual({path.name: path.read_text() for path in out.rglob("*")
                              if path.is_file()},
                             {".lock": "", ".config": ".config", "fork.o": "fork.o",
                              "sort.o": "lib/sort.o"})
            self.assertEqual((out / "source").readlink(), Path(".."))


class ConfigTest(unittest.TestCase):

    def test_later_fragments_win(self):
        with tempfile.TemporaryDirectory() as top:
            files = [Path(top) / name for name in ("one", "two")]
            files[0].write_text("CONFIG_A=y\nCONFIG_B=y\n# a comment\n")
            files[1].write_text("# CONFIG_A is not set\nCONFIG_C=\"a b\"\n")
            self.assertEqual(build.asked_for(files),
                             {"CONFIG_A": "# CONFIG_A is not set",
                              "CONFIG_B": "CONFIG_B=y",
                              "CONFIG_C": 'CONFIG_C="a b"'})

    def test_what_kconfig_did_not_grant(self):
        asked = {"CONFIG_A": "CONFIG_A=y", "CONFIG_B": "# CONFIG_B is not set",
                 "CONFIG_C": "# CONFIG_C is not set"}
        self.assertEqual(
            build.not_granted(asked, "CONFIG_A=y\n# CONFIG_B is not set\n"), [])
        self.assertEqual(
            build.not_granted(asked, "# CONFIG_A is not set\nCONFIG_B=y\n"),
            ["CONFIG_A=y", "# CONFIG_B is not set"])

    def test_what_a_base_has_not_got(self):
        with tempfile.TemporaryDirectory() as top:
            files = [Path(top) / name for name in ("one", "base")]
            files[0].write_text("CONFIG_A=y\n")
            files[1].write_text("# CONFIG_A is gone\n")
            asked = build.asked_for(files)
        self.assertEqual(build.not_granted(asked, "CONFIG_B=y\n"), [])
        for config in ("CONFIG_A=y\n", "# CONFIG_A is not set\n"):
            self.assertEqual(build.not_granted(asked, config),
                             ["# CONFIG_A is gone"])

    def test_the_tree_has_the_last_word(self):
        with tempfile.TemporaryDirectory() as top:
            paths = [Path(top) / name for name in
                     (build.OF_BASE, build.OF_BASE_AND.format("x86_64"))]
            with mock.patch.object(build, "TREE", Path(top)):
                arch, other = map(build.Arch, ("x86_64", "i386"))
                paths[0].parent.mkdir(parents=True)
                for number, path in enumerate(paths, 1):
                    self.assertNotIn(path, build.fragments_of(arch, ()))
                    path.write_text("")
                    self.assertEqual(build.fragments_of(arch, ())[-number:],
                                     paths[:number])
                self.assertEqual(build.fragments_of(other, ())[-1], paths[0])
                self.assertEqual(
                    build.fragments_of(other, ("bench", "plain"))[-1],
                    build.HERE / "configs/plain.config")
                bench, plain = (Path(top) / build.OF_BASE_AND.format(name)
                                for name in ("bench", "plain"))
                for path in (bench, plain):
                    path.write_text("")
                self.assertEqual(build.fragments_of(other, ("bench",))[-2:],
                                 [paths[0], bench])
                self.assertEqual(build.fragments_of(other, ("bench", "plain"))[-3:],
                                 [bench, build.HERE / "configs/plain.config", plain])


class VersionTest(unittest.TestCase):
    """The code has no conditions on the version of the kernel."""

    def complaints(self, text, name="kernel/kexec.c"):
        with tempfile.TemporaryDirectory() as top:
            path = Path(top) / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
            with mock.patch.object(build, "TREE", Path(top)), \
                 mock.patch.object(static, "code_files", lambda: [name]):
                return static.no_version_checks(None)

    def test_versions(self):
        for text in ("#if LINUX_VERSION_CODE >= 1\n", "x = KERNEL_VERSION(6, 12)",
                     "#include <linux/version.h>\n",
                     "#ifdef LINUX_VERSION_MAJOR\n"):
            self.assertEqual(len(self.complaints(f"a\n{text}")), 1, text)
            self.assertIn("kernel/kexec.c:2", self.complaints(f"a\n{text}")[0])
        self.assertEqual(self.complaints("#include <linux/kexec_base.h>\n"), [])
        # A program may ask the kernel that runs.
        self.assertEqual(self.complaints("#include <linux/version.h>\n",
                                         "tools/testing/a.c"), [])


class EnvironmentTest(unittest.TestCase):
    """What is exported for other builds has no part in ours."""

    OTHERS = """
        MAKEFLAGS MAKELEVEL MFLAGS GNUMAKEFLAGS MAKEFILES MAKEOVERRIDES ARCH SUBARCH
        CROSS_COMPILE CROSS_COMPILE_COMPAT CHECK C CF O V W M LLVM LLVM_IAS CC HOSTCC
        LD KCFLAGS KCPPFLAGS CFLAGS HOSTCFLAGS LDFLAGS RUSTFLAGS KBUILD_OUTPUT
        KBUILD_EXTMOD KCONFIG_CONFIG KCONFIG_ALLCONFIG LOCALVERSION INSTALL_PATH
        TARGETS SKIP_TARGETS SPHINXDIRS SPHINXOPTS CPATH C_INCLUDE_PATH
        LIBRARY_PATH""".split()
    OURS = """PATH HOME TMPDIR ACCEL PATIENCE LINUX KEXEC_BASE CCACHE_DIR http_proxy
        APT_CONFIG LD_LIBRARY_PATH CI MANPATH""".split()

    def test_environment(self):
        for what in ("os.environ", "build.ENVIRONMENT"):
            with self.subTest(what):
                result = subprocess.run(
                    [sys.executable, "-B", "-c", "import os\nfrom harness import build"
                     f"\nprint(*{what})"], cwd=build.HERE, text=True, check=True,
                    env=dict.fromkeys(self.OTHERS, "x")
                    | dict.fromkeys(self.OURS, "7.3") | {"PATH": os.environ["PATH"]},
                    stdout=subprocess.PIPE)
                there = set(result.stdout.split())
                self.assertEqual(there & set(self.OTHERS), set())
                self.assertEqual(set(self.OURS) - there, set())


class CacheTest(unittest.TestCase):

    @unittest.skipUnless(shutil.which("ccache"), "no ccache")
    def test_what_incbin_reads_is_seen(self):
        with tempfile.TemporaryDirectory() as top:
            source = Path(top) / "data.S"
            source.write_text('\t.incbin\t"data"\n')
            for content in (b"the first", b"the second"):
                (Path(top) / "data").write_bytes(content)
                subprocess.run(["ccache", "gcc", "-Wp,-MMD,data.d", "-c",
                                "data.S"], check=True, cwd=top,
                               env=build.ENVIRONMENT | {
                                   "CCACHE_DIR": f"{top}/cache"})
                self.assertIn(content, (Path(top) / "data.o").read_bytes())


if __name__ == "__main__":
    unittest.main()
