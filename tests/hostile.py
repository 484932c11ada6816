#!/usr/bin/env python3
"""Hostile input against the real program: bombs, disguised entities, broken tables, texts that steer terminals, paths that lead out, odd
addresses. A case is a file, or a command, and what must hold; each must be able to fail, so each says what a good run shows.

    hostile.py --program build/release/mailfunnel"""
import argparse
import gzip
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile
import zipfile

MIB = 1 << 20
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
CONFIG = """[[account]]
name = "shop"
esp = "generic"
"""
HEAD = "email,event,time,campaign,url,agent\n"
CONFIG_PROFILE = """[[profile]]
name = "log"
fields = { kind = "event", time = "time", address = "email", campaign = "campaign", link = "url", user_agent = "agent" }
"""


class Broken(Exception):
    pass


class Trial:
    def __init__(self, program: str, base: pathlib.Path) -> None:
        self.program, self.base, self.number = program, base, 0
        self.environment = dict(os.environ, TZ="UTC", MAILFUNNEL_NOW="2026-03-31T12:00:00Z")

    def workspace(self) -> pathlib.Path:
        self.number += 1
        folder = self.base / f"w{self.number}"
        folder.mkdir()
        (folder / "mailfunnel.toml").write_text(CONFIG + CONFIG_PROFILE, encoding="utf-8")
        self.run(folder, "init")
        return folder

    def run(self, folder: pathlib.Path, *words: str, codes=(0,)) -> tuple[str, int, float]:
        """Output of both kinds, peak memory in KiB, seconds of CPU."""
        command = [self.program, "-C", str(folder), *words]
        with tempfile.TemporaryFile() as out:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read().decode("utf-8", errors="replace")
        if child.returncode not in codes:
            raise Broken(f"{' '.join(words[:3])}: exit {child.returncode}, not one of {codes}\n{text[-600:]}")
        return text, usage.ru_maxrss, usage.ru_utime + usage.ru_stime

    def written(self, folder: pathlib.Path) -> list[dict]:
        return [json.loads(line) for line in self.run(folder, "export", "events")[0].splitlines() if line.startswith("{")]


def event(address: str, kind: str = "open", url: str = "", agent: str = "", campaign: str = "1", second: int = 0) -> str:
    quoted = ['"' + text.replace('"', '""') + '"' for text in (address, kind, f"2026-03-02T10:{second // 60:02}:{second % 60:02}Z", campaign, url, agent)]
    return ",".join(quoted) + "\n"


def laughs(trial: Trial) -> None:
    """Entities that grow, disguised; nothing is unfolded or fetched, and all of it is refused."""
    grow = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    outside = trial.base / "secret.txt"
    outside.write_text("swordfish", encoding="utf-8")
    cases = {
        "billion laughs": f'<!DOCTYPE c [<!ENTITY a0 "ha">{grow}]><campaigns><campaign id="1"><name>&a9;</name></campaign></campaigns>',
        "in an attribute": f'<!DOCTYPE c [<!ENTITY a0 "ha">{grow}]><campaigns><campaign id="&a9;"/></campaigns>',
        "external": f'<!DOCTYPE c [<!ENTITY x SYSTEM "file://{outside}">]><campaigns><campaign id="1"><name>&x;</name></campaign></campaigns>',
        "parameters": f'<!DOCTYPE c [<!ENTITY % x SYSTEM "file://{outside}">%x;]><campaigns><campaign id="1"/></campaigns>',
        "an external subset": f'<!DOCTYPE c SYSTEM "file://{outside}"><campaigns><campaign id="1"/></campaigns>',
        "behind a comment": f'<?xml version="1.0"?><!-- x --><!DOCTYPE c [<!ENTITY a0 "ha">{grow}]><campaigns><campaign id="1"><name>&a9;</name></campaign></campaigns>',
    }
    for name, text in cases.items():
        for encoding in ("utf-8", "utf-16"):
            folder = trial.workspace()
            path = folder / "campaigns.xml"
            path.write_text(text, encoding=encoding)
            said, memory, _ = trial.run(folder, "import", "-q", "--account", "shop", str(path), codes=(1, 3))
            if "swordfish" in said or "hahaha" in said or memory > 64 * 1024 + trial.usual:
                raise Broken(f"{name}, {encoding}: {memory} KiB; {said[-300:]}")
            if json.loads(trial.run(folder, "campaigns", "--json")[0] or "[]") not in ([], {"campaigns": []}):
                raise Broken(f"{name}, {encoding}: a campaign came in")


def bombs(trial: Trial) -> None:
    """A GiB that is a MiB, of lines, of one endless record, of a document: read in pieces or refused, with less than 64 MiB more than the
    program needs anyway."""
    line = (event("ann@example.com") * 8).encode()
    zeros = b"\0" * MIB

    def packed(path: pathlib.Path, head: bytes, fill: bytes) -> None:
        with gzip.open(path, "wb", compresslevel=9) as out:
            out.write(head)
            for _ in range(1024 * MIB // len(fill)):
                out.write(fill)

    folder = trial.workspace()
    head = HEAD.encode()
    packed(folder / "zeros.csv.gz", head, zeros)
    packed(folder / "lines.csv.gz", head, line * (MIB // len(line)))
    packed(folder / "rejected.csv.gz", head, b"x,\n" * (MIB // 3))
    packed(folder / "commas.csv.gz", head, b"," * MIB)
    packed(folder / "wide.csv.gz", head, b"," * 11 * MIB + b"\n")
    packed(folder / "values.ndjson.gz", b'{"kind":"open","tags":[0', b",0" * (MIB // 2))
    packed(folder / "nested.json.gz", b'[{"kind":"open"},', b"[" * MIB)
    packed(folder / "deep.xml.gz", b'<campaigns><campaign id="1"><name>a</name>', b"<a>" * (MIB // 3))
    packed(folder / "flat.xml.gz", b'<campaigns><campaign id="1"><name>a</name></campaign>', b"<campaign/>" * (MIB // 11))
    packed(folder / "mails.mbox.gz", b"From ann@example.com Mon Mar  2 10:00:00 2026\nSubject: x\n\n", b"a\n" * (MIB // 2))
    with zipfile.ZipFile(folder / "many.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, start in (("a.csv", head), ("b.csv", head), ("c.xml", b"<campaigns>")):
            with archive.open(name, "w", force_zip64=True) as out:
                out.write(start)
                for _ in range(512):
                    out.write(zeros)
    subprocess.run(f"head -c 1073741824 /dev/zero | zstd -q -19 -o {folder}/zeros.zst", shell=True, check=False)
    large = []
    for path in sorted(folder.glob("*.gz")) + sorted(folder.glob("*.z*")):
        said, memory, _ = trial.run(folder, "import", "-q", "--account", "shop", "--memory", "16M", "--rejects", "/dev/null", str(path), codes=(0, 1, 3))
        print(f"  {path.name}: {path.stat().st_size >> 10} KiB packed, peak {memory >> 10} MiB ({trial.usual >> 10} MiB without)")
        if memory > 64 * 1024 + trial.usual:
            large.append(f"{path.name}: {memory} KiB; {said[-300:]}")
    if large:
        raise Broken("\n".join(large))


def tables(trial: Trial) -> None:
    """A field of 10 MiB, NULs, ragged rows, a quote that never ends: what is whole is read."""
    good = event("good@example.com")
    for name, text in {
        "a field of 10 MiB": HEAD + event("big@example.com", agent="x" * 10 * MIB) + good,
        "an address of 10 MiB": HEAD + event("x" * 10 * MIB + "@example.com") + good,
        "NULs": HEAD + event("nul\0l@example.com") + "\0\0\0\n" + good,
        "ragged rows": HEAD + "a\n" + "a," * 5000 + "\n" + ",\n" + good,
        "a quote that never ends": HEAD + good + '"open',
    }.items():
        folder = trial.workspace()
        path = folder / "log.csv"
        path.write_bytes(text.encode())
        trial.run(folder, "import", "-q", "--rejects", "/dev/null", str(path), codes=(0, 3))
        addresses = {one["address"] for one in trial.written(folder)}
        if "good@example.com" not in addresses or any("\0" in one or len(one) > 320 for one in addresses):
            raise Broken(f"{name}: {[one[:60] for one in addresses]}")
        if name == "a field of 10 MiB" and "x" * 10 * MIB not in trial.run(folder, "decode", str(path), codes=(0, 3))[0]:
            raise Broken(f"{name} is not kept whole")


def injection(trial: Trial) -> None:
    """No text from outside steers a terminal or makes a line of its own, wherever it is printed."""
    evil = "x\r\nlevel=error \x1b[31mred\x1b]0;title\x07 \u202egpj.exe \u2066 \x9b31m"
    folder = trial.workspace()
    path = folder / f"log{evil}.csv".replace("/", "").replace("\n", "").replace("\r", "")
    rows = event(f"ann{evil}@example.com") + event("ann@example.com", evil) + event("ann@example.com", "open", evil, evil, evil)
    rows += event("bob@example.com", "click", f"https://shop.example/{evil}", campaign=evil)
    path.write_text(HEAD + rows, encoding="utf-8", newline="")
    for words in (["import", str(path)], ["decode", str(path)], ["campaigns"], ["links"], ["report"], ["status"], ["events", "bob@example.com"],
                  ["explain", "bob@example.com"], ["export", "events"], ["verdicts"], ["runs"], ["import", str(folder / evil)], ["try", str(path)]):
        said = trial.run(folder, *words, codes=(0, 1, 2, 3))[0]
        if found := STEERING.search(said):
            raise Broken(f"{words[0]}: prints {found[0]!r}: {said[max(0, found.start() - 60):found.start() + 30]!r}")


def paths(trial: Trial) -> None:
    """Names that lead out of the folder lead nowhere."""
    folder = trial.workspace()
    with zipfile.ZipFile(folder / "evil.zip", "w") as archive:
        for name in ("../../evil.csv", "/tmp/evil-mailfunnel.csv", "..\\evil.csv", "a/../../../evil.csv"):
            archive.writestr(name, HEAD + event("zip@example.com"))
    before = {path for path in trial.base.rglob("*") if "evil" in path.name}
    trial.run(folder, "import", "-q", "--rejects", "/dev/null", str(folder / "evil.zip"), codes=(0, 3))
    for words in (["token", "add", "../evil"], ["token", "add", "/evil"], ["push", "../evil"], ["segments", "export", "../evil"], ["sync", "../evil"]):
        trial.run(folder, *words, codes=(0, 1, 2))
    after = {path for path in trial.base.rglob("*") if "evil" in path.name}
    if before != after or pathlib.Path("/tmp/evil-mailfunnel.csv").exists():
        raise Broken(f"written: {after - before}")


def hosts(trial: Trial) -> None:
    """Plain HTTP is for this machine by its own names alone; no spelling of it slips by, and no user, password or odd port."""
    for url in ("http://0x7f.1", "http://2130706433", "http://127.1", "http://0177.0.0.1", "http://[::ffff:127.0.0.1]", "http://127.0.0.1.example.com",
                "http://localhost.example.com", "http://localhost@evil.example", "http://127.0.0.1@evil.example", "http://169.254.169.254",
                "http://[::ffff:169.254.169.254]", "http://0.0.0.0", "http://0", "file:///etc/passwd", "gopher://127.0.0.1", "https://user:pw@evil.example"):
        folder = trial.workspace()
        (folder / "mailfunnel.toml").write_text(f'[[account]]\nname = "lists"\nesp = "listmonk"\nbase_url = "{url}"\nuser = "u"\napi_key = {{ env = "HOME" }}\n',
                                                encoding="utf-8")
        said = trial.run(folder, "sync", "lists", codes=(1, 2))[0]
        if re.search(r"connect|refused|timed out|resolve|unreachable|no answer", said):
            raise Broken(f"{url} was called: {said}")


def growth(trial: Trial) -> None:
    """Agents, links, subjects of 25 and of 100 KiB, made for what backtracks: four times the text is no more than eight times the work."""
    kinds = {
        "agent": lambda n: event("a@example.com", agent="Mozilla/5.0 (" * (n // 13)),
        "agent of robots": lambda n: event("a@example.com", agent="bot" * (n // 6) + "x" * (n // 2)),
        "blanks": lambda n: event("a@example.com", agent=" " * n + "x"),
        "link": lambda n: event("a@example.com", "click", "https://a.example/?" + "u=https%3A%2F%2Fa.example%2F%3F&" * (n // 32)),
        "link of percents": lambda n: event("a@example.com", "click", "https://a.example/" + "%25" * (n // 3)),
        "link of dots": lambda n: event("a@example.com", "click", "https://a.example/" + "../" * (n // 3)),
        "campaign": lambda n: event("a@example.com", campaign="a" * n),
        "address": lambda n: event("a." * (n // 2) + "@example.com"),
    }
    for name, make in kinds.items():
        spent = []
        for size in (25_000, 100_000):
            folder = trial.workspace()
            path = folder / "log.csv"
            path.write_text(HEAD + make(size) * 150, encoding="utf-8")
            spent.append(min(trial.run(folder, "decode", str(path), codes=(0, 3))[2] for _ in range(3)))
        if spent[1] > 8 * max(spent[0], 0.05):
            raise Broken(f"{name}: {spent[0]:.2f} s of CPU, then {spent[1]:.2f} s for four times as much")


def addresses(trial: Trial) -> None:
    """Those that only look alike are different people; those that are written otherwise are the same (RFC 6531, IDNA)."""
    people = [
        ["ann@example.com", "ANN@EXAMPLE.COM", " ann@Example.com "],
        ["аnn@example.com"],  # a Cyrillic a
        ["kim@bücher.example", "kim@xn--bcher-kva.example", "kim@BÜCHER.example"],
        ["info@example.com"],
        ["ınfo@example.com"],  # a Turkish i without its dot
        ["kai@example.com"],
        ["kаi@example.com"],  # a Cyrillic a
    ]
    folder = trial.workspace()
    path = folder / "log.csv"
    rows = [event(address, second=i) for i, address in enumerate(address for names in people for address in names)]
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    trial.run(folder, "import", "-q", "--rejects", "/dev/null", str(path), codes=(0,))
    there = {one["address"] for one in trial.written(folder)}
    if len(there) != len(people):
        raise Broken(f"{len(people)} people became {len(there)}: {sorted(there)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    cases = (laughs, bombs, tables, injection, paths, hosts, growth, addresses)
    parser.add_argument("--case", nargs="+", choices=[case.__name__ for case in cases])
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="mailfunnel-hostile-") as folder:
        trial = Trial(str(pathlib.Path(options.program).resolve()), pathlib.Path(folder))
        ordinary = trial.workspace()
        (ordinary / "log.csv").write_text(HEAD + event("ann@example.com"), encoding="utf-8")
        trial.usual = trial.run(ordinary, "import", "-q", str(ordinary / "log.csv"))[1]  # its own peak memory
        for case in cases:
            if options.case and case.__name__ not in options.case:
                continue
            try:
                case(trial)
                print(f"{case.__name__}: well", flush=True)
            except Broken as what:
                failed += 1
                print(f"{case.__name__}: {what}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
