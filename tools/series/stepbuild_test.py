# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what "make check-series" builds, and when; nothing is compiled."""

import contextlib
import io
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import patches
import plan
import stepbuild
import steps
from stepbuild import build


class Jobs(unittest.TestCase):
    """What is built of each step of the real series."""

    @classmethod
    def setUpClass(cls):
        cls.series = steps.Series()
        cls.base = patches.made_tree(plan.REPO / "build/linux")

    def jobs(self, number):
        return {(job.name, job.arch.name): job for job in
                stepbuild.jobs_of(self.series, self.base, number)}

    def step(self, arch):
        return 1 + next(number for number, step in enumerate(self.series.steps)
                        if arch in step.archs)

    def test_the_removal(self):
        self.assertEqual(set(self.jobs(1)), {
            *(("allnoconfig", arch) for arch in build.ported()),
            ("test", "x86_64")})
        self.assertNotIn("CONFIG_KEXEC", self.jobs(1)["allnoconfig", "arm64"].must)

    def test_allnoconfig_is_of_the_architecture(self):
        jobs = self.jobs(1)
        has = {arch: set(jobs["allnoconfig", arch].wanted.values())
               for arch in build.ported()}
        self.assertIn("CONFIG_64BIT=y", has["x86_64"])
        self.assertNotIn("CONFIG_64BIT=y", has["i386"])
        self.assertIn("CONFIG_PPC64=y", has["ppc64le"])
        for arch in build.ported():
            self.assertEqual([name for name in jobs["allnoconfig", arch].wanted
                              if "KEXEC" in name or "CRASH" in name], [])
            self.assertEqual(set(jobs["allnoconfig", arch].must),
                             set(jobs["allnoconfig", arch].wanted))
        # Where they have a build system in common, their kernels differ.
        kinds = [(build.Arch(arch).arch, *sorted(has[arch])) for arch in has]
        self.assertEqual(len(set(kinds)), len(kinds))

    def test_what_touches_an_architecture(self):
        """Without a look at how that is found out."""
        for number, step in enumerate(self.series.steps, 1):
            names = [*step.files, *(edit.file for edit in step.edits)]
            if step.removes:
                names += self.series.whole.removals
            expected = {"x86_64"} | {
                name for name in build.ported() for path in names
                if path.startswith(f"arch/{build.Arch(name).arch}/")}
            with self.subTest(step.subject):
                found = {arch for kind, arch in self.jobs(number)
                         if kind == "allnoconfig"}
                self.assertLessEqual(expected, found)
                # What is for an option may be anywhere.
                if not step.options:
                    self.assertEqual(expected, found)

    def test_the_core_before_an_architecture(self):
        jobs = self.jobs(self.step("x86_64") - 1)
        core = jobs["core", "x86_64"]
        self.assertEqual(core.targets, ["prepare", "kernel/kexec/",
                                        "kernel/kexec.o"])
        self.assertIn("CONFIG_KEXEC", core.must)
        self.assertIn("arch/x86/include/asm/kexec.h", core.content)
        self.assertFalse(jobs["test", "x86_64"].must)
        core = self.jobs(self.step("x86_64") - 2)["core", "x86_64"]
        self.assertEqual(core.targets, ["prepare", "kernel/kexec/"])

    def test_an_architecture(self):
        jobs = self.jobs(self.step("x86_64"))
        self.assertEqual(set(jobs), {
            ("allnoconfig", "x86_64"), ("allnoconfig", "i386"),
            ("test", "x86_64")})
        must = jobs["test", "x86_64"].must
        self.assertIn("CONFIG_KEXEC", must)
        self.assertNotIn("CONFIG_CRASH_DUMP", must)
        for arch in set(build.ported()) - {"x86_64"}:
            number = self.step(arch)
            jobs = self.jobs(number)
            # All that have the same directory of arch/.
            there = [name for name in build.ported()
                     if name != "x86_64"
                     and build.Arch(name).arch == build.Arch(arch).arch]
            self.assertEqual(set(jobs), {
                ("allnoconfig", "x86_64"),
                *(("allnoconfig", name) for name in there),
                ("test", "x86_64"),
                *(("test", name) for name in self.series.steps[number - 1].archs)})
            self.assertLess({"CONFIG_KEXEC", "CONFIG_CRASH_DUMP"},
                            set(jobs["test", arch].must))
            # By then they can be had.
            self.assertTrue(any(
                edit.file == f"arch/{build.Arch(arch).arch}/Kconfig"
                and "ARCH_HAS_KEXEC_HANDOFF" in edit.replace
                for step in self.series.steps[:number] for edit in step.edits), arch)

    def test_nothing_is_missing_in_the_end(self):
        for (name, _), job in self.jobs(len(self.series.steps)).items():
            if name in ("test", "llvm"):
                self.assertEqual(set(job.must), set(job.wanted))

    def test_the_last(self):
        jobs = self.jobs(len(self.series.steps))
        self.assertEqual(set(jobs), {
            ("allnoconfig", "x86_64"), ("defconfig", "x86_64"),
            ("allmodconfig", "x86_64"), ("llvm", "x86_64"),
            *(("test", arch) for arch in build.ported())})
        targets = jobs["allmodconfig", "x86_64"].targets
        for target in ("kernel/kexec/", "arch/x86/kernel/crash.o", "kernel/panic.o",
                       "arch/x86/kernel/reboot.o"):
            self.assertIn(target, targets)
        self.assertNotIn("all", targets)
        command = jobs["llvm", "x86_64"].make()
        self.assertIn("LLVM=1", command)
        self.assertFalse([part for part in command if part.startswith("CC=")])

    def test_key(self):
        last = len(self.series.steps)
        base = ["linux.tar.xz", 1, 2]
        key = lambda number, name: self.jobs(number)[name, "x86_64"].key(
            self.base, base)
        self.assertEqual(key(last, "test"), key(last - 1, "test"))
        self.assertNotEqual(key(last, "test"), key(last, "allnoconfig"))
        x86_64 = self.step("x86_64")
        self.assertNotEqual(key(x86_64, "test"), key(x86_64 - 1, "test"))

    def test_key_has_nothing_of_other_architectures(self):
        """Those whose step comes after arm's change nothing that arm's compiles."""
        number = self.step("riscv64")
        base = ["linux.tar.xz", 1, 2]
        for arch, same in (("x86_64", True), ("riscv64", False)):
            keys = [stepbuild.test_kernel(
                self.series, build.Arch(arch), self.series.content(
                    self.base, count), count, True).key(self.base, base)
                    for count in (number - 1, number)]
            self.assertEqual(keys[0] == keys[1], same, arch)

    def test_what_is_seen_of_an_architecture(self):
        job = stepbuild.Job(1, "test", build.Arch("arm64"), {}, {})
        for name, seen in (("arch/arm64/Kconfig", True), ("arch/Kconfig", True),
                           ("arch/arm/kernel/setup.c", False),
                           ("arch/arm/xen/p2m.c", True),
                           ("arch/x86/crypto/Kconfig", True),
                           ("kernel/kexec.c", True), ("MAINTAINERS", False)):
            self.assertEqual(job.sees(name), seen, name)

    def test_each_kind_has_its_turn(self):
        for number in (1, self.step("x86_64") - 1, len(self.series.steps)):
            self.assertLessEqual({kind for kind, _ in self.jobs(number)},
                                 set(stepbuild.KINDS))

    def test_key_has_all_that_a_build_depends_on(self):
        def job(arch="x86_64", must=("CONFIG_A",), **settings):
            return stepbuild.Job(1, "test", build.Arch(arch), {},
                                 {"CONFIG_A": "CONFIG_A=y"}, must, **settings)
        version, make = stepbuild.record.version, build.Arch.make
        base = ["linux.tar.xz", 1, 2]
        keys = [job().key(self.base, base), job(must=()).key(self.base, base),
                job("i386").key(self.base, base),
                job(llvm=True).key(self.base, base),
                job(targets=["vmlinux"]).key(self.base, base),
                *(job().key(self.base, other) for other in (
                    ["other.tar.xz", 1, 2], ["linux.tar.xz", 1, 3]))]
        for tool in "gcc", "as", "ld":
            with mock.patch.object(stepbuild.record, "version", lambda name: (
                    "newer" if name.endswith(tool) else version(name))):
                keys.append(job().key(self.base, base))
        with mock.patch.object(build.Arch, "make", lambda self, out:
                               [*make(self, out), "W=1"]):
            keys.append(job().key(self.base, base))
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual(job().key(self.base, base), keys[0])


class Runs(unittest.TestCase):
    """Going on where it was broken off; what is no success."""

    def setUp(self):
        top = Path(tempfile.mkdtemp(prefix="kexec-series-"))
        self.addCleanup(shutil.rmtree, top)
        work = top / "linux-series"
        (work / "kernel").mkdir(parents=True)
        (work / "Makefile").write_text(
            "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n")
        (work / "kernel/a.c").write_text("old\n")
        plan.kept_dir(work).mkdir()
        plan.write_state(plan.kept_dir(work), {"base": [], "touched": []})
        for name, value in (("WORK", work), ("STAMPS", top / "stamps"),
                            ("jobs_of", lambda *args: self.jobs_of(*args))):
            patch = mock.patch.object(stepbuild, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.work, self.contents, self.commands = work, [b"one\n", b"two\n"], []
        self.output, self.config = "", ""
        self.series = type("Series", (), {"steps": [
            steps.Step("first", ""), steps.Step("second", "")]})

    def jobs_of(self, series, tree, number):
        yield stepbuild.Job(number, "test", build.Arch("x86_64"),
                            {"kernel/a.c": self.contents[number - 1]},
                            {"CONFIG_A": "CONFIG_A=y"}, ["CONFIG_A"])

    def run_logged(self, command, log, what, quiet=False):
        self.commands.append((command[-1],
                              (self.work / "kernel/a.c").read_text()))
        if command[-1] == "allnoconfig":
            out = next(part for part in command if part.startswith("O="))[2:]
            (self.work / out / ".config").write_text(self.config or
                                                     "CONFIG_A=y\n")
            return ""
        if isinstance(self.output, Exception):
            raise self.output
        return self.output

    def run_all(self, *numbers, kinds=()):
        """Returns the exit status, what was printed, and what was built."""
        self.commands.clear()
        with mock.patch.object(build, "run_logged", self.run_logged), \
             contextlib.redirect_stdout(io.StringIO()) as said:
            status = stepbuild.run(self.series, numbers, kinds)
        return status, said.getvalue(), [text for target, text in self.commands
                                         if target == "all"]

    def test_each_step_once(self):
        status, said, built = self.run_all()
        self.assertEqual((status, built), (0, ["one\n", "two\n"]))
        self.assertIn("2 built, 0 failed, 0 had been built before", said)
        status, said, built = self.run_all()
        self.assertEqual((status, built), (0, []))
        self.assertIn("2 had been built before", said)
        self.contents[1] = b"three\n"
        self.assertEqual(self.run_all()[2], ["three\n"])

    def test_some_steps(self):
        self.assertEqual(self.run_all(2)[2], ["two\n"])
        with self.assertRaisesRegex(plan.Refused, "no step 3"):
            self.run_all(3)

    def test_kinds(self):
        """One after the other, whatever is said of a step first."""
        def both(series, tree, number):
            for kind in "allnoconfig", "test":
                yield stepbuild.Job(number, kind, build.Arch("x86_64"), {
                    "kernel/a.c": b"%s %d\n" % (kind.encode(), number)},
                                    {"CONFIG_A": "CONFIG_A=y"})
        self.jobs_of = both
        self.assertEqual(self.run_all(kinds=["allnoconfig"])[2],
                         ["allnoconfig 1\n", "allnoconfig 2\n"])
        self.assertEqual(self.run_all()[2], ["test 1\n", "test 2\n"])
        shutil.rmtree(stepbuild.STAMPS)
        self.assertEqual(self.run_all()[2], [
            "test 1\n", "test 2\n", "allnoconfig 1\n", "allnoconfig 2\n"])
        with self.assertRaisesRegex(plan.Refused, "no kind all; there is test"):
            self.run_all(kinds=["all"])

    def test_failure(self):
        self.output = build.BuildError("it does not compile")
        status, said, built = self.run_all()
        self.assertEqual((status, len(built)), (1, 2))
        self.assertIn("it does not compile", said)
        self.output = ""
        self.assertEqual(self.run_all()[2], ["one\n", "two\n"])

    def test_warning(self):
        out = self.work / "out-x86_64-test"
        objects = [out / "vmlinux", out / "kernel/a.o"]
        for line in ("../kernel/a.c:3:1: warning: unused",
                     "kernel/a.c:3:1: warning: unused",
                     "kernel/a.o: warning: objtool: f+0x1: unreachable",
                     "WARNING: modpost: x"):
            with self.subTest(line):
                before = (self.work / "kernel/a.c").stat().st_mtime_ns
                for path in objects:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
                self.output = f"  CC kernel/a.o\n{line}\n"
                status, said, _ = self.run_all(1)
                self.assertEqual(status, 1)
                self.assertIn(line, said)
                # It has to be made again.
                if "a.c" in line:
                    self.assertGreater(
                        (self.work / "kernel/a.c").stat().st_mtime_ns, before)
                self.assertEqual([path for path in objects if path.exists()],
                                 [objects[1]] if "a.o: w" not in line else [])
        self.output = ""
        self.assertEqual(self.run_all(1)[0], 0)

    def test_option_that_is_not_granted(self):
        self.config = "# CONFIG_A is not set\n"
        status, said, built = self.run_all(1)
        self.assertEqual((status, built), (1, []))
        self.assertIn("CONFIG_A=y", said)

    def test_no_tree(self):
        shutil.rmtree(plan.kept_dir(self.work))
        with self.assertRaisesRegex(plan.Refused, "was not made by"):
            self.run_all()


if __name__ == "__main__":
    unittest.main()
