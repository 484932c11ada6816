#!/usr/bin/env python3
"""Backups of a store while an import writes into it: each copy opens, is sound, adds up, and holds whole batches only. At rest a copy
gives the same events as the store; a backup that is killed leaves nothing in FILE's place; what a killed `serve` had taken is in the next copy.

    backup.py --program build/release/mailfunnel [--rounds 8] [--seed 1]"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

CONFIG = """[[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign" }
[[account]]
name = "mj"
esp = "mailjet"
webhook_secret = "s3cret"
"""


def write_log(path: pathlib.Path, rng: random.Random, events: int) -> None:
    with path.open("w", encoding="utf-8") as out:
        out.write("email,campaign,event,time\n")
        for _ in range(events):
            second = 1767225600 + rng.randrange(90 * 86400)
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
            out.write(f"reader{rng.randrange(events // 8)}@example.com,{rng.randrange(6)},{rng.choice(['sent', 'delivered', 'open'])},{stamp}\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    rng = random.Random(options.seed)
    environment = dict(os.environ, TZ="UTC", MAILFUNNEL_NOW="2026-03-31T12:00:00Z")

    with tempfile.TemporaryDirectory(prefix="mailfunnel-backup-") as folder:
        base = pathlib.Path(folder)
        live = base / "live"
        live.mkdir()
        (live / "mailfunnel.toml").write_text(CONFIG, encoding="utf-8")

        def run(workspace: pathlib.Path, *words: str, expected: int = 0) -> bytes:
            done = subprocess.run([program, "-C", str(workspace), *words], capture_output=True, env=environment, timeout=120)
            if done.returncode != expected:
                sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr.decode()}")
            return done.stdout

        def restored(copy: pathlib.Path) -> pathlib.Path:
            """As docs/operations.md has it: config, key and copy in a folder of their own."""
            workspace = base / "restored"
            shutil.rmtree(workspace, ignore_errors=True)
            workspace.mkdir()
            for name in ("mailfunnel.toml", "mailfunnel.db.key"):
                shutil.copy(live / name, workspace)
            shutil.copy(copy, workspace / "mailfunnel.db")
            run(workspace, "check")
            run(workspace, "score", "-q")
            run(workspace, "audit")
            return workspace

        run(live, "init")
        run(live, "backup", str(base / "empty.db"))
        restored(base / "empty.db")
        during, sizes, copy = 0, [], base / "copy.db"
        for number in range(options.rounds):
            log = base / f"{number}.csv"
            write_log(log, rng, 20_000)
            # Little memory: many batches, so that a writer commits while pages are copied.
            writer = subprocess.Popen([program, "-C", str(live), "import", "-q", "--memory", "1M", str(log)], env=environment,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while True:
                result = json.loads(run(live, "backup", "--json", "--force", str(copy)))
                assert result["bytes"] == copy.stat().st_size, result
                if writer.poll() is not None:
                    break
                during += 1
                events = json.loads(run(restored(copy), "status", "--json"))["events"]
                assert not sizes or events >= sizes[-1], (events, sizes[-1])
                sizes.append(events)
            assert writer.wait() == 0
        assert during > 0, "no backup fell into an import"

        run(live, "backup", "--force", str(copy))  # the last one above may be older than the end of the last import
        at_rest = restored(copy)
        events = run(live, "export", "events")
        assert events.count(b"\n") > 1000 and run(at_rest, "export", "events") == events
        assert oct(copy.stat().st_mode & 0o777) == "0o600"

        # What is there stays, without --force and in the hands of the store.
        before = copy.read_bytes()
        run(live, "backup", str(copy), expected=1)
        run(live, "backup", "--force", str(live / "mailfunnel.db"), expected=2)
        run(live, "backup", "--force", str(live / "mailfunnel.db.key"), expected=2)
        run(live, "backup", "--force", str(base / "no" / "folder.db"), expected=1)
        assert copy.read_bytes() == before and len((live / "mailfunnel.db.key").read_bytes()) == 8
        # A log that stood beside an older FILE is not taken for that of the new one.
        (base / "copy.db-wal").write_bytes(b"left over")
        run(live, "backup", "--force", str(copy))
        assert not (base / "copy.db-wal").exists()
        # Killed at any moment: FILE is whole or not there, and the next one goes as ever.
        for number in range(options.rounds):
            target = base / f"killed{number}.db"
            killed = subprocess.Popen([program, "-C", str(live), "backup", str(target)], env=environment, stdout=subprocess.DEVNULL)
            time.sleep(rng.random() * 0.05)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            if target.exists():
                assert target.read_bytes() == copy.read_bytes()
            else:
                run(live, "backup", str(target))
            assert not target.with_name(target.name + ".new").exists()
        assert run(restored(target), "export", "events") == events

        # A webhook that was answered and is not in the store yet.
        serve = subprocess.Popen([program, "-C", str(live), "serve", "--listen", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True)
        url = re.search(r"http://127\.0\.0\.1:\d+", serve.stderr.readline())[0] + "/hooks/mj/s3cret"
        hook = [{"event": "open", "time": 1774900000, "MessageID": 1, "email": "late@example.com", "mj_campaign_id": 1}]
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(hook).encode(), {"Content-Type": "application/json"})) as answer:
            assert answer.status == 200
        serve.send_signal(signal.SIGKILL)
        serve.communicate()
        result = json.loads(run(live, "backup", "--json", "--force", str(copy)))
        assert not result["webhooks_waiting"] and b"late@example.com" in run(restored(copy), "export", "events")
        print(f"{during} backups during imports, {len(set(sizes))} different moments; at rest the same events")
    return 0


if __name__ == "__main__":
    sys.exit(main())
