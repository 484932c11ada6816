#!/bin/bash
# Unpacks a .deb into a folder of its own and works with what is there: try_package.sh FILE.deb [samples]
# What the machine lacks to look at (man, systemd-analyze) is left out, and said.
set -euo pipefail

deb=$(realpath "${1:?a .deb}")
samples=$(realpath "${2:-samples}")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
dpkg -x "$deb" "$root/system"
dpkg -e "$deb" "$root/control"
system=$root/system
mailfunnel=$system/usr/bin/mailfunnel

part() { echo "== $*"; }
has() { command -v "$1" > /dev/null || { echo "skipped: $1 is not installed"; return 1; }; }

part "the program is of the package's version"
version=$("$mailfunnel" --version)
echo "$version"
[[ $(dpkg-deb -f "$deb" Version) == "${version#mailfunnel }"-* ]]

part "an import of the samples by the packaged config"
"$mailfunnel" -C "$root" init -q --config "$system/etc/mailfunnel/mailfunnel.toml"
"$mailfunnel" -C "$root" --config "$system/etc/mailfunnel/mailfunnel.toml" import -q "$samples/logs/sendgrid" || [ $? -eq 3 ]
"$mailfunnel" -C "$root" --config "$system/etc/mailfunnel/mailfunnel.toml" score -q > /dev/null
"$mailfunnel" -C "$root" --config "$system/etc/mailfunnel/mailfunnel.toml" audit

part "completions are what their shells can read"
bash -n "$system/usr/share/bash-completion/completions/mailfunnel"
if has zsh; then zsh -n "$system/usr/share/zsh/vendor-completions/_mailfunnel"; fi
if has fish; then fish -n "$system/usr/share/fish/vendor_completions.d/mailfunnel.fish"; fi

part "the manual page formats without a warning"
if has man; then
  warnings=$(MANROFFSEQ='' MANWIDTH=80 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$system/usr/share/man/man1/mailfunnel.1.gz" 2>&1 > /dev/null)
  [ -z "$warnings" ] || { echo "$warnings"; exit 1; }
fi

part "the bill of materials names packages"
python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["components"]), "components")' "$system/usr/share/doc/mailfunnel/sbom.cdx.json"

part "scripts of the package"
for script in postinst prerm postrm; do sh -n "$root/control/$script"; done

part "how much of the system the service reaches (0 nothing, 10 everything)"
if has systemd-analyze; then
  for unit in mailfunnel.service mailfunnel-sync@.service; do
    systemd-analyze security --offline=true --no-pager --threshold=20 "$system/usr/lib/systemd/system/$unit" | tail -1
  done
fi
echo "the package is good"
