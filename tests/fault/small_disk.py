#!/usr/bin/env python3
"""A real disk of 20 MiB (a tmpfs of its own) that gets full under import, score, backup and erasure: each says so and what to do, the store
is sound with whole batches, and with more room the same commands end as if nothing had happened. Exit code 77: this user may mount nothing.

    small_disk.py --program build/release/mailfunnel"""
import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

import world
from world import Broken, Program

SKIPPED = 77


def mount(folder: pathlib.Path, options: str) -> bool:
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False).returncode == 0


def fill(program: Program, workspace: pathlib.Path, steps: list[list[str]], expected: list[bytes]) -> None:
    full = 0
    for words in steps:
        code, _, err = program.attempt(workspace, *words)
        if code not in (0, 3):
            full += 1
            if code != 1 or "space" not in err or "again" not in err:
                raise Broken(f"{words[0]}: exit {code}, and no word of space: {err!r}")
        program.run(workspace, "status", codes=(0,))
        world.quick_check(workspace)
        lines = program.run(workspace, "export", "events").splitlines()
        if len(lines) != world.events_in(program, workspace):
            raise Broken(f"{words[0]}: something else than whole batches")
        print(f"{words[0]}: exit {code}, {len(lines)} events in the store")
    if full == 0:
        raise Broken("the disk never got full: nothing was tested")
    if not mount(workspace, "remount,size=400m"):
        raise Broken("the disk can't be made larger")
    for words in steps:
        program.run(workspace, *words)
    if left := world.traces_left(workspace):
        raise Broken("left of the person: " + ", ".join(left))
    if [program.run(workspace, "export", what) for what in ("events", "scores")] != expected:
        raise Broken("with more room it ends in something else than undisturbed")
    print(f"{full} commands found the disk full; with more room all is as undisturbed")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    program = Program(parser.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="mailfunnel-disk-") as folder:
        base = pathlib.Path(folder)
        log = base / "log.csv"
        world.write_log(log, random.Random(5), 1_000_000, recipients=500_000)
        small, calm = base / "small", base / "calm"
        steps = [["import", "-q", "--memory", "4M", "--rejects", "/dev/null", str(log)], ["score", "-q"], ["forget", "-q", world.GONE],
                 ["backup", "-q", "--force", "copy.db"]]
        small.mkdir()
        calm.mkdir()
        if not mount(small, "size=20m"):
            print("skipped: this user may not mount a disk of 20 MiB")
            return SKIPPED
        try:
            for workspace in (small, calm):
                (workspace / "mailfunnel.toml").write_text(world.CONFIG, encoding="utf-8")
                steps[3][-1] = str(workspace / "copy.db")
                program.run(workspace, "init")
                if workspace is calm:
                    for words in steps:
                        program.run(workspace, *words)
            steps[3][-1] = str(small / "copy.db")
            expected = [program.run(calm, "export", what) for what in ("events", "scores")]
            fill(program, small, steps, expected)
        except Broken as what:
            print(what)
            return 1
        finally:
            subprocess.run(["umount", str(small)], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
