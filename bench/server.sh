# Sourced by the scripts beside it: builds, and starts and stops a server of its own in a folder of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d -t varve-bench-XXXXXX)
data=$folder/data
server=
export VARVE_ROOT_USER=bench VARVE_ROOT_PASSWORD=bench-secret-key

free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do :; done
  echo "$port"
}

build() {
  dotnet build src/Api -c Release -v quiet -nologo -tl:off -clp:NoSummary >&2
  dotnet build bench/Load -c Release -v quiet -nologo -tl:off -clp:NoSummary >&2
  dotnet build bench/EventLog -c Release -v quiet -nologo -tl:off -clp:NoSummary >&2
}

# Prints nothing; sets $server, $rest and $s3; $ready_ms is the time from the start to the first 200 from /readyz.
start_server() {
  rest=http://127.0.0.1:$(free_port)
  s3=http://127.0.0.1:$(free_port)
  local begun
  begun=$(date +%s%N)
  dotnet src/Api/bin/Release/net10.0/varve.dll serve --data "$data" --rest "$rest" --s3 "$s3" \
    > "$folder/server.log" 2>&1 &
  server=$!
  until curl -fs -o "$folder/ready" "$rest/readyz"; do
    kill -0 "$server" 2> /dev/null || { cat "$folder/server.log" >&2; exit 1; }
  done
  ready_ms=$((($(date +%s%N) - begun) / 1000000))
}

stop_server() {
  kill -TERM "$server"
  wait "$server" || true
  server=
}

cleanup() {
  [[ -z $server ]] || { kill -KILL "$server"; wait "$server" || true; } 2> /dev/null
  rm -rf "$folder"
}
trap cleanup EXIT

load() {
  dotnet bench/Load/bin/Release/net10.0/Varve.Load.dll --endpoint "$s3" --access "$VARVE_ROOT_USER" \
    --secret "$VARVE_ROOT_PASSWORD" --bucket bench --pid "$server" "$@"
}

heading() {
  echo "| operation | size | concurrency | ops/s | MiB/s | p50 ms | p99 ms | server CPU ms/op | client's share of CPU |"
  echo "|---|---|--:|--:|--:|--:|--:|--:|--:|"
}

# NAME SIZE CONCURRENCY OPTIONS...: one row of the table.
row() {
  local name=$1 size=$2 concurrency=$3
  shift 3
  load --size "$size" --concurrency "$concurrency" --json "$@" | jq -r --arg name "$name" '
    def round(n): . as $x | pow(10; n) as $f | ($x * $f | round) / $f;
    .sides[0].median as $m
    | "| \($name) | \(if .size >= 1048576 then "\(.size / 1048576) MiB" else "\(.size / 1024) KiB" end) | "
      + "\(.concurrency) | \($m["ops/s"] | round(1)) | \($m["MiB/s"] | round(1)) | \($m["p50 ms"] | round(2)) | "
      + "\($m["p99 ms"] | round(2)) | \($m["srv ms/op"] | round(3)) | "
      + "\($m.client / $m.machine * 100 | round(0)) % |"'
}

machine() {
  echo "$(date -u +%F), $(nproc) cores, $(dotnet --version), commit $(git rev-parse --short HEAD 2> /dev/null || echo none)"
}
