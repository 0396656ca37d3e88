# SPDX-License-Identifier: GPL-2.0-only
"""Tests of messages.py, on sources and pages of their own."""

import unittest

from . import messages

SOURCE = r'''
#define pr_fmt(fmt) "kexec: " fmt
#include "two words.h"
/* pr_warn("not a message"); */
static const char changed[] = "changed in memory";

int check(int nr)
{
	if (nr > 16)
		return kexec_refuse(-EINVAL, "%d segments, at most %d are"
				    " allowed", nr, 16);	// "nor this"
	if (kexec_refuse_segment(-EBUSY, nr, seg, "overlaps \"%s\"", name(")")))
		return kexec_refuse(err, "%s", why(nr));
	asm volatile("two words" : : "r" (nr));
	pr_info("%s image loaded: %#llx-%#llx, 100%% of %pOF\n",
		nr ? "boot" : "crash", a, b, node);
	WARN(nr == ';', "kexec: it is wrong");
	scnprintf(buf, len, "segment %u %s", nr, changed);
	return -EIO;
}
'''
PAGE = r'''
Text, and a list::

   * - Refusal

.. list-table::
   :header-rows: 1

   * - Refusal
     - errno
     - What to do
   * - *n* segments, at most *m* are
       allowed
     - EINVAL
     - Say EPERM nowhere else.
   * - segment *n* [*x*-*y*] overlaps "*name*"
     - EBUSY
     -
   * - segment *n* changed in memory

       changed in memory
     - EIO, or another
     - Load again.

.. list-table::

   * - Information
     - What to do
   * - kexec: *kind* image loaded: *x*-*y*, 100% of\ *node*
     - Nothing

Between.

.. list-table::

   * - Warning
     - What to do
   * - kexec: it is wrong
     - Nothing
   *
     - Nothing

.. list-table::

   * - Something else
   * - that is no message
'''


def complaints(source=SOURCE, page=PAGE):
    return messages.compare(messages.messages_of("a.c", source),
                            messages.rows_of("a.rst", page))


class Sources(unittest.TestCase):
    def test_all_kinds(self):
        found = messages.messages_of("a.c", SOURCE)
        self.assertEqual(
            [(message.kind, message.errno, message.text) for message in found],
            [(None, None, "changed in memory"),
             ("Refusal", "EINVAL", "%d segments, at most %d are allowed"),
             ("Refusal", "EBUSY", 'segment %u [%#lx-%#lx] overlaps "%s"'),
             (None, None, ")"),
             ("Refusal", None, "%s"),
             ("Information", None, "kexec: %s image loaded: %#llx-%#llx, "
                                   "100%% of %pOF"),
             (None, None, "boot"), (None, None, "crash"),
             ("Warning", None, "kexec: it is wrong"),
             (None, None, "segment %u %s")])
        self.assertEqual(found[1].where, "a.c:10")

    def test_parts_are_those_with_two_words(self):
        def is_part(text):
            return bool(messages.is_part(messages.Message("", None, text, None)))
        self.assertTrue(is_part("is not, well, sound"))
        self.assertTrue(is_part("%u can't work"))
        self.assertFalse(is_part("boot"))
        self.assertFalse(is_part("%llu MiB"))
        self.assertFalse(is_part("type=%s segments=%u"))
        self.assertFalse(is_part("System RAM"))


class Page(unittest.TestCase):
    def test_rows(self):
        rows = messages.rows_of("a.rst", PAGE)
        self.assertEqual([row.kind for row in rows],
                         ["Refusal"] * 4 + ["Information", "Warning"])
        self.assertEqual(rows[0].text, "\0segments, at most\0are allowed")
        self.assertEqual([row.errnos for row in rows[:4]],
                         [("EINVAL",), ("EBUSY",), ("EIO",), ("EIO",)])
        self.assertEqual(rows[3].text, "changed in memory")
        self.assertEqual(rows[0].where, "a.rst:12")

    def test_marks(self):
        self.assertEqual(messages.plain(r"0x\ *x*-0x\ *y* ``a``"), "0x\0-0x\0a")
        self.assertEqual(messages.plain(r"limit\_\* '*a*': *b c*, d"),
                         "limit_* '\0':\0, d")


class Compare(unittest.TestCase):
    def test_all_is_there(self):
        self.assertEqual(complaints(), [])

    def test_missing_message(self):
        for gone in ("   * - *n* segments, at most *m* are\n"
                     "       allowed\n     - EINVAL\n     -",
                     "   * - kexec: it is wrong\n     -",
                     "   * - kexec: *kind* image"):
            with self.subTest(gone):
                page = PAGE.replace(gone, "   * - kexec: it is wrong\n     - ")
                page = page if "it is wrong" not in gone else \
                    PAGE.replace(gone, "   *\n     -")
                self.assertTrue([why for why in complaints(page=page)
                                 if ": not in " in why])

    def test_missing_part(self):
        source = SOURCE + 'char *more(void) { return "is something else"; }\n'
        failed = complaints(source)
        self.assertEqual(len(failed), 1)
        self.assertIn("is something else", failed[0])

    def test_missing_message_that_begins_like_another(self):
        source = SOURCE.replace("overlaps", 'overlaps'
                                '", 1); kexec_refuse(-EIO, "it is broken');
        self.assertTrue(complaints(source))

    def test_stale(self):
        self.assertEqual(complaints(page=PAGE.replace("at most", "at least")),
                         ["a.rst:12: no message of the sources:  * segments, "
                          "at least * are allowed",
                          f"a.c:10: not in {messages.PAGE}: "
                          "%d segments, at most %d are allowed"])

    def test_stale_part(self):
        failed = complaints(page=PAGE.replace("changed in memory",
                                              "changed on disk"))
        self.assertEqual(len(failed), 3)
        self.assertIn("changed in memory", failed[-1])

    def test_of_another_kind(self):
        failed = complaints(SOURCE.replace("pr_info", "pr_warn"))
        self.assertEqual([why.split(": ")[1] for why in failed],
                         ["no message of the sources",
                          f"not in {messages.PAGE}"])

    def test_errno(self):
        for errno in ("EPERM", "EINVAL, EPERM", ""):
            with self.subTest(errno):
                page = PAGE.replace("- EINVAL", f"- {errno}")
                self.assertEqual(complaints(page=page),
                                 ["a.rst:12: fails with EINVAL"])

    def test_errno_besides_those_of_a_variable(self):
        source = SOURCE.replace('kexec_refuse(err, "%s"', 'kexec_refuse(err, "no"'
                                ') || kexec_refuse(-EACCES, "no"')
        page = PAGE.replace("   * - segment *n* changed", "   * - no\n     - EPERM"
                            "\n     -\n   * - segment *n* changed")
        self.assertIn("a.rst:19: can fail with EACCES, too",
                      complaints(source, page))

    def test_places_are_no_numbers(self):
        self.assertTrue(complaints(page=PAGE.replace("*n* segments",
                                                     "17 segments")))


if __name__ == "__main__":
    unittest.main()
