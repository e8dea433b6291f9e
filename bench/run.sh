#!/usr/bin/env bash
# Measures a Release build of this tree on this machine, client and server on the same cores, and prints one table.
#
#   bench/run.sh           about five minutes
#   bench/run.sh --quick   about one; figures to look at, not to quote
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

case "${1-}" in
  --quick) time=(--rounds 1 --duration 1 --warmup 1) quick=--quick ;;
  '') time=(--rounds 3 --duration 4 --warmup 2) quick= ;;
  *) echo "usage: $0 [--quick]" >&2; exit 2 ;;
esac

build
start_server
echo "\`bench/run.sh${quick:+ $quick}\`: $(machine); ready after $ready_ms ms with empty data"
echo
heading
for op in put get head list; do
  for concurrency in 1 16 64; do
    row $op 4KiB $concurrency --op $op "${time[@]}"
  done
done
for op in put get; do
  row $op 1MiB 16 --op $op --objects 256 "${time[@]}"
  row $op 64MiB 4 --op $op --objects 16 "${time[@]}"
done
row multipart 256MiB 1 --op multipart --objects 4 "${time[@]}"
echo
echo "fsyncs since the start: $(curl -fs "$rest/metrics" | grep -E '^varve_(eventstore_commits|tiers_disk_volume_syncs)_total' | tr '\n' ' ')"
stop_server
echo
echo "Event store, events of 300 bytes, every append answered after its fsync; beside it SQLite transactions by hand:"
echo
dotnet bench/EventLog/bin/Release/net10.0/Varve.EventLog.dll $quick
