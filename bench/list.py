#!/usr/bin/env python3
"""A mailing list that behaves like one: list.py DIR [--people N] [--months N] [--a-month N] [--seed N].

Writes a workspace: mailfunnel.toml, events.ndjson, contacts.csv and conversions.csv. It is what the default levels of profile
`standard` are measured on (docs/scoring.md, "Do the levels fit the list?"). Deterministic.

How people are made. Interest differs much between people: the chance of a click on a mail is drawn from a beta distribution with
mean 1.8 % of which most is near 0. Two in five read on Apple Mail, whose proxy fetches every picture. One in 25 sits behind a filter
that follows every link. Each month about 0.4 % begin to look for something to buy, the interested more often than others: for 90 days
they click on every tenth mail more than before, and four in ten clicks are then on BOFU links (else one in ten); up to a quarter of them
buy at the end, those who decide more often. 0.15 % leave at each mailing, and others join."""
import argparse
import csv
import json
import pathlib
import random
import time

DAY = 86400
END = 1772323200  # 2026-03-01
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"]
PROXY = "Mozilla/5.0"
LINKS = {"TOFU": ["/blog/a", "/blog/b", "/news/c", "/guide/d"], "MOFU": ["/webinar/e", "/case-study/f", "/compare/g"],
         "BOFU": ["/pricing", "/demo"]}
TITLES = [("Director", 6), ("CEO", 4), ("Office manager", 22), ("Specialist", 30), ("Assistant", 30), ("Student", 5), ("Intern", 3)]
BUYS = {"Director": 0.25, "CEO": 0.25, "Office manager": 0.18, "Student": 0.01, "Intern": 0.02}  # of those who look
RULES = [("title", "words", ["student"], -50), ("title", "words", ["intern"], -30), ("title", "words", ["director", "ceo"], 12),
         ("title", "words", ["manager"], 8), ("title", "words", ["specialist"], 3)]


def stamp(second: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


class Reader:
    def __init__(self, rng: random.Random, number: int, months: int):
        self.address = f"reader{number}@company{number // 3}.example"
        self.click = rng.betavariate(0.35, 19)
        self.open = min(0.95, 0.04 + rng.betavariate(0.7, 2.2) + 2 * self.click)
        self.proxy = rng.random() < 0.4
        self.filter = rng.random() < 0.04
        self.joined = END - months * 30 * DAY * (rng.random() if rng.random() < 0.35 else 1)
        self.left = None
        self.looking = []  # (from, to)
        for month in range(months):
            if rng.random() < 0.002 + 0.1 * self.click:
                start = END - month * 30 * DAY - rng.randrange(30 * DAY)
                self.looking.append((start, start + 90 * DAY))
        self.title = rng.choices([title for title, _ in TITLES], [weight for _, weight in TITLES])[0]
        self.agent = AGENTS[1] if self.proxy else rng.choice(AGENTS)

    def stage(self, rng: random.Random, looking: bool) -> str:
        bofu, mofu = (0.40, 0.35) if looking else (0.10, 0.25)
        draw = rng.random()
        return "BOFU" if draw < bofu else "MOFU" if draw < bofu + mofu else "TOFU"


def events_of(rng: random.Random, reader: Reader, mailing: str, sent: float):
    """(second, kind, fields) of one reader and mailing."""
    yield sent, "sent", {}
    delivered = sent + 1 + rng.randrange(40)
    if rng.random() < 0.006:
        yield delivered, "bounce", {"bounce": {"class": "soft", "reason": "mailbox_full"}}
        return
    yield delivered, "delivered", {}
    if reader.filter:
        for paths in LINKS.values():
            for path in paths:
                yield delivered + 3, "click", {"link": url(mailing, path), "user_agent": AGENTS[0]}
    if reader.proxy:
        yield delivered + 60 + rng.randrange(7200), "open", {"user_agent": PROXY}
    looking = any(start <= sent <= end for start, end in reader.looking)
    read = delivered + 120 + rng.expovariate(1 / 36000)
    clicks = rng.random() < min(0.6, reader.click + (0.1 if looking else 0))
    if clicks or rng.random() < reader.open:
        if not reader.proxy:
            yield read, "open", {"user_agent": reader.agent}
    if clicks:
        paths = set()
        for i in range(1 + (rng.random() < 0.35) + (rng.random() < 0.1)):
            paths.add(rng.choice(LINKS[reader.stage(rng, looking)]))
        for i, path in enumerate(sorted(paths)):
            yield read + 20 + 45 * i, "click", {"link": url(mailing, path), "user_agent": reader.agent}
    if rng.random() < 0.0015:
        reader.left = read + 60
        yield reader.left, "unsubscribe", {}


def url(mailing: str, path: str) -> str:
    return f"https://www.example.com{path}?utm_campaign={mailing}"


def write_config(path: pathlib.Path) -> None:
    lines = ['[[account]]', 'name = "list"', 'esp = "mailfunnel"', '', '[scoring]', 'profile = "standard"', '']
    for group, how, words, points in RULES:
        lines += ["[[fit]]", f'group = "{group}"', f'name = "{words[0]}"', 'attribute = "job_title"', f"{how} = {json.dumps(words)}", f"points = {points}"]
    for low, high, points in ((10, 49, 4), (50, 249, 8), (250, None, 6)):
        lines += ["[[fit]]", 'group = "size"', f'name = "from {low}"', 'attribute = "employees"', f"min = {low}", *([f"max = {high}"] if high else []), f"points = {points}"]
    lines += ["[[fit]]", 'name = "target industry"', 'attribute = "industry"', 'equals = ["software"]', "points = 6",
              "[[fit]]", 'name = "target country"', 'attribute = "country"', 'equals = ["BE", "NL"]', "points = 4"]
    path.write_text("\n".join(lines) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--people", type=int, default=60_000)
    parser.add_argument("--months", type=int, default=18)
    parser.add_argument("--a-month", type=int, default=2, help="mailings a month")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    out = options.folder
    out.mkdir(parents=True, exist_ok=True)
    write_config(out / "mailfunnel.toml")
    people = [Reader(rng, i, options.months) for i in range(options.people)]
    with (out / "contacts.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["email", "job_title", "employees", "industry", "country"])
        for reader in people:
            if rng.random() < 0.85:
                table.writerow([reader.address, reader.title, int(3 * rng.random() ** -1.1),
                                rng.choice(["software", "retail", "health", "logistics"]), rng.choice(["BE", "NL", "NL", "FR", "DE", "GB"])])
    with (out / "conversions.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["address", "time", "kind"])
        for reader in people:
            for start, end in reader.looking:
                if rng.random() < BUYS.get(reader.title, 0.12):
                    table.writerow([reader.address, stamp(start + (end - start) * (0.5 + 0.5 * rng.random())), "order"])
    count = 0
    with (out / "events.ndjson").open("w") as file:
        for number in range(options.months * options.a_month):
            sent = END - options.months * 30 * DAY + number * 30 * DAY / options.a_month + 9 * 3600
            mailing = f"m{number + 1}"
            for reader in people:
                if reader.joined > sent or (reader.left is not None and reader.left < sent):
                    continue
                for second, kind, fields in events_of(rng, reader, mailing, sent + rng.randrange(3600)):
                    if second < END:
                        file.write(json.dumps({"kind": kind, "address": reader.address, "time": stamp(second), "campaign": mailing} | fields, separators=(",", ":")) + "\n")
                        count += 1
    print(f"{count} events of {options.people} people, {options.months * options.a_month} mailings in {out}")


if __name__ == "__main__":
    main()
