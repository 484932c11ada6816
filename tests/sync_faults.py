#!/usr/bin/env python3
"""Sync and push against platforms that fail: whatever happens on the way, it ends as if nothing had, or it stops with a word and goes on the
next time. Wants a lab of platforms (esp_lab.py); without one it is skipped (exit code 77).

    sync_faults.py --program build/release/mailfunnel --lab DIR [--esp brevo,klaviyo] [--fault reset,kill] [--jobs 2] [-v]

For each platform a small world is pulled and pushed to once undisturbed, then once for each fault of SYNC and PUSH:

- commands end with the exit codes that docs/sync.md and docs/push.md tell, and say why where it is not 0;
- when the fault is over, the next run ends with 0; then the export is, byte for byte, the undisturbed one, and the platform holds what it
  holds there: contacts, lists, segments, suppressions;
- a sync with nothing new asks for each stream once;
- nobody suppressed is subscribed, no request breaks the platform's description of its API, a push more sends nothing;
- where no answer was lost, nothing was asked for twice."""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import queue
import random
import re
import sys
import tempfile
import time
import traceback

import esp_lab
from esp_lab import Lab, Workspace

WORLD = ("--campaigns", "3", "--job-polls", "1")
PEOPLE = {"activecampaign": "24"}  # fewer where they are asked for one by one, three a second
DONE, FAILED, PARTLY = 0, 1, 3

# Of answers that come to nothing: some of them, and all from one on, so that the command has to give up.
SOME = {"p": 0.25}
COMMON = {
    "rate limit": [{"kind": "rate_limit", "every": 4, "times": 5, "retry_after": 1}],
    "rate limit by date": [{"kind": "rate_limit", "after": 2, "every": 3, "times": 3, "retry_after": 1, "as_date": True}],
    "rate limit without a word": [{"kind": "rate_limit", "p": 0.3, "no_header": True}],
    "rate limit storm": [{"kind": "rate_limit", "after": 3, "no_header": True}],
    "rate limit for an hour": [{"kind": "rate_limit", "after": 3, "times": 1, "retry_after": 3600}],
    "error 500": [{"kind": "error", **SOME}],
    "error 503": [{"kind": "error", "status": 503, **SOME}],
    "error from the third on": [{"kind": "error", "after": 2}],
    "gateway": [{"kind": "html", **SOME}],
    "page with 200": [{"kind": "html", "status": 200, **SOME}],
    "reset": [{"kind": "reset", **SOME}],
    "reset from the fourth on": [{"kind": "reset", "after": 3}],
    "reset in the body": [{"kind": "reset_mid_body", **SOME}],
    "reset at the first byte": [{"kind": "reset_mid_body", "bytes": 1, "every": 5}],
    "truncated": [{"kind": "truncate", **SOME}],
    "truncated at the end": [{"kind": "truncate", "fraction": 0.98, "every": 4}],
    "all truncated from the third on": [{"kind": "truncate", "after": 2}],
    "empty": [{"kind": "empty", **SOME}],
    "slow drip": [{"kind": "slow", "ms": 20, "trickle": 30, "p": 0.5}],
    "hang": [{"kind": "hang", "ms": 400, **SOME}],
    "lost reply": [{"kind": "lost_reply", **SOME}],
    "each reply lost once": [{"kind": "lost_reply", "every": 2}],
    "duplicates": [{"kind": "duplicate", "share": 0.6}],
    "shuffled": [{"kind": "shuffle"}],
    "all at once": [{"kind": kind, "p": 0.08} for kind in ("reset", "truncate", "empty", "error", "lost_reply", "html")] + [{"kind": "shuffle", "p": 0.5}],
    "job fails": [{"kind": "job_fail", "method": "JOB", "times": 1}],
    "jobs fail": [{"kind": "job_fail", "method": "JOB"}],
    "killed": [],
    "killed late": [],
}
SYNC = COMMON | {"late events": [{"kind": "late_events", "every": 3, "count": 4}], "token ends": [{"kind": "expire_token", "after": 3, "times": 1}]}
PUSH = COMMON | {"token ends": [{"kind": "expire_token", "after": 5, "times": 1}]}
# Faults by which nothing is carried out of which the answer is lost: so nothing is to be asked for twice.
HARMLESS = {"rate limit", "rate limit by date", "reset", "slow drip", "duplicates", "shuffled"}

MEMBERS, FIELDS, SUPPRESSION = "members", "fields", "suppression"
SCORE = {"score": "score", "status": "plan"}
UPPER = {"score": "SCORE", "status": "PLAN"}
# Targets of each platform: kind, and for fields which.
TARGETS = {
    "mailchimp": {"tag": None, "segment": None, "fields": UPPER},
    "sendgrid": {"list": None, "fields": {"status": "plan"}, "suppression": None},  # a Number can't be emptied there
    "brevo": {"list": None, "fields": UPPER},
    "klaviyo": {"list": None, "fields": SCORE, "suppression": None},
    "mailgun": {"list": None, "segment": None, "fields": SCORE, "suppression": None},
    "listmonk": {"list": None, "suppression": None},
    "campaignmonitor": {"fields": {"score": "mf_score", "status": "mf_status"}, "suppression": None},
    "hubspot": {"list": None, "segment": None, "fields": SCORE},
    "mailerlite": {"group": None, "segment": None, "fields": SCORE},
    "activecampaign": {"tag": None, "segment": None, "fields": UPPER},
}
# Of these a report tells of each person the last open only: pulled more often, more of them are known.
LAST_OPEN_ONLY = {"activecampaign"}
# What is slowed down for good from the first 429 without a word on.
NOT_SLOWED = {"sendgrid": "/^(?!.*messages)/"}
# Requests that a platform's description does not have, though the platform does, or did.
BESIDE = {"listmonk": "/api/maintenance/analytics/"}
# Names of targets that the platform must have, and of one that says a kind.
NAMES = {("sendgrid", "suppression"): "Newsletter", ("mailgun", "suppression"): "*"}
# Platforms whose tokens end and are fetched anew: what the account has in place of a key.
OAUTH = {
    "hubspot": f'access_token = {{ env = "{esp_lab.KEY}" }}\nclient_id = "lab"\nclient_secret = "lab"\nrefresh_token = "lab-refresh-token"\n',
    "campaignmonitor": f'access_token = {{ env = "{esp_lab.KEY}" }}\nrefresh_token = "lab-refresh-token"\n',
}


class Broken(Exception):
    """A guarantee does not hold."""


def segments(esp: str, where: str) -> str:
    """Who is in the targets is another with the second `where`: some come, some leave, some stay."""
    rows = {MEMBERS: [], FIELDS: [], SUPPRESSION: []}
    for kind, fields in TARGETS[esp].items():
        said = f'account = "lab", as = "{kind}"'
        if kind == "fields":
            said += ", fields = { " + ", ".join(f'{ours} = "{theirs}"' for ours, theirs in fields.items()) + " }"
        else:
            said += f', name = "{NAMES.get((esp, kind), "mf-" + kind)}"'
        rows[kind if kind in rows else MEMBERS].append("{ " + said + " }")
    out = ""
    for what, targets in rows.items():
        if targets:
            use = "suppression" if what == SUPPRESSION else "mailing"
            # Nobody is taken off a suppression list, so that it is the same people both times.
            condition = 'domain = "corp.example.net"' if what == SUPPRESSION else where
            out += f"[[segment]]\nname = \"{what}\"\nuse = \"{use}\"\nwhere = '{condition}'\npush = [{', '.join(targets)}]\n"
    return out


FIRST = 'domain in ("example.com", "example.org")'
SECOND = 'domain in ("example.org", "example.net")'


def held(lab: Lab) -> dict:
    """What the platform has, and what was asked of it that never may be."""
    state = lab.state()
    if state["subscribedSuppressed"]:
        raise Broken(f"suppressed people are subscribed: {state['subscribedSuppressed'][:3]}")
    if wrong := [one for one in state["violations"]["request"] if not one["path"].startswith(BESIDE.get(lab.esp, "-"))]:
        raise Broken(f"a request that the platform does not have: {wrong[:2]}")
    # Targets stand in the order in which they were made.
    return {part: sorted(state[part], key=lambda one: one.get("email") or one["name"]) for part in ("contacts", "lists", "segments", "suppressions")}


def stream(request: dict) -> str:
    """What a request is about, whatever page or time of it."""
    metric = re.search(r"metric_id%2C%22(\w+)", request["query"])
    return f"{request['method']} {request['path']} {metric[1] if metric else ''}"


def asked_for(lab: Lab) -> collections.Counter:
    """Each change that was carried out, with how often."""
    return collections.Counter(json.dumps({k: v for k, v in one.items() if k not in ("n", "at")}, sort_keys=True) for one in lab.state()["pushes"])


def difference(ours: object, theirs: object) -> str:
    if isinstance(ours, bytes):
        a, b = set(ours.splitlines()), set(theirs.splitlines())
        return f"{len(a - b)} lines more, such as {sorted(a - b)[:2]}; {len(b - a)} missing, such as {sorted(b - a)[:2]}"
    for part in ours:
        if ours[part] != theirs[part]:
            pairs = [(x, y) for x, y in zip(ours[part], theirs[part]) if x != y]
            return f"{part}: {len(pairs)} differ, {len(ours[part])} rows and {len(theirs[part])}; {pairs[:1]}"
    return ""


class Platform:
    """What an undisturbed run gives at one platform, and runs with faults beside it. `labs`: free ones, each for one case at a time."""

    def __init__(self, esp: str, program: str, folder: str, base: pathlib.Path, jobs: int, verbose: bool) -> None:
        self.esp, self.program, self.base, self.verbose = esp, program, base / esp, verbose
        self.base.mkdir()
        self.labs: queue.Queue[Lab] = queue.Queue()
        self.all_labs = [Lab(folder, esp, *WORLD, "--recipients", PEOPLE.get(esp, "60")) for _ in range(jobs)]
        for lab in self.all_labs:
            self.labs.put(lab)
        self.messages: dict[str, str] = {}  # of runs that did not end well, an example of each

    def close(self) -> None:
        for lab in self.all_labs:
            lab.close()

    def run(self, workspace: Workspace, lab: Lab, *words: str, may: tuple[int, ...]) -> int:
        """One command; `may`: the exit codes that are in order."""
        code, said = workspace.run(lab.key, *words)
        lines = [line for line in said.strip().splitlines() if line.strip()]
        if code not in may:
            raise Broken(f"{words[0]} ended with {code}: {' | '.join(lines[-4:])}")
        if code != DONE:
            if not any(line.startswith("mailfunnel: ") for line in lines):
                raise Broken(f"{words[0]} ended with {code} and does not say why: {' | '.join(lines[-4:])}")
            self.messages[f"{words[0]} {code}"] = " | ".join(lines[-3:])
        return code

    def push(self, workspace: Workspace, lab: Lab, where: str, may: tuple[int, ...], keys: str = "") -> int:
        workspace.configure(lab.account(keys), segments(self.esp, where))
        return self.run(workspace, lab, "push", "--yes", "--allow-large-removal", may=may)

    def undisturbed(self) -> None:
        """Also whether it is one at all: it pulls something, and changes something both times."""
        lab = self.labs.get()
        self.pulled = Workspace(self.program, self.base / "undisturbed")
        (self.base / "new").mkdir()
        for file in self.pulled.folder.glob("mailfunnel.db*"):  # the key too, so that hashes in exports are the same
            (self.base / "new" / file.name).write_bytes(file.read_bytes())
        self.pulled.configure(lab.account())
        self.run(self.pulled, lab, "sync", may=(DONE,))
        self.export = self.pulled.export()
        self.sync_requests = len(lab.requests())
        self.run(self.pulled, lab, "sync", may=(DONE,))
        if self.pulled.export() != self.export or not self.export:
            raise Broken("a second sync changes what is there")
        streams = collections.Counter(map(stream, lab.requests()[self.sync_requests:]))
        self.again_requests = sum(streams.values())
        if twice := [name for name, times in streams.items() if times > 1]:
            raise Broken(f"a sync with nothing new asks twice for {twice}")
        lab.reset()
        pushed = Workspace(self.program, self.base / "pushed", like=self.pulled.folder)
        self.push(pushed, lab, FIRST, (DONE,))
        self.first, self.first_requests = held(lab), len(lab.requests())
        self.push(pushed, lab, SECOND, (DONE,))
        self.held, self.push_requests, self.asked = held(lab), len(lab.requests()), asked_for(lab)
        lab.reset()
        before = held(lab)
        if self.first == self.held or not self.asked or self.first == before:
            raise Broken("the pushes change nothing")
        if status := (TARGETS[self.esp].get("fields") or {}).get("status", "").lower():
            values = [[one["attributes"].get(status) for one in then["contacts"]] for then in (before, self.first, self.held)]
            left = [after for one, old, new, after in zip(before["contacts"], *values) if old != new and one["email"].endswith("@example.com")]
            if not left or any(left):
                raise Broken(f"fields of who left the segment are not emptied: {left}")
        self.labs.put(lab)

    def killed_at(self, workspace: Workspace, lab: Lab, request: int, *words: str) -> None:
        """Starts a command and kills it when the platform was asked so often."""
        process = workspace.start(lab.key, *words)
        while process.poll() is None:
            if lab.state()["requests"] >= request:
                process.kill()
            time.sleep(0.002)
        process.communicate()

    def rules(self, name: str, faults: dict) -> list[dict]:
        beside = {"path": NOT_SLOWED[self.esp]} if self.esp in NOT_SLOWED and "rate limit" in name else {}
        return [{**rule, **beside, "esp": self.esp} for rule in faults[name]]

    def sync_case(self, lab: Lab, name: str, folder: pathlib.Path, rng: random.Random) -> None:
        lab.reset()
        workspace = Workspace(self.program, folder, like=self.base / "new")
        keys = OAUTH.get(self.esp, "") if name == "token ends" else ""
        workspace.configure(lab.account(keys))
        lab.break_by(*self.rules(name, SYNC))
        may = (DONE, FAILED, PARTLY)
        if name.startswith("killed"):
            for _ in range(3):
                at = len(lab.requests()) + rng.randrange(1, max(2, self.sync_requests // (2 if name == "killed" else 1)))
                self.killed_at(workspace, lab, at, "sync")
        elif name == "token ends":
            code = self.run(workspace, lab, "sync", may=(DONE,) if keys else (FAILED, PARTLY))
            if code != DONE and not any(word in self.messages[f"sync {code}"] for word in ("key", "credentials", "40")):
                raise Broken(f"it does not say that the key is no longer good: {self.messages[f'sync {code}']}")
        else:
            self.run(workspace, lab, "sync", may=may)
            self.run(workspace, lab, "sync", may=may)
        if name == "late events":  # they are at the platform: pulled anew they are the truth
            lab.mend()
            self.run(workspace, lab, "sync", may=(DONE,))
            anew = Workspace(self.program, folder.with_name(folder.name + "-anew"), like=self.base / "new")
            anew.configure(lab.account())
            self.run(anew, lab, "sync", may=(DONE,))
            wanted = anew.export()
        else:
            if name == "token ends" and not keys:
                lab.reset()  # a new key is made
            lab.mend()
            self.run(workspace, lab, "sync", may=(DONE,))
            wanted = self.export
        held(lab)
        came = workspace.export()
        if name == "late events" and self.esp in LAST_OPEN_ONLY:
            wanted = came if set(wanted.splitlines()) <= set(came.splitlines()) else wanted
        if came != wanted:
            raise Broken(f"the store is not as undisturbed: {difference(came, wanted)}")

    def push_case(self, lab: Lab, name: str, folder: pathlib.Path, rng: random.Random) -> None:
        """Each of the two pushes is disturbed, then done again undisturbed."""
        lab.reset()
        workspace = Workspace(self.program, folder, like=self.pulled.folder)
        keys = OAUTH.get(self.esp, "") if name == "token ends" else ""
        codes = []
        for where, requests, wanted in ((FIRST, self.first_requests, self.first), (SECOND, self.push_requests - self.first_requests, self.held)):
            lab.break_by(*self.rules(name, PUSH))
            if name.startswith("killed"):
                workspace.configure(lab.account(), segments(self.esp, where))
                for _ in range(2):
                    at = len(lab.requests()) + rng.randrange(1, max(2, requests // (2 if name == "killed" else 1)))
                    self.killed_at(workspace, lab, at, "push", "--yes", "--allow-large-removal")
            elif name == "token ends" and not keys:
                self.push(workspace, lab, where, (FAILED, PARTLY))
                return  # who has a new key finds a platform that knows nothing: that is the lab's way
            else:
                codes.append(self.push(workspace, lab, where, (DONE,) if keys else (DONE, FAILED, PARTLY), keys))
            lab.mend()
            self.push(workspace, lab, where, (DONE,), keys)
            if (now := held(lab)) != wanted:
                raise Broken(f"the platform is not as undisturbed: {difference(now, wanted)}")
        changes = asked_for(lab)
        if name in HARMLESS and codes == [DONE, DONE] and changes != self.asked:
            raise Broken(f"other changes than undisturbed: more {list((changes - self.asked))[:2]}, missing {list((self.asked - changes))[:2]}")
        self.push(workspace, lab, SECOND, (DONE,), keys)
        if asked_for(lab) != changes:
            raise Broken(f"a push with nothing to do sends something: {list((asked_for(lab) - changes))[:2]}")

    def case(self, what: str, name: str, seed: int) -> str:
        """"" where all holds, else what does not."""
        lab = self.labs.get()
        began = time.monotonic()
        folder = self.base / f"{what} {name}"
        problem = ""
        try:
            rng = random.Random(f"{seed} {self.esp} {what} {name}")
            (self.sync_case if what == "sync" else self.push_case)(lab, name, folder, rng)
        except Broken as broken:
            problem = str(broken)
        except Exception:  # of the lab, or this program
            problem = traceback.format_exc()
        finally:
            self.labs.put(lab)
        if self.verbose or problem:
            print(f"{self.esp}: {what}, {name}: {problem or 'as undisturbed'} ({time.monotonic() - began:.0f} s)", flush=True)
        return problem

    def all(self, todo: list[tuple[str, str]], seed: int) -> list[str]:
        """What does not hold, by case."""
        began = time.monotonic()
        try:
            self.undisturbed()
        except Exception as problem:
            print(f"{self.esp}: undisturbed: {problem if isinstance(problem, Broken) else traceback.format_exc()}", flush=True)
            return ["undisturbed"]
        if self.verbose:
            print(f"{self.esp}: undisturbed: {self.sync_requests} requests of a sync, {self.again_requests} of one with nothing new, "
                  f"{self.push_requests} of two pushes ({time.monotonic() - began:.0f} s)", flush=True)
        with concurrent.futures.ThreadPoolExecutor(len(self.all_labs)) as pool:
            return list(pool.map(lambda one: self.case(*one, seed), todo))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--lab", default="")
    parser.add_argument("--esp", default=",".join(TARGETS))
    parser.add_argument("--command", choices=("sync", "push"))
    parser.add_argument("--fault", default="", help="only these")
    parser.add_argument("--jobs", type=int, default=2, help="labs of each platform, each with a case at a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder for the workspaces")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    if why := esp_lab.missing(options.lab):
        print(f"skipped: {why}")
        return esp_lab.SKIPPED
    wanted = [name for name in options.fault.split(",") if name]
    problems = cases = 0
    with tempfile.TemporaryDirectory(prefix="mailfunnel-lab-") as folder:
        base = pathlib.Path(options.keep or folder)
        platforms = []
        try:
            for esp in options.esp.split(","):
                platforms.append(Platform(esp, options.program, options.lab, base, options.jobs, options.verbose))
            todo = [(what, name) for what, faults in (("sync", SYNC), ("push", PUSH)) for name in faults
                    if (not wanted or name in wanted) and options.command in (None, what)]
            with concurrent.futures.ThreadPoolExecutor(len(platforms)) as pool:
                for found in pool.map(lambda platform: platform.all(todo, options.seed), platforms):
                    cases += len(found)
                    problems += sum(1 for problem in found if problem)
            if options.verbose:
                for platform in platforms:
                    for what, said in platform.messages.items():
                        print(f"{platform.esp}: {what}: {said}")
        finally:
            for platform in platforms:
                platform.close()
    print(f"{cases} cases at {len(platforms)} platforms, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
