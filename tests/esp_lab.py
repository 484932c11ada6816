"""A lab of platforms on 127.0.0.1, which is not part of the project, and workspaces that talk to it.

The lab is a folder with `lab.mjs` (Node): servers that behave as a platform's API does, over a world in memory that remembers what was
pushed, and that can be told to fail: `POST /__lab/faults`. What it is asked for here stands in `Lab`.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import urllib.request

NOW = "2026-03-01T13:00:00Z"  # an hour after the lab's
SKIPPED = 77
KEY = "LAB_KEY"

# What an account needs besides its key and base URL.
ACCOUNTS = {
    "mailchimp": "",
    "sendgrid": "",
    "brevo": "",
    "klaviyo": "",
    "mailgun": 'domain = "mg.lab.example.com"\nlist = "newsletter@mg.lab.example.com"\n',
    "listmonk": 'user = "lab"\nlist = "1"\n',
    "campaignmonitor": 'zone = "Europe/Berlin"\n',
    "hubspot": "",
    "mailerlite": "",
    "activecampaign": 'zone = "UTC"\n',
}


def missing(folder: str) -> str:
    """Why there is no lab; "" where there is one."""
    if not folder or not (pathlib.Path(folder) / "lab.mjs").is_file():
        return "no lab (--lab DIR)"
    return "" if shutil.which("node") else "no node"


class Lab:
    """One platform of it, with a clock that stands."""

    def __init__(self, folder: str, esp: str, *options: str) -> None:
        words = ["node", "lab.mjs", "--esp", esp, "--frozen", "--no-reply-check", "--max-seconds", "14000", *options]
        self.process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = self.process.stdout.readline()
        if not ready:
            raise RuntimeError(f"the lab does not start: node lab.mjs --esp {esp}")
        told = json.loads(ready)["esps"][esp]
        self.esp, self.url, self.key = esp, told["url"], told["key"]
        self.drawn = self._drawn()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, path: str, body: object = None, method: str = "", headers: dict | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method or ("GET" if data is None else "POST"),
                                         headers={"Content-Type": "application/json", **(headers or {})})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())

    def reset(self) -> None:
        """Everything as at the start, no faults."""
        self.ask("/__lab/reset", {})

    def break_by(self, *rules: dict) -> None:
        self.ask("/__lab/faults", list(rules))

    def mend(self) -> None:
        self.ask("/__lab/faults", method="DELETE")

    def state(self) -> dict:
        return self.ask("/__lab/state")

    def requests(self, limit: int = 20000) -> list[dict]:
        return self.ask(f"/__lab/requests?limit={limit}")

    def account(self, keys: str = "") -> str:
        """Its table in a config; `keys`: what the account has in place of a key."""
        return (f'[[account]]\nname = "lab"\nesp = "{self.esp}"\nbase_url = "{self.url}"\n' + ACCOUNTS[self.esp] + self.drawn +
                (keys or f'api_key = {{ env = "{KEY}" }}\n'))

    def _drawn(self) -> str:
        """Ids that an account must name and the lab draws: of the list that most people are on."""
        if self.esp == "mailchimp":
            headers = {"Authorization": "Basic " + base64.b64encode(f"any:{self.key}".encode()).decode()}
            return f'list = "{self.ask("/3.0/lists", headers=headers)["lists"][0]["id"]}"\n'
        if self.esp == "campaignmonitor":
            headers = {"Authorization": "Basic " + base64.b64encode(f"{self.key}:x".encode()).decode()}
            client = self.ask("/api/v3.3/clients.json", headers=headers)[0]["ClientID"]
            list_id = self.ask(f"/api/v3.3/clients/{client}/lists.json", headers=headers)[0]["ListID"]
            return f'client = "{client}"\nlist = "{list_id}"\n'
        return ""


class Workspace:
    """A folder with a config and a store, and the program over it."""

    def __init__(self, program: str, folder: pathlib.Path, like: pathlib.Path | None = None) -> None:
        self.program, self.folder = str(pathlib.Path(program).resolve()), folder
        if like:
            shutil.copytree(like, folder)
        else:
            subprocess.run([self.program, "init", str(folder)], check=True, capture_output=True)

    def configure(self, account: str, segments: str = "") -> None:
        (self.folder / "mailfunnel.toml").write_text(account + segments, encoding="utf-8")

    def start(self, key: str, *words: str) -> subprocess.Popen:
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        environment |= {KEY: key, "MAILFUNNEL_NOW": NOW, "TZ": "UTC"}
        return subprocess.Popen([self.program, "-C", str(self.folder), *words], env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, key: str, *words: str, seconds: float = 600) -> tuple[int, str]:
        """Exit code, and what it said."""
        process = self.start(key, *words)
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return 124, f"not done after {seconds} s"
        return process.returncode, err.decode() if words[0] != "push" else out.decode() + err.decode()

    def export(self) -> bytes:
        """All that a sync brings: events in canonical order, people with their attributes, mailings and links."""
        out = b""
        for words in (["export", "events"], ["export", "links"],
                      ["sql", "--json", "SELECT email, addresses, contact_ids, attributes FROM recipient ORDER BY email"],
                      ["sql", "--json", "SELECT id, name, subject, sent_at FROM campaign ORDER BY id"]):
            process = self.start("", *words)
            text, err = process.communicate(timeout=600)
            if process.returncode != 0:
                raise RuntimeError(f"{' '.join(words[:2])}: {err.decode()}")
            out += b"".join(map(_canonical, text.splitlines())) if words[0] == "sql" else text
        return out


def _canonical(line: bytes) -> bytes:
    """A person's ids and attributes stand in the order in which they were first seen."""
    row = json.loads(line)
    return json.dumps({name: sorted(value) if isinstance(value, list) else value for name, value in row.items()}, sort_keys=True).encode() + b"\n"
