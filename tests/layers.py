#!/usr/bin/env python3
"""Reads every #include and says where one points against the layers: layers.py SOURCE_DIR.

cli > web > app > { ingest > { funnel, store, adapter } > model, net } > base; an ESP's adapter sees adapter, model, base and its own
folder; net sees of adapter the values of HTTP; only store sees SQLite, only cli Program_options, only net and web
Asio and Beast."""
import pathlib
import re
import sys

MAY_SEE = {
    "base": {"base"},
    "model": {"model", "base"},
    "adapter": {"adapter", "model", "base"},
    "funnel": {"funnel", "model", "base"},
    "store": {"store", "model", "base"},
    "ingest": {"ingest", "store", "adapter", "model", "base"},
    "net": {"net", "base"},
    "app": {"app", "ingest", "net", "funnel", "store", "adapter", "model", "base"},
    "web": {"web", "app", "ingest", "net", "funnel", "store", "adapter", "model", "base"},
    "cli": {"cli", "web", "app", "ingest", "funnel", "store", "adapter", "model", "base"},
}
ALSO = {"net": {"adapter/http_message.hpp"}}  # single headers of a layer that is else out of sight
ONLY_IN = {"sqlite3.h": ("store",), "boost/program_options": ("cli",), "toml++": ("app",), "pugixml.hpp": ("base",),
           "gmime/": ("adapter",), "boost/asio": ("net", "web"), "boost/beast": ("net", "web"), "prometheus/": ("web",), "curl/": ("net",)}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    faults = []
    files = [(p, p.relative_to(root / "src").parts[0]) for p in (root / "src").rglob("*.[ch]pp")]
    files += [(p, "esp") for p in (root / "adapters").rglob("*.[ch]pp")]
    for path, layer in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = re.match(r'\s*#include\s+["<]([^">]+)[">]', line)
            if not found:
                continue
            header = found[1]
            target = header.split("/")[0]
            allowed = {"adapter", "model", "base"} if layer == "esp" else MAY_SEE[layer]
            if "/" in header and target in MAY_SEE and target not in allowed and header not in ALSO.get(layer, ()):
                faults.append(f"{path.relative_to(root)}:{number}: {layer} must not see {header}")
            for library, owners in ONLY_IN.items():
                if header.startswith(library) and layer not in owners:
                    faults.append(f"{path.relative_to(root)}:{number}: only src/{' and src/'.join(owners)} includes {library}")
    print("\n".join(faults) if faults else f"{len(files)} files: every include points down")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
