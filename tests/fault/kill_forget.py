#!/usr/bin/env python3
"""Kills an erasure with SIGKILL at random moments: each time the store opens, holds all of the person or nothing, and once
`forget` is run again no byte of the person is left in any file, and `export` is that of an undisturbed erasure.

    kill_forget.py --program build/release/mailfunnel [--rounds 25] [--seed 1]"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

CONFIG = """[[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", link = "url", user_agent = "agent" }
"""
WHO = "gone.person@example.com"
TRACES = [b"gone.person", b"Verdwenen"]


def write_world(folder: pathlib.Path, rng: random.Random, events: int) -> None:
    kinds = ["sent"] * 5 + ["delivered"] * 5 + ["open"] * 3 + ["click"]
    with (folder / "log.csv").open("w", encoding="utf-8") as out:
        out.write("email,campaign,event,time,url,agent\n")
        for i in range(events):
            kind = rng.choice(kinds)
            url = f"https://www.example.com/page-{rng.randrange(30)}" if kind == "click" else ""
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1767225600 + rng.randrange(90 * 86400)))
            who = WHO.title() if i % 500 == 7 else f"reader{rng.randrange(events // 8)}@example.com"
            out.write(f"{who},{rng.randrange(20)},{kind},{stamp},{url},Mozilla/5.0 (X11)\n")
        out.write(f"{WHO},1,open,1970-01-01T00:00:00Z,,\nother@example.com,1,open,1970-01-01T00:00:00Z,,\n")
    (folder / "contacts.csv").write_text(f"email,last_name\n{WHO},Verdwenen\nother@example.com,Blijver\n", encoding="utf-8")


def left(folder: pathlib.Path) -> list[str]:
    return [f"{path.name}: {trace.decode()}" for path in sorted(folder.rglob("*")) if path.is_file()
            for trace in TRACES if trace.lower() in path.read_bytes().lower()]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    rng = random.Random(options.seed)
    environment = dict(os.environ, TZ="UTC", MAILFUNNEL_NOW="2026-03-31T12:00:00Z")

    with tempfile.TemporaryDirectory(prefix="mailfunnel-forget-") as folder:
        base = pathlib.Path(folder)
        write_world(base, rng, 40_000)
        world = base / "world"
        world.mkdir()
        (world / "mailfunnel.toml").write_text(CONFIG, encoding="utf-8")

        def run(workspace: pathlib.Path, *words: str, codes=(0,)) -> bytes:
            done = subprocess.run([program, "-C", str(workspace), *words], capture_output=True, env=environment, timeout=120)
            if done.returncode not in codes:
                sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")
            return done.stdout

        run(world, "init")
        run(world, "import", "-q", str(base / "log.csv"), codes=(3,))
        run(world, "recipients", "import", "-q", str(base / "contacts.csv"))
        whole = run(world, "export", "events")
        undisturbed = base / "undisturbed"
        shutil.copytree(world, undisturbed)
        start = time.monotonic()
        run(undisturbed, "forget", WHO)
        length = time.monotonic() - start
        if problems := left(undisturbed):
            sys.exit("undisturbed: " + ", ".join(problems))
        wanted = run(undisturbed, "export", "events")

        killed = 0
        for number in range(options.rounds):
            copy = base / "copy"
            shutil.copytree(world, copy)
            process = subprocess.Popen([program, "-C", str(copy), "forget", "-q", WHO], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=environment)
            time.sleep(rng.random() * length * 1.1)
            process.kill()
            killed += process.wait() != 0
            if run(copy, "export", "events") not in (whole, wanted):
                sys.exit(f"round {number}: neither whole nor erased")
            run(copy, "forget", WHO)
            if run(copy, "export", "events") != wanted:
                sys.exit(f"round {number}: another export than undisturbed")
            if problems := left(copy):
                sys.exit(f"round {number}: " + ", ".join(problems))
            run(copy, "import", "-q", str(base / "log.csv"), codes=(3,))
            if problems := left(copy):
                sys.exit(f"round {number}: came back: " + ", ".join(problems))
            shutil.rmtree(copy)
        print(f"{options.rounds} rounds, {killed} of them killed: all well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
