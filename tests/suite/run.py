#!/usr/bin/env python3
"""Runs Redis's own test suite against a server, unit by unit, and compares with the skip list.

Two modes. `ext`: one fresh server per unit, the harness connects to it. `own`: the harness starts the servers
itself, through a wrapper it takes for redis-server. The status is 1 if a test failed that is not on the skip
list, or if the skip list names a test that does not exist. The last line is `N passed, N failed`.
"""

import argparse
import os
import pathlib
import queue
import shutil
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import chain

import lists
from harness_log import OUTSIDE, Failure
from server_process import ServerProcess, StartError
from unit_run import Outcome, Setup, UnitRun

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def target():
    """Cargo's output folder."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")


def options():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=pathlib.Path, help="binary under test (default: the release build of darter)")
    parser.add_argument("--shards", type=int, help="shards of the server; 0 passes no --shards (default: 3 for darter)")
    parser.add_argument("--suite", type=pathlib.Path, help="Redis's sources (default: what tests/suite/fetch cached)")
    parser.add_argument("--units", help="only these units, separated by commas; need not be in units.tsv with --mode")
    parser.add_argument("--mode", choices=lists.MODES, help="only this mode")
    parser.add_argument("--jobs", type=int, default=2, help="units side by side (default: 2)")
    parser.add_argument("--timeout", type=int, default=120, help="seconds without progress that count as a hang")
    parser.add_argument("--wall", type=int, default=480, help="seconds a unit may take with all its attempts")
    parser.add_argument("--attempts", type=int, default=3, help="runs of a unit, each without what hung before")
    parser.add_argument("--no-skips", action="store_true", help="run the tests on the skip list too, and count them")
    parser.add_argument("--list-skips", action="store_true", help="print the skip list by reason and end")
    parser.add_argument("--list-tests", action="store_true", help="print every test that ran or was skipped")
    parser.add_argument("--lines", type=int, default=8, help="lines of each failure's message to print")
    return parser.parse_args()


def selected(chosen, listed):
    """The (mode, unit) pairs to run. A unit that is not listed runs in the mode that was asked for."""
    pairs = [(mode, unit) for mode, unit in listed if not chosen.mode or mode == chosen.mode]
    if not chosen.units:
        return pairs
    wanted = chosen.units.replace(",", " ").split()
    result = []
    for unit in wanted:
        known = [pair for pair in pairs if pair[1] == unit]
        if not known and not chosen.mode:
            raise SystemExit(f"{unit} is not in units.tsv: say which --mode")
        result += known or [(chosen.mode, unit)]
    return result


def list_skips(skips):
    """Prints how many tests wait for what, then the entries."""
    entries = [(mode, unit, test, why) for (mode, unit), tests in skips.items() for test, why in tests.items()]
    for reason, count in Counter(entry[3] for entry in entries).most_common():
        print(f"{count:5}  {reason}")
    for mode, unit, test, reason in sorted(entries, key=lambda entry: (entry[3], entry[0], entry[1])):
        print(f"{reason:32} {mode} {unit}: {test}")
    print(f"{len(entries)} tests are skipped")


def cached_suite():
    """Where tests/suite/fetch put Redis's sources; its newest version."""
    cache = os.environ.get("XDG_CACHE_HOME")
    folder = pathlib.Path(cache) / "darter" if cache else target()
    found = sorted((folder / "suite").glob("redis-7.0.*/tests/test_helper.tcl"))
    if not found:
        raise SystemExit(f"no Redis suite below {folder / 'suite'}: run tests/suite/fetch")
    return found[-1].parent.parent


def setup(chosen):
    """What all units share, checked as far as it can be before anything starts."""
    server = (chosen.server or target() / "release/darter").absolute()
    if not os.access(server, os.X_OK) or not server.is_file():
        raise SystemExit(f"no server at {server}: cargo build --release, or give --server")
    shards = chosen.shards if chosen.shards is not None else (3 if server.name.startswith("darter") else 0)
    suite = (chosen.suite or cached_suite()).absolute()
    if not (suite / "tests/test_helper.tcl").is_file():
        raise SystemExit(f"{suite} holds no Redis test suite")
    work = (target() / "suite" / f"run.{os.getpid()}").absolute()
    forget_old_runs(work.parent)
    # Runs side by side on one machine start their searches for free ports at different places, all below the
    # range from which the kernel picks the ports of outgoing connections.
    first_port = 20111 + os.getpid() % 5 * 2000 if chosen.jobs <= 2 else 20111
    return Setup(suite, server, shards, work, chosen.timeout, chosen.wall, chosen.attempts, first_port)


def forget_old_runs(folder):
    """Removes what runs left behind whose process is gone."""
    for old in folder.glob("run.*"):
        if not pathlib.Path("/proc", old.suffix[1:]).exists():
            shutil.rmtree(old, ignore_errors=True)


def trial_start(shared, mode):
    """Starts the server once and returns why units of this mode cannot run, or None.

    The harness waits two minutes for each server whose log it does not understand: one look here saves them.
    """
    try:
        server = ServerProcess(shared.server, shared.shards, shared.work / "trial", shared.first_port)
        server.await_ready()
    except StartError as error:
        return str(error)
    server.stop()
    log = server.log.read_text(errors="replace")
    expected = [f" PID: {server.process.pid}", "Ready to accept"] if mode == "own" else []
    missing = [text for text in expected if text not in log]
    return f"the harness looks in the log for {missing}\n{server.last_words()}" if missing else None


def unable(pairs, reasons):
    """Outcomes of the units that cannot run."""
    for mode, unit in pairs:
        if reasons[mode]:
            yield Outcome(mode, unit, failures=[Failure(OUTSIDE, "start", reasons[mode])])


def run_all(chosen, pairs, skips, shared):
    """Runs the units, `jobs` at a time; yields each outcome as it comes."""
    slots = queue.SimpleQueue()
    for slot in range(chosen.jobs):
        slots.put(slot)

    def one(mode, unit):
        slot = slots.get()
        try:
            return UnitRun(shared, slot, mode, unit, skips.get((mode, unit), {})).run()
        finally:
            slots.put(slot)

    with ThreadPoolExecutor(chosen.jobs) as pool:
        for future in as_completed([pool.submit(one, *pair) for pair in pairs]):
            yield future.result()


def show_unit(outcome):
    """One line of the table."""
    counts = (len(outcome.passed), len(outcome.failures) + len(outcome.stale), len(outcome.skipped))
    print("{:4} {:28}".format(outcome.mode, outcome.unit) + "{:7}{:8}{:9}".format(*counts), end="")
    print(f"{outcome.seconds:9.1f}", flush=True)


def show_failures(outcome, lines):
    """The messages, shortened; the whole text is in the unit's log."""
    for failure in outcome.failures:
        print(f"\n{outcome.mode} {outcome.unit}: {failure.test} [{failure.kind}]")
        message = [line for line in failure.message.splitlines() if line.strip()]
        # A harness message says the most in front, a server's log at its end.
        left_out = max(0, len(message) - lines)
        start = 1 if failure.kind in ("died", "start") else lines
        shown = message if not left_out else [*message[:start], f".. {left_out} more lines", *message[start + left_out :]]
        print("\n".join("    " + line[:300] for line in shown))
    for test in outcome.stale:
        print(f"\n{outcome.mode} {outcome.unit}: {test} [stale]\n    skips.tsv names it, the unit has no such test")


def write_results(outcomes, path):
    """One line per test: mode, unit, status, test."""
    with open(path, "w", encoding="utf-8") as out:
        for o in outcomes:
            named = [("ok", test) for test in o.passed] + [("skip", test) for test in o.skipped]
            named += [(f.kind, f.test) for f in o.failures] + [("stale", test) for test in o.stale]
            out.writelines(f"{o.mode}\t{o.unit}\t{status}\t{test}\n" for status, test in named)


def show_freed(outcome, listed):
    """With --no-skips: entries of the skip list that could go."""
    failed = {failure.test for failure in outcome.failures}
    for test in dict.fromkeys(outcome.passed):
        if test in listed and test not in failed:
            print(f"passes, and is on the skip list: {outcome.mode} {outcome.unit}: {test} ({listed[test]})")


def main():
    """Runs what the command line asks for; returns the exit status."""
    chosen = options()
    try:
        listed = lists.read_units()
        skips = lists.read_skips(listed)
    except lists.ListError as error:
        raise SystemExit(str(error)) from None
    if chosen.list_skips:
        list_skips(skips)
        return 0
    shared = setup(chosen)
    pairs = selected(chosen, listed)
    print(f"server {shared.server}, shards {shared.shards or 'not given'}, suite {shared.suite}")
    print(f"{'mode':4} {'unit':28}{'ok':>7}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    outcomes = []
    reasons = {mode: trial_start(shared, mode) for mode in dict.fromkeys(mode for mode, _ in pairs)}
    able = [pair for pair in pairs if not reasons[pair[0]]]
    for outcome in chain(unable(pairs, reasons), run_all(chosen, able, {} if chosen.no_skips else skips, shared)):
        show_unit(outcome)
        outcomes.append(outcome)
    for tree in shared.work.glob("job*"):
        shutil.rmtree(tree)
    outcomes.sort(key=lambda outcome: pairs.index((outcome.mode, outcome.unit)))
    results = shared.work / "results.tsv"
    write_results(outcomes, results)
    for outcome in outcomes:
        show_failures(outcome, chosen.lines)
        if chosen.no_skips:
            show_freed(outcome, skips.get((outcome.mode, outcome.unit), {}))
    if chosen.list_tests:
        print(results.read_text(encoding="utf-8"), end="")
    passed = sum(len(outcome.passed) for outcome in outcomes)
    failed = sum(len(outcome.failures) + len(outcome.stale) for outcome in outcomes)
    print(f"\nresults: {results}, harness output: {shared.work / 'logs'}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
