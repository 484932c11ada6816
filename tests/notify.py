#!/usr/bin/env python3
"""Notices over mail, Slack, Teams and plain webhooks, against servers of the test's own: each is told once, what could not be sent
is sent the next time, and a digest waits.

    notify.py --program build/release/mailfunnel"""
import argparse
import base64
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

MAILS: list[dict] = []
POSTS: list[tuple[str, dict]] = []
DOWN = {"on": False}


def smtp_session(connection: socket.socket) -> None:
    stream = connection.makefile("rwb")

    def say(text: str) -> None:
        stream.write(text.encode() + b"\r\n")
        stream.flush()

    say("220 test")
    mail = {"to": []}
    while line := stream.readline().decode().strip():
        word = line.upper()
        if word.startswith("EHLO"):
            say("250 test")
        elif word.startswith("MAIL FROM:"):
            mail["from"] = line[10:].split()[0]
            say("250 ok")
        elif word.startswith("RCPT TO:"):
            mail["to"].append(line[8:].split()[0])
            say("250 ok")
        elif word == "DATA":
            say("354 go on")
            text = b""
            while not text.endswith(b"\r\n.\r\n"):
                text += stream.readline()
            mail["text"] = text[:-5].decode()
            MAILS.append(mail)
            say("250 taken")
        elif word == "QUIT":
            say("221 bye")
            break
        else:
            say("250 ok")
    connection.close()


def smtp_server(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        smtp_session(connection)


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not DOWN["on"]:
            POSTS.append((self.path, json.loads(body)))
        self.send_response(404 if DOWN["on"] else 200)
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


def body_of(mail: dict) -> str:
    return base64.b64decode(mail["text"].split("\r\n\r\n", 1)[1]).decode()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    smtp = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=smtp_server, args=(smtp,), daemon=True).start()
    hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hooks.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{hooks.server_port}"
    faults = []

    def expect(what: str, good: bool) -> None:
        if not good:
            faults.append(what)

    with tempfile.TemporaryDirectory(prefix="mailfunnel-notify-") as folder:
        workspace = pathlib.Path(folder) / "w"
        workspace.mkdir()
        with (workspace / "mailfunnel.toml").open("w", encoding="utf-8") as out:
            out.write(f'''
[scoring]
profile = "standard"

[status]
matrix = {{ A1 = "SQL", B1 = "SQL", C1 = "SQL", A2 = "MQL", B2 = "MQL", C2 = "MQL", A3 = "MQL", B3 = "soft", C3 = "soft" }}

[[profile]]
name = "log"
fields = {{ kind = "event", time = "time", address = "email", campaign = "campaign", link = "url" }}

[[notify]]
name = "mail"
by = "smtp"
server = "smtp://127.0.0.1:{smtp.getsockname()[1]}"
from = "funnel@example.com"
to = ["ann@example.com", "bob@example.com"]

[[notify]]
name = "chat"
by = "slack"
url = "{url}/slack"
about = ["sql"]

[[notify]]
name = "cards"
by = "teams"
url = "{url}/teams"

[[notify]]
name = "digest"
by = "webhook"
url = "{url}/digest"
digest = "daily 08:00"
''')

        subprocess.run([program, "init", str(workspace)], check=True, capture_output=True)

        def run(now: str, *words: str, code: int = 0) -> str:
            done = subprocess.run([program, "-C", str(workspace), *words], capture_output=True, text=True, timeout=60,
                                  env=dict(os.environ, TZ="UTC", MAILFUNNEL_NOW=now))
            if done.returncode != code:
                sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
            return done.stdout

        def log(name: str, people, clicks: int) -> None:
            path = pathlib.Path(folder) / name
            with path.open("w", encoding="utf-8") as out:
                out.write("email,campaign,event,time,url\n")
                for person in people:
                    for i in range(clicks):
                        out.write(f"{person}@example.com,c{i},click,2026-03-0{i + 1}T10:00:00Z,https://www.example.com/pricing/{i}\n")
            run("2026-03-10T09:00:00Z", "import", str(path))

        log("before.csv", ["old"], 3)
        run("2026-03-10T09:00:00Z", "notify")
        expect("who was SQL before anybody asked is no news", not MAILS and not POSTS)
        log("after.csv", ["new"], 3)
        shown = run("2026-03-10T10:00:00Z", "notify", "--dry-run")
        expect("a dry run shows", "new@example.com" in shown)
        expect("and sends nothing", not MAILS and not POSTS)
        DOWN["on"] = True
        run("2026-03-10T10:00:00Z", "notify", code=3)
        DOWN["on"] = False
        expect("mail", len(MAILS) == 1 and MAILS[0]["to"] == ["<ann@example.com>", "<bob@example.com>"])
        expect("mail names the person", MAILS and "new@example.com" in body_of(MAILS[0]) and "old@example.com" not in body_of(MAILS[0]))
        run("2026-03-10T10:05:00Z", "notify")
        expect("what could not be sent is sent the next time", sorted(path for path, _ in POSTS) == ["/slack", "/teams"])
        expect("Slack's form", any("new@example.com" in body.get("text", "") for path, body in POSTS if path == "/slack"))
        run("2026-03-10T10:10:00Z", "notify")
        expect("nothing twice", len(MAILS) == 1 and len(POSTS) == 2)
        run("2026-03-11T08:00:00Z", "notify")
        digest = [body for path, body in POSTS if path == "/digest"]
        expect("the digest at its time", len(digest) == 1 and digest[0]["notices"][0]["kind"] == "sql")
        store = (workspace / "mailfunnel.db").read_bytes()
        expect("a key is no address", b"sqlnew@example.com" not in store)
    for fault in faults:
        print(f"not so: {fault}")
    print(f"{len(MAILS)} mails, {len(POSTS)} posts, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
