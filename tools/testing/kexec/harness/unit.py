# SPDX-License-Identifier: GPL-2.0-only
"""Runs the Python tests of a directory, and prints KTAP.

  python3 -m harness.unit DIRECTORY
"""

import sys
import unittest
from pathlib import Path


class Ktap(unittest.TestResult):
    """Prints each result as it comes."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def note(self, test, ok, detail="", skip=""):
        self.count += 1
        print("".join(f"# {line}\n" for line in detail.splitlines()), end="")
        print(f"{'ok' if ok else 'not ok'} {self.count} {test.id()}"
              + (f" # SKIP {skip}" if skip else ""), flush=True)

    def addSuccess(self, test):
        self.note(test, True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.note(test, False, self._exc_info_to_string(error, test))

    def addError(self, test, error):
        super().addError(test, error)
        self.note(test, False, self._exc_info_to_string(error, test))

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.note(subtest, False, self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        self.note(test, True, skip=reason)


def main(directory):
    top = directory.parent if (directory / "__init__.py").is_file() \
        else directory
    suite = unittest.TestLoader().discover(
        str(directory), pattern="*_test.py", top_level_dir=str(top))
    result = Ktap()
    print("KTAP version 1")
    suite.run(result)
    print(f"1..{result.count}")
    return 0 if result.count and result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(Path(sys.argv[1]).resolve()))
