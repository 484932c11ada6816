#!/usr/bin/env python3
"""Help, completions and manual page tell the same commands and options: option_table.py --program PATH

bash's completion is run; those of zsh and fish are read, and their syntax is checked where the shell is installed."""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def told(program: str, *words: str) -> str:
    return subprocess.run([program, *words], check=True, capture_output=True, text=True, timeout=60).stdout


def options_in(text: str) -> set[str]:
    """Those at the start of a line of --help: "  -C [ --directory ] DIR   the workspace"."""
    return set(re.findall(r"^  (?:-\w \[ )?--([a-z][a-z-]*)", text, re.MULTILINE))


def own_options(program: str, command: str) -> set[str]:
    own, _, _ = told(program, command, "--help").partition("Every command:")
    return options_in(own)


def bash_candidates(script: Path, *words: str) -> set[str]:
    """What Tab offers behind these words, the last of which is begun."""
    run = f'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mailfunnel; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", run, "bash", str(script), "mailfunnel", *words], check=True, capture_output=True, text=True, timeout=60)
    if done.stderr:
        sys.exit(f"bash, behind {words}: {done.stderr}")
    return set(done.stdout.split())


def zsh_options(text: str) -> set[str]:
    return {alone or lettered for alone, lettered in re.findall(r"^ +--([a-z-]+)'\[|,--([a-z-]+)\}", text, re.MULTILINE)}


def section(text: str, begin: str, end: str) -> str:
    found = re.search(begin + r"(.*?)" + end, text, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    program = str(Path(parser.parse_args().program).resolve())
    commands = re.findall(r"^  ([a-z]+)\s", section(told(program, "--help"), "^Commands$", "^$"), re.MULTILINE)
    common = options_in(told(program, "init", "--help").partition("Every command:")[2])
    man, zsh, fish = told(program, "man").replace("\\-", "-"), told(program, "completion", "zsh"), told(program, "completion", "fish")
    faults, checked = [], 0

    def same(what: str, expected: set[str], found: set[str]) -> None:
        nonlocal checked
        checked += 1
        if expected != found:
            faults.append(f"{what}: missing {sorted(expected - found)}, too many {sorted(found - expected)}")

    with tempfile.TemporaryDirectory(prefix="mailfunnel-options-") as folder:
        scripts = {shell: Path(folder) / shell for shell in ("bash", "zsh", "fish")}
        for shell, script in scripts.items():
            script.write_text(told(program, "completion", shell), encoding="utf-8")
            if shutil.which(shell):
                subprocess.run([shell, "-n", str(script)], check=True, timeout=60)
        dashed = {"--" + name for name in common}
        same("bash, commands", set(commands), bash_candidates(scripts["bash"], ""))
        same("bash, commands behind options", set(commands), bash_candidates(scripts["bash"], "--threads", "2", "-C", "x", ""))
        same("bash, words of a command", {"show", "count", "export"}, bash_candidates(scripts["bash"], "segments", ""))
        same("bash, a value", {"TOFU", "MOFU", "BOFU", "NONE"}, bash_candidates(scripts["bash"], "links", "--stage", ""))
        same("bash, a value of every command", {"always", "auto"}, bash_candidates(scripts["bash"], "score", "--color", "a"))
        same("bash, a value that can't be known", set(), bash_candidates(scripts["bash"], "score", "--as-of", ""))
        same("zsh, commands", set(commands), set(re.findall(r"^        '([a-z]+):", zsh, re.MULTILINE)))
        same("zsh, common", common, zsh_options(section(zsh, r"common=\(", r"^  \)")))
        same("fish, commands", set(commands), set(re.findall(r"__fish_use_subcommand -a ([a-z]+)", fish)))
        same("fish, common", common, set(re.findall(r"^complete -c mailfunnel(?: -s \w)? -l ([a-z-]+)", fish, re.MULTILINE)))
        same("man, commands", set(commands), set(re.findall(r'^\.SS "([a-z]+) ', man, re.MULTILINE)))
        same("man, common", common, set(re.findall(r"\\fB--([a-z-]+)\\fR", section(man, "^.SH OPTIONS", "^.SH"))))
        for command in commands:
            own = own_options(program, command)
            same(f"bash, {command}", {"--" + name for name in own} | dashed, bash_candidates(scripts["bash"], command, "--"))
            of_zsh = section(zsh, rf"^        {command}\)$", ";;")
            same(f"zsh, {command}", own, zsh_options(of_zsh))
            same(f"fish, {command}", own, set(re.findall(rf"__fish_seen_subcommand_from {command}'(?: -s \w)? -l ([a-z-]+)", fish)))
            of_man = section(man, rf'^\.SS "{command} ', r"^\.S[SH]")
            same(f"man, {command}", own, set(re.findall(r"^(?:\\fB-\w\\fR, )?\\fB--([a-z-]+)\\fR", of_man, re.MULTILINE)))
    print("\n".join(faults) if faults else f"{len(commands)} commands, {checked} comparisons: all the same")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
