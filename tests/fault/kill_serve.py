#!/usr/bin/env python3
"""Kills `serve` with SIGKILL again and again while webhooks come in: every request that was answered 200 is in the store
afterwards, and none twice.

    kill_serve.py --program build/release/mailfunnel [--rounds 20] [--seed 1]"""
import argparse
import http.client
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

CONFIG = """[[account]]
name = "mj"
esp = "mailjet"
webhook_secret = "s3cret"
"""
START = 1774900000
CLIENTS = 4


class Client(threading.Thread):
    """Posts events with numbers of its own, and remembers which were answered 200."""

    def __init__(self, port: int, numbers, taken: set, lock: threading.Lock):
        super().__init__(daemon=True)
        self.port, self.numbers, self.taken, self.lock = port, numbers, taken, lock

    def run(self) -> None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            while True:
                batch = [next(self.numbers) for _ in range(random.choice((1, 1, 1, 20)))]
                events = [{"event": "open", "time": START + n, "MessageID": n, "email": f"reader{n}@example.com", "mj_campaign_id": n % 5,
                           "customcampaign": f"c{n % 5}", "ip": "192.0.2.1", "agent": "Mozilla/5.0"} for n in batch]
                connection.request("POST", "/hooks/mj/s3cret", json.dumps(events), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    with self.lock:
                        self.taken.update(batch)
        except (OSError, http.client.HTTPException):
            return  # it was killed


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    random.seed(options.seed)
    counter, lock, taken = iter(range(10**9)), threading.Lock(), set()

    class Numbers:
        def __iter__(self):
            return self

        def __next__(self):
            with lock:
                return next(counter)

    with tempfile.TemporaryDirectory(prefix="mailfunnel-serve-") as folder:
        workspace = pathlib.Path(folder) / "w"
        environment = dict(os.environ, TZ="UTC")
        subprocess.run([program, "init", str(workspace)], check=True, capture_output=True)
        with (workspace / "mailfunnel.toml").open("a", encoding="utf-8") as out:
            out.write(CONFIG)
        for number in range(options.rounds):
            process = subprocess.Popen([program, "-C", str(workspace), "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE,
                                       text=True, env=environment)
            line = process.stderr.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if not found:
                sys.exit(f"round {number}: did not start: {line}{process.stderr.read()}")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            clients = [Client(int(found[1]), Numbers(), taken, lock) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(random.uniform(0.1, 1.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
            for client in clients:
                client.join()
        # No `serve` runs any more: the next command brings in what is left.
        done = subprocess.run([program, "-C", str(workspace), "export", "events"], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit(done.stderr)
        seen: dict[int, int] = {}
        for line in done.stdout.splitlines():
            address = re.search(r"reader(\d+)@", line)
            seen[int(address[1])] = seen.get(int(address[1]), 0) + 1
        lost = [n for n in taken if n not in seen]
        twice = [n for n, count in seen.items() if count != 1]
        print(f"{options.rounds} kills, {len(taken)} events acknowledged, {len(seen)} in the store, {len(lost)} lost, {len(twice)} twice")
        return 1 if lost or twice or not taken else 0


if __name__ == "__main__":
    sys.exit(main())
