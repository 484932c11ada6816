#!/usr/bin/env python3
"""A clock that jumps, through import, score, lists, erasure and retention: summer time both ways in Brussels, an hour back by NTP, the end of
32-bit time, the year 9999. Nothing fails, nothing is done twice, nothing is lost, and once the clock is right again all is as if it had
always been.

    clock.py --program build/release/mailfunnel"""
import argparse
import pathlib
import random
import sys
import tempfile

import world
from world import Broken, Program

# name; the moments of the clock, one a command; what must be left of the events when the last is over: all, or what `retain` may take.
JUMPS = [
    ("summer time begins", ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T01:00:01Z"], True),
    ("summer time ends", ["2026-10-25T00:30:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:30:00Z"], True),
    ("an hour back", ["2026-03-31T12:00:00Z", "2026-03-31T11:00:00Z", "2026-03-31T12:00:01Z"], True),
    ("a year back", ["2026-03-31T12:00:00Z", "2025-03-31T12:00:00Z", "2026-03-31T12:00:00Z"], True),
    ("before all events", ["1999-12-31T23:59:59Z", "1970-01-01T00:00:01Z", "2026-03-31T12:00:00Z"], True),
    ("the end of 32 bits", ["2038-01-19T03:14:07Z", "2038-01-19T03:14:08Z", "2106-02-07T06:28:16Z"], False),
    ("the year 9999", ["9999-12-31T23:59:58Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"], False),
]
CONFIG = world.CONFIG + """
[[account]]
name = "shop"
esp = "generic"
zone = "Europe/Brussels"
"""
# The hour that is there twice, the one that is not, and their neighbours, without a zone.
LOCAL = """email,campaign,event,time
a@example.com,1,open,2026-03-29 01:59:59
b@example.com,1,open,2026-03-29 02:30:00
c@example.com,1,open,2026-03-29 03:00:00
d@example.com,1,open,2026-10-25 01:59:59
e@example.com,1,open,2026-10-25 02:30:00
f@example.com,1,open,2026-10-25 03:00:00
"""


def steps(log: pathlib.Path) -> list[list[str]]:
    return [["import", "-q", "--account", "shop", "--rejects", "/dev/null", str(log)], ["score", "-q"], ["segments", "export", "-q", "readers"],
            ["forget", "-q", world.GONE], ["campaigns"], ["retain", "-q"]]


def looks(program: Program, workspace: pathlib.Path) -> list[bytes]:
    return [program.run(workspace, "export", what) for what in ("events", "scores", "links")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    program = Program(parser.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="mailfunnel-clock-") as folder:
        base = pathlib.Path(folder)
        log = base / "log.csv"
        world.write_log(log, random.Random(3), 2000, recipients=100)
        with log.open("a", encoding="utf-8") as out:
            out.write("\n".join(line + ",," for line in LOCAL.splitlines()[1:]) + "\n")
        start = base / "start"
        start.mkdir()
        (start / "mailfunnel.toml").write_text(CONFIG, encoding="utf-8")
        program.run(start, "init")
        calm = world.copied(start, base / "calm")
        for words in steps(log):
            program.run(calm, *words)
        expected = looks(program, calm)
        for name, moments, keeps in JUMPS:
            workspace = world.copied(start, base / "jumping")
            for moment in moments + moments[:1]:
                for words in steps(log):
                    code, _, err = program.attempt(workspace, *words, now=moment)
                    if code not in (0, 3):
                        raise Broken(f"{name}: at {moment} {' '.join(words[:2])}: exit {code}: {err}")
            for words in steps(log):  # the clock is right again
                program.run(workspace, *words)
            world.quick_check(workspace)
            program.run(workspace, "score", "-q")
            program.run(workspace, "audit", "-q", codes=(0,))
            if keeps and looks(program, workspace) != expected:
                raise Broken(f"{name}: something else is left than if the clock had been right")
            print(f"{name}: {len(moments) + 1} moments, {len(steps(log))} commands at each: well", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as what:
        sys.exit(str(what))
