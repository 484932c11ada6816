#!/usr/bin/env python3
"""The bill of materials of the program: CycloneDX 1.5, JSON.

    sbom.py --program build/release/mailfunnel --build build/release --version 0.1.0 --output sbom.cdx.json

Three sources, and no list to keep: the shared libraries that the loader finds (`ldd`), those that the program names to load
when it needs them, and the headers that the build read (Ninja's record of dependencies), which also shows what is compiled in
from headers alone. All are files of Debian packages
(`dpkg-query`). The same packages give the same bytes; SOURCE_DATE_EPOCH sets the time, without it there is none."""
import argparse
import collections
import datetime
import json
import os
import pathlib
import re
import subprocess
import uuid

EMBEDDED = [{"type": "data", "name": "crawler-user-agents", "licenses": [{"license": {"id": "MIT"}}],
             "properties": [{"name": "mailfunnel:use", "value": "compiled in"}]}]


def output_of(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def libraries(program: str) -> set[str]:
    return {os.path.realpath(path) for path in re.findall(r"(/\S+) \(0x", output_of("ldd", program))}


def loaded_later(program: str) -> set[str]:
    """Of libraries that only the program's text names (src/base/lazy_library.hpp): they, and what they bring along."""
    named = {name.decode() for name in re.findall(rb"\0(lib[\w.+-]+\.so\.\d+)(?=\0)", pathlib.Path(program).read_bytes())}
    known: dict[str, str] = {}
    for name, path in re.findall(r"^\s*(\S+) \(.*\) => (\S+)$", output_of("/sbin/ldconfig", "-p"), re.M):
        known.setdefault(name, path)
    found = {known[name] for name in named if name in known}
    return {os.path.realpath(path) for path in found} | {path for one in found for path in libraries(one)} - libraries(program)


def headers(build: str) -> set[str]:
    """Headers outside of the project that some object of the program was made of."""
    found, wanted = set(), False
    for line in output_of("ninja", "-C", build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            wanted = line.startswith(("src/", "adapters/"))
        elif wanted and (path := os.path.normpath(os.path.join(build, line.strip()))).startswith("/usr/"):
            found.add(os.path.realpath(path))
    return found


def packages_of(files: set[str]) -> set[str]:
    """Names with architecture, as dpkg knows them. Files may be known without the /usr of a merged system."""
    names, todo = set(), sorted(files)
    for start in range(0, len(todo), 500):
        part = todo[start:start + 500]
        asked = part + [path[4:] for path in part if path.startswith("/usr/lib")]
        done = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        names |= {owner.strip() for line in done.stdout.splitlines() if not line.startswith("diversion")
                  for owner in line.rsplit(": ", 1)[0].split(",")}
    return names


def component(package: str, uses: set[str]) -> dict:
    name, version, architecture, source, summary = output_of(
        "dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${binary:Summary}", package).split("\t")
    purl = f"pkg:deb/debian/{name.replace('+', '%2B')}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}&distro=debian-12"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "description": summary, "purl": purl,
            "properties": [{"name": "mailfunnel:use", "value": use} for use in sorted(uses)] + [{"name": "debian:source", "value": source}]}


def main() -> None:
    options = argparse.ArgumentParser(description="The bill of materials of the program.")
    options.add_argument("--program", required=True)
    options.add_argument("--build", required=True)
    options.add_argument("--version", required=True)
    options.add_argument("--output", required=True, type=pathlib.Path)
    chosen = options.parse_args()
    uses = collections.defaultdict(set)
    linked = packages_of(libraries(chosen.program))
    for package in linked:
        uses[package].add("linked")
    for package in packages_of(loaded_later(chosen.program)) - linked:
        uses[package].add("loaded when needed")
    for package in packages_of(headers(chosen.build)):
        uses[package].add("compiled in")
    program = f"pkg:generic/mailfunnel@{chosen.version}"
    parts = [component(package, uses[package]) for package in sorted(uses)]
    metadata = {"component": {"type": "application", "bom-ref": program, "name": "mailfunnel", "version": chosen.version}}
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        metadata["timestamp"] = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": metadata, "components": parts + EMBEDDED,
            "dependencies": [{"ref": program, "dependsOn": [part["bom-ref"] for part in parts]}]}
    bill["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True))}"
    chosen.output.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
