"""What the Redis test harness printed, as results.

A line `[status]: text` opens a record, lines without such an opening continue it:

    [ok]: NAME (12 ms)
    [err]: NAME in tests/unit/x.tcl     the message follows on the next lines
    [err]: anything else                 an exception in a start_server block, outside tests
    [skip]: NAME                         on the skip list
    [ignore]: NAME or nothing: why       denied by a tag
    [exception]: ..                      the harness itself gave up; it prints nothing after this
    sock5 => (IN PROGRESS) NAME          after [TIMEOUT]: what every harness client was doing
"""

import re
from dataclasses import dataclass, field

OUTSIDE = "(outside tests)"
OPENING = re.compile(r"^\[([^\]\s]+)[^\]]*\](?:: (.*))?$")
STATE = re.compile(r"^\S+ => \((IN PROGRESS|SPAWNING SERVER|SPAWNED SERVER|KILLING SERVER)\) (.*)$")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Failure:
    """One thing that went wrong: the test's name, how (err, hang, exception, died, ..) and the harness's words."""

    test: str
    kind: str
    message: str


@dataclass
class HarnessLog:
    """The results of one run of the harness over one unit."""

    passed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    ignored: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    hung: list = field(default_factory=list)
    ended: bool = False

    @property
    def whole(self):
        """Whether every test of the unit had its turn."""
        broken = any(f.kind in ("hang", "exception") or f.test == OUTSIDE for f in self.failures)
        return self.ended and not broken


def records(text):
    """Yields (status, first line, lines that follow)."""
    current = None
    for line in text.splitlines():
        opening = OPENING.match(line)
        if opening:
            if current:
                yield current
            current = (opening.group(1), opening.group(2) or "", [])
        elif current:
            current[2].append(line)
    if current:
        yield current


def error(first, rest):
    """The failure that an [err] record tells of."""
    named = re.match(r"(.*) in tests/\S+\.tcl$", first)
    # The harness cuts ten characters off every message, also where no `assertion:` stood in front of it.
    message = "\n".join(rest).strip()
    return Failure(named.group(1), "err", message) if named else Failure(OUTSIDE, "exception", f"{first}\n{message}")


def place(log):
    """Where a run was when it broke: its first failure, else behind the last test that passed."""
    if log.failures:
        return log.failures[0].test
    return f"(after {log.passed[-1]})" if log.passed else OUTSIDE


def parse(text):
    """Reads the whole output of one harness run."""
    log = HarnessLog()
    text = COLOUR.sub("", text)
    for status, first, rest in records(text):
        if status == "ok":
            log.passed.append(re.sub(r" \(\d+ ms\)$", "", first))
        elif status == "skip":
            log.skipped.append(first)
        elif status == "ignore":
            log.ignored.append(first)
        elif status == "err":
            log.failures.append(error(first, rest))
        elif status == "exception":
            log.failures.append(Failure(place(log), "exception", "\n".join([first, *rest])))
        elif status == "TIMEOUT":
            states = [m for m in map(STATE.match, rest) if m]
            log.hung += [m.group(2) if m.group(1) == "IN PROGRESS" else OUTSIDE for m in states] or [OUTSIDE]
    # A harness client that breaks says so outside any record, and its parent waits in vain.
    broken = re.search(r"^Executing test client: .*$", text, re.M)
    why = f"no progress: {broken.group()}" if broken else "no progress"
    log.failures += [Failure(test, "hang", why) for test in log.hung]
    log.ended = bool(re.search(r"^ +The End$", text, re.M))
    return log
