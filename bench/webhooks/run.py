#!/usr/bin/env python3
"""Webhooks a second, durable: ours, a plain receiver in Node, and a server that only answers, in turn on the same machine.

    run.py --program build/release/mailfunnel --limit build/release/bench/webhooks/webhook_limit [--seconds 8] [--runs 3]"""
import argparse
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PORT = 18765
CONFIG = '[[account]]\nname = "mj"\nesp = "mailjet"\nwebhook_secret = "s3cret"\n'


def memory_of(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def measure(command: list[str], batch: int, seconds: int, seed: int, folder: str) -> dict:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
    try:
        time.sleep(1.5)
        done = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{PORT}/hooks/mj/s3cret",
                               "--", str(batch), str(seed)], capture_output=True, text=True, check=True)
        result = json.loads(done.stdout.splitlines()[-1])
        result["memory"] = memory_of(process.pid)
        return result
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--limit", required=True)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("skipped: wrk is not installed (packaging/apt-bench.txt)")
        return 0
    program, limit = (str(pathlib.Path(p).resolve()) for p in (options.program, options.limit))
    node = (HERE / "node" / "node_modules").is_dir()
    if not node:
        print("the receiver in Node is skipped: npm install in bench/webhooks/node")
    print(f"{'receiver':<12} {'events/request':>14} {'requests/s':>11} {'events/s':>10} {'p50 ms':>7} {'p99 ms':>7} {'failed':>6} {'MB':>5}")
    for batch in (1, 100):
        results: dict[str, list[dict]] = {}
        for run in range(options.runs):
            for name in ("mailfunnel", "node", "limit"):
                if name == "node" and not node:
                    continue
                with tempfile.TemporaryDirectory(prefix="mailfunnel-webhooks-") as folder:
                    workspace = f"{folder}/w"
                    subprocess.run([program, "init", workspace], check=True, capture_output=True)
                    with open(f"{workspace}/mailfunnel.toml", "a", encoding="utf-8") as out:
                        out.write(CONFIG)
                    command = {"mailfunnel": [program, "-C", workspace, "serve", "--listen", f"127.0.0.1:{PORT}"],
                               "node": ["node", str(HERE / "node" / "receiver.mjs"), str(PORT), f"{folder}/node.db"],
                               "limit": [limit, str(PORT)]}[name]
                    results.setdefault(name, []).append(measure(command, batch, options.seconds, run * 10 + 1, folder))
        for name, runs in results.items():
            median = {key: statistics.median(r[key] for r in runs) for key in runs[0]}
            print(f"{name:<12} {batch:>14} {median['per_second']:>11,.0f} {median['per_second'] * batch:>10,.0f} {median['p50_ms']:>7.1f} "
                  f"{median['p99_ms']:>7.1f} {median['failed']:>6.0f} {median['memory']:>5.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
