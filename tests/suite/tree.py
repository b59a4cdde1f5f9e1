"""The folder a harness runs in: Redis's tests, and beside them the programs they start.

    tests/*            links to the cached suite, but a tmp/ of its own, one changed assertion in support/, and for darter
                       in unit/ the texts of newer.tsv
    src/redis-server   a wrapper that becomes the server under test (exec: the pid has to be the server's)
    src/redis-*        links to the distribution's client programs

Every job has a tree of its own: the harness empties tests/tmp when it starts and when it ends.
"""

import os
import pathlib
import shlex
import shutil

import lists

# redis-server is one program with redis-sentinel and the check tools; it looks at the name it was called by.
PROGRAMS = {
    "redis-cli": "redis-cli",
    "redis-benchmark": "redis-benchmark",
    "redis-check-aof": "redis-check-aof",
    "redis-check-rdb": "redis-check-rdb",
    "redis-sentinel": "redis-server",
}


def wrapper(server, shards):
    """The text of src/redis-server.

    The configuration file stays the first argument, as the server expects, and what the test passes comes last,
    because some tests look at the error for a missing last value. Asking for the version takes no other argument.
    """
    lines = ["#!/bin/sh"]
    program = shlex.quote(str(server))
    if shards:
        lines += [
            'case "$1" in',
            f'    -v|--version|-h|--help|--test-memory|--check-system) exec {program} "$@" ;;',
            f'    -*|"") exec {program} --shards {shards} "$@" ;;',
            "esac",
            f'conf=$1; shift; exec {program} "$conf" --shards {shards} "$@"',
        ]
    else:
        lines.append(f'exec {program} "$@"')
    return "\n".join(lines) + "\n"


# Redis 7.2, our reference, says "listpack" of small lists and sets where 7.0 has nothing but one large form.
NEWER_ENCODINGS = """
rename assert_encoding assert_older_encoding
proc assert_encoding {enc key} {
    if {!$::ignoreencoding && [r object encoding $key] eq "listpack"} {
        set pair [list [r type $key] $enc]
        if {$pair in {{list quicklist} {set hashtable}}} return
    }
    assert_older_encoding $enc $key
}
"""


def build_support(folder, original):
    """The harness's own code, with an assertion that knows the encodings of Redis 7.2."""
    folder.mkdir()
    for entry in original.iterdir():
        if entry.name == "test.tcl":
            (folder / entry.name).write_text(entry.read_text(encoding="utf-8") + NEWER_ENCODINGS)
        else:
            (folder / entry.name).symlink_to(entry)


def build_units(folder, original, newer):
    """The units, with what `newer` says in the place of older texts."""
    folder.mkdir()
    for entry in original.iterdir():
        (folder / entry.name).symlink_to(entry)
    for unit, pairs in newer.items():
        copy = folder / f"{pathlib.PurePath(unit).name}.tcl"
        text = copy.read_text(encoding="utf-8")
        for old, new in pairs:
            if old not in text:
                raise lists.ListError(f"newer.tsv: {unit} does not hold {old!r}")
            text = text.replace(old, new)
        copy.unlink()
        copy.write_text(text, encoding="utf-8")


def build(root, suite, server, shards):
    """Makes the tree `root` anew and returns it."""
    root = pathlib.Path(root)
    shutil.rmtree(root, ignore_errors=True)
    (root / "tests/tmp").mkdir(parents=True)
    (root / "src").mkdir()
    for entry in sorted((suite / "tests").iterdir()):
        if entry.name == "support":
            build_support(root / "tests/support", entry)
        elif entry.name == "unit" and pathlib.Path(server).name.startswith("darter"):
            build_units(root / "tests/unit", entry, lists.read_newer())
        elif entry.name != "tmp":
            (root / "tests" / entry.name).symlink_to(entry)
    for extra in ("utils", "runtest", "redis.conf", "sentinel.conf"):
        if (suite / extra).exists():
            (root / extra).symlink_to(suite / extra)
    for name, program in PROGRAMS.items():
        found = shutil.which(program)
        if found:
            (root / "src" / name).symlink_to(found)
    start = root / "src/redis-server"
    start.write_text(wrapper(server, shards))
    os.chmod(start, 0o755)
    return root
