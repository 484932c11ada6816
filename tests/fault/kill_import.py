#!/usr/bin/env python3
"""Kills an import with SIGKILL at random moments: the store must open, hold whole batches only, and be byte for byte
that of an undisturbed run once the import is run again.

    kill_import.py --program build/release/mailfunnel [--rounds 50] [--seed 1]"""
import argparse
import json
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


def write_log(path: pathlib.Path, rng: random.Random, events: int) -> None:
    kinds = ["sent"] * 5 + ["delivered"] * 5 + ["open"] * 3 + ["click"]
    with path.open("w", encoding="utf-8") as out:
        out.write("email,campaign,event,time,url,agent\n")
        for i in range(events):
            kind = rng.choice(kinds)
            url = f"https://www.example.com/page-{rng.randrange(30)}" if kind == "click" else ""
            second = 1767225600 + rng.randrange(90 * 86400)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
            out.write(f"reader{rng.randrange(events // 8)}@example.com,{rng.randrange(6)},{kind},{stamp},{url},Mozilla/5.0 (X11)\n")
            if i % 1000 == 999:
                out.write("broken line\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    rng = random.Random(options.seed)
    environment = dict(os.environ, TZ="UTC", MAILFUNNEL_NOW="2026-03-31T12:00:00Z")

    with tempfile.TemporaryDirectory(prefix="mailfunnel-kill-") as folder:
        base = pathlib.Path(folder)
        log = base / "log.csv"
        write_log(log, rng, 120_000)
        empty = base / "empty"
        empty.mkdir()
        (empty / "mailfunnel.toml").write_text(CONFIG, encoding="utf-8")

        def run(workspace: pathlib.Path, *words: str, codes=(0, 3)) -> bytes:
            done = subprocess.run([program, "-C", str(workspace), *words], capture_output=True, env=environment, timeout=120)
            if done.returncode not in codes:
                sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")
            return done.stdout

        run(empty, "init", str(empty))
        # Little memory: many batches, so that a kill also falls between two of them.
        words = ["import", "-q", "--memory", "1M", "--rejects", "/dev/null", str(log)]

        def fresh(name: str) -> pathlib.Path:
            workspace = base / name
            shutil.rmtree(workspace, ignore_errors=True)
            shutil.copytree(empty, workspace)
            return workspace

        reference = fresh("reference")
        begin = time.monotonic()
        run(reference, *words)
        duration = time.monotonic() - begin
        expected = run(reference, "export", "events")
        total = json.loads(run(reference, "status", "--json"))["events"]
        assert expected.count(b"\n") == total > 100_000, (expected.count(b"\n"), total)

        killed = partly = 0
        for number in range(options.rounds):
            workspace = fresh("killed")
            process = subprocess.Popen([program, "-C", str(workspace), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
            time.sleep(rng.uniform(0, duration * 0.9))
            killed += process.poll() is None
            process.kill()
            process.wait()
            there = json.loads(run(workspace, "status", "--json"))["events"]
            partly += 0 < there < total
            lines = run(workspace, "export", "events")
            if lines.count(b"\n") != there or not set(lines.splitlines()) <= set(expected.splitlines()):
                sys.exit(f"round {number}: the store holds something else than whole batches")
            run(workspace, *words)
            if run(workspace, "export", "events") != expected:
                sys.exit(f"round {number}: the finished import differs from an undisturbed one")
        print(f"{options.rounds} rounds: {killed} killed while running, {partly} with some batches done; all the same in the end")
        if killed < options.rounds // 3 or partly == 0:
            sys.exit("the kills missed the import: nothing was tested")
    return 0


if __name__ == "__main__":
    sys.exit(main())
