# SPDX-License-Identifier: GPL-2.0-only
"""Tests of pages.py: that it finds what is wrong."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import pages

HEADER = """
#define KEXEC_ON_CRASH 0x00000001 /* a panic */
#define KEXEC_ARCH_MASK 0xffff0000
#define KEXEC_FILE_DEBUG 0x00000008
#define KEXEC_ARCH_DEFAULT (0 << 16)
#define KEXEC_ARCH_386 (3 << 16)
#define KEXEC_ARCH_68K (4 << 16)
#define KEXEC_SEGMENT_MAX 16
"""
PAGE = r"""
.TS
KEXEC_ARCH_DEFAULT | 0 | that of the kernel | \&
KEXEC_ARCH_386 | 3 | i386 | yes
KEXEC_ARCH_68K | 4 | m68k | no
.TE
.TS
KEXEC_ON_CRASH | 2.6.13 | CONFIG_CRASH_DUMP
.TE
.TP
.B KEXEC_ON_CRASH
When it panics.
""".replace(" | ", "\t")
PROGRAM = ["int main(void)", "{", "    int a = -1;", "",
           "    return a \\ '~' ^ `;", "}"]
SOURCE = """.TH x 2 2026-01-01
.SH EXAMPLES
A program.
.PP
.\\" SRC BEGIN (x.c)
.EX
int main(void)
{
    int a = \\-1;

    return a \\[rs] \\[aq]\\[ti]\\[aq] \\[ha] \\[ga];
}
.EE
.\\" SRC END
"""


class TablesTest(unittest.TestCase):
    def check(self, page=PAGE, header=HEADER, ours=frozenset({"KEXEC_ARCH_386"})):
        return pages.check_tables(page, header, ours)

    def test_right(self):
        self.assertEqual(self.check(), [])

    def test_missing(self):
        self.assertIn("KEXEC_ARCH_68K",
                      self.check(PAGE.replace("KEXEC_ARCH_68K\t", "m68k\t"))[0])

    def test_not_in_header(self):
        self.assertIn("KEXEC_ARCH_68K",
                      self.check(header=HEADER.replace("68K", "69K"))[0])

    def test_number(self):
        self.assertIn("KEXEC_ARCH_386",
                      self.check(PAGE.replace("386\t3", "386\t4"))[0])

    def test_new_architecture(self):
        ours = {"KEXEC_ARCH_386", "KEXEC_ARCH_68K"}
        self.assertIn("KEXEC_ARCH_68K", self.check(ours=ours)[0])

    def test_new_flag(self):
        self.assertIn("KEXEC_NEW", self.check(
            header=HEADER + "#define KEXEC_NEW 0x10\n")[0])

    def test_flag_not_explained(self):
        self.assertIn("KEXEC_ON_CRASH",
                      self.check(PAGE.replace(".B KEXEC", ".I KEXEC"))[0])


class FlagsTest(unittest.TestCase):
    KCONFIG = "\tselect ARCH_HAS_KEXEC_JUMP\nconfig ARCH_SUPPORTS_CRASH_DUMP\n"

    def test_right(self):
        self.assertEqual(pages.check_flags({"x": self.KCONFIG}), [])

    def test_lacks(self):
        for line in self.KCONFIG.splitlines(keepends=True):
            self.assertEqual(len(pages.check_flags(
                {"x": self.KCONFIG, "y": self.KCONFIG.replace(line, "")})), 1)

    def test_exception(self):
        jump = "\tselect ARCH_HAS_KEXEC_JUMP\n"
        self.assertEqual(pages.check_flags(
            {"s390": self.KCONFIG.replace(jump, "")}), [])
        self.assertEqual(len(pages.check_flags({"s390": self.KCONFIG})), 1)


GUIDE = """\
What each architecture has
--------------------------

========  =======  ======  ======  ======  =======  ====
..        CPUs     return  letter  report  guarded  ,cma
========  =======  ======  ======  ======  =======  ====
x (new)   SBI HSM  yes     no      no      mostly   no
x (old)   no       yes     no      no      mostly   no
sh        one      no      yes     yes     no       yes
========  =======  ======  ======  ======  =======  ====
"""


class FeaturesTest(unittest.TestCase):
    TESTED = {"x": ("\tselect ARCH_HAS_KEXEC_JUMP if Y\n", ["letter"]),
              "sh4": ("\tselect ARCH_HAS_KEXEC_DEBUG_HANDOFF\n"
                      "\tselect ARCH_HAS_CRASH_CMA\n", ["jump", "protect"])}

    def check(self, rows, **tested):
        return pages.check_features(rows, {**self.TESTED, **tested})

    def test_right(self):
        self.assertEqual(self.check(pages.feature_table(GUIDE)), [])

    def test_each_cell(self):
        for row in range(3):
            for column in pages.FEATURES:
                rows = pages.feature_table(GUIDE)
                cells = rows[row][1]
                cells[column] = "yes" if cells[column] == "no" else "no"
                self.assertEqual(len(self.check(rows)), 1, (row, column))

    def test_names(self):
        rows = pages.feature_table(GUIDE)
        self.assertEqual(len(self.check(rows, y=("", []))), 1)
        self.assertEqual(len(self.check([*rows, ("z", {})])), 1)

    def test_no_table(self):
        self.assertEqual(len(self.check(pages.feature_table(""))), 2)


class ErrorsTest(unittest.TestCase):
    def test_refusals(self):
        self.assertEqual(pages.refusals(
            'kexec_refuse(-EIO, "x"); return kexec_refuse_segment(-EBUSY,\n'
            'kexec_refuse(\n\t-ENOMEM, "x"); kexec_refuse(err, "x"); -EINVAL'),
            {"EIO", "EBUSY", "ENOMEM"})

    def test_explained(self):
        self.assertEqual(pages.explained_errors(
            ".SH NAME\n.TP\n.B EPERM\n.SH ERRORS\n.TP\n.B EIO\nx\n.TP\n.B EBUSY\n"
            ".SH FILES\n.TP\n.B EINVAL\n"), {"EIO", "EBUSY"})

    def check(self, errors, *explained):
        return pages.check_errors(errors, {
            "x.2": {*explained, *pages.ERRORS_OF_OTHERS}, "y.2": {"EIO"}})

    def test_right(self):
        self.assertEqual(self.check({"EIO", "EBUSY"}, "EBUSY"), [])

    def test_not_explained(self):
        self.assertEqual(self.check({"EIO", "EBUSY"}), ["no page explains EBUSY"])

    def test_explained_and_never_seen(self):
        self.assertEqual(self.check({"EIO"}, "EBUSY"), [
            "x.2 explains EBUSY, with which nothing is refused"])

    def test_of_others(self):
        for error in pages.ERRORS_OF_OTHERS:
            self.assertIn(error, self.check({"EIO", error})[0])
            self.assertIn(error, pages.check_errors({"EIO"}, {
                "x.2": {"EIO", *pages.ERRORS_OF_OTHERS} - {error}})[0])


    def test_meanings(self):
        program = '    [EIO] = "x",\n    [EBUSY] = "y"\n      "z",\n'
        explained = {"EIO", "EBUSY", "EFAULT", "EINTR"}
        self.assertEqual(pages.check_meanings(program, explained), [])
        self.assertEqual(
            pages.check_meanings(program, explained | {"EPERM"}),
            ["EPERM: the program says nothing of it"])
        self.assertEqual(pages.check_meanings(program, {"EIO"}),
                         ["EBUSY: the program says something of it"])


class FilesTest(unittest.TestCase):
    PAGE = (".SH NOTES\n.I /sys/kernel/kexec/old\n.SH FILES\n"
            ".TP\n.I /sys/kernel/kexec/a\n.TQ\n.I /sys/kernel/kexec/b/\n"
            ".TP\n.I /proc/sys/kernel/kexec_c\nx\n.TP\n.I /proc/iomem\n"
            ".SH NOTES\n.I /sys/kernel/kexec/later\n")
    ABI = ("What:\t\t/sys/kernel/kexec/\nWhat:\t\t/sys/kernel/kexec/b/\n"
           "What:\t\t/sys/kernel/kexec/b/x\n\t\t/sys/kernel/kexec/b/y\n"
           "What:\t\t/sys/kernel/kexec/a\nDescription:\tas /sys/kernel/kexec/d\n")
    CODE = '{\n\t.procname\t= "kexec_c",\n}'

    def test_right(self):
        self.assertEqual(pages.check_files(self.PAGE, self.ABI, self.CODE), [])

    def test_lacks(self):
        for line, name in ((".I /sys/kernel/kexec/a\n", "/sys/kernel/kexec/a"),
                           (".I /sys/kernel/kexec/b/\n", "/sys/kernel/kexec/b/"),
                           (".I /proc/sys/kernel/kexec_c\n",
                            "/proc/sys/kernel/kexec_c")):
            self.assertEqual(pages.check_files(
                self.PAGE.replace(line, ""), self.ABI, self.CODE),
                [f"{name}: the page lacks it among FILES"])

    def test_has(self):
        self.assertEqual(pages.check_files(self.PAGE, self.ABI, ""), [
            "/proc/sys/kernel/kexec_c: the page has it among FILES"])


class ProgramTest(unittest.TestCase):
    def check(self, source, program=None):
        with tempfile.TemporaryDirectory() as top:
            page = Path(top) / "x.2"
            page.write_text(source)
            return pages.check_program(
                page.name, source,
                pages.program_of(page) if program is None else program,
                pages.as_shown(page))

    def test_extracted(self):
        with tempfile.TemporaryDirectory() as top:
            page = Path(top) / "x.2"
            page.write_text(SOURCE)
            self.assertEqual(pages.program_of(page), PROGRAM)

    def test_right(self):
        self.assertEqual(self.check(SOURCE), [])

    def test_other_program(self):
        self.assertIn("not the one printed",
                      self.check(SOURCE, [*PROGRAM[:-1], "};"])[0])

    def test_indented_otherwise(self):
        self.assertIn("not the one printed", self.check(
            SOURCE, [line.replace("    ", "\t") for line in PROGRAM])[0])

    def test_nothing_extracted(self):
        self.assertIn("not the one printed", self.check(SOURCE, [])[0])

    def test_characters(self):
        for bad in ("-1", "'", "~", "^", "`", "\\e", "\\(aq"):
            self.assertIn("another character",
                          self.check(SOURCE.replace("a = ", f"a = {bad}"))[0])

    def test_wide(self):
        why = self.check(SOURCE.replace("int a", "int " + 70 * "a"))
        self.assertEqual(len(why), 1)
        self.assertIn("too wide", why[0])

    def test_warnings(self):
        self.assertEqual(pages.warnings(["int x;"], "gcc"), [])
        self.assertTrue(pages.warnings(["static int x;"], "gcc"))
        self.assertTrue(pages.warnings(["int x = 1 +;"], "gcc"))

    def said(self, said, found=str):
        """(ok, skipped, detail) for each architecture, if the compilers say this."""
        with mock.patch.object(pages.shutil, "which", found), \
             mock.patch.object(pages, "warnings", lambda *_: said):
            return [test[1:] for test in pages.compiled([["int x;"]])]

    def test_compiled(self):
        self.assertEqual(self.said([]), [(True, False, "")] * 2)
        self.assertEqual(self.said(["a", "b"]), [(False, False, "a\nb")] * 2)

    def test_no_compiler(self):
        for ok, skipped, why in self.said(["a"], lambda name: None):
            self.assertTrue(ok and skipped)
            self.assertRegex(why, "^not installed: .*gcc$")

    def test_no_program(self):
        self.assertEqual(self.check(SOURCE.replace("SRC", "")), [])
