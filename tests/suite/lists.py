"""The lists that say what runs, units.tsv and skips.tsv, and what of the tests is older than our reference: newer.tsv.

Both are tab separated, one entry a line; lines that start with # and empty lines say nothing.

    units.tsv   mode  unit
    skips.tsv   mode  unit  test name  reason
    newer.tsv   mode  unit  what a test of 7.0 expects  what 7.2 says instead

Invariant: every skip belongs to a listed unit, is listed once and has a reason. Whether the test exists is
known only after the unit ran: the harness reports each test it skips, and `Outcome.stale` holds the others.
"""

import pathlib
from collections import defaultdict

HERE = pathlib.Path(__file__).resolve().parent
MODES = ("ext", "own")


class ListError(Exception):
    """An entry that cannot be meant as it stands."""


def rows(path, columns):
    """Yields (line number, fields) of a list, each with exactly `columns` fields."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != columns or not all(field.strip() for field in fields):
            raise ListError(f"{path.name}:{number}: {columns} filled columns expected: {line!r}")
        if fields[0] not in MODES:
            raise ListError(f"{path.name}:{number}: the mode is one of {', '.join(MODES)}")
        yield number, fields


def read_units(path=HERE / "units.tsv"):
    """The (mode, unit) pairs of this stage, in the order of the file."""
    return list(dict.fromkeys((mode, unit) for _, (mode, unit) in rows(path, 2)))


def read_skips(units, path=HERE / "skips.tsv"):
    """(mode, unit) -> {test name: reason}."""
    skips = defaultdict(dict)
    for number, (mode, unit, test, reason) in rows(path, 4):
        if (mode, unit) not in units:
            raise ListError(f"{path.name}:{number}: {mode} {unit} is not in units.tsv")
        if test in skips[mode, unit]:
            raise ListError(f"{path.name}:{number}: {test!r} is listed twice")
        skips[mode, unit][test] = reason
    return skips


def read_newer(path=HERE / "newer.tsv"):
    """unit -> [(text of 7.0, text of 7.2)], to be replaced in this order. The mode is always `own`."""
    newer = defaultdict(list)
    for _, (_, unit, old, new) in rows(path, 4):
        newer[unit].append((old, new))
    return newer
