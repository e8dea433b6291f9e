#!/usr/bin/env bash
# Measures a Varve whose contents are in Ceph (and, "async", one that copies them there afterwards) against the same requests
# sent straight to that Ceph, round by round in turns: Varve, Ceph, Varve, Ceph. All of it, and the client, share this machine. Prints one table. Needs ceph-mon, ceph-osd, radosgw.
#
#   bench/ceph.sh           about three minutes
#   bench/ceph.sh --quick   about one; figures to look at, not to quote
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

case "${1-}" in
  --quick) time=(--rounds 1 --duration 2 --warmup 1) quick=--quick ;;
  '') time=(--rounds 3 --duration 3 --warmup 3) quick= ;;
  *) echo "usage: $0 [--quick]" >&2; exit 2 ;;
esac

ceph=$folder/ceph
trap 'tests/services/ceph.sh stop-at-once "$ceph" || true; cleanup' EXIT

build > "$folder/build.log"
# Ports in a row: the server's are drawn singly.
port=$((41000 + RANDOM % 1000 * 40))
((port < 60000)) || port=41000
CACHE=1073741824 PGS=32 RGW_THREADS=128 tests/services/ceph.sh start "$ceph" "$port" >&2

export Varve__Storage__Primary=ceph Varve__Tiers__ceph__Endpoint=http://127.0.0.1:$port
export Varve__Tiers__ceph__AccessKey=varve Varve__Tiers__ceph__SecretKey=varve-secret
start_server

# OP SIZE CONCURRENCY OPTIONS...: one row of the table, which calls the operation $name where that is set.
name=
pair() {
  local op=$1 size=$2 concurrency=$3
  shift 3
  load --size "$size" --concurrency "$concurrency" --op "$op" "${time[@]}" --json "$@" \
    --vs "http://127.0.0.1:$port" --access2 varve --secret2 varve-secret --bucket2 straight \
    | jq -r --arg op "${name:-$op}" '
    def round(n): . as $x | pow(10; n) as $f | ($x * $f | round) / $f;
    .sides[0].median as $a | .sides[1].median as $b
    | "| \($op) | \(if .size >= 1048576 then "\(.size / 1048576) MiB" else "\(.size / 1024) KiB" end) | "
      + "\(.concurrency) | \($a["ops/s"] | round(1)) | \($b["ops/s"] | round(1)) | "
      + "\($a["ops/s"] / $b["ops/s"] | round(2)) | \($a["p50 ms"] | round(1)) / \($b["p50 ms"] | round(1)) | "
      + "\($a["p99 ms"] | round(1)) / \($b["p99 ms"] | round(1)) | \($a["srv ms/op"] | round(2)) |"'
}

echo "\`bench/ceph.sh${quick:+ $quick}\`: $(machine); $(ceph-osd --version | cut -d' ' -f1-3)"
echo
echo "| operation | size | concurrency | ops/s | straight to Ceph | ratio | p50 ms | p99 ms | Varve's CPU ms/op |"
echo "|---|---|--:|--:|--:|--:|--:|--:|--:|"
for op in put get; do
  pair $op 4KiB 16 --objects 2000
  pair $op 1MiB 16 --objects 256
  pair $op 64MiB 4 --objects 16
done
stop_server

# The contents here, and copied to Ceph afterwards.
unset Varve__Storage__Primary
export Varve__Storage__Copies=ceph
rm -r "$data"
start_server
for op in put get; do
  name="$op, async" pair $op 4KiB 16 --objects 2000
done
stop_server
