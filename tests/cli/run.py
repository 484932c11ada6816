#!/usr/bin/env python3
"""Golden tests of the command line.

    tests/cli/run.py --program PATH [--write] [FILES]

A .test file holds commands and what they print, against a copy of samples/:

    # A remark.
    # world: imported
    $ mailfunnel score --rules other.toml
    516 people, as of …
    2> mailfunnel: warning: nobody is SQL: …
    [exit 3]

Lines with 2> are of the error output, after the others; [exit N] stands where N is not 0. What begins with > behind a
command continues it. A command is the shell's, in an empty folder with `samples/` in it; "world" makes the folder a
workspace first: `config` (init with the samples' config) or `imported` (everything of the samples is in).
The clock stands at 2026-03-31 12:00 UTC and the store's key is fixed, so that all output is the same everywhere.
--write puts the present output into the files: look at the difference before you keep it.
"""

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 300  # a command that takes longer hangs

WORLDS = {
    "empty": [],
    "config": ["cp samples/mailfunnel.toml . && mailfunnel init"],
    "imported": [
        "cp samples/mailfunnel.toml . && mailfunnel init",
        "mailfunnel recipients import -q --account kantoorwijzer --valid-from 2026-01-01 samples/contacts.csv",
        "mailfunnel import -q --account kantoorwijzer samples/campaigns.xml",
        "mailfunnel import -q --account nieuwsbrief samples/campaigns-nieuwsbrief.xml",
        "mailfunnel import -q samples/logs",
    ],
}


class Block:
    """Lines before a command, the command's lines, and what is expected of it."""

    def __init__(self):
        self.before, self.command, self.output = [], [], []

    def script(self):
        return "\n".join(line[2:] for line in self.command)


def parse(text):
    """Blocks; what follows the last command's output belongs to its block."""
    blocks = [Block()]
    for line in text.splitlines():
        block = blocks[-1]
        if line.startswith("$ "):
            if block.command:
                block = Block()
                blocks.append(block)
            block.command.append(line)
        elif line.startswith("# ") or line == "#":
            if block.command:
                block = Block()
                blocks.append(block)
            block.before.append(line)
        elif not block.command:
            block.before.append(line)
        elif line.startswith("> ") and not block.output:
            block.command.append(line)
        else:
            block.output.append(line)
    for block in blocks:
        if block.output and block.output[-1] == "":  # one empty line sets blocks apart
            block.output.pop()
    return blocks


def render(blocks):
    lines = []
    for block in blocks:
        lines += block.before + block.command + block.output
        if block.command:
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def visible(data):
    """Lines of an output; carriage returns, byte order marks and a missing line end are shown."""
    text = data.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\ufeff", "\\ufeff")
    if text and not text.endswith("\n"):
        text += "(no line end)\n"
    return text.split("\n")[:-1]


def run(script, folder, environment):
    try:
        done = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return [f"[no end after {SECONDS} s]"]
    lines = visible(done.stdout) + ["2> " + line for line in visible(done.stderr)]
    return lines + ([f"[exit {done.returncode}]"] if done.returncode else [])


def play(path, program, samples):
    """The file's text with the output of now."""
    blocks = parse(path.read_text(encoding="utf-8"))
    world = next((line.split(":", 1)[1].strip() for block in blocks for line in block.before if line.startswith("# world:")), "empty")
    with tempfile.TemporaryDirectory(prefix="mailfunnel-cli-") as place:
        tools, folder = Path(place) / "bin", Path(place) / "work"
        tools.mkdir()
        folder.mkdir()
        (tools / "mailfunnel").symlink_to(program)
        shutil.copytree(samples, folder / "samples", ignore=shutil.ignore_patterns("*.py", "README.md"))
        (folder / "mailfunnel.db.key").write_bytes(b"sample!\n")
        environment = {"PATH": f"{tools}:{os.environ['PATH']}", "MAILFUNNEL_NOW": "2026-03-31T12:00:00Z", "TZ": "UTC", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "HOME": place}
        for script in WORLDS[world]:
            said = run(script, folder, environment)
            if said and said[-1].startswith("[") and said[-1] != "[exit 3]":  # the samples hold records to reject
                raise SystemExit(f"{path}: the world \"{world}\" can't be made: {script}\n" + "\n".join(said))
        for block in blocks:
            if block.command:
                block.output = run(block.script(), folder, environment)
    return render(blocks)


def main():
    options = argparse.ArgumentParser(description="Golden tests of the command line.")
    options.add_argument("--program", type=Path, required=True, help="the mailfunnel to test")
    options.add_argument("--write", action="store_true", help="write the present output into the files")
    options.add_argument("--samples", type=Path, default=HERE.parents[1] / "samples")
    options.add_argument("files", nargs="*", type=Path, help="default: all beside this program")
    chosen = options.parse_args()
    files = chosen.files or sorted(HERE.glob("*.test"))
    differing = 0
    for path in files:
        expected = path.read_text(encoding="utf-8")
        actual = play(path, chosen.program.resolve(), chosen.samples.resolve())
        if actual == expected:
            continue
        differing += 1
        sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), actual.splitlines(True), str(path), "now"))
        if chosen.write:
            path.write_text(actual, encoding="utf-8")
    print(f"{len(files)} files, {differing} {'rewritten' if chosen.write else 'differ'}")
    return 1 if differing and not chosen.write else 0


if __name__ == "__main__":
    sys.exit(main())
