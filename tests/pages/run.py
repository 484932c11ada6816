#!/usr/bin/env python3
"""The review pages in a browser, over the samples and over hostile names: see run.mjs for what is looked at.

    run.py --program build/release/mailfunnel

Chromium, Node and the packages of package.json are needed; without them nothing is tested and the exit code is 77.
`./dev test` installs them."""
import argparse
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "fault"))
import push_server  # noqa: E402
SAMPLES = HERE.parent.parent / "samples"
NOW = "2026-03-31T12:00:00Z"  # the samples are of the first quarter of 2026
SKIPPED = 77
TOKENS = {"sales": "sales", "reviewer": "reviewer", "operator": "operator", "second": "operator", "admin": "admin"}  # name: role

# A platform that segments go to, and two people who have to agree.
PUSH = """
[[account]]
name = "lijst"
esp = "listmonk"
base_url = "{url}"
user = "api"
api_key = "k"
[[segment]]
name = "warm"
where = "status = SQL"
push = [{{ account = "lijst", as = "list", name = "Warm" }}]
[push]
approvals = 2
"""

# What comes from outside, and where each would do harm if it were no text.
HOSTILE = [
    "<script>window.hurt = 1</script>",
    "\"><img src=x onerror=\"window.hurt = 1\">",
    "' onmouseover='window.hurt = 1",
    "</title><svg onload=window.hurt=1>",
    "{{t.save}}{{{t.save}}}",
    "\u202eevil\u202c&amp;&#60;",
]


def skip(why: str) -> None:
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def needs() -> dict[str, str]:
    """Where what is needed stands."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    node = shutil.which("node")
    if not chromium:
        skip("there is no chromium")
    if not node:
        skip("there is no node")
    for package in json.loads((HERE / "package.json").read_text())["dependencies"]:
        if not (HERE / "node_modules" / package).is_dir():
            skip(f"{package} is not there: npm install in tests/pages")
    return {"chromium": chromium, "node": node}


def hostile_events() -> str:
    """Mailings, links, agents and addresses with every hostile text, as generic records."""
    lines = []
    for number, text in enumerate(HOSTILE):
        event = {"account": "nieuwsbrief", "campaign": f"{number} {text}", "address": f"hostile{number}@example.com"}
        lines.append(event | {"kind": "delivered", "time": "2026-03-20T08:00:00Z"})
        lines.append(event | {"kind": "open", "time": "2026-03-20T09:00:00Z", "user_agent": text})
        lines.append(event | {"kind": "click", "time": "2026-03-20T09:10:00Z", "link": f"https://shop.example/pricing?x={text}"})
        lines.append(event | {"kind": "click", "time": "2026-03-20T09:20:00Z", "link": f"javascript:{text}"})
        lines.append(event | {"kind": "delivered", "time": "2026-03-20T08:00:00Z", "address": f"\"{text.replace(chr(34), '')}\"@example.com"})
    return "".join(json.dumps(line) + "\n" for line in lines)


class Workspace:
    """The samples in a folder of their own, served on a free port."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.program, self.folder = program, folder
        self.environment = os.environ | {"MAILFUNNEL_NOW": NOW}
        shutil.copy(SAMPLES / "mailfunnel.toml", folder)
        self.call("init", str(folder))
        self.call("recipients", "import", "--account", "kantoorwijzer", "--valid-from", "2026-01-01", str(SAMPLES / "contacts.csv"))
        self.call("import", "--account", "kantoorwijzer", str(SAMPLES / "campaigns.xml"))
        self.call("import", "--account", "nieuwsbrief", str(SAMPLES / "campaigns-nieuwsbrief.xml"))
        self.call("import", str(SAMPLES / "logs"))
        hostile = folder / "hostile.ndjson"
        hostile.write_text(hostile_events())
        self.call("import", str(hostile))
        contacts = folder / "hostile.csv"
        contacts.write_text("email,company\nhostile0@example.com,\"" + HOSTILE[0] + "\"\n")
        self.call("recipients", "import", "--account", "nieuwsbrief", "--valid-from", "2026-01-01", str(contacts))
        self.call("score")
        self.call("segments", "export", "sales-calls", "-o", str(folder / "calls.csv"))  # a run that is kept
        self.tokens = {}
        for name, role in TOKENS.items():
            told = self.call("token", "add", f"test-{name}", "--role", role)
            self.tokens[name] = next(word for word in told.split() if word.startswith("mf_"))
        hottest = self.call("segments", "export", "sales-calls", "--format", "csv", "--columns", "email").splitlines()[1:]
        self.person = hottest[0]
        self.platform = push_server.Platform(hottest)
        self.platform.reset("Warm", {1})
        with open(folder / "mailfunnel.toml", "a", encoding="utf-8") as config:
            config.write(PUSH.format(url=self.platform.url))

    def call(self, *arguments: str) -> str:
        done = subprocess.run([self.program, "-C", str(self.folder), *arguments, "-q"], env=self.environment,
                              capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"mailfunnel {' '.join(arguments)}: {done.stderr}")
        return done.stdout + done.stderr

    def serve(self) -> tuple[subprocess.Popen, str]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = open(self.folder / "serve.log", "w", encoding="utf-8")
        server = subprocess.Popen([self.program, "-C", str(self.folder), "serve", "--listen", f"127.0.0.1:{port}"],
                                  env=self.environment, stdout=log, stderr=log)
        base = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(base + "/login", timeout=5).read()
                return server, base
            except OSError:
                time.sleep(0.05)
        server.kill()
        sys.exit("serve does not answer: " + (self.folder / "serve.log").read_text())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    arguments = parser.parse_args()
    tools = needs()
    with tempfile.TemporaryDirectory(prefix="mailfunnel-pages-") as name:
        workspace = Workspace(str(pathlib.Path(arguments.program).resolve()), pathlib.Path(name))
        server, base = workspace.serve()
        try:
            setting = {"base": base, "chromium": tools["chromium"], "tokens": workspace.tokens, "person": workspace.person,
                       "hostile": HOSTILE}
            done = subprocess.run([tools["node"], str(HERE / "run.mjs")], input=json.dumps(setting), text=True, check=False)
            if done.returncode != 0:
                print((pathlib.Path(name) / "serve.log").read_text()[-4000:])
            members = workspace.platform.state()["Warm"]
            if done.returncode == 0 and len(members) < 5:  # what was approved has been carried out
                print(f"WRONG  the platform has {members}")
                return 1
            return done.returncode
        finally:
            server.terminate()
            server.wait(20)
            workspace.platform.close()


if __name__ == "__main__":
    sys.exit(main())
