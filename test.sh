#!/usr/bin/env bash
# Installs what the tests need (as root; from Debian, NuGet and npm), builds, and runs every test project.
# The last line says how many passed and failed; the status is 0 only if none failed and none was left out.
#
#   ./test.sh          the tests, some minutes
#   ./test.sh --long   also the long campaigns: 200 kills, 4 GiB bodies, 1,000,000 objects; writes docs/results/
set -euo pipefail
cd "$(dirname "$0")"

long=
case "${1-}" in
  --long) long=1 ;;
  '') ;;
  *) echo "usage: $0 [--long]" >&2; exit 2 ;;
esac

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
mkdir -p artifacts/logs

step() { printf '\n== %s\n' "$*"; }

install_packages() {
  local packages=(awscli rclone s3cmd restic s3fs fuse python3-boto3 chromium)
  packages+=(mariadb-server-core mariadb-client-core redis-server redis-tools)
  packages+=(rabbitmq-server ceph-mon ceph-osd radosgw docker-compose curl jq openssl python3 ca-certificates) missing=()
  command -v node > /dev/null || packages+=(nodejs)
  command -v npm > /dev/null || packages+=(npm)
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > artifacts/logs/apt.log 2>&1 && return 0
  # The package lists of a fresh machine are empty or old.
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" > artifacts/logs/apt.log 2>&1 \
    || { cat artifacts/logs/apt.log >&2; return 1; }
}

install_node_modules() {
  local folder=tests/Clients.Tests/node
  cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed" && return 0
  npm ci --prefix "$folder" --no-fund --no-audit
  cp "$folder/package-lock.json" "$folder/node_modules/.installed"
}

limit=${long:+7200}
limit=${limit:-420}
passed=0
failed=0

# Adds what a test project says of itself; one that says nothing, or leaves tests out, has failed.
count() {
  local name=$1 status=$2 log=$3 succeeded broken skipped
  figure() { sed 's/\x1b\[[0-9;]*m//g' "$log" | sed -nE "s/^ *$1: ([0-9]+)\$/\1/p" | tail -n 1; }
  succeeded=$(figure succeeded)
  broken=$(figure failed)
  skipped=$(figure skipped)
  if [[ -z $succeeded || -z $broken ]]; then
    echo "$name: no summary, exit status $status; see $log" >&2
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + succeeded))
  failed=$((failed + broken + ${skipped:-0}))
  if ((status != 0 && broken == 0)); then
    echo "$name: exit status $status; see $log" >&2
    failed=$((failed + 1))
  fi
}

run() {
  local project=$1 name log status=0
  name=$(basename "$project")
  log=artifacts/logs/$name.log
  step "$name"
  local begun=$SECONDS
  # A test that hangs is a failure to be seen, not one to wait for.
  timeout --kill-after=10 "$limit" \
    dotnet run --no-build -c Release --project "$project" -- --progress off ${long:+--show-live-output on} 2>&1 \
    | tee "$log" || status=${PIPESTATUS[0]}
  echo "$name: $((SECONDS - begun)) s"
  count "$name" "$status" "$log"
}

step "packages"
install_packages
install_node_modules

step "format"
dotnet tool restore
dotnet csharpier check .

step "build"
dotnet restore Varve.slnx --locked-mode
dotnet build Varve.slnx -c Release --no-restore

[[ -z $long ]] || export VARVE_LONG=1

# The cheap ones first; the last one has the machine to itself.
for project in tests/*.Tests; do
  [[ $project == *Clients.Tests || $project == *Crash.Tests ]] || run "$project"
done
run tests/Clients.Tests
run tests/Crash.Tests

if [[ -n $long ]]; then
  step "results"
  mkdir -p docs/results
  {
    printf '# The long campaign\n\n`./test.sh --long`, %s, %s cores\n\n```\n' "$(date -u +%F)" "$(nproc)"
    sed 's/\x1b\[[0-9;]*m//g' artifacts/logs/Crash.Tests.log
    printf '```\n'
  } > docs/results/crash-long.md
  if bench/million.sh | tee docs/results/million.md; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
fi

echo
echo "$passed passed, $failed failed"
((failed == 0))
