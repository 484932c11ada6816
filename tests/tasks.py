#!/usr/bin/env python3
"""Pushes that wait for somebody, and work that people ask `serve` for, over the real commands and the API, against a listmonk of the
test's own: plans are made, approved and carried out; tasks run one at a time, tell how far they are, and are stopped.

    tasks.py --program build/release/mailfunnel"""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

CONFIG = """
[[account]]
name = "lists"
esp = "listmonk"
base_url = "http://127.0.0.1:{port}"
user = "api"
api_key = "k"

[[account]]
name = "mg"
esp = "mailgun"
webhook_key = "k1"

[[account]]
name = "sg"
esp = "sendgrid"
webhook_key = "a-public-key"

[[segment]]
name = "warm"
where = "clicked(at least 1)"
push = [{{ account = "lists", as = "list", name = "Warm" }}]
{more}
"""
NOW = "2026-03-31T12:00:00Z"


class Platform:
    """Who is in which list; the first list is everybody's."""

    def __init__(self) -> None:
        self.people = {f"p{i}@example.com": {1} for i in range(12)}
        self.lists = {1: "All"}
        self.slow = threading.Event()  # answers wait while it is set
        self.lock = threading.Lock()

    def subscribers(self, list_id: str, query: str) -> list[dict]:
        wanted = re.search(r"email = '([^']*)'", query)
        return [{"id": i + 100, "email": email, "status": "enabled",
                 "lists": [{"id": one, "subscription_status": "confirmed", "optin": "single"} for one in lists]}
                for i, (email, lists) in enumerate(self.people.items())
                if (not list_id or int(list_id) in lists) and (not wanted or wanted.group(1) == email)]

    def change(self, body: dict) -> None:
        emails = list(self.people)
        for number in body["ids"]:
            lists = self.people[emails[number - 100]]
            (lists.update if body["action"] == "add" else lists.difference_update)(body["target_list_ids"])

    def members(self, name: str) -> set[str]:
        return {email for email, lists in self.people.items() if any(self.lists[one] == name for one in lists)}


PLATFORM = Platform()


class Listmonk(http.server.BaseHTTPRequestHandler):
    def answer(self, data) -> None:
        text = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except BrokenPipeError:  # whoever asked was stopped
            pass

    def body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self) -> None:
        while PLATFORM.slow.is_set():
            time.sleep(0.05)
        url = urllib.parse.urlsplit(self.path)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
        with PLATFORM.lock:
            if url.path == "/api/lists":
                rows = [{"id": number, "name": name} for number, name in PLATFORM.lists.items()]
            else:
                rows = PLATFORM.subscribers(query.get("list_id", ""), query.get("query", ""))
        self.answer({"results": rows if query.get("page", "1") == "1" else [], "total": len(rows), "page": 1})

    def do_POST(self) -> None:
        with PLATFORM.lock:
            number = len(PLATFORM.lists) + 1
            PLATFORM.lists[number] = self.body()["name"]
        self.answer({"id": number, "name": PLATFORM.lists[number]})

    def do_PUT(self) -> None:
        with PLATFORM.lock:
            PLATFORM.change(self.body())
        self.answer(True)

    def log_message(self, *_) -> None:
        pass


def log_of(clicked: range) -> str:
    lines = []
    for i in range(12):
        lines.append({"kind": "delivered", "account": "lists", "address": f"p{i}@example.com", "campaign": "m1",
                      "time": "2026-03-20T09:00:00Z"})
    for i in clicked:
        lines.append({"kind": "click", "account": "lists", "address": f"p{i}@example.com", "campaign": "m1",
                      "time": f"2026-03-21T09:{i:02}:00Z", "link": "https://shop.example/pricing"})
    return "".join(json.dumps(line) + "\n" for line in lines)


class World:
    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder
        self.faults: list[str] = []
        self.port = 0
        self.tokens: dict[str, str] = {}

    def expect(self, what: str, good: bool, *more) -> None:
        if not good:
            self.faults.append(" ".join([what, *map(str, more)]))

    def configure(self, platform: int, more: str = "") -> None:
        (self.folder / "mailfunnel.toml").write_text(CONFIG.format(port=platform, more=more), encoding="utf-8")

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *arguments, "-C", str(self.folder)], capture_output=True, text=True,
                              timeout=120, check=False, env=os.environ | {"MAILFUNNEL_NOW": NOW},
                              **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))

    def good(self, *arguments: str, code: int = 0) -> str:
        done = self.run(*arguments)
        self.expect(" ".join(arguments), done.returncode == code, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def plans(self) -> list[dict]:
        return [json.loads(line) for line in self.good("plans", "--json").splitlines()]

    def ask(self, who: str, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, "/api/v1/" + path, json.dumps(body) if body is not None else None,
                           {"Authorization": "Bearer " + self.tokens[who]})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else {}

    def task(self, number: int, until=("done", "partly", "failed", "stopped"), seconds: float = 60) -> dict:
        end = time.monotonic() + seconds
        while True:
            _, state = self.ask("op", "GET", f"tasks/{number}")
            if state["outcome"] in until or time.monotonic() > end:
                return state
            time.sleep(0.05)


def command_line(world: World, platform: int) -> None:
    """push --save-plan, plans, push --plan; and a push that nobody attends."""
    first = world.run("push")
    world.expect("an unattended first push waits", first.returncode == 3 and "plan 1 waits" in first.stderr, first)
    world.expect("and sends nothing", PLATFORM.members("Warm") == set() and len(PLATFORM.lists) == 1)
    world.good("push", code=3)
    plans = world.plans()
    world.expect("the same again is one plan", len(plans) == 1 and plans[0]["state"] == "waiting", plans)
    world.expect("it tells what it asks", plans[0]["questions"] == ["nothing was ever sent to this target"], plans)
    world.good("push", "--plan", "1", code=1)  # nobody approved it
    world.expect("its people are shown", "p3@example.com" in world.good("plans", "show", "1"))
    world.good("plans", "approve", "1", "--as", "anna")
    world.good("push", "--plan", "1")
    world.expect("what was approved is there", PLATFORM.members("Warm") == {f"p{i}@example.com" for i in range(6)})
    world.good("push", "--plan", "1", code=1)  # once
    world.expect("it is done", world.plans()[0] | {"push": 1, "state": "done"} == world.plans()[0], world.plans())

    world.good("push")  # nothing to do, nothing to ask
    with PLATFORM.lock:
        PLATFORM.people["p0@example.com"].discard(2)
    world.good("push")
    world.expect("a small push that asks nothing is sent", "p0@example.com" in PLATFORM.members("Warm"))

    world.configure(platform, "[push]\napprovals = 2")
    with PLATFORM.lock:
        PLATFORM.people["p0@example.com"].discard(2)
    world.good("push", "--yes", code=3)
    world.good("plans", "approve", "2", "--as", "anna")
    world.good("plans", "approve", "2", "--as", "anna")
    world.good("push", "--plan", "2", code=1)
    world.good("plans", "approve", "2", "--as", "bob")
    with PLATFORM.lock:
        PLATFORM.people["p1@example.com"].discard(2)  # by hand, at the platform
    world.good("push", "--plan", "2", code=1)
    world.expect("the platform changed", world.plans()[0]["state"] == "outdated", world.plans())
    world.expect("nothing was sent", "p0@example.com" not in PLATFORM.members("Warm"))
    world.good("push", code=3)
    for who in ("anna", "bob"):
        world.good("plans", "approve", "3", "--as", who)
    world.good("push")  # unattended: what is approved goes
    world.expect("both are back", {"p0@example.com", "p1@example.com"} <= PLATFORM.members("Warm"))
    world.good("push", "--dry-run", "--save", str(world.folder / "plan.json"))
    world.good("push", "--plan", str(world.folder / "plan.json"), code=2)
    world.configure(platform)


def served(world: World) -> None:
    with PLATFORM.lock:
        for i in range(2):
            PLATFORM.people[f"p{i}@example.com"].discard(2)
    status, answer = world.ask("op", "POST", "plans", {"segment": "warm"})
    world.expect("a plan is a task", status == 202, status, answer)
    state = world.task(answer["task"])
    world.expect("which is done", state["outcome"] == "done" and state["by"] == "op", state)
    _, plans = world.ask("reader", "GET", "plans?state=waiting")
    plan = plans["items"][0]
    world.expect("made in its asker's name", plan["by"] == "op" and plan["add"] == 2, plan)
    number = plan["plan"]
    _, page = world.ask("reader", "GET", f"plans/{number}?limit=1")
    world.expect("its rows come by the page", len(page["items"]) == 1 and page["next"] == "1", page)
    world.expect("not approved, not applied", world.ask("op", "POST", f"plans/{number}/apply")[0] == 409)
    world.expect("a reader approves nothing", world.ask("reader", "POST", f"plans/{number}/approve")[0] == 403)
    world.expect("an operator does", world.ask("op", "POST", f"plans/{number}/approve")[1]["state"] == "approved")
    _, answer = world.ask("op", "POST", f"plans/{number}/apply")
    state = world.task(answer["task"])
    world.expect("it is carried out", state["outcome"] == "done" and len(PLATFORM.members("Warm")) == 6, state)
    world.expect("once", world.ask("op", "POST", f"plans/{number}/apply")[0] == 409)

    PLATFORM.slow.set()  # one that runs, and some that wait
    _, running = world.ask("op", "POST", "tasks", {"kind": "plan", "arguments": ["warm"]})
    state = world.task(running["task"], ("running",))
    world.expect("it runs", state["outcome"] == "running" and state["started"], state)
    _, waiting = world.ask("op", "POST", "tasks", {"kind": "score"})
    _, third = world.ask("op", "POST", "tasks", {"kind": "reconcile"})
    world.expect("the same is not asked twice", world.ask("op", "POST", "tasks", {"kind": "score"})[0] == 409)
    world.expect("one at a time", world.ask("op", "GET", f"tasks/{waiting['task']}")[1]["outcome"] == "waiting")
    world.expect("who waits is stopped", world.ask("op", "DELETE", f"tasks/{third['task']}")[0] == 204)
    world.expect("at once", world.task(third["task"], seconds=5)["outcome"] == "stopped")
    world.expect("what runs is stopped", world.ask("op", "DELETE", f"tasks/{running['task']}")[0] == 204)
    world.expect("soon", world.task(running["task"], seconds=15)["outcome"] == "stopped")
    PLATFORM.slow.clear()
    world.expect("then the next runs", world.task(waiting["task"])["outcome"] == "done")
    world.expect("what is over is not stopped", world.ask("op", "DELETE", f"tasks/{waiting['task']}")[0] == 409)
    _, listed = world.ask("reader", "GET", "tasks?limit=2")
    world.expect("the list has the newest first", [one["task"] for one in listed["items"]] ==
                 [third["task"], waiting["task"]], listed)

    for what, kind, arguments, expected in (
            ("no such kind", "rm", [], 400), ("an option is no segment", "plan", ["--help"], 404),
            ("no such account", "sync", ["--full"], 404), ("too many", "score", ["x"], 400),
            ("no such plan", "apply", ["99"], 404), ("no number", "apply", ["-1"], 400),
            ("an erasure is asked for elsewhere", "forget", ["p9@example.com"], 400)):
        status, answer = world.ask("op", "POST", "tasks", {"kind": kind, "arguments": arguments})
        world.expect(what, status == expected, status, answer)


def erased(world: World) -> None:
    """The person is gone, and stands in nothing that is kept of the task."""
    world.expect("an operator erases nobody", world.ask("op", "POST", "recipients/p11@example.com/forget")[0] == 403)
    status, answer = world.ask("boss", "POST", "recipients/p11@example.com/forget")
    world.expect("an erasure is a task", status == 202, status, answer)
    state = world.task(answer["task"])
    world.expect("which is done", state["outcome"] in ("done", "partly"), state)
    world.expect("and names nobody", "p11" not in json.dumps(state), state)
    world.expect("the person is gone", world.ask("reader", "GET", "recipients?q=p11")[1]["people"] == 0)
    who = json.loads(world.good("accesses", "p11@example.com", "--json").splitlines()[0])
    world.expect("it is noted who asked", who["what"] == "forget" and who["who"] == "boss", who)


def tried_out(world: World) -> None:
    """webhook send: signed as the platform signs."""
    sample = world.folder / "delivered.json"
    sample.write_text(json.dumps({"signature": {}, "event-data": {
        "event": "delivered", "timestamp": 1774900000, "id": "e1", "recipient": "p1@example.com",
        "message": {"headers": {"message-id": "m1@example.com"}}}}), encoding="utf-8")
    url = f"http://127.0.0.1:{world.port}/hooks/"
    good = world.run("webhook", "send", "mg", str(sample), "--to", url + "mg")
    world.expect("a sample is taken", good.returncode == 0 and "answered 200" in good.stdout, good)
    wrong = world.run("webhook", "send", "mg", str(sample), "--to", url + "nobody")
    world.expect("what is not taken is told", wrong.returncode == 1 and "answered 404" in wrong.stdout, wrong)
    unable = world.run("webhook", "send", "sg", str(sample), "--to", url + "sg")
    world.expect("nobody signs for SendGrid", unable.returncode == 1 and "nobody else has" in unable.stderr, unable)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listmonk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="mailfunnel-tasks-") as name:
        world = World(program, pathlib.Path(name))
        world.configure(server.server_port)
        world.good("init")
        world.configure(server.server_port)
        (world.folder / "log.ndjson").write_text(log_of(range(6)), encoding="utf-8")
        world.good("import", str(world.folder / "log.ndjson"))
        command_line(world, server.server_port)
        for who, role in (("op", "operator"), ("reader", "reviewer"), ("boss", "admin")):
            world.tokens[who] = world.good("token", "add", who, "--role", role).strip()
        process = subprocess.Popen([program, "serve", "-C", name, "--listen", "127.0.0.1:0", "--json"],
                                   stderr=subprocess.PIPE, text=True, env=os.environ | {"MAILFUNNEL_NOW": NOW})
        try:
            for line in process.stderr:
                if found := re.search(r'"url":"http://127\.0\.0\.1:(\d+)"', line):
                    world.port = int(found.group(1))
                    break
            said: list[str] = []
            reader = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
            reader.start()
            served(world)
            erased(world)
            tried_out(world)
        finally:
            PLATFORM.slow.clear()
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    for fault in world.faults:
        print("not so:", fault)
    return 1 if world.faults else 0


if __name__ == "__main__":
    sys.exit(main())
