#!/usr/bin/env bash
# Measures what it costs in a cluster to see one's own write at once: a GET right behind the PUT of the same object, which
# waits until the projector of another process has it in MySQL, against a GET of what is long there. An API, a projector and
# the log are processes of their own, over a MariaDB that flushes each commit, Redis and Ceph; all share this machine. Prints
# one table. Needs mariadb-server, redis-server, ceph-mon, ceph-osd, radosgw.
#
#   bench/barrier.sh           about two minutes
#   bench/barrier.sh --quick   about one; figures to look at, not to quote
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

case "${1-}" in
  --quick) time=(--rounds 1 --duration 3 --warmup 2) quick=' --quick' ;;
  '') time=(--rounds 3 --duration 8 --warmup 3) quick= ;;
  *) echo "usage: $0 [--quick]" >&2; exit 2 ;;
esac

others=()
engines() {
  tests/services/ceph.sh stop-at-once "$folder/ceph" || true
  tests/services/mariadb.sh stop-at-once "$folder/mariadb" || true
  tests/services/redis.sh stop-at-once "$folder/redis" || true
}
trap 'kill -KILL "${others[@]}" && wait "${others[@]}" 2> /dev/null || true; engines; cleanup' EXIT

build > "$folder/build.log"
port=$((41000 + RANDOM % 500 * 40))
STORE=memstore PGS=32 tests/services/ceph.sh start "$folder/ceph" "$port" >&2
FLUSH=1 tests/services/mariadb.sh start "$folder/mariadb" $((port + 30)) >&2
tests/services/redis.sh start "$folder/redis" $((port + 33)) >&2

# ROLES ARGUMENT...: a process that this script ends.
role() {
  local roles=$1 rest
  shift
  rest=http://127.0.0.1:$(free_port)
  dotnet src/Api/bin/Release/net10.0/varve.dll serve --roles "$roles" --data "$folder/$roles" --rest "$rest" \
    --s3 "http://127.0.0.1:$(free_port)" "$@" > "$folder/$roles.log" 2>&1 &
  others+=($!)
  until curl -fs -o /dev/null "$rest/readyz"; do
    kill -0 $! 2> /dev/null || { cat "$folder/$roles.log" >&2; exit 1; }
  done
}

log=$((port + 34))
role events --events "http://127.0.0.1:$log" --events-insecure
Varve__Identity__Key=$(head -c 32 /dev/zero | base64)
export Varve__Identity__Key Varve__EventStore="esdb://127.0.0.1:$log?tls=false"
export Varve__MySql=mysql://varve:varve@127.0.0.1:$((port + 30))/filestore_server Varve__Redis=127.0.0.1:$((port + 33))
export Varve__Storage__Primary=ceph Varve__Tiers__ceph__Endpoint=http://127.0.0.1:$port
export Varve__Tiers__ceph__AccessKey=varve Varve__Tiers__ceph__SecretKey=varve-secret
role projector
Varve__Roles=api start_server

p50() { load --op "$1" --concurrency "$2" "${time[@]}" --json | jq -r '.sides[0].median["p50 ms"]'; }

echo "\`bench/barrier.sh$quick\`: $(machine); $(mariadbd --version | awk '{ print $3 }')"
echo
echo "| concurrency | PUT p50 ms | GET p50 ms | GET right behind its PUT p50 ms | the wait |"
echo "|--:|--:|--:|--:|--:|"
for concurrency in 1 16; do
  echo "$concurrency $(p50 put $concurrency) $(p50 get $concurrency) $(p50 reread $concurrency)" \
    | awk '{ printf "| %d | %.1f | %.1f | %.1f | %.1f |\n", $1, $2, $3, $4, $4 - $3 }'
done
stop_server
