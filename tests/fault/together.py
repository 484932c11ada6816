#!/usr/bin/env python3
"""Several processes at once on one workspace: imports, scores, exports, lists, an erasure. None may fail for another reason than the lock
(exit code 4), every export is one moment's (whole batches), and in the end the store is what the same work gives one after the other.

    together.py --program build/release/mailfunnel [--processes 2 8] [--seconds 10] [--seed 1]"""
import argparse
import pathlib
import random
import sys
import tempfile
import threading
import time

import world
from world import Broken, Program

PIECES = 40  # logs, each imported again and again
LOCKED = 4


class Together:
    def __init__(self, program: Program, base: pathlib.Path, rng: random.Random) -> None:
        self.program, self.base = program, base
        self.workspace = base / "together"
        self.workspace.mkdir()
        (self.workspace / "mailfunnel.toml").write_text(world.CONFIG, encoding="utf-8")
        program.run(self.workspace, "init")
        self.pieces = [base / f"piece-{i}.csv" for i in range(PIECES)]
        for piece in self.pieces:
            world.write_log(piece, rng, 1500, recipients=2000)
        self.counts: dict[str, int] = {}
        self.problems: list[str] = []
        self.mutex = threading.Lock()

    def step(self, rng: random.Random) -> None:
        """One command, chosen at random."""
        words = rng.choice([
            ["import", "-q", "--rejects", "/dev/null", str(rng.choice(self.pieces))],
            ["import", "-q", "--rejects", "/dev/null", str(rng.choice(self.pieces))],
            ["score", "-q"],
            ["export", "events"],
            ["export", "scores"],
            ["segments", "show", "readers"],
            ["segments", "count", "readers"],
            ["segments", "export", "-q", "readers", "-o", str(self.base / f"readers-{rng.randrange(4)}.csv")],
            ["forget", "-q", world.GONE],
            ["explain", "reader1@example.com"],
        ])
        code, out, err = self.program.attempt(self.workspace, *words)
        unknown = words[0] == "explain" and code == 1 and "reader1" in err  # before any log is in
        with self.mutex:
            what = words[0] if code in (0, 3) or unknown else "locked"
            self.counts[what] = self.counts.get(what, 0) + 1
            if code not in (0, 3, LOCKED) and not unknown:
                self.problems.append(f"{' '.join(words[:2])}: exit {code}: {err.strip()}")
            if words == ["export", "events"] and code == 0 and out and not out.endswith(b"}\n"):
                self.problems.append("an export that is cut off")

    def run(self, processes: int, seconds: float, seed: int) -> None:
        end = time.monotonic() + seconds

        def work(number: int) -> None:
            rng = random.Random(seed * 1000 + number)
            while time.monotonic() < end and not self.problems:
                self.step(rng)

        workers = [threading.Thread(target=work, args=(number,)) for number in range(processes)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if self.problems:
            raise Broken("\n".join(self.problems))

    def check(self) -> None:
        """All of it once more, one after the other, here and in a workspace that nobody disturbed."""
        calm = self.base / "calm"
        calm.mkdir()
        for name in ("mailfunnel.toml", "mailfunnel.db.key", "mailfunnel.db.erased.key"):
            if (self.workspace / name).exists():
                (calm / name).write_bytes((self.workspace / name).read_bytes())
        self.program.run(calm, "init")
        looks = []
        for workspace in (self.workspace, calm):
            self.program.run(workspace, "forget", "-q", world.GONE)
            self.program.run(workspace, "import", "-q", "--rejects", "/dev/null", *map(str, self.pieces))
            self.program.run(workspace, "score", "-q")
            self.program.run(workspace, "audit", "-q", codes=(0,))
            world.quick_check(workspace)
            looks.append([self.program.run(workspace, "export", what) for what in ("events", "scores", "links")])
        if looks[0] != looks[1]:
            raise Broken("together they made another store than one after the other")
        if left := world.traces_left(self.workspace):
            raise Broken("left of the person: " + ", ".join(left))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for processes in options.processes:
        with tempfile.TemporaryDirectory(prefix="mailfunnel-together-") as folder:
            together = Together(Program(options.program), pathlib.Path(folder), random.Random(options.seed))
            try:
                together.run(processes, options.seconds, options.seed)
                together.check()
            except Broken as what:
                print(f"{processes} processes: {what}")
                return 1
            words = ", ".join(f"{times} {what}" for what, times in sorted(together.counts.items()))
            print(f"{processes} processes for {options.seconds:g} s: {words}; the same as one after the other", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
