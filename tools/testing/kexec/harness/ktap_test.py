# SPDX-License-Identifier: GPL-2.0-only
"""Tests of the KTAP parser."""

import textwrap
import unittest

from harness import ktap


def parse(text):
    """(name, ok) of the results in @text, with the usual indentation off."""
    return [(test.name, test.ok)
            for test in ktap.parse(textwrap.dedent(text).splitlines())]


class KtapTest(unittest.TestCase):

    def test_flat(self):
        self.assertEqual(parse("""\
            TAP version 13
            1..2
            ok 1 one
            not ok 2 two
            """), [("one", True), ("two", False)])

    def test_nothing(self):
        self.assertEqual(parse("""\
            Linux version 6.12
            ok 1 not a document, only looks like one
            """), [])

    def test_on_a_console(self):
        self.assertEqual(ktap.parse([
            "[    0.100000] KTAP version 1\r",
            "[    0.100001] 1..1\r",
            "[    0.200000] random: crng init done\r",
            "[   12.345678] ok 1 - one\r",
        ]), [ktap.Test("one", True)])

    def test_nested(self):
        self.assertEqual(parse("""\
            KTAP version 1
            1..2
                KTAP version 1
                # Subtest: suite
                1..2
                    KTAP version 1
                    # Subtest: parameters
                    ok 1 first
                    not ok 2 second
                # parameters: pass:1 fail:1
                not ok 1 parameters
                ok 2 plain
            not ok 1 suite
            ok 2 other
            """), [("suite: parameters: first", True),
                   ("suite: parameters: second", False),
                   ("suite: plain", True), ("other", True)])

    def test_parent_fails_by_itself(self):
        self.assertEqual(parse("""\
            KTAP version 1
            1..1
                KTAP version 1
                1..1
                ok 1 child
            not ok 1 suite
            """), [("suite: child", True), ("suite", False)])

    def test_two_documents(self):
        self.assertEqual(parse("""\
            KTAP version 1
            1..1
            ok 1 one
            TAP version 13
            1..1
            ok 1 two
            """), [("one", True), ("two", True)])

    def test_plan_last(self):
        self.assertEqual(parse("""\
            KTAP version 1
            ok 1 one
            1..1
            """), [("one", True)])

    def expect_failure(self, text):
        self.assertIn(False, [ok for _, ok in parse(text)])

    def test_results_missing(self):
        self.expect_failure("""\
            KTAP version 1
            1..3
            ok 1 one
            ok 2 two
            """)

    def test_results_missing_before_the_next_document(self):
        self.expect_failure("""\
            KTAP version 1
            1..2
            ok 1 one
            KTAP version 1
            1..1
            ok 1 two
            """)

    def test_results_missing_in_a_subtest(self):
        self.expect_failure("""\
            KTAP version 1
            1..1
                KTAP version 1
                1..2
                ok 1 child
            ok 1 suite
            """)

    def test_no_result_at_all(self):
        self.expect_failure("""\
            KTAP version 1
            1..2
            """)

    def test_too_many_results(self):
        self.expect_failure("""\
            KTAP version 1
            1..1
            ok 1 one
            ok 2 two
            """)

    def test_no_plan(self):
        self.expect_failure("""\
            KTAP version 1
            ok 1 one
            """)

    def test_only_a_version(self):
        self.expect_failure("KTAP version 1\n")

    def test_broke_off_in_a_subtest(self):
        self.expect_failure("""\
            KTAP version 1
            1..1
                KTAP version 1
                1..2
                ok 1 child
                ok 2 child
            """)

    def test_bail_out(self):
        self.expect_failure("""\
            TAP version 13
            1..1
            ok 1 one
            Bail out! no memory
            """)

    def test_numbers_repeat(self):
        self.expect_failure("""\
            TAP version 13
            1..2
            ok 1 one
            ok 1 one
            """)

    def test_skip(self):
        one, all_of_it = ktap.parse([
            "TAP version 13", "1..1", "ok 1 # SKIP needs two CPUs",
            "TAP version 13", "1..0 # SKIP not root"])
        self.assertTrue(one.ok and one.skipped)
        self.assertEqual(one.detail, "needs two CPUs")
        self.assertTrue(all_of_it.ok and all_of_it.skipped)
        self.assertEqual(all_of_it.detail, "not root")

    def test_nothing_planned_and_no_reason(self):
        self.expect_failure("""\
            TAP version 13
            1..0
            """)

    def test_names(self):
        self.assertEqual(parse("""\
            TAP version 13
            1..3
            ok 1 - dashed
            ok 2 with # a hash
            ok 3 kexec.load # PASS
            """), [("dashed", True), ("with # a hash", True),
                   ("kexec.load # PASS", True)])

    def test_notes_are_the_detail_of_their_result(self):
        _, bad, _ = ktap.parse([
            "TAP version 13", "1..3", "# about one", "ok 1 one",
            "# file.c:12: Expected 1 == 2", "not ok 2 two", "ok 3 three"])
        self.assertEqual(bad.detail, "# file.c:12: Expected 1 == 2")


if __name__ == "__main__":
    unittest.main()
