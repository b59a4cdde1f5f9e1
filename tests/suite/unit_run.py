"""One unit of the suite, run in one mode against a server of its own.

A test that hangs ends the harness. It is recorded, put aside, and the unit runs again from the start with a
fresh server, so that one hang does not hide the tests behind it.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field

import harness_log
import tree
from harness_log import OUTSIDE, Failure
from server_process import ServerProcess, StartError


# Units that are tagged slow and take a few seconds.
QUICK_ALL_THE_SAME = {"unit/querybuf"}


@dataclass
class Setup:
    """What all units of a run share. Times in seconds."""

    suite: pathlib.Path
    server: pathlib.Path
    shards: int
    work: pathlib.Path
    idle: int
    wall: int
    attempts: int
    first_port: int


@dataclass
class Outcome:
    """What became of one unit. `stale` are skip-list entries that name no test of it."""

    mode: str
    unit: str
    passed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    stale: list = field(default_factory=list)
    seconds: float = 0.0


class UnitRun:
    """The runs of one unit. `slot` numbers the jobs that run side by side: ports and folders hang on it."""

    def __init__(self, setup, slot, mode, unit, skips):
        self.setup, self.slot, self.mode, self.unit, self.skips = setup, slot, mode, unit, skips
        self.folder = setup.work / f"job{slot}"
        self.port = setup.first_port + slot * 1000

    def run(self):
        """Runs the unit until it got through, or its attempts or its time are used up."""
        started = time.monotonic()
        aside, hangs = [], []
        for _ in range(self.setup.attempts):
            left = self.setup.wall - (time.monotonic() - started)
            log = self.attempt(aside, left)
            new = [test for test in log.hung if test not in aside and test != OUTSIDE]
            if not new or left < self.setup.idle * 2:
                break
            hangs += [failure for failure in log.failures if failure.kind == "hang"]
            aside += new
        outcome = Outcome(self.mode, self.unit, log.passed)
        outcome.skipped = [test for test in log.skipped if test not in aside]
        known = {failure.test for failure in log.failures if failure.kind == "hang"}
        outcome.failures = log.failures + [hang for hang in hangs if hang.test not in known]
        if log.whole:
            outcome.stale = [test for test in self.skips if test not in log.skipped]
        outcome.seconds = time.monotonic() - started
        return outcome

    def attempt(self, aside, seconds):
        """One run of the harness, with everything that can go wrong around it turned into failures."""
        root = tree.build(self.folder / "tree", self.setup.suite, self.setup.server, self.setup.shards)
        server = None
        try:
            if self.mode == "ext":
                server = ServerProcess(self.setup.server, self.setup.shards, self.folder / "server", self.port)
                server.await_ready()
            text, in_time = self.harness(root, aside, seconds, server)
            death = server.death() if server else None
        except StartError as error:
            return harness_log.HarnessLog(failures=[Failure(OUTSIDE, "start", str(error))])
        finally:
            if server:
                server.stop()
        log = harness_log.parse(text)
        if death:
            # In front: the failures behind it are its consequences.
            log.failures.insert(0, Failure(harness_log.place(log), "died", death))
        if not in_time:
            log.failures.append(Failure(harness_log.place(log), "hang", f"not done after {self.setup.wall} s"))
        elif not log.ended and not log.failures:
            log.failures.append(Failure(harness_log.place(log), "exception", text[-1000:]))
        return log

    def command(self, aside, server):
        """The harness's command line."""
        skipfile = self.folder / "skipfile"
        skipfile.write_text("\n".join([*self.skips, *aside]) + "\n")
        # Half of a slot's ports belong to the harness; it keeps away from those that are taken.
        command = [tclsh(), "tests/test_helper.tcl", "--single", self.unit, "--durable"]
        command += [] if self.unit in QUICK_ALL_THE_SAME else ["--tags", "-slow"]
        command += ["--clients", "1", "--timeout", str(self.setup.idle), "--skipfile", str(skipfile)]
        command += ["--baseport", str(self.port + 500), "--portcount", "400", "--dont-clean"]
        if server:
            command += ["--host", "127.0.0.1", "--port", str(server.port)]
        return command

    def harness(self, root, aside, seconds, server):
        """Runs the harness; returns what it printed, and whether it ended in time."""
        path = self.setup.work / "logs" / f"{self.mode}-{self.unit.replace('/', '_')}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        environment = dict(os.environ, TERM="dumb", LC_ALL="C.UTF-8")
        with open(path, "wb") as out:
            process = subprocess.Popen(
                self.command(aside, server), cwd=root, env=environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            try:
                process.wait(max(seconds, self.setup.idle))
                in_time = True
            except subprocess.TimeoutExpired:
                in_time = False
            finally:
                end_group(process)
        return path.read_text(errors="replace"), in_time


def tclsh():
    """The Tcl interpreter's name on this machine."""
    for name in ("tclsh8.6", "tclsh"):
        if shutil.which(name):
            return name
    raise SystemExit("no tclsh: install the package tcl")


def end_group(process):
    """Ends what the harness left behind: its clients and the servers they started, all in the group made for it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
