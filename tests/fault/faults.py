#!/usr/bin/env python3
"""Lets the machine go wrong under the real program, at one call after the other that changes a file (faulty_disk.cpp): it is killed, loses
its power, its disk is full or broken, an fsync fails. Each time the store must open and be sound, hold whole steps only, and be byte for
byte that of an undisturbed run once the same command is run again.

    faults.py --program build/release/mailfunnel --library build/release/tests/libfaulty_disk.so
              [--job JOB …] [--fault FAULT …] [--rounds N] [--seed N]

A job is a command; a fault what happens to it. N: places at which each of the faults happens to each job, spread over all calls; 0: at
every one."""
import argparse
import json
import pathlib
import random
import sys
import tempfile

import world
from push_server import Platform
from world import Broken, Program

KILLS = ("kill", "torn", "power")
AT_THE_END = 10**9  # a call that is never reached: the power goes when the command said that all is done
ERRORS = ("full", "broken", "glitch", "sync")
HARMLESS = ("short",)
ADVICE = ("again", "free ", "see to ", "restore")  # an error must say what to do


class Job:
    """One command that changes a workspace."""
    words: list[str]
    codes = (0, 3)  # that it ends with, undisturbed
    opens = True  # there is a store, also when the command was cut off
    looks = [["export", "events"], ["export", "links"], ["export", "scores"]]

    def __init__(self, program: Program, base: pathlib.Path, rng: random.Random) -> None:
        self.program, self.base = program, base
        self.start = base / f"{self.name}-start"  # the workspace before the command
        self.start.mkdir()
        (self.start / "mailfunnel.toml").write_text(world.CONFIG, encoding="utf-8")
        self.prepare(rng)

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    def prepare(self, rng: random.Random) -> None:
        """Makes the workspace and what the command needs."""
        self.program.run(self.start, "init")
        self.log = self.base / f"{self.name}.csv"
        world.write_log(self.log, rng, 12_000)
        contacts = self.base / "contacts.csv"
        world.write_contacts(contacts)
        self.program.run(self.start, "import", "-q", "--rejects", "/dev/null", str(self.log))
        self.program.run(self.start, "recipients", "import", "-q", str(contacts))

    fault, out, err = "", b"", ""  # of the round

    def begin(self) -> None:
        """Before each round: what stands outside the workspace is as it was."""

    def look(self, workspace: pathlib.Path) -> list[bytes]:
        return [self.program.run(workspace, *words) for words in self.looks]

    def check_opens(self, workspace: pathlib.Path) -> None:
        if self.opens:
            self.program.run(workspace, "status", codes=(0,))

    def check_cut(self, workspace: pathlib.Path) -> None:
        """What must hold right after the fault; the store is open and sound already."""

    def check_end(self, workspace: pathlib.Path) -> None:
        """What must hold in the end, beside that all looks give the same."""

    def how_it_ended(self, code: int) -> str:
        return "killed" if code < 0 else "done" if code in self.codes else "failed"

    def was_tested(self) -> bool:
        """Did the rounds see what the job is there for?"""
        return True


class Init(Job):
    """A store that is not there yet; a key whose first half is written would shut it for ever."""
    words = ["init", "-q"]
    opens = False

    def prepare(self, rng):
        self.log = self.base / "init.csv"
        world.write_log(self.log, rng, 100)

    def check_end(self, workspace):
        self.program.run(workspace, "import", "-q", "--rejects", "/dev/null", str(self.log))


class Import(Job):
    def prepare(self, rng):
        self.program.run(self.start, "init")
        self.log = self.base / "import.csv"
        world.write_log(self.log, rng, 60_000)
        # Little memory: many batches, so that faults also fall between two of them.
        self.words = ["import", "-q", "--memory", "1M", "--rejects", "/dev/null", str(self.log)]
        self.remember(self.base / "import-whole")

    def remember(self, folder: pathlib.Path) -> None:
        """What there is once all is done."""
        whole = world.copied(self.start, folder)
        self.program.run(whole, *self.words, codes=self.codes)
        self.lines = set(self.program.run(whole, "export", "events").splitlines())

    def check_cut(self, workspace):
        lines = self.program.run(workspace, "export", "events").splitlines()
        if len(lines) != world.events_in(self.program, workspace) or not set(lines) <= self.lines:
            raise Broken("the store holds something else than whole batches")


class Several(Import):
    """The same of several inputs at once: each is committed while the next one is read."""
    codes = (0,)  # 3 is that one of them failed: no record is rejected here

    def prepare(self, rng):
        self.program.run(self.start, "init")
        paths = [self.base / name for name in ("several-1.csv", "several-2.csv", "several-3.csv", "several-4.csv")]
        with paths[0].open("w", encoding="utf-8") as out:
            out.write("email,country\n")
            out.writelines(f"reader{i}@example.com,{rng.choice(['BE', 'NL', 'FR'])}\n" for i in range(20_000))
        world.write_log(paths[1], rng, 30_000, 25_000)
        world.write_contacts(paths[2])
        world.write_log(paths[3], rng, 20_000, 30_000)
        for log in (paths[1], paths[3]):
            log.write_text(log.read_text(encoding="utf-8").replace("broken line\n", ""), encoding="utf-8")
        self.words = ["import", "-q", "--contacts", "--rejects", "/dev/null", *map(str, paths)]
        self.remember(self.base / "several-whole")


class Recipients(Job):
    """The same with attributes, and an address that changes its person."""

    def prepare(self, rng):
        super().prepare(rng)
        self.words = ["recipients", "import", "-q", str(self.base / "people.csv")]
        with (self.base / "people.csv").open("w", encoding="utf-8") as out:
            out.write("email,country,job_title\n")
            for i in range(1500):
                out.write(f"reader{i}@example.com,{rng.choice(['BE', 'NL', 'FR'])},{rng.choice(['Owner', 'Clerk', 'Manager'])}\n")


class Large(Job):
    """So much at once that it goes past the store's log."""
    def prepare(self, rng):
        super().prepare(rng)
        self.left_journals: set[str] = set()  # faults that left one behind
        people = self.base / "people.csv"
        self.words = ["recipients", "import", "-q", str(people)]
        with people.open("w", encoding="utf-8") as out:
            out.write("email,country,job_title\n")
            for i in range(240_000): # more than the cache of SQLite holds: some is written before the commit
                out.write(f"somebody.{i}@example.com,{rng.choice(['BE', 'NL', 'FR'])},{rng.choice(['Owner', 'Clerk', 'Manager'])}\n")

        self.ends = [self.people(self.start)]
        whole = world.copied(self.start, self.base / "large-whole")
        self.program.run(whole, *self.words)
        self.ends.append(self.people(whole))

    def people(self, workspace):
        return json.loads(self.program.run(workspace, "status", "--json"))["recipients"]

    def check_opens(self, workspace):
        journal = workspace / "mailfunnel.db-journal"
        if journal.exists() and journal.stat().st_size > 0:
            self.left_journals.add(self.fault)
        super().check_opens(workspace)  # a command that only reads: it undoes what was cut off

    def check_cut(self, workspace):
        if self.fault in KILLS and self.people(workspace) not in self.ends:
            raise Broken(f"{self.people(workspace)} people: neither without the list nor with all of it")

    def was_tested(self):
        return self.fault not in KILLS or self.fault in self.left_journals


class Score(Job):
    """Scores that are there already are made anew."""
    words = ["score", "-q"]

    def prepare(self, rng):
        super().prepare(rng)
        self.program.run(self.start, "score", "-q")
        self.program.run(self.start, "segments", "export", "-q", "readers")
        more = self.base / "more.csv"
        world.write_log(more, rng, 2_000, recipients=1500)
        self.program.run(self.start, "import", "-q", "--rejects", "/dev/null", str(more))

    def look(self, workspace):
        status = json.loads(self.program.run(workspace, "status", "--json"))
        return [*super().look(workspace), repr((status["scored_as_of"], status["scores_current"])).encode()]

    def check_end(self, workspace):
        self.program.run(workspace, "audit", "-q", codes=(0,))


class Look(Job):
    """Who looks at a person is noted before anything is shown; where that can't be, it is said, and the rest is done."""
    words = ["events", "reader1@example.com"]

    def how_it_ended(self, code):
        return "failed" if code in self.codes and self.err else super().how_it_ended(code)

    def noted(self, workspace):
        lines = self.program.run(workspace, "accesses", "reader1@example.com", "--json").splitlines()
        return any(json.loads(line)["what"] == "events" for line in lines)

    def check_cut(self, workspace):
        if self.out and not self.err and not self.noted(workspace):
            raise Broken("shown, and not noted")

    def check_end(self, workspace):
        if not self.noted(workspace):
            raise Broken("not noted")


class Forget(Job):
    words = ["forget", "-q", world.GONE]

    def prepare(self, rng):
        super().prepare(rng)
        self.whole = self.program.run(self.start, "export", "events")
        gone = world.copied(self.start, self.base / "forget-gone")
        self.program.run(gone, *self.words)
        self.without = self.program.run(gone, "export", "events")

    def check_cut(self, workspace):
        if self.program.run(workspace, "export", "events") not in (self.whole, self.without):
            raise Broken("neither whole nor erased")

    def check_end(self, workspace):
        if left := world.traces_left(workspace):
            raise Broken("left of the person: " + ", ".join(left))
        self.program.run(workspace, "import", "-q", "--rejects", "/dev/null", str(self.log))
        if left := world.traces_left(workspace):
            raise Broken("came back: " + ", ".join(left))


class Retain(Job):
    words = ["retain", "-q"]

    def prepare(self, rng):
        super().prepare(rng)
        with (self.start / "mailfunnel.toml").open("a", encoding="utf-8") as out:
            out.write('[retention]\nevents = "60d"\n')


class Backup(Job):
    """The copy is whole or is not there; the store stays as it is."""

    def prepare(self, rng):
        super().prepare(rng)
        self.words = ["backup", "-q", "--force", str(self.base / "now/copy.db")]

    def check_cut(self, workspace):
        if (workspace / "copy.db").exists():
            self.check_end(workspace)

    def check_end(self, workspace):
        other = self.base / "restored"
        other.mkdir(exist_ok=True)
        (other / "mailfunnel.toml").write_text(world.CONFIG, encoding="utf-8")
        (other / "mailfunnel.db").write_bytes((workspace / "copy.db").read_bytes())
        (other / "mailfunnel.db.key").write_bytes((workspace / "mailfunnel.db.key").read_bytes())
        for beside in ("mailfunnel.db-wal", "mailfunnel.db-shm"):
            (other / beside).unlink(missing_ok=True)
        if self.look(other) != self.look(workspace):
            raise Broken("the copy holds something else than the store")


class Migrate(Job):
    """Stores of older formats (tests/fault/stores) are taken over by the first command that writes."""
    words = ["score", "-q"]

    def prepare(self, rng):
        packed = sorted(world.STORES.glob("format-*.db.gz"))[0]
        world.unpack_store(packed, self.start)
        self.before = world.format_of(self.start)

    def check_opens(self, workspace):
        """As it was, which who reads is told of; or taken over whole."""
        old = world.format_of(workspace) == self.before
        self.program.run(workspace, "status", codes=(1,) if old else (0,))

    def check_end(self, workspace):
        self.after = world.format_of(workspace)
        self.program.run(workspace, "audit", "-q", codes=(0,))


class Push(Job):
    words = ["push", "-q", "--yes", "--allow-large-removal"]
    looks = Job.looks[:2]

    def prepare(self, rng):
        super().prepare(rng)
        self.platform = Platform([f"reader{i}@example.com" for i in range(120)])
        with (self.start / "mailfunnel.toml").open("a", encoding="utf-8") as out:
            out.write(f"""push = [{{ account = "lists", as = "list", name = "Readers" }}, {{ account = "lists", as = "list", name = "To be made" }}]
[[account]]
name = "lists"
esp = "listmonk"
base_url = "{self.platform.url}"
user = "mailfunnel"
list = "1"
api_key = {{ env = "LISTMONK_TOKEN" }}
""")
        self.begin()

    def begin(self):
        self.platform.reset("Readers", set(range(100, 120)))

    def look(self, workspace):
        return [*super().look(workspace), repr(self.platform.state()).encode()]

    def check_end(self, workspace):
        twice = {what: times for what, times in self.platform.changes.items() if times != 1}
        if twice:
            raise Broken(f"asked for more than once: {list(twice.items())[:3]}")


JOBS = {job.__name__.lower(): job for job in (Init, Import, Several, Recipients, Large, Score, Look, Push, Forget, Retain, Backup, Migrate)}


def places(calls: int, rounds: int, rng: random.Random) -> list[int]:
    """Which calls: all as often as there are rounds for, then one at random of each stretch of them."""
    every = list(range(1, calls + 1))
    again, some = divmod(rounds, calls)
    return every * (again if rounds else 1) + [min(calls, 1 + int(calls * (i + rng.random()) / some)) for i in range(some)]


def check_words(code: int, err: str) -> None:
    if code < 0:
        raise Broken(f"ended by signal {-code}\n{err}")
    if code == 0 or code == 3:
        return
    if not err.startswith("mailfunnel: ") or not any(word in err for word in ADVICE):
        raise Broken(f"exit {code}, with an error that does not say what to do: {err!r}")


def one_round(job: Job, fault: str, place: int, expected: list[bytes]) -> str:
    """How it ended: killed, failed, done."""
    workspace = world.copied(job.start, job.base / "now")
    job.fault = fault
    job.begin()
    code, job.out, job.err = job.program.attempt(workspace, *job.words, fault=f"{fault} {place}")
    if fault not in KILLS:
        check_words(code, job.err)
    job.check_opens(workspace)
    world.quick_check(workspace)
    job.check_cut(workspace)
    if code in job.codes and job.look(workspace) != expected:
        raise Broken("it said that all is done, and it is not")
    job.program.run(workspace, *job.words, codes=job.codes)
    if job.look(workspace) != expected:
        raise Broken("the finished run differs from an undisturbed one")
    world.quick_check(workspace)
    job.check_end(workspace)
    return job.how_it_ended(code)


def campaign(job: Job, faults: list[str], rounds: int, rng: random.Random) -> bool:
    workspace = world.copied(job.start, job.base / "now")
    job.begin()
    calls = job.program.calls(workspace, *job.words)
    expected = job.look(workspace)
    job.check_end(workspace)
    fine = True
    for fault in faults:
        ends: dict[str, int] = {}
        broken = 0
        chosen = places(calls, rounds, rng) + [AT_THE_END] * (fault == "power")
        for place in chosen:
            try:
                end = one_round(job, fault, place, expected)
                ends[end] = ends.get(end, 0) + 1
            except Broken as what:
                broken += 1
                print(f"{job.name}, {fault} at call {place} of {calls}: {what}", flush=True)
        hit = {"killed" if fault in KILLS else "failed" if fault in ERRORS else "done"}
        if not hit & set(ends) or not job.was_tested():
            print(f"{job.name}, {fault}: never hit: nothing was tested")
            broken += 1
        words = ", ".join(f"{times} {end}" for end, times in sorted(ends.items()))
        print(f"{job.name:<11} {fault:<7} {len(chosen):>4} of {calls} calls: {words}" + (f", {broken} BROKEN" if broken else ""), flush=True)
        fine = fine and not broken
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--job", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--fault", nargs="+", choices=KILLS + ERRORS + HARMLESS, default=list(KILLS + ERRORS + HARMLESS))
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = Program(options.program, options.library)
    fine = True
    with tempfile.TemporaryDirectory(prefix="mailfunnel-faults-") as folder:
        for name in options.job:
            base = pathlib.Path(folder) / name
            base.mkdir()
            rng = random.Random(options.seed)
            fine = campaign(JOBS[name](program, base, rng), options.fault, options.rounds, rng) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
