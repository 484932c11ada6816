#!/usr/bin/env python3
"""Imports a log of some size through standard input with little memory: the peak stays below a bound that the size of
the log does not move, and the store holds the same as with the default memory.

    bounded_memory.py --program build/release/mailfunnel [--no-bound]"""
import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Iterator

CONFIG = """[[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", link = "url" }
"""
KINDS = ["sent", "delivered", "open", "sent", "delivered", "click", "sent", "delivered"]
PEOPLE = 20_000
MIB = 1 << 20

# Rows of the whole log take some 37 MiB. With 4 MiB allowed, most of the peak is the program's own: 1 MiB and more a
# thread for chunks, the table of addresses, the page cache of the store, and what a batch takes while it is written.
LITTLE, ROUNDS, FEW_ROUNDS = "4M", 120, 30
MOST_PEAK, MOST_GROWTH = 64 * MIB, 20 * MIB


def blocks(rounds: int) -> Iterator[bytes]:
    """The log: each round has an event of everybody, and no event comes twice."""
    people = b"".join(b"r%d@x.example,<%02d:%02d:%02dZ,>\n" % (who * 7919 % PEOPLE, who // 3600, who // 60 % 60, who % 60) for who in range(PEOPLE))
    yield b"email,campaign,event,time,url\n"
    for number in range(rounds):
        kind = KINDS[number % len(KINDS)]
        url = f"https://www.example.com/page-{number % 30}" if kind == "click" else ""
        begin = time.strftime("%Y-%m-%dT", time.gmtime(1735689600 + number * 86400))
        yield people.replace(b"<", f"{number // len(KINDS)},{kind},{begin}".encode()).replace(b">", url.encode())


class World:
    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder
        self.environment = dict(os.environ, TZ="UTC", MAILFUNNEL_NOW="2026-12-31T12:00:00Z")
        self.output = folder / "output"
        folder.mkdir()
        (folder / "mailfunnel.toml").write_text(CONFIG, encoding="utf-8")
        self.run("init", str(folder))
        (folder / "mailfunnel.db.key").write_bytes(b"12345678")  # network hashes are the same in all

    def run(self, *words: str) -> None:
        with self.output.open("wb") as out:
            done = subprocess.run([self.program, "-C", str(self.folder), *words], stdout=out, env=self.environment, timeout=240)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}")

    def load(self, rounds: int, *options: str) -> tuple[int, int]:
        """Imports the log; its size, and the peak of the process in bytes."""
        words = [self.program, "-C", str(self.folder), "import", "-q", "--threads", "2", *options, "-"]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=self.environment)
        size = 0
        with process.stdin as pipe:
            for block in blocks(rounds):
                size += pipe.write(block)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {process.returncode}")
        return size, usage.ru_maxrss * 1024

    def exported(self) -> tuple[str, int]:
        """What the store holds: a hash of `export events`, and its lines."""
        self.run("export", "events")
        # Read in pieces: the peak of a process that this one starts is never told as less than this one's size.
        digest, lines = hashlib.sha256(), 0
        with self.output.open("rb") as exported:
            while piece := exported.read(MIB):
                digest.update(piece)
                lines += piece.count(b"\n")
        return digest.hexdigest(), lines


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--no-bound", action="store_true", help="compare the stores only: sanitizers take memory of their own")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    with tempfile.TemporaryDirectory(prefix="mailfunnel-memory-") as folder:
        base = pathlib.Path(folder)
        little, few, free = (World(program, base / name) for name in ("little", "few", "free"))
        few_size, few_peak = few.load(FEW_ROUNDS, "--memory", LITTLE)
        size, peak = little.load(ROUNDS, "--memory", LITTLE)
        _, free_peak = free.load(ROUNDS)
        print(f"--memory {LITTLE}: {few_size / MIB:.0f} MiB of log, peak {few_peak / MIB:.0f} MiB; {size / MIB:.0f} MiB, peak {peak / MIB:.0f} MiB")
        print(f"default memory: {size / MIB:.0f} MiB of log, peak {free_peak / MIB:.0f} MiB")
        digest, lines = little.exported()
        if lines != ROUNDS * PEOPLE:
            sys.exit(f"{lines} events in the store, not {ROUNDS * PEOPLE}")
        if (digest, lines) != free.exported():
            sys.exit("with little memory the store holds something else")
        if not options.no_bound and peak > MOST_PEAK:
            sys.exit(f"the peak is above {MOST_PEAK / MIB:.0f} MiB")
        if not options.no_bound and peak > few_peak + MOST_GROWTH:
            sys.exit(f"with the log the peak grew by more than {MOST_GROWTH / MIB:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
