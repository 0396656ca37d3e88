# SPDX-License-Identifier: GPL-2.0-only
"""Tests of kexec-series: the real series, and a small one of a few files."""

import fcntl
import fnmatch
import importlib.machinery
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import types
import unittest
from pathlib import Path
from unittest import mock

import bases
import edits
import patches
import plan
import steps
from stepbuild import build

SERIES = plan.SERIES
REPO = plan.REPO
CORE, HEADER = "kernel/kexec.c", "kernel/kexec/internal.h"


class GrowingFiles(unittest.TestCase):
    """What of a file comes with a later step."""

    def source(self, text, later=("JUMP",), names=()):
        return steps.source_so_far(textwrap.dedent(text), "kernel/kexec/a.c",
                                   set(later), set(names))

    def test_option_is_to_come(self):
        self.assertEqual(self.source("""\
            before

            #ifdef CONFIG_JUMP
            on
            #ifdef CONFIG_X
            x
            #endif
            #else
            off
            #endif /* CONFIG_JUMP */

            after
            """), "before\n\noff\n\nafter\n")

    def test_nothing_is_left_instead(self):
        self.assertEqual(self.source("""\
            before

            #ifdef CONFIG_JUMP
            on
            #endif

            after
            """), "before\n\nafter\n")

    def test_option_that_is_to_be_off(self):
        self.assertEqual(self.source("""\
            #ifndef CONFIG_JUMP
            off
            #else
            on
            #endif
            """), "off\n")

    def test_within_another_condition(self):
        self.assertEqual(self.source("""\
            #if defined(A) && B
            #ifdef CONFIG_JUMP
            on
            #else
            off
            #endif
            #elif C
            c
            #else
            neither
            #ifdef CONFIG_JUMP
            on
            #endif
            #endif
            """), "#if defined(A) && B\noff\n#elif C\nc\n#else\nneither\n"
                         "#endif\n")

    def test_option_that_has_come(self):
        text = "#ifdef CONFIG_JUMP\non\n#else\noff\n#endif\n"
        self.assertEqual(self.source(text, later=["OTHER"]), text)

    def test_test_comes_later(self):
        text = 'code\n\n#ifdef CONFIG_TEST\n#include "a_test.c"\n#endif\n'
        self.assertEqual(self.source(text), "code\n")
        self.assertEqual(self.source(text, names=["kernel/kexec/a_test.c"]),
                         text)

    def test_broken_conditions(self):
        for text in ("#ifdef CONFIG_JUMP\non\n",
                     "#ifdef CONFIG_JUMP\n#elif 1\n#endif\n"):
            with self.subTest(text), self.assertRaisesRegex(plan.Refused,
                                                            r"a\.c:\d"):
                self.source(text)

    def test_kconfig(self):
        text = textwrap.dedent("""\
            menu "Kexec"

            config A
            \tbool

            config B
            \tbool
            \thelp
            \t  config A is needed.

            comment "of B"
            \tdepends on !B

            config C
            \tbool

            endmenu
            """)
        self.assertEqual(steps.kconfig_so_far(text, {"B"}), textwrap.dedent("""\
            menu "Kexec"

            config A
            \tbool

            config C
            \tbool

            endmenu
            """))

    def test_makefile(self):
        text = "# head\n\nobj-y += a.o b.o\nobj-$(CONFIG_C) += c.o\n"
        name = "kernel/kexec/Makefile"
        self.assertEqual(steps.makefile_so_far(text, name, {"kernel/kexec/b.c"}),
                         "# head\n\nobj-y += b.o\n")
        self.assertEqual(steps.makefile_so_far(text, name, set()), "# head\n")
        self.assertEqual(steps.makefile_so_far(
            text, name, {f"kernel/kexec/{one}.c" for one in "abc"}), text)

    def test_makefile_condition(self):
        text = "obj-y += a.o\nifndef CONFIG_B\nobj-y += b.o\nendif\n"
        name = "kernel/kexec/Makefile"
        self.assertEqual(steps.makefile_so_far(text, name, {"kernel/kexec/a.c"}),
                         "obj-y += a.o\n")
        both = {"kernel/kexec/a.c", "kernel/kexec/b.c"}
        self.assertEqual(steps.makefile_so_far(text, name, both), text)


class RealSeries(unittest.TestCase):
    """series.toml, the overlay, and the base behind build/linux."""

    @classmethod
    def setUpClass(cls):
        cls.series = steps.Series()
        cls.base = patches.made_tree(REPO / "build/linux")
        cls.states = patches.states(cls.series, cls.base)

    def test_the_last_step_leaves_all(self):
        whole, last = plan.Plan(self.base).content, self.states[-1]
        self.assertEqual(sorted(whole), sorted(last))
        self.assertEqual([name for name, what in whole.items() if last[name] !=
                          patches.blob(self.base, name, what)], [])

    def test_no_step_does_nothing(self):
        for number, step in enumerate(self.series.steps, 1):
            self.assertFalse(self.states[number - 1] == self.states[number],
                             step.subject)

    def test_the_first_step_leaves_no_kexec(self):
        left = {name for name, what in self.states[1].items() if what}
        removed = plan.read_list(SERIES / "remove.list")
        self.assertEqual([name for line in removed for name in line.split(" | ")
                          if name in left
                          and name not in self.series.steps[0].keeps
                          and name not in self.series.steps[0].files], [])

    def test_headers_are_there_as_long_as_they_are_included(self):
        self.assertEqual(patches.check_headers(self.series, self.base), [])
        series = steps.Series()
        series.steps[0].keeps.remove("arch/s390/include/asm/kexec.h")
        self.assertEqual(patches.check_headers(series, self.base), [
            f"{series.steps[0].subject}: arch/s390/boot/startup.c: includes "
            "<asm/kexec.h>, which is gone"])

    def test_a_source_is_there_before_it_is_compiled(self):
        for number, state in enumerate(self.states):
            makefile = state.get("kernel/kexec/Makefile")
            for word in makefile[1].decode().split() if makefile else []:
                if word.endswith(".o"):
                    self.assertTrue(state[f"kernel/kexec/{word[:-2]}.c"],
                                    f"step {number}: {word}")

    def test_maintainers_have_files(self):
        """A pattern of MAINTAINERS whose files go has others then."""
        last = self.states[-1]
        gone = [name for name, what in last.items() if not what]
        text = last["MAINTAINERS"][1].decode()
        for pattern in re.findall(r"^F:\t(\S+)$", text, re.MULTILINE):
            if any(name == pattern or fnmatch.fnmatch(name, pattern)
                   for name in gone):
                self.assertTrue(any((REPO / "build/linux").glob(pattern)),
                                pattern)

    def test_messages(self):
        for step in self.series.steps:
            with self.subTest(step.subject):
                self.assertLessEqual(len(step.subject), 75)
                self.assertGreater(len(step.body.split()), 7)
                self.assertNotRegex(step.body, r"(?m)^(---|From |diff )")

    def test_cover_letter(self):
        text = patches.cover_letter(self.series, "Linux 6.12.1")
        for words in ("1024 MiB, free memory", "SEV and TDX", "Linux 6.12.1"):
            self.assertIn(words, text)
        # What is of one architecture is not for all to read.
        self.assertNotIn("* arm64: ", text)
        with self.assertRaisesRegex(plan.Refused, "no 'a row'"):
            patches.measured([{"table": "Load, ms", "columns": ["base"],
                               "rows": ["a row"]}])
        with self.assertRaisesRegex(plan.Refused, "no section"):
            patches.measured([{"table": "Load", "columns": [], "rows": []}])

    def test_cover_letter_is_filled(self):
        """So that mail programs leave its lines alone; its tables stay as they are."""
        long = "kexec " * 14
        self.assertEqual(
            patches.filled(f"What\n----\n\n{long}\n\n- {long}\n  x\n- y\n\n"
                           f"  a      {long}\n  bc     d", 75),
            f"What\n----\n\n{'kexec ' * 11}kexec\nkexec kexec\n\n"
            f"- {'kexec ' * 11}kexec\n  kexec kexec x\n- y\n\n"
            f"  a      {long}\n  bc     d")
        for line in patches.cover_letter(self.series, "Linux 6.12.1").splitlines():
            if not line.startswith("  "):
                self.assertLessEqual(len(line), 75)


class AcceptedComplaints(unittest.TestCase):
    """What of checkpatch's words is accepted."""

    ENTRY = {"type": "LONG_LINE", "files": r"Documentation/.*"}

    def test_accepts(self):
        for accepted, line in (
                (True, "Documentation/a:3: WARNING:LONG_LINE: long"),
                (False, "kernel/a.c:3: WARNING:LONG_LINE: long"),
                (False, "Documentation/a:3: WARNING:OTHER: LONG_LINE: x"),
                (False, "WARNING:LONG_LINE: long"),
                (False, "LONG_LINE")):
            self.assertEqual(patches.accepts(self.ENTRY, line), accepted, line)
        self.assertTrue(patches.accepts({"type": "LONG_LINE"},
                                        "WARNING:LONG_LINE: long"))

    def run_style(self, says, accept):
        """check_style() of one patch, with a checkpatch that says @says."""
        top = Path(tempfile.mkdtemp(prefix="kexec-series-"))
        self.addCleanup(shutil.rmtree, top)
        (top / "scripts").mkdir()
        (top / "scripts/checkpatch.pl").write_text(f"print '{says}';\n")
        for name in ("0000-cover-letter.patch", "0001-a.patch"):
            (top / name).touch()
        series = type("Series", (), {"accept": accept})
        return patches.check_style(series, top, top)

    def test_complaints(self):
        line = "kernel/a.c:3: WARNING:LONG_LINE: long"
        self.assertEqual(self.run_style("", []), [])
        self.assertEqual(self.run_style(line, []), [f"0001-a.patch: {line}"])
        self.assertEqual(self.run_style(line, [{"type": "LONG_LINE"}]), [])
        self.assertIn("nothing has the accepted complaint LONG_LINE",
                      self.run_style("", [{"type": "LONG_LINE"}])[0])


class Interrupted(unittest.TestCase):
    """Ended by a signal, by whoever ends those that run for us."""

    def test_terminated(self):
        loader = importlib.machinery.SourceFileLoader(
            "kexec_series", str(SERIES / "kexec-series"))
        program = types.ModuleType("kexec_series")
        loader.exec_module(program)
        self.addCleanup(signal.signal, signal.SIGTERM,
                        signal.getsignal(signal.SIGTERM))
        # Should nobody handle it, this test fails, and not the tests as a whole.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end = lambda: os.kill(os.getpid(), signal.SIGTERM)
        with mock.patch.object(program, "Series", side_effect=end), \
             mock.patch.object(sys, "argv", ["kexec-series", "list"]), \
             self.assertRaisesRegex(SystemExit, "interrupted"):
            program.main()


class CommandLine(unittest.TestCase):
    """What "make" takes from its command line only."""

    def commands(self, *words, **environment):
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith("MAKE") and name != "MFLAGS"}
        return subprocess.run(
            ["make", "--dry-run", *words], cwd=REPO, check=True,
            capture_output=True, text=True, env=inherited | environment).stdout

    def test_the_environment_has_no_say(self):
        names = dict.fromkeys(("OUT", "BASE", "TREE", "BRANCH"), "/elsewhere")
        for target in ("series", "apply"):
            plain = self.commands(target)
            self.assertEqual(self.commands(target, **names), plain)
            self.assertEqual(self.commands("-e", target, **names), plain)

    def test_the_command_line_has(self):
        self.assertIn("write --tree build/linux '/a/b'",
                      self.commands("series", "OUT=/a/b"))
        self.assertIn("branch --branch 'x' 'v1' '/a/b'", self.commands(
            "series", "TREE=/a/b", "BASE=v1", "BRANCH=x"))
        self.assertIn("apply '/a/b'", self.commands("apply", "TREE=/a/b"))

    def test_architectures(self):
        """Packages are for what the checks are for."""
        for target, every in (("check", False), ("check-all", True),
                              ("check-steady", True)):
            words = self.commands(target).splitlines()[0].split()
            self.assertEqual(
                set(words) & set(build.ported()),
                {name for name in build.ported()
                 if every or build.Arch(name).default}, target)
            words = self.commands(target, "ARCH=i386").splitlines()[0].split()
            self.assertEqual(set(words) & set(build.ported()), {"i386"})

    def test_base(self):
        """A base; or a commit of a tree, where there is one."""
        for target in ("tree", "kernel", "demo", "check"):
            self.assertIn("make --base 7.3  build/linux-7.3\n",
                          self.commands(target, "BASE=7.3"))
            self.assertEqual(self.commands(target, f"BASE={bases.DEFAULT}"),
                             self.commands(target))
        self.assertIn("write --tree build/linux-7.3 'build/series-7.3'",
                      self.commands("series", "BASE=7.3"))
        self.assertIn("branch  '7.3' '/a'",
                      self.commands("series", "BASE=7.3", "TREE=/a"))
        with self.assertRaises(subprocess.CalledProcessError) as error:
            self.commands("tree", "BASE=7.4")
        self.assertIn("BASE=7.4: there is 6.12 7.3", error.exception.stderr)


class SmallSeries(unittest.TestCase):
    """A copy of the repository with few files, and a series of two steps."""

    def setUp(self):
        self.top = Path(tempfile.mkdtemp(prefix="kexec-series-"))
        self.addCleanup(shutil.rmtree, self.top)
        self.repo = self.top / "repo"
        shutil.copytree(SERIES, self.repo / "tools/series")
        documents = [path.relative_to(REPO) for path in
                     (patches.BENCH, patches.TESTS)]
        for name in (CORE, HEADER, steps.KCONFIG, "MAINTAINERS", *documents):
            (self.repo / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, self.repo / name)
        self.settings = {
            "removes": "true", "keeps": "[]",
            "files": [steps.KCONFIG, "Documentation/",
                      *bases.Base(bases.DEFAULT).files()],
            "edits": sorted({edit.file for edit in edits.edits("")
                             + bases.Base(bases.DEFAULT).edits()}
                            - {"MAINTAINERS"}),
            "options": steps.options()[1:]}
        self.second = {"files": [CORE, HEADER], "edits": ["MAINTAINERS"],
                       "options": steps.options()[:1]}
        self.git(self.repo, "init", "--quiet")
        self.git(self.repo, "add", "--all")
        self.git(self.repo, "commit", "--quiet", "--message=x")
        # Who runs this; what the machine knows of that is nobody's business here.
        self.config = self.top / "gitconfig"
        self.config.write_text("[user]\n\tname = A Name\n"
                               "\temail = a@b.example\n")
        self.base, self.tree = self.top / "base", self.repo / "build/linux"

    def make(self):
        """Have a base, and a tree."""
        if not self.base.exists():
            self.copy_base(self.base)
        self.run_tool("kexec-tree", "make", "--linux", self.base, self.tree)

    @staticmethod
    def copy_base(to):
        """The base's content of all that is touched."""
        kept = REPO / "build/linux.base"
        for name in json.loads((kept / "state.json").read_text())["touched"]:
            if (kept / name).is_file():
                (to / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(kept / name, to / name)
        for name in ("Makefile", *(need.file for need in edits.NEEDS)):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / "build/linux" / name, to / name)

    def git(self, top, *arguments):
        return subprocess.run(
            ["git", "-c", "user.name=A Name", "-c", "user.email=a@b.example",
             *arguments], cwd=top, env=patches.ENVIRONMENT, check=True,
            capture_output=True, text=True).stdout

    def toml(self):
        """The small series.toml."""
        cover = (SERIES / "series.toml").read_text()
        lines = [cover[cover.index("\n[cover]"):cover.index("\n[[step]]")]]
        for subject, step in (("kexec: first", self.settings),
                              ("kexec: second", self.second)):
            lines.append(f'[[step]]\nsubject = "{subject}"\nbody = "Why."')
            lines += [f"{key} = {json.dumps(value)}" if isinstance(value, list)
                      else f"{key} = {value}" for key, value in step.items()]
        return "\n".join(lines) + "\n"

    def run_tool(self, tool, *arguments, **environment):
        (self.repo / "tools/series/series.toml").write_text(self.toml())
        inherited = {name: value for name, value in os.environ.items()
                     if not name.startswith("GIT_") and name != "EMAIL"}
        return subprocess.run(
            [sys.executable, str(self.repo / "tools/series" / tool),
             *map(str, arguments)], capture_output=True, text=True,
            env=inherited | {"GIT_CONFIG_GLOBAL": str(self.config),
                             "PYTHONPATH": str(REPO / "tools/testing/kexec"),
                             "GIT_CONFIG_NOSYSTEM": "1"} | environment)

    def write(self, out="out", **environment):
        self.make()
        result = self.run_tool("kexec-series", "write", self.top / out,
                               **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {path.name: path.read_bytes()
                for path in (self.top / out).iterdir()
                if path.name != patches.LIST}

    def expect_refusal(self, *words, command=("list",), **environment):
        result = self.run_tool("kexec-series", *command, **environment)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertNotIn("Traceback", result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_another_command_is_at_work(self):
        (self.repo / "build").mkdir()
        with open(self.repo / "build/at-work", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            print("77 kexec-qemu check", file=lock, flush=True)
            for words in (["write", self.top / "out"], ["check"], ["build"]):
                self.assertEqual(
                    self.run_tool("kexec-series", *words).stderr,
                    "kexec-series: another command is at work in this clone: PID 77, "
                    "kexec-qemu check\n")
            self.assertEqual(self.run_tool("kexec-series", "list").returncode, 0)

    def test_file_in_no_step(self):
        (self.repo / "kernel/kexec/new.c").write_text("")
        self.expect_refusal("kernel/kexec/new.c: is in no step")

    def test_file_in_two_steps(self):
        self.settings["files"].append("kernel/kexec/*")
        self.expect_refusal(f"{HEADER}: is in 2 steps: kexec: first; "
                            "kexec: second")

    def test_file_that_is_not_there(self):
        self.second["files"].append("kernel/kexec/gone.c")
        self.expect_refusal("kexec: second: files: nothing is "
                            "kernel/kexec/gone.c")

    def test_edit_in_no_step(self):
        self.settings["edits"].remove("arch/x86/Kbuild")
        self.expect_refusal("the edit of arch/x86/Kbuild: there is no purgatory: "
                            "is in no step")

    def test_edit_in_two_steps(self):
        self.second["edits"].append("arch/x86/Kbuild: there is no")
        self.expect_refusal("the edit of arch/x86/Kbuild", "is in 2 steps")

    def test_edit_that_is_not_there(self):
        self.second["edits"].append("arch/x86/Kbuild: some other reason")
        self.expect_refusal("edits: nothing is arch/x86/Kbuild: some other")

    def test_option_in_no_step_and_in_two(self):
        self.second["options"] = steps.options()[1:2]
        self.expect_refusal(f"{steps.options()[0]}: is in no step",
                            f"{steps.options()[1]}: is in 2 steps")

    def test_removal(self):
        self.settings["removes"] = "false"
        self.expect_refusal("not exactly one step has 'removes'")

    def test_keeps_what_nothing_replaces(self):
        self.settings["keeps"] = '["kernel/kexec_core.c"]'
        self.expect_refusal("kernel/kexec_core.c: is kept, but is not replaced")

    def test_drops_what_is_kept(self):
        """It goes with the step that says so; and once, and if it was kept."""
        name = "kernel/kexec_core.c"
        self.settings["keeps"] = f'["{name}"]'
        self.second["drops"] = [name]
        first, second = (text.decode() for _, text in sorted(self.write().items())[1:])
        self.assertNotIn(f"diff --git a/{name}", first)
        self.assertIn(f"diff --git a/{name}", second)
        self.second["drops"] = [name, name]
        self.expect_refusal(f"{name}: is kept, but is not replaced or dropped, once")
        self.settings["keeps"] = f'["{CORE}"]'
        self.second["drops"] = [CORE]
        self.expect_refusal(f"{CORE}: is kept, but is not replaced or dropped, once")
        self.settings["keeps"] = "[]"
        self.second["drops"] = [name]
        self.expect_refusal(f"{name}: is dropped, but was not kept")

    def test_unknown_field(self):
        self.second["file"] = []
        self.expect_refusal("series.toml", "'file'")

    def test_keeps_until_replaced(self):
        self.settings["keeps"] = f'["{CORE}"]'
        patch = self.write()
        first, second = (patch[name].decode() for name in sorted(patch)[1:])
        self.assertNotIn(f"diff --git a/{CORE}", first)
        self.assertIn(f"diff --git a/{CORE}", second)

    def test_write(self):
        patch = self.write()
        self.assertEqual(sorted(patch), ["0000-cover-letter.patch",
                                         "0001-kexec-first.patch",
                                         "0002-kexec-second.patch"])
        self.assertIn(b"Signed-off-by: ", patch["0001-kexec-first.patch"])
        self.assertIn(b"files changed", patch["0000-cover-letter.patch"])
        for text in patch.values():
            self.assertNotIn(str(self.top).encode(), text)

    def test_write_is_the_same_for_everybody(self):
        first = self.write("one")
        home = self.top / "home"
        (home / ".config/git").mkdir(parents=True)
        (home / ".config/git/attributes").write_text("* -diff\n")
        with self.config.open("a") as config:
            config.write("[diff]\n\tnoprefix = true\n\tcontext = 9\n"
                         "[format]\n\tsignature = me\n\tthread = true\n"
                         "[core]\n\tautocrlf = true\n")
        second = self.write("two", TZ="Asia/Tokyo", HOME=str(home))
        self.assertEqual(sorted(first), sorted(second))
        self.assertEqual([name for name in first
                          if first[name] != second[name]], [])
        self.assertIn(b"From: A Name <a@b.example>",
                      first["0000-cover-letter.patch"])
        result = self.run_tool("kexec-series", "check", HOME=str(home))
        self.assertNotIn("not the same", result.stdout + result.stderr)

    def test_who_runs_it_signs(self):
        self.git(self.repo, "config", "user.name", "Somebody Else")
        found = self.write()
        text = found["0001-kexec-first.patch"].decode()
        self.assertIn("From: Somebody Else <a@b.example>\n", text)
        self.assertIn("Signed-off-by: Somebody Else <a@b.example>\n", text)
        # And is to maintain it.
        self.assertTrue(any(b"\n+M:\tSomebody Else <a@b.example>\n" in text
                            for text in found.values()))

    def test_nobody_signs_for_others(self):
        clone = self.clone()
        self.config.write_text("")
        nobody = {"EMAIL": "login@host.example"}
        for command in (("write", self.top / "out"), ("branch", "main", clone)):
            self.expect_refusal("git config --global user.email",
                                command=command, **nobody)
        self.assertFalse((self.top / "out").exists())
        self.assertEqual(self.git(clone, "branch", "--list", "kexec"), "")
        result = self.run_tool("kexec-series", "check", **nobody)
        self.assertNotIn("user.email", result.stderr)
        self.assertIn("series: 2 patches", result.stdout)

    def test_the_quick_check_names_no_host(self):
        self.assertRegex(patches.NOBODY.email, r"@example\.org$")

    def test_the_date_is_that_of_what_is_in_the_patches(self):
        dates = lambda patch: [line for line in patch["0001-kexec-first.patch"]
                               .decode().splitlines() if line.startswith("Date: ")]
        commit = lambda name, year: subprocess.run(
            ["git", "-c", "user.name=A", "-c", "user.email=a@b.example", "commit",
             "--quiet", "--allow-empty", "--message=x", "--date=2001-01-01T00:00Z",
             "--", name], cwd=self.repo, check=True, env=patches.ENVIRONMENT
            | {"GIT_COMMITTER_DATE": f"{year}-02-03T04:05:06Z"})
        (self.repo / CORE).write_text((self.repo / CORE).read_text() + "\n")
        commit(CORE, 2030)
        first = dates(self.write("one"))
        self.assertIn("2030", first[0])
        (self.repo / "README.md").write_text("x\n")
        self.git(self.repo, "add", "README.md")
        commit("README.md", 2031)
        self.assertEqual(dates(self.write("two")), first)

    def test_what_git_does_not_track(self):
        clone = self.clone()
        (self.repo / "kernel/kexec/stray.c").write_text("")
        self.second["files"].append("kernel/kexec/stray.c")
        for command in (("write", self.top / "out"), ("branch", "main", clone)):
            self.expect_refusal("does not track", "kernel/kexec/stray.c",
                                command=command)
        self.git(self.repo, "add", "kernel/kexec/stray.c")
        self.write()

    def test_write_replaces_its_patches_only(self):
        out = self.top / "out"
        first = self.write()
        self.second["files"].remove(HEADER)
        self.settings["files"].append(HEADER)
        second = self.write()
        self.assertEqual(sorted(first), sorted(second))
        self.assertNotEqual(first, second)
        listing = (out / patches.LIST).read_text()
        for change, words in (
                (lambda: (out / "notes").write_text("mine\n"), ["notes"]),
                (lambda: (out / "0003-mine.patch").write_text("mine\n"),
                 ["0003-mine.patch"]),
                (lambda: (out / "0003-mine.patch").mkdir(), ["0003-mine.patch"]),
                (lambda: (out / "0003-mine.patch").symlink_to("nowhere"),
                 ["0003-mine.patch"]),
                (lambda: (out / "0000-cover-letter.patch").write_text("edited\n"),
                 ["0000-cover-letter.patch", "was changed"]),
                (lambda: (out / patches.LIST).unlink(),
                 ["0000-cover-letter.patch", "something else"]),
                (lambda: (out / patches.LIST).write_bytes(b"\xff\n"),
                 ["something else"])):
            with self.subTest(words):
                change()
                before = sorted(out.iterdir())
                self.expect_refusal(*words, command=("write", out))
                self.assertEqual(sorted(out.iterdir()), before)
                for path in out.iterdir():
                    if path.name not in second:
                        path.rmdir() if path.is_dir() else path.unlink()
                for name, data in second.items():
                    (out / name).write_bytes(data)
                (out / patches.LIST).write_text(listing)
        self.assertEqual(self.write(), second)

    def test_patches_of_others_are_none_of_ours(self):
        out = self.top / "out"
        out.mkdir()
        self.assertTrue(self.write())
        shutil.rmtree(out)
        out.mkdir()
        (out / "0001-my-own-work.patch").write_text("mine\n")
        self.expect_refusal("0001-my-own-work.patch", command=("write", out))
        self.assertEqual([path.read_text() for path in out.iterdir()], ["mine\n"])
        (self.top / "file").write_text("mine\n")
        self.expect_refusal("no directory", command=("write", self.top / "file"))

    def test_write_breaks_off(self):
        first, out = self.write(), self.top / "out"
        moves = shutil.move
        new = self.top / "new"
        new.mkdir()
        (new / "0000-other.patch").write_text("new\n")
        with mock.patch.object(Path, "unlink", side_effect=KeyboardInterrupt), \
             self.assertRaises(KeyboardInterrupt):
            patches.replace(out, patches.ours_in(out), new)
        self.assertEqual({path.name for path in patches.ours_in(out)}, set(first))
        for number in range(3):
            new = self.top / f"new-{number}"
            new.mkdir()
            for name in first:
                (new / name).write_text(f"{number}\n")
            left = [None] * number

            def move(source, target):
                if not left:
                    raise KeyboardInterrupt
                left.pop()
                moves(source, target)

            with mock.patch.object(patches.shutil, "move", move), \
                 self.assertRaises(KeyboardInterrupt):
                patches.replace(out, patches.ours_in(out), new)
            self.assertEqual(len(patches.ours_in(out)), number)
        self.assertEqual(self.write(), first)

    def test_nothing_is_written_if_git_fails(self):
        first, out = self.write(), self.top / "out"
        self.settings["files"].append("kernel/gone.c")
        self.expect_refusal("gone.c", command=("write", out))
        self.assertEqual({path.name: path.read_bytes() for path in out.iterdir()
                          if path.name in first}, first)
        self.assertEqual([path.name for path in self.top.iterdir()
                          if path.name.startswith(".")], [])

    def test_write_without_history(self):
        self.make()
        shutil.rmtree(self.repo / ".git")
        self.expect_refusal("no git history", command=("write", self.top / "out"))
        # Unpacked to where something else is git's.
        self.git(self.top, "init", "--quiet")
        self.git(self.top, "commit", "--quiet", "--allow-empty", "--message=x")
        self.expect_refusal("no git history", command=("write", self.top / "out"))

    def test_applies(self):
        for change, complaint in (
                (lambda path: None, ""),
                (lambda path: path.write_text("other\n"), "not the same"),
                (lambda path: path.chmod(0o755), "another mode"),
                (lambda path: path.unlink(), "not in linux")):
            with self.subTest(complaint):
                self.make()
                change(self.tree / CORE)
                result = self.run_tool("kexec-series", "check")
                self.assertNotIn("Traceback", result.stderr)
                self.assertEqual(f"{CORE}: {complaint}" in result.stdout,
                                 bool(complaint), result.stdout)

    def clone(self):
        """A clone of Linux, with a change that is not committed."""
        self.make()
        self.git(self.base, "init", "--quiet", "--initial-branch=main")
        self.git(self.base, "add", "--all", "--force")
        self.git(self.base, "commit", "--quiet", "--message=base")
        (self.base / "kernel/Makefile").write_text("work\n")
        return self.base

    def test_branch(self):
        clone = self.clone()
        before = self.git(clone, "status", "--porcelain")
        result = self.run_tool("kexec-series", "branch", "main", clone)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.git(clone, "status", "--porcelain"), before)
        self.assertEqual((clone / "kernel/Makefile").read_text(), "work\n")
        self.assertEqual(self.git(clone, "log", "--format=%s", "main..kexec"),
                         "kexec: second\nkexec: first\n")
        self.git(clone, "worktree", "add", "--quiet", self.top / "work", "kexec")
        for name in (CORE, HEADER, "kernel/Makefile", "MAINTAINERS"):
            # Who makes the branch maintains it: not so in a tree.
            self.assertEqual((self.top / "work" / name).read_bytes().replace(
                b"KEXEC\nM:\tA Name <a@b.example>\n", b"KEXEC\n"),
                (self.tree / name).read_bytes(), name)
        self.assertFalse((self.top / "work/kernel/kexec_core.c").exists())

    def test_branch_without_a_commit(self):
        clone = self.clone()
        self.git(clone, "symbolic-ref", "HEAD", "refs/heads/kexec")
        self.expect_refusal("a branch kexec already",
                            command=("branch", "main", clone))
        self.git(clone, "symbolic-ref", "HEAD", "refs/heads/main")
        self.git(clone, "worktree", "add", "--quiet", "--detach",
                 self.top / "work", "main")
        self.git(self.top / "work", "symbolic-ref", "HEAD", "refs/heads/kexec")
        self.expect_refusal("a branch kexec already",
                            command=("branch", "main", clone))
        self.assertEqual(self.git(clone, "for-each-ref", "refs/heads/kexec"), "")

    def test_branch_of_what_belongs_to_others(self):
        clone = self.clone()
        other = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        said = patches.for_clone
        with mock.patch.object(patches, "for_clone", lambda: said() | other), \
             self.assertRaisesRegex(plan.Refused, "dubious ownership"):
            patches.branch(None, clone, "main", "kexec")
        with self.config.open("a") as config:
            config.write(f"[safe]\n\tdirectory = {clone}\n")
        with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(self.config)}):
            self.assertEqual(patches.run_git(
                clone, "rev-parse", env=patches.for_clone() | other).returncode, 0)

    def test_branch_refusals(self):
        clone = self.clone()
        branch = lambda *words: ("branch", *words)
        self.expect_refusal("no commit nowhere",
                            command=branch("nowhere", clone))
        self.expect_refusal("no clone", command=branch("main", self.top))
        self.expect_refusal("no name", command=branch("--branch", "a..b", "main",
                                                      clone))
        self.expect_refusal("a branch main already", command=branch(
            "--branch", "main", "main", clone))
        text = (clone / "Makefile").read_text()
        (clone / "Makefile").write_text(text.replace("PATCHLEVEL = 12",
                                                     "PATCHLEVEL = 13"))
        self.git(clone, "commit", "--quiet", "--all", "--message=6.13")
        self.expect_refusal("not Linux 6.12", command=branch("main", clone))
        self.assertEqual(self.git(clone, "branch", "--list", "kexec"), "")


if __name__ == "__main__":
    unittest.main()
