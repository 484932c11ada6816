#!/usr/bin/env python3
"""Data for the benchmark where no other generator is at hand: generate.py DIR [--recipients N] [--campaigns N] [--seed N].

Writes recipients.csv, campaigns.xml, rules.csv, events.csv, events.ndjson (the same events) and delta.csv. Deterministic."""
import argparse
import json
import pathlib
import random
import time

PATHS = {"TOFU": ["/blog/nurturing-leads", "/guide/email-basics"], "MOFU": ["/case-study/acme", "/webinar/live"],
         "BOFU": ["/pricing", "/demo", "/trial/start"], "": ["/about", "/legal/privacy"]}
RULES = [("/blog/", "TOFU"), ("/guide/", "TOFU"), ("/case-study/", "MOFU"), ("/webinar", "MOFU"), ("/pricing", "BOFU"), ("/demo", "BOFU"), ("/trial/", "BOFU")]
TITLES = ["Marketing Manager", "Software Engineer", "VP Marketing", "Student", "CEO", "Consultant", "Director of IT", "Data Analyst"]
INDUSTRIES = ["Software", "Finance", "Healthcare", "Retail", "Education", "Logistics"]
COUNTRIES = ["US", "DE", "GB", "FR", "NL", "BE", "ES", "PL"]
PERSON = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
START = 1704103200
NDJSON_KIND = {"sent": "processed", "soft_bounce": "bounce"}


def stamp(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def events_of(rng, who, campaign, links):
    """Of one recipient and mailing: (second, kind, link, agent)."""
    sent = START + campaign * 30 * 86400 + rng.randrange(7200)
    yield sent, "sent", "", ""
    delivered = sent + 1 + rng.randrange(30)
    chance = rng.random()
    if chance < 0.012:
        yield delivered, "bounce", "", ""
        return
    if chance < 0.02:
        yield delivered, "soft_bounce", "", ""
        return
    yield delivered, "delivered", "", ""
    if rng.random() < 0.3:
        for _ in range(1 + int(rng.expovariate(1.2))):
            machine = rng.random() < 0.25
            yield delivered + 30 + int(rng.expovariate(1 / 40000)), "open", "", "Mozilla/5.0" if machine else PERSON
        if rng.random() < 0.12:
            for _ in range(1 + int(rng.expovariate(1.5))):
                yield delivered + 60 + int(rng.expovariate(1 / 40000)), "click", rng.choice(links), PERSON
        if rng.random() < 0.006:
            yield delivered + 90000, "unsubscribe", "", PERSON


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--campaigns", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    out = options.folder
    out.mkdir(parents=True, exist_ok=True)
    with (out / "rules.csv").open("w") as f:
        f.write("priority,pattern,stage\n")
        f.writelines(f"{i},{pattern},{stage}\n" for i, (pattern, stage) in enumerate(RULES, 1))
    links = []
    with (out / "campaigns.xml").open("w") as f:
        f.write('<?xml version="1.0" encoding="UTF-8"?>\n<campaigns>\n')
        for c in range(options.campaigns):
            paths = [rng.choice(PATHS[stage]) for stage in ("TOFU", "MOFU", "BOFU", "TOFU", "", "MOFU", "BOFU", "")]
            links.append([f"https://www.example.com{path}?utm_source=newsletter&lid={i}" for i, path in enumerate(paths)])
            f.write(f' <campaign id="{1001 + c}" sent="{stamp(START + c * 30 * 86400)}"><name>Newsletter {c + 1}</name><links>\n')
            f.writelines(f'  <link url="{url.replace("&", "&amp;")}">Link {i + 1}</link>\n' for i, url in enumerate(links[-1]))
            f.write(" </links></campaign>\n")
        f.write("</campaigns>\n")
    people = [f"reader.{i:x}@mail{i % 40}.example" for i in range(options.recipients)]
    with (out / "recipients.csv").open("w") as f:
        f.write("email,job_title,industry,employees,country\n")
        f.writelines(f"{p},{rng.choice(TITLES)},{rng.choice(INDUSTRIES)},{int(5 * rng.random() ** -0.8) % 100000},{rng.choice(COUNTRIES)}\n" for p in people)
    events = []
    for who, address in enumerate(people):
        for c in range(options.campaigns):
            if rng.random() < 0.35:
                events += [(second, address, 1001 + c, kind, link, agent) for second, kind, link, agent in events_of(rng, who, c, links[c])]
    events.sort(key=lambda e: e[0])
    delta = events[-900:] + rng.sample(events[:-900], 100)
    with (out / "events.csv").open("w") as table, (out / "events.ndjson").open("w") as objects, (out / "delta.csv").open("w") as late:
        head = "email,campaign_id,event,timestamp,url,user_agent,ip,event_id\n"
        table.write(head)
        late.write(head)
        rows = [(table, e) for e in events[:-900]] + [(late, e) for e in delta]
        for number, (file, (second, address, campaign, kind, link, agent)) in enumerate(rows):
            quoted = f'"{agent}"' if "," in agent else agent
            file.write(f"{address},{campaign},{kind},{stamp(second)},{link},{quoted},,e{number}\n")
            if file is table:
                record = {"email": address, "timestamp": second, "event": NDJSON_KIND.get(kind, kind), "sg_event_id": f"e{number}", "marketing_campaign_id": campaign}
                if kind.endswith("bounce"):
                    record |= {"type": "blocked" if kind == "soft_bounce" else "bounce", "status": "4.2.2" if kind == "soft_bounce" else "5.1.1"}
                if agent:
                    record |= {"useragent": agent, "sg_machine_open": agent == "Mozilla/5.0"}
                if link:
                    record["url"] = link
                objects.write(json.dumps(record, separators=(",", ":")) + "\n")
    print(f"{len(events) - 900} events, {options.recipients} recipients, {options.campaigns} mailings in {out}")


if __name__ == "__main__":
    main()
