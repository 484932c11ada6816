#!/bin/bash
# The benchmark in one command: bench/run.sh [--full]. Our program does the whole job over its real commands
# (bench/contender). Beside it, in the same run, stand the peers where their suite is at hand; ratios within one run
# are what counts. Short: size S; --full: size M, five runs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export MAILFUNNEL_PROGRAM=${MAILFUNNEL_PROGRAM:-$here/../build/release/mailfunnel}
suite=${BENCH_SUITE:-$here/../../shared/bench}
size=S runs=3
[ "${1:-}" = --full ] && size=M runs=5

if [ -x "$suite/run.sh" ] && command -v node > /dev/null; then
  export MAILFUNNEL=$here/contender RUNS=${RUNS:-$runs} PEERS=${PEERS:-duckdb,sqlite}
  exec "$suite/run.sh" "$size"
fi

echo "peers: skipped: their suite is not here; our own figures on generated data"
work=${BENCH_TMP:-${TMPDIR:-/tmp}/mailfunnel-bench}
people=100000
[ "$size" = M ] && people=1000000
data=$work/data-$people
[ -f "$data/events.csv" ] || python3 "$here/generate.py" "$data" --recipients "$people"
lines=$(($(wc -l < "$data/events.csv") - 1))
EMAIL=$(sed -n 1000p "$data/events.csv" | cut -d, -f1)
export EMAIL CAMPS=1001,1002
printf '%-14s %10s %12s\n' job seconds ns/event
for action in ingest_ndjson ingest_csv rescore export lookup segment delta; do
  times=()
  for _ in $(seq "$runs"); do
    begin=${EPOCHREALTIME/./}
    said=$("$here/contender" "$action" "$data" "$work/store" "$work/out")
    end=${EPOCHREALTIME/./}
    if [[ $said =~ \"sec\":\ ([0-9]+)\.([0-9]{6}) ]]; then # of look-up and segment: once the store is open
      times+=($((10#${BASH_REMATCH[1]}${BASH_REMATCH[2]})))
    else
      times+=($((end - begin)))
    fi
  done
  median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n "$((runs / 2 + 1))p")
  awk -v j="$action" -v t="$median" -v n="$lines" 'BEGIN { printf "%-14s %10.3f %12.1f\n", j, t / 1e6, t * 1000 / n }'
done
bytes=$(stat -c %s "$work/store/mailfunnel.db")
awk -v b="$bytes" -v n="$lines" 'BEGIN { printf "store          %.1f MB, %.1f bytes an event\n", b / 1e6, b / n }'
