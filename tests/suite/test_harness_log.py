"""The reading of the harness's output, on output as it prints it."""

import pathlib
import tempfile
import unittest

import lists
from harness_log import OUTSIDE, parse

GOOD = """Starting test server at port 21079
[ready]: 4711
Testing unit/x
[ok]: SET and GET an item (3 ms)
[ok]: names (with brackets) (1 ms)
[skip]: COPY [lists]
[ignore]: Tag: slow denied
[1/1 done]: unit/x (2 seconds)

                   The End
"""

BAD = """[err]: wrong reply in tests/unit/x.tcl
Expected 'a' to equal or match 'b'
second line
[ok]: next (0 ms)
[err]: onfig set tracking-table-max-keys 1
ERR Unknown option
    invoked from within
[ok]: last (0 ms)

                   The End
"""

HANG = """[ok]: first (0 ms)
[TIMEOUT]: clients state report follows.
sock563f => (IN PROGRESS) waits for ever
Killing still running Redis server 77

                   The End
"""

GAVE_UP = """[ok]: SET and GET (2 ms)
[exception]: Executing test client: I/O error reading reply.
I/O error reading reply
    while executing
"""


class HarnessLogTest(unittest.TestCase):
    def test_results_of_a_good_run(self):
        log = parse(GOOD)
        self.assertEqual(log.passed, ["SET and GET an item", "names (with brackets)"])
        self.assertEqual(log.skipped, ["COPY [lists]"])
        self.assertEqual((log.failures, log.whole), ([], True))

    def test_colours_do_not_matter(self):
        log = parse("[\x1b[0;32mok\x1b[0m]: a (1 ms)\n")
        self.assertEqual(log.passed, ["a"])

    def test_failures_keep_their_messages(self):
        failure = parse(BAD).failures[0]
        self.assertEqual((failure.test, failure.kind), ("wrong reply", "err"))
        self.assertEqual(failure.message, "Expected 'a' to equal or match 'b'\nsecond line")

    def test_an_exception_outside_tests_leaves_the_unit_unfinished(self):
        log = parse(BAD)
        self.assertEqual(log.failures[1].test, OUTSIDE)
        self.assertIn("ERR Unknown option", log.failures[1].message)
        self.assertEqual(log.passed, ["next", "last"])
        self.assertFalse(log.whole)

    def test_a_hang_is_a_failure_of_the_test_in_progress(self):
        log = parse(HANG)
        self.assertEqual(log.hung, ["waits for ever"])
        self.assertEqual([(f.test, f.kind) for f in log.failures], [("waits for ever", "hang")])
        self.assertFalse(log.whole)

    def test_a_harness_that_gave_up_did_not_end(self):
        log = parse(GAVE_UP)
        self.assertEqual((log.ended, log.failures[0].kind), (False, "exception"))
        self.assertEqual(log.failures[0].test, "(after SET and GET)")


class ListsTest(unittest.TestCase):
    def skips(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
            file.write(text)
            file.flush()
            return lists.read_skips([("ext", "unit/x")], pathlib.Path(file.name))

    def test_the_lists_in_the_repository_are_sound(self):
        units = lists.read_units()
        self.assertTrue(units)
        self.assertTrue(lists.read_skips(units))

    def test_a_skip_has_a_listed_unit_a_reason_and_no_double(self):
        self.assertEqual(self.skips("# why\n\next\tunit/x\ta\tneeds lists\n"), {("ext", "unit/x"): {"a": "needs lists"}})
        for bad in ("ext\tunit/y\ta\tb\n", "ext\tunit/x\ta\n", "ext\tunit/x\ta\t \n", "all\tunit/x\ta\tb\n",
                    "ext\tunit/x\ta\tb\next\tunit/x\ta\tc\n"):  # fmt: skip
            with self.assertRaises(lists.ListError):
                self.skips(bad)


if __name__ == "__main__":
    unittest.main()
