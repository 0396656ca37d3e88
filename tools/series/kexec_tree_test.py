# SPDX-License-Identifier: GPL-2.0-only
"""Tests of kexec-tree, on a small tree: only the files that it touches."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import edits

SERIES = Path(__file__).resolve().parent
REPO = SERIES.parents[1]
BASE = REPO / "build/linux.base"
CORE = "kernel/kexec.c"
HARNESS = "tools/testing/kexec/harness"


def contents(tree):
    """What is in a tree, to see whether anything changed."""
    return {str(path.relative_to(tree)):
            hashlib.sha256(path.read_bytes()).hexdigest()
            for path in tree.rglob("*") if path.is_file()}


class KexecTreeTest(unittest.TestCase):
    """Each test has a copy of the repository and of a base's touched files."""

    def setUp(self):
        top = Path(tempfile.mkdtemp(prefix="kexec-tree-"))
        self.addCleanup(shutil.rmtree, top)
        self.repo, self.base = top / "repo", top / "base"
        self.tree = top / "build/linux"
        shutil.copytree(SERIES, self.repo / "tools/series")
        for name in (CORE, "kernel/kexec/internal.h", "MAINTAINERS",
                     f"{HARNESS}/__init__.py", f"{HARNESS}/at_work.py"):
            (self.repo / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, self.repo / name)
        for name in json.loads((BASE / "state.json").read_text())["touched"]:
            if (BASE / name).is_file():
                (self.base / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(BASE / name, self.base / name)
        for name in ("Makefile", *(need.file for need in edits.NEEDS)):
            (self.base / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / "build/linux" / name, self.base / name)

    def run_tool(self, *arguments):
        return subprocess.run(
            [sys.executable, str(self.repo / "tools/series/kexec-tree"),
             *map(str, arguments)], capture_output=True, text=True)

    def make(self, base=None):
        return self.run_tool("make", "--linux", base or self.base, self.tree)

    def tarball(self, top):
        """A tarball of the base, whose paths begin with @top."""
        path = self.base.with_name("linux.tar.xz")
        subprocess.run(["tar", "-cJf", path, f"--transform=s,^base,{top},",
                        "-C", self.base.parent, "base"], check=True)
        return path

    def expect_refusal(self, *words):
        """apply refuses, says @words, and leaves the tree as it is."""
        before = contents(self.base)
        result = self.run_tool("apply", self.base)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        self.assertEqual(contents(self.base), before)

    def expect_left_alone(self, result, *words):
        """make refused, said @words, and changed nothing in build/."""
        self.assertNotEqual(result.returncode, 0, result.stdout)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertNotIn("Traceback", result.stderr)
        self.assertEqual(contents(self.tree.parent), self.before)

    def remember(self):
        self.before = contents(self.tree.parent)

    def change(self, path, old, new):
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def test_apply(self):
        result = self.run_tool("apply", self.base)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.base / "kernel/kexec_core.c").exists())
        self.assertFalse((self.base / "arch/x86/purgatory").exists())
        self.assertEqual((self.base / CORE).read_bytes(),
                         (self.repo / CORE).read_bytes())
        self.assertIn("+= kexec/", (self.base / "kernel/Makefile").read_text())

    def test_apply_to_a_tree_that_shares_its_files(self):
        shared = self.base.with_name("shared")
        subprocess.run(["cp", "-al", self.base, shared], check=True)
        before = contents(self.base)
        result = self.run_tool("apply", shared)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((shared / CORE).exists())
        self.assertEqual(contents(self.base), before)

    def test_apply_to_a_configuration_that_loses_kexec(self):
        for config, loses in (
                ("CONFIG_KEXEC_FILE=y\n# CONFIG_KEXEC is not set\n", True),
                ("CONFIG_KEXEC_FILE=y\n", True),
                ("CONFIG_KEXEC_FILE=y\nCONFIG_KEXEC=y\n", False),
                ("# CONFIG_KEXEC is not set\n", False)):
            with self.subTest(config):
                tree = self.base.with_name("user")
                shutil.rmtree(tree, ignore_errors=True)
                shutil.copytree(self.base, tree)
                (tree / ".config").write_text(config)
                result = self.run_tool("apply", tree)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual("no CRASH_DUMP" in result.stdout, loses)
                self.assertNotIn("LIVEUPDATE", result.stdout)
                self.assertEqual((tree / ".config").read_text(), config)

    def test_apply_to_a_configuration_that_loses_handover(self):
        (self.base / ".config").write_text("CONFIG_KEXEC=y\n"
                                           "CONFIG_KEXEC_HANDOVER=y\n")
        result = self.run_tool("apply", self.base)
        self.assertIn("LIVEUPDATE", result.stdout)
        self.assertNotIn("CRASH_DUMP", result.stdout)

    def test_apply_twice(self):
        self.assertEqual(self.run_tool("apply", self.base).returncode, 0)
        self.expect_refusal("already")

    def test_apply_other_version(self):
        self.change(self.base / "Makefile", "PATCHLEVEL = 12",
                    "PATCHLEVEL = 13")
        self.expect_refusal("not Linux 6.12")

    def add_base(self):
        """Have a base 6.13, of which this and that is its own; self.base is it."""
        self.change(self.base / "Makefile", "PATCHLEVEL = 12",
                    "PATCHLEVEL = 13")
        own = self.repo / "tools/series/bases/6.13"
        (own / "tree/kernel").mkdir(parents=True)
        (own / "base.toml").write_text('package = "linux-source-6.13"\n')
        (own / "remove.list").write_text("kernel/gone.c\n")
        (own / "edits.py").write_text(
            "from edits import Edit\n"
            'EDITS = [Edit("kernel/edited.c", "old", "new", "it is")]\n')
        (own / "tree/kernel/own.c").write_text("own\n")
        for name, text in (("gone.c", ""), ("edited.c", "old\n")):
            (self.base / "kernel" / name).write_text(text)
        return own

    def test_apply_to_another_base(self):
        own = self.add_base()
        result = self.run_tool("apply", self.base)
        self.assertEqual(result.returncode, 0, result.stderr)
        there = lambda name: (self.base / name).exists()
        self.assertTrue(there(CORE) and there("kernel/own.c"))
        self.assertFalse(there("kernel/kexec_core.c") or there("kernel/gone.c"))
        self.assertEqual((self.base / "kernel/edited.c").read_text(), "new\n")
        # What is in the default base only.
        self.assertFalse(there("kernel/kexec/base.h"))
        names = self.run_tool("list", "--base", "6.13").stdout.split()
        self.assertIn("kernel/own.c", names)
        self.assertNotIn("kernel/kexec/base.h", names)
        self.assertIn("6.13\n", self.run_tool("bases").stdout)
        self.assertIn("there is no base 6.14: there is 6.12, 6.13",
                      self.run_tool("list", "--base", "6.14").stderr)

    def test_base_that_can_not_be_fetched(self):
        """Who asked can tell that from a fault of ours."""
        own = self.add_base()
        (own / "base.toml").write_text('package = "linux"\nrelease = "new"\n')
        harness = self.repo / HARNESS
        (harness / "build.py").write_text(
            "class BuildError(Exception): pass\nclass Native: pass\n"
            "class NoPackage(BuildError): pass\n"
            "def fetch(*arguments): raise NoPackage(f'no {arguments[2:]}')\n")
        self.remember()
        result = self.run_tool("make", "--base", "6.13", self.tree)
        self.assertEqual(result.returncode, 3)
        self.expect_left_alone(result, "no (['linux'], 'new')")
        # A mirror that does not answer may the next time.
        text = (harness / "build.py").read_text()
        (harness / "build.py").write_text(text.replace("raise NoPackage",
                                                       "raise BuildError"))
        result = self.run_tool("make", "--base", "6.13", self.tree)
        self.assertEqual(result.returncode, 1)
        self.expect_left_alone(result, "no (['linux'], 'new')")
        self.assertEqual(self.run_tool("make", "--base", "6.14",
                                       self.tree).returncode, 1)

    def test_base_that_hides_a_file(self):
        own = self.add_base()
        (own / "tree" / CORE).write_text("")
        self.expect_refusal(f"{CORE}: is of all bases, and of 6.13")

    def test_base_is_not_the_one_that_was_named(self):
        self.make()
        self.remember()
        self.add_base()
        for args, word in ((["--base", "6.12"], "is Linux 6.13: say BASE=6.13"),
                           ([], "is Linux 6.13: say BASE=6.13"),
                           (["--base", "6.1"], "there is no base 6.1: ")):
            self.expect_left_alone(self.run_tool(
                "make", *args, "--linux", self.base, self.tree), word)
        result = self.run_tool("make", "--base", "6.13", "--linux", self.base,
                               self.tree)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.tree / "kernel/own.c").exists())

    def test_apply_not_a_tree(self):
        (self.base / "Makefile").unlink()
        self.expect_refusal("not a kernel tree")

    def test_edit_does_not_apply(self):
        self.change(self.base / "kernel/Makefile", "kexec_core.o", "other.o")
        self.expect_refusal("kernel/Makefile", "the core is a directory",
                            "applies 0 times")

    def test_edit_applies_twice(self):
        path = self.base / "arch/x86/realmode/init.c"
        path.write_text(path.read_text() + "#include <asm/crash.h>\n")
        self.expect_refusal("arch/x86/realmode/init.c", "applies 2 times")

    def test_removal_is_missing(self):
        (self.base / "kernel/kexec_elf.c").unlink()
        self.expect_refusal("remove.list: kernel/kexec_elf.c")

    def test_removed_file_has_another_name(self):
        new = self.base / "arch/riscv/kernel/kexec_elf.c"
        old = new.with_name("elf_kexec.c")
        new.rename(old)
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((self.tree / old.relative_to(self.base)).exists())
        shutil.copy2(old, new)
        self.expect_refusal("both are in the base tree")
        old.unlink()
        new.unlink()
        self.expect_refusal("elf_kexec.c", "not in the base tree")

    def test_removed_directory_is_missing(self):
        shutil.rmtree(self.base / "arch/x86/purgatory")
        self.expect_refusal("remove.list: arch/x86/purgatory/")

    def test_overlay_hides_a_file_of_the_base(self):
        (self.base / "kernel/kexec").mkdir()
        shutil.rmtree(self.base / "kernel/kexec")
        (self.base / "kernel/fork.c").write_text("base\n")
        (self.repo / "kernel/fork.c").write_text("overlay\n")
        self.expect_refusal("kernel/fork.c")

    def test_make_looks_at_all_sources_of_a_tree(self):
        self.make()
        (self.base / "mm").mkdir()
        (self.base / "mm/own.c").write_text("one")
        self.make()
        self.assertEqual((self.tree / "mm/own.c").read_text(), "one")
        (self.base / "mm/own.c").write_text("another")
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.tree / "mm/own.c").read_text(), "another")

    def test_make_writes_only_what_changed(self):
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        source, copy = self.repo / CORE, self.tree / CORE
        before = copy.stat().st_mtime_ns
        os.utime(source)
        self.assertIn(": 0 files changed", self.make().stdout)
        self.assertEqual(copy.stat().st_mtime_ns, before)
        source.write_text(source.read_text() + "\n/* more */\n")
        self.assertIn(": 1 files changed", self.make().stdout)
        self.assertEqual(source.read_bytes(), copy.read_bytes())
        source.chmod(0o755)
        self.assertIn(": 1 files changed", self.make().stdout)
        self.assertEqual(source.stat().st_mode, copy.stat().st_mode)

    def test_make_makes_what_changed_newer_than_objects(self):
        self.make()
        source, copy = self.repo / CORE, self.tree / CORE
        for age in "old", "new":
            source.write_text(f"/* {age}: written, then built of what was */\n")
            if age == "old":
                os.utime(source, ns=(0, 0))
            built = max(path.stat().st_mtime_ns for path in (source, copy)) + 1
            self.make()
            self.assertGreaterEqual(copy.stat().st_mtime_ns, built)

    def test_make_deletes_what_the_overlay_lost(self):
        lost = self.repo / "kernel/kexec/deep/lost.h"
        lost.parent.mkdir()
        lost.write_text("lost\n")
        self.make()
        self.assertTrue((self.tree / "kernel/kexec/deep/lost.h").exists())
        lost.unlink()
        self.make()
        self.assertFalse((self.tree / "kernel/kexec/deep").exists())

    def test_make_follows_the_list_and_the_edits(self):
        self.make()
        self.change(self.repo / "tools/series/remove.list",
                    "kernel/kexec_internal.h\n", "")
        self.change(self.repo / "tools/series/edits.py", "+= kexec/", "+= k/")
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.tree / "kernel/kexec_internal.h").read_bytes(),
                         (self.base / "kernel/kexec_internal.h").read_bytes())
        text = (self.tree / "kernel/Makefile").read_text()
        self.assertIn("+= k/", text)
        self.assertNotIn("+= kexec/", text)

    def test_make_refuses_without_touching(self):
        self.make()
        before = contents(self.tree)
        self.change(self.repo / "tools/series/edits.py", "kexec_core.o", "x.o")
        (self.repo / CORE).write_text("/* new */\n")
        result = self.make()
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("kernel/Makefile", result.stderr)
        self.assertEqual(contents(self.tree), before)

    def test_base_lacks_what_is_needed(self):
        for need in edits.NEEDS:
            with self.subTest(need.file):
                path = self.base / need.file
                text = path.read_text()
                self.change(path, need.find, "other")
                self.expect_refusal("too old", need.file, need.why)
                path.unlink()
                self.expect_refusal("too old", need.file, need.why)
                path.write_text(text)
        self.assertEqual(self.run_tool("apply", self.base).returncode, 0)

    def test_make_names_all_that_the_base_lacks(self):
        for need in edits.NEEDS:
            (self.base / need.file).unlink()
        result = self.make()
        for need in edits.NEEDS:
            self.assertIn(need.file, result.stderr)
        self.assertFalse(self.tree.exists())

    def test_another_command_is_at_work(self):
        (self.repo / "build").mkdir()
        with open(self.repo / "build/at-work", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            print("77 kexec-qemu check", file=lock, flush=True)
            self.tree.parent.mkdir()
            self.remember()
            for words in (["make", self.tree], ["base", self.tree], ["clean"]):
                self.expect_left_alone(
                    self.run_tool(*words), "kexec-tree: another command is at work "
                    "in this clone: PID 77, kexec-qemu check\n")
            self.assertEqual(self.run_tool("list").returncode, 0)
        self.assertEqual(self.make().returncode, 0)
        (self.repo / "build/logs").mkdir()
        self.assertEqual(self.run_tool("clean").returncode, 0)
        self.assertFalse((self.repo / "build").exists())

    def test_make_from_tarball(self):
        tarball = self.tarball("linux-6.12.y")
        result = self.make(tarball)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.tree / CORE).read_bytes(),
                         (self.repo / CORE).read_bytes())
        self.assertIn(": 0 files changed", self.make(tarball).stdout)

    def test_make_keeps_its_tree_when_there_is_no_base(self):
        self.make()
        self.remember()
        for name in ("nowhere", "nowhere.tar.xz"):
            self.expect_left_alone(self.make(self.base.with_name(name)),
                                   "no such file")

    def test_make_keeps_its_tree_when_the_base_is_another(self):
        self.make()
        self.remember()
        self.change(self.base / "Makefile", "PATCHLEVEL = 12",
                    "PATCHLEVEL = 13")
        self.expect_left_alone(self.make(), "not Linux 6.12")
        self.expect_left_alone(self.make(self.tarball("linux-6.13")),
                               "not Linux 6.12")
        (self.base / "Makefile").unlink()
        self.expect_left_alone(self.make(), "no Makefile")
        self.expect_left_alone(self.make(self.tarball("linux")), "no Makefile")

    def test_make_keeps_its_tree_when_the_base_is_not_fit(self):
        self.make()
        self.remember()
        (self.base / "kernel/kexec_elf.c").unlink()
        self.expect_left_alone(self.make(self.tarball("linux-6.12")),
                               "kernel/kexec_elf.c")

    def test_make_keeps_its_tree_when_unpacking_fails(self):
        self.make()
        self.remember()
        (self.base / "zz").write_bytes(os.urandom(1 << 20))
        tarball = self.tarball("linux-6.12")
        with open(tarball, "r+b") as file:
            file.truncate(tarball.stat().st_size - 1000)
        self.expect_left_alone(self.make(tarball), "could not unpack")

    def test_make_replaces_its_tree_by_another_base(self):
        self.make()
        (self.tree / "built.o").write_text("")
        self.change(self.base / "Makefile", "SUBLEVEL = ", "SUBLEVEL = 1")
        result = self.make()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((self.tree / "Makefile").read_bytes(),
                         (self.base / "Makefile").read_bytes())
        self.assertFalse((self.tree / "built.o").exists())
        self.assertEqual({path.name for path in self.tree.parent.iterdir()},
                         {"linux", "linux.base"})

    def test_make_leaves_what_others_made(self):
        for name in ("linux", "linux.base", "linux.part"):
            with self.subTest(name):
                shutil.rmtree(self.tree.parent, ignore_errors=True)
                theirs = self.tree.with_name(name) / "work.c"
                theirs.parent.mkdir(parents=True)
                theirs.write_text("weeks of work\n")
                self.remember()
                for command in ("make", "base"):
                    self.expect_left_alone(
                        self.run_tool(command, "--linux", self.base,
                                      self.tree),
                        f"{theirs.parent} is there", "did not make it")
        shutil.rmtree(self.tree.parent)
        self.tree.parent.mkdir()
        self.tree.write_text("a file\n")
        self.remember()
        self.expect_left_alone(self.make(), "did not make it")

    def test_make_takes_an_empty_directory(self):
        self.tree.mkdir(parents=True)
        self.assertEqual(self.make().returncode, 0)
        self.assertTrue((self.tree / CORE).is_file())

    def test_make_mends_what_was_interrupted(self):
        self.make()
        kept, part = (self.tree.with_name(name)
                      for name in ("linux.base", "linux.part"))
        shutil.copytree(kept, part)
        for lost in (), (self.tree,), (self.tree, kept), (kept,):
            with self.subTest(lost):
                if not part.exists():
                    part.mkdir()
                    shutil.copy2(kept / "state.json", part)
                for path in lost:
                    shutil.rmtree(path)
                result = self.make()
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertTrue((self.tree / CORE).is_file())
                self.assertTrue(kept.is_dir())
                self.assertFalse(part.exists())

    def test_make_refuses_a_base_it_would_delete(self):
        self.make()
        self.remember()
        for base in (self.tree, self.tree.parent, self.tree / "kernel"):
            self.expect_left_alone(self.make(base), "one lies in the other")


if __name__ == "__main__":
    unittest.main()
