"""What the tests of faults share: a small world of logs, a program that runs over it, and what must hold afterwards."""
import gzip
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

NOW = "2026-03-31T12:00:00Z"
GONE = "gone.person@example.com"  # who is erased
TRACES = [b"gone.person", b"Verdwenen"]
STORES = pathlib.Path(__file__).resolve().parent / "stores"  # of older formats

CONFIG = """[[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", link = "url", user_agent = "agent" }

[[segment]]
name = "readers"
where = "clicked(at least 1)"
"""
KINDS = ["sent"] * 5 + ["delivered"] * 5 + ["open"] * 3 + ["click"]


class Broken(Exception):
    """A guarantee does not hold."""


def write_log(path: pathlib.Path, rng: random.Random, events: int, recipients: int = 0, campaigns: int = 6) -> None:
    """Events of the first quarter of 2026; some of them the erased person's, some lines that are none."""
    with path.open("w", encoding="utf-8") as out:
        out.write("email,campaign,event,time,url,agent\n")
        for i in range(events):
            kind = rng.choice(KINDS)
            url = f"https://www.example.com/page-{rng.randrange(30)}" if kind == "click" else ""
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1767225600 + rng.randrange(89 * 86400)))
            who = GONE.title() if i % 500 == 7 else f"reader{rng.randrange(recipients or events // 8)}@example.com"
            out.write(f"{who},{rng.randrange(campaigns)},{kind},{stamp},{url},Mozilla/5.0 (X11)\n")
            if i % 1000 == 999:
                out.write("broken line\n")


def write_contacts(path: pathlib.Path) -> None:
    path.write_text(f"email,last_name\n{GONE},Verdwenen\nreader1@example.com,Blijver\n", encoding="utf-8")


class Program:
    """The real program; `fault` and `library` go to faulty_disk.cpp."""

    def __init__(self, program: str, library: str | None = None) -> None:
        self.program = str(pathlib.Path(program).resolve())
        self.library = str(pathlib.Path(library).resolve()) if library else None
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAILFUNNEL_", "MF_"))}
        self.environment |= {"TZ": "UTC", "MAILFUNNEL_NOW": NOW, "LISTMONK_TOKEN": "t0k3n"}

    def start(self, workspace: pathlib.Path, *words: str, fault: str = "", count: pathlib.Path | None = None, now: str = "") -> subprocess.Popen:
        environment = dict(self.environment)
        if fault or count:
            environment |= {"LD_PRELOAD": self.library, "MF_FAULT_FOLDER": str(workspace.resolve())}
            if fault:
                environment["MF_FAULT"] = fault
            if count:
                environment["MF_FAULT_COUNT"] = str(count)
        if now:
            environment["MAILFUNNEL_NOW"] = now
        return subprocess.Popen([self.program, "-C", str(workspace), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=environment)

    def attempt(self, workspace: pathlib.Path, *words: str, timeout: float = 300, **options) -> tuple[int, bytes, str]:
        """Exit code (negative: the signal), output, error output."""
        process = self.start(workspace, *words, **options)
        out, err = process.communicate(timeout=timeout)
        return process.returncode, out, err.decode(errors="replace")

    def run(self, workspace: pathlib.Path, *words: str, codes: tuple = (0, 3), **options) -> bytes:
        code, out, err = self.attempt(workspace, *words, **options)
        if code not in codes:
            raise Broken(f"{' '.join(words)}: exit {code}\n{err}")
        return out

    def calls(self, workspace: pathlib.Path, *words: str) -> int:
        """How many calls that change files it makes, undisturbed."""
        count = workspace.parent / "count"
        count.unlink(missing_ok=True)
        self.run(workspace, *words, count=count)
        return sum(int(line) for line in count.read_text().split())


def asked(path: pathlib.Path, question: str) -> list:
    """Read only: a connection that writes would move the log into the file when it goes."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return database.execute(question).fetchall()
    finally:
        database.close()


def quick_check(workspace: pathlib.Path) -> None:
    """SQLite's own look at the store, and at the webhooks beside it."""
    for name in ("mailfunnel.db", "mailfunnel.db.hooks"):
        path = workspace / name
        if path.exists() and path.stat().st_size:
            result = asked(path, "PRAGMA quick_check")
            if result != [("ok",)]:
                raise Broken(f"{name}: quick_check says {result[:3]}")


def format_of(workspace: pathlib.Path) -> int:
    return int(asked(workspace / "mailfunnel.db", "SELECT value FROM meta WHERE key = 'format'")[0][0])


def traces_left(folder: pathlib.Path) -> list[str]:
    return [f"{path.name}: {trace.decode()}" for path in sorted(folder.rglob("*")) if path.is_file()
            for trace in TRACES if trace.lower() in path.read_bytes().lower()]


def unpack_store(packed: pathlib.Path, workspace: pathlib.Path) -> None:
    """An older store of tests/fault/stores, with the key that belongs to it."""
    (workspace / "mailfunnel.db").write_bytes(gzip.decompress(packed.read_bytes()))
    (workspace / "mailfunnel.db.key").write_bytes(b"12345678")
    (workspace / "mailfunnel.db.erased.key").write_bytes(b"of no use but to tests, 32 bytes")


def copied(source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return target


def events_in(program: Program, workspace: pathlib.Path) -> int:
    return json.loads(program.run(workspace, "status", "--json"))["events"]
