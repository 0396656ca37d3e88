# SPDX-License-Identifier: GPL-2.0-only
"""Tests of outside.py, on a tree of a few lines."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import build, outside, static

TREE = {
    "kernel/Kconfig": "config KEXEC\n\tbool\nconfig CRASH_DUMP\n\tbool\n",
    "kernel/Makefile": "obj-y += panic.o \\\n\tksysfs.o\n"
                       "obj-$(CONFIG_GONE) += gone.o\n",
    "include/linux/kexec.h": "void crash_kexec(void);\n"
                             "#define KEXEC_ON_CRASH 1\n",
    "include/linux/crash_dump.h": "#ifndef LINUX_CRASH_DUMP_H\n"
                                  "#define LINUX_CRASH_DUMP_H\n"
                                  "#include <linux/kexec.h>\n"
                                  "#endif\n",
    "arch/x86/include/asm/kexec.h": "",
    "arch/x86/kernel/crash.c": '#include "../sev.h"\n',
    "kernel/panic.c": "#include <linux/kexec.h>\n"
                      "void panic(void) { crash_kexec(); }\n",
}
OURS = ["include/linux/kexec.h", "arch/x86/include/asm/kexec.h",
        "arch/x86/kernel/crash.c"]


class OutsideTest(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory(prefix="kexec-outside-")
        self.addCleanup(top.cleanup)
        self.top = Path(top.name)
        for directory in outside.SOURCES:
            (self.top / directory).mkdir()
        for name in ("drivers", "fs/proc", "include/linux", "security"):
            (self.top / name).mkdir(parents=True, exist_ok=True)
        for name in outside.ported():
            (self.top / f"arch/{name}/include/asm").mkdir(parents=True)
        for name, text in TREE.items():
            self.write(name, text)
        for patch in (mock.patch.object(build, "TREE", self.top),
                      mock.patch.object(static, "our_files", lambda: OURS),
                      mock.patch.object(static, "CALLERS", ["kernel/panic.o"])):
            patch.start()
            self.addCleanup(patch.stop)
        for function in (outside.options, outside.not_built):
            function.cache_clear()
            self.addCleanup(function.cache_clear)

    def write(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_all_is_well(self):
        self.assertEqual(outside.unknown_names(), [])
        self.assertEqual(outside.never_compiled(), [])
        self.assertEqual(outside.never_called(), [])
        self.assertEqual(outside.never_defined(), [])

    def test_name_that_nothing_declares(self):
        self.write("kernel/panic.c", TREE["kernel/panic.c"] +
                   "void f(void) {\n\tif (IS_ENABLED(CONFIG_GONE))\n"
                   "\t\tset_kexec_sig_enforced();\n}\n")
        self.assertEqual(outside.unknown_names(), [
            "kernel/panic.c: nothing declares set_kexec_sig_enforced"])

    def test_name_that_it_declares_itself(self):
        for text in ("static int kexec_x;\nint f(void) { return kexec_x; }\n",
                     "static void (*kexec_x)(void);\n"
                     "void f(void) { if (kexec_x) kexec_x(); }\n",
                     "DEFINE_PER_CPU(int, kexec_x);\n"
                     "int *f(void) { return &kexec_x; }\n",
                     "enum { A, kexec_x };\nint f(void) { return kexec_x; }\n",
                     "int f(struct a *a) { return a->kexec_x; }\n"
                     "/* kexec_x */ const char *c = \"kexec_x\";\n"):
            with self.subTest(text):
                self.write("kernel/panic.c", TREE["kernel/panic.c"] + text)
                self.assertEqual(outside.unknown_names(), [])

    def test_name_for_assembly(self):
        """What kernel/asm-offsets.c makes up for its architecture."""
        self.write("arch/x86/kernel/a.c",
                   "#include <linux/kexec.h>\nint f(void) { return g(LC_VMCORE); }\n")
        self.assertEqual(outside.unknown_names(), [
            "arch/x86/kernel/a.c: nothing declares LC_VMCORE"])
        self.write("arch/x86/kernel/asm-offsets.c",
                   "\tOFFSET(LC_VMCORE, lowcore, vmcore_info);\n")
        self.assertEqual(outside.unknown_names(), [])

    def test_name_under_an_option_that_is_gone(self):
        self.write("kernel/panic.c", TREE["kernel/panic.c"] +
                   "#ifdef CONFIG_GONE\nint x = kexec_gone;\n"
                   "#else\nint x = kexec_other;\n#endif\n"
                   "#ifdef CONFIG_KEXEC\nint y = kexec_third;\n#endif\n")
        self.assertEqual(outside.unknown_names(), [
            "kernel/panic.c: nothing declares kexec_other",
            "kernel/panic.c: nothing declares kexec_third"])

    def test_user_that_nothing_compiles(self):
        self.write("kernel/ksysfs.c", "#include <linux/kexec.h>\n")
        self.write("kernel/gone.c", "#include <linux/kexec.h>\n")
        self.write("arch/nowhere/kernel/a.c", "#include <linux/kexec.h>\n")
        self.assertEqual(outside.never_compiled(), [
            "kernel/ksysfs.c: no build check compiles it"])

    def test_function_that_nobody_calls(self):
        self.write("arch/x86/include/asm/sev.h",
                   "#ifdef CONFIG_KEXEC\nvoid kdump_sev_callback(void);\n#else\n"
                   "static inline void kdump_sev_callback(void) { }\n#endif\n")
        self.write("arch/x86/kernel/sev.c", "void kdump_sev_callback(void)\n{\n}\n")
        self.assertEqual(outside.never_called(),
                         ["nobody calls kdump_sev_callback"])
        self.write("arch/x86/kernel/crash.c",
                   "static void stop(void)\n{\n\tkdump_sev_callback();\n}\n")
        self.assertEqual(outside.never_called(), [])

    def test_default_that_nobody_replaces(self):
        self.write("include/linux/crash_dump.h",
                   "#ifndef vmcore_check\n#define vmcore_check(x) 0\n#endif\n")
        self.assertEqual(outside.never_defined(), [
            "include/linux/crash_dump.h: no architecture defines vmcore_check"])
        self.write("arch/x86/include/asm/kexec.h",
                   "#define vmcore_check(x) ((x) == 1)\n")
        self.assertEqual(outside.never_defined(), [])


if __name__ == "__main__":
    unittest.main()
