# SPDX-License-Identifier: GPL-2.0-only
"""Tests of docs.py; that it builds the documents is a check of its own."""

import os
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import build, docs, ktap, static

OURS = ["Documentation/admin-guide/kexec/index.rst",
        "Documentation/admin-guide/kexec/crash.rst",
        "Documentation/core-api/kexec/index.rst",
        "Documentation/core-api/kexec/panic.dot",
        "Documentation/man/man2/kexec_load.2",
        "Documentation/ABI/testing/sysfs-kernel-kexec",
        "kernel/kexec.c"]


class DocsTest(unittest.TestCase):
    def setUp(self):
        top = tempfile.TemporaryDirectory(prefix="kexec-docs-")
        self.addCleanup(top.cleanup)
        self.top = Path(top.name)
        for patch in (mock.patch.object(static, "our_files", lambda: OURS),
                      mock.patch.object(build, "TREE", self.top / "tree")):
            patch.start()
            self.addCleanup(patch.stop)

    def write(self, name):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")

    def test_what_is_ours(self):
        self.assertEqual(docs.directories(),
                         ["admin-guide/kexec", "core-api/kexec"])
        self.assertEqual(docs.pages(), ["admin-guide/kexec/index",
                                        "admin-guide/kexec/crash",
                                        "core-api/kexec/index"])
        self.assertEqual(docs.pictures(), ["core-api/kexec/panic"])
        self.assertEqual(static.manual_files(), ["Documentation/man/man2/kexec_load.2"])

    def test_front_page_leads_everywhere(self):
        text = docs.front_page()
        for link in ("   admin-guide/kexec/index\n", "   core-api/kexec/index\n",
                     "<man/kexec_load.2.html>", "<man/kexec_load.2.pdf>"):
            self.assertIn(link, text)

    def test_which_linux(self):
        sphinx = self.top / "sphinx-build"
        sphinx.write_text("#!/bin/sh\necho \"ERROR $*\"\n")
        sphinx.chmod(0o755)
        self.write("tree/Documentation/conf.py")
        for base, name in (("", build.DEFAULT_BASE), ("9.10", "9.10")):
            with mock.patch.object(build, "BASE", base), \
                 mock.patch.object(build, "IN_TREE", False), \
                 mock.patch.dict(os.environ, {"PATH": f"{self.top}:/usr/bin:/bin"}):
                self.assertIn(f"Linux {name}\n{'=' * (16 + len(name))}\n",
                              docs.front_page())
                self.assertIn(f"-D version={name} -D release={name} ",
                              docs.sphinx(self.top, self.top)[0])

    def test_kernel_doc_of_a_base_that_has_a_program(self):
        sphinx = self.top / "sphinx-build"
        sphinx.write_text("#!/bin/sh\necho \"ERROR $*\"\n")
        sphinx.chmod(0o755)
        for text, there in (("", False), ("kerneldoc_bin = 'one'\n", True)):
            self.write("tree/Documentation/conf.py")
            (self.top / "tree/Documentation/conf.py").write_text(text)
            with mock.patch.dict(os.environ, {"PATH": f"{self.top}:/usr/bin:/bin"}):
                self.assertEqual("kerneldoc_bin=" in
                                 docs.sphinx(self.top, self.top)[0], there)

    def test_source_is_as_documentation(self):
        self.write("tree/Documentation/admin-guide/kexec/crash.rst")
        self.write("tree/Documentation/core-api/kexec/index.rst")
        for _ in range(2):      # also when it is there
            docs.prepare(self.top / "source")
        self.assertTrue((self.top / "source/admin-guide/kexec/crash.rst").is_file())
        self.assertTrue((self.top / "source/index.rst").is_file())

    def test_faults(self):
        good = ["  PARSE   include/uapi/linux/cec.h", "Using alabaster theme",
                "make[4]: Nothing to be done for 'html'.",
                "source directory: core-api/kexec"]
        bad = ["a/porting.rst:69: ERROR: Malformed table.",
               "a/api:27: ../kernel/kexec.c:67: WARNING: Unexpected unindent.",
               "../kernel/kexec.c:9: warning: Function parameter 'nr' not described",
               "Warning: a sphinx extension could not be imported",
               "make: *** [Makefile:1] Error 2",
               "dot(1) not found, for better output quality install graphviz",
               "  SKIP    Sphinx htmldocs target.",
               "WARNING: /sys/kernel/kexec/loaded is defined 2 times: "
               "/tree/Documentation/ABI/testing/sysfs-kernel-kexec:3; /tree/b:4"]
        good.append("WARNING: /sys/bus/<a>:<b>/mode is defined 2 times: /tree/a:3; /tree/b:4")
        self.assertEqual(docs.faults(good + bad), bad)

    def test_what_was_not_built(self):
        for name in ("a/admin-guide/kexec/index.html", "a/core-api/kexec/index.html",
                     "b/admin-guide/kexec/index.html", "b/core-api/kexec/index.html",
                     "b/admin-guide/kexec/crash.html",
                     "b/core-api/kexec/_images/panic.svg"):
            self.write(name)
        self.assertEqual(docs.not_built(self.top / "a"),
                         ["admin-guide/kexec/crash.rst was not built",
                          "core-api/kexec/panic.dot was not drawn"])
        self.assertEqual(docs.not_built(self.top / "b"), [])

    def test_broken_references(self):
        for name in OURS:
            self.write(f"tree/{name}")
        text = ("See Documentation/admin-guide/kexec/index.rst, not\n"
                "Documentation/admin-guide/kexec/gone.rst. Or Documentation/core-api/\n"
                "kexec/index.rst; Documentation/admin-guide/kexec/.\n")
        (self.top / "tree/kernel/kexec.c").write_text(text)
        self.assertEqual(
            docs.broken_references(),
            ["kernel/kexec.c:2: there is no Documentation/admin-guide/kexec/gone.rst",
             "kernel/kexec.c:2: there is no Documentation/core-api/"])

    def test_broken_sections(self):
        for name in OURS:
            self.write(f"tree/{name}")
        place = self.top / "tree/Documentation/admin-guide/kexec"
        (place / "crash.rst").write_text("=====\nTitle\n=====\n\nA part of it\n---\n")
        (place / "index.rst").write_text(
            'See "Title" in crash.rst, or "A part\n  of it" in\n'
            '  Documentation/admin-guide/kexec/crash.rst. Or\n'
            'Documentation/admin-guide/kexec/crash.rst, "A part of it".\n')
        self.assertEqual(docs.broken_sections(), [])
        (place / "index.rst").write_text(
            'See "A title" in crash.rst;\n"Title" in index.rst, and '
            'Documentation/admin-guide/kexec/gone.rst, "Title".\n')
        self.assertEqual(docs.broken_sections(), [
            'admin-guide/kexec/index.rst: there is no "A title" in crash.rst',
            'admin-guide/kexec/index.rst: there is no "Title" in index.rst',
            'admin-guide/kexec/index.rst: there is no "Title" in '
            'Documentation/admin-guide/kexec/gone.rst'])

    def test_lines_of_code_in_manual_pages(self):
        self.assertEqual(docs.without_breaks(b"a\n<br/>\nb <pre>c {\n<br/>\n  d\n"
                                             b"</pre>\n<br/>"),
                         b"a\n<br/>\nb <pre>c {\n  d\n</pre>\n<br/>")

    def test_without_programs(self):
        with mock.patch.object(docs.shutil, "which",
                               lambda name: name if name == "dot" else None), \
             mock.patch.object(docs, "broken_references", lambda: []), \
             mock.patch.object(docs, "broken_sections", lambda: []):
            why = "not installed: sphinx-build (package python3-sphinx), " \
                "mandoc (package mandoc)"
            self.assertEqual(docs.documents(),
                             ([], [ktap.Test("documents", True, True, why)]))
            with self.assertRaisesRegex(build.BuildError, "python3-sphinx"):
                docs.folder(self.top / "out")


class ManualTest(unittest.TestCase):
    def test_all(self):
        with tempfile.TemporaryDirectory() as top:
            man = Path(top) / "man"
            self.assertEqual(docs.render_manual(man), [])
            names = {Path(name).name for name in static.manual_files()}
            self.assertTrue(names)
            self.assertEqual({path.name for path in man.iterdir()},
                             {f"{name}.{kind}" for name in names
                              for kind in ("html", "pdf")} | {"style.css"})
            for path in man.iterdir():
                content = path.read_bytes()
                if path.suffix == ".pdf":
                    self.assertTrue(content.startswith(b"%PDF-"))
                elif path.suffix == ".html":
                    # What it prints is there, and nothing of troff.
                    text = re.sub("<[^>]*>", "", content.decode())
                    self.assertIn(path.name.split(".")[0], text)
                    self.assertIn("#include &lt;stdlib.h&gt;", text)
                    self.assertNotRegex(text, r"(?m)^\.[A-Z][A-Z]?\b")


if __name__ == "__main__":
    unittest.main()
