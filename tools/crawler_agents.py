#!/usr/bin/env python3
"""Makes data/crawler-user-agents.json and src/adapter/crawler_agents.inc from a release of crawler-user-agents.

    npm pack crawler-user-agents && tar xzf crawler-user-agents-*.tgz
    tools/crawler_agents.py package/

Without an argument: only the .inc anew, from the JSON file in data/.
"""
import json, pathlib, shutil, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA, TABLE = ROOT / "data/crawler-user-agents.json", ROOT / "src/adapter/crawler_agents.inc"


def take_release(package):
    version = json.loads((package / "package.json").read_text())["version"]
    entries = json.loads((package / "crawler-user-agents.json").read_text())
    patterns = [e["pattern"].replace("\\/", "/") for e in entries]
    DATA.write_text(json.dumps({"name": "crawler-user-agents", "version": version, "licence": "MIT",
                                "patterns": patterns}, indent=1, ensure_ascii=False) + "\n")
    shutil.copyfile(package / "LICENSE", ROOT / "data/LICENSE-crawler-user-agents")


def main():
    if len(sys.argv) > 1:
        take_release(pathlib.Path(sys.argv[1]))
    data = json.loads(DATA.read_text())
    lines = [f"// Made by tools/crawler_agents.py from crawler-user-agents {data['version']} (MIT, see data/). Not to be edited."]
    lines += [f'R"~({p})~",' for p in data["patterns"]]
    TABLE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
