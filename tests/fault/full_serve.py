#!/usr/bin/env python3
"""Takes the disk away from a `serve` that is under load (no file may grow beyond a size) and gives it back: while there is no room
it answers 503 with Retry-After, then it goes on by itself, and every request that was answered 200 is in the store.

    full_serve.py --program build/release/mailfunnel"""
import argparse
import http.client
import json
import pathlib
import re
import resource
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
ROOM = 1 << 20  # bytes a file
SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    with tempfile.TemporaryDirectory(prefix="mailfunnel-full-") as folder:
        workspace = pathlib.Path(folder) / "w"
        subprocess.run([program, "init", str(workspace)], check=True, capture_output=True)
        with (workspace / "mailfunnel.toml").open("a", encoding="utf-8") as out:
            out.write(CONFIG)
        process = subprocess.Popen([program, "-C", str(workspace), "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True,
                                   restore_signals=False)  # SIGXFSZ stays ignored, as Python has it
        try:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
            port = int(found[1])
            threading.Thread(target=process.stderr.read, daemon=True).start()
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
            taken, refused, number = [], 0, 0

            def post() -> int:
                nonlocal number, refused
                batch = range(number, number + 500)
                number += 500
                events = [{"event": "open", "time": 1774900000 + n, "MessageID": n, "email": f"reader{n}@example.com", "mj_campaign_id": 1,
                           "customcampaign": f"{n * 7919 % 1000003}", "ip": "192.0.2.1", "agent": "Mozilla/5.0"} for n in batch]
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("POST", "/hooks/mj/s3cret", json.dumps(events), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    taken.extend(batch)
                elif answer.status == 503 and answer.getheader("Retry-After"):
                    refused += 1
                else:
                    sys.exit(f"answered {answer.status}")
                connection.close()
                return answer.status

            end = time.monotonic() + SECONDS
            while refused < 5:
                post()
                if time.monotonic() > end:
                    sys.exit("the disk never got full")
            while_full = len(taken)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            while post() != 200:
                if time.monotonic() > end:
                    sys.exit("it does not go on")
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait(20)
        done = subprocess.run([program, "-C", str(workspace), "export", "events"], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit(done.stderr)
        seen = {int(n) for n in re.findall(r"reader(\d+)@", done.stdout)}
        lost = [n for n in taken if n not in seen]
        print(f"{while_full} events taken before the disk was full, {refused} requests put off, {len(taken)} events taken in all, "
              f"{len(seen)} in the store, {len(lost)} lost")
        return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
