#!/usr/bin/env bash
# A MariaDB for tests on the loopback interface, of nobody else's: a primary and a replica that follows it by GTID.
#
#   mariadb.sh install             the Debian packages (as root)
#   mariadb.sh start DIR PORT      anew in DIR: the primary on PORT, the replica on PORT+1
#   mariadb.sh restart DIR [NAME]  again, on the data in DIR: both, or 'primary' or 'replica'
#   mariadb.sh stop DIR [NAME]     SIGTERM
#   mariadb.sh stop-at-once DIR [NAME]  SIGKILL
#
# FLUSH=1 flushes each commit to disk; else a kill loses nothing, but a power cut might.
# User varve, password varve, may do everything; the replica refuses writes of others. Keep DIR short: the path of a
# Unix socket has 107 bytes at most.
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# --no-defaults must come first; then nothing of /etc/mysql is read.
options=(
  --no-defaults --user="$(id -un)" --bind-address=127.0.0.1 --skip-name-resolve
  --character-set-server=utf8mb4 --collation-server=utf8mb4_bin --max-connections=300
  --innodb-buffer-pool-size=128M --innodb-log-file-size=64M --performance-schema=OFF --aria-pagecache-buffer-size=8M
  --innodb-flush-log-at-trx-commit="${FLUSH:-2}" --sync-binlog="${FLUSH:-0}"
  --log-bin=binlog --binlog-format=ROW --log-slave-updates --gtid-strict-mode=ON --relay-log=relay
  --report-host=127.0.0.1
)

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    mariadb-server-core mariadb-client-core
}

# A process that ended may stay a zombie for seconds, where nobody waits for it.
runs() { [[ -s $dir/$1.pid && -r /proc/$(< "$dir/$1.pid")/status ]] && ! grep -q '^State:.Z' "/proc/$(< "$dir/$1.pid")/status"; }

sql() { mariadb --no-defaults --socket="$dir/$1.sock" -u root -N -B -e "$2"; }

spawn() {
  local name=$1 port=$2 id=$3
  shift 3
  setsid mariadbd "${options[@]}" --datadir="$dir/$name" --tmpdir="$dir/tmp" --port="$port" --server-id="$id" \
    --socket="$dir/$name.sock" --pid-file="$dir/$name.own" --log-error="$dir/$name.log" "$@" > "$dir/$name.out" 2>&1 < /dev/null &
  echo $! > "$dir/$name.pid"
}

await() {
  local name=$1
  for _ in {1..1200}; do
    runs "$name" || { tail -n 20 "$dir/$name.log" >&2; return 1; }
    ! sql "$name" 'SELECT 1' > /dev/null 2>&1 || return 0
    sleep 0.05
  done
  echo "$name gives no answer" >&2
  return 1
}

run_primary() { spawn primary "$port" 1; }
run_replica() { spawn replica $((port + 1)) 2 --read-only=ON; }

start() {
  stop
  rm -rf "$dir"
  mkdir -p "$dir/tmp"
  echo "$port" > "$dir/port"
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$dir/primary" --tmpdir="$dir/tmp" --skip-test-db \
    --auth-root-authentication-method=normal --skip-name-resolve --innodb-log-file-size=64M > "$dir/install.log" 2>&1 \
    || { tail -n 20 "$dir/install.log" >&2; return 1; }
  # Both begin as the same empty server, at the same empty GTID position.
  cp -a "$dir/primary" "$dir/replica"
  run_primary
  await primary
  run_replica
  await replica
  sql primary "CREATE USER replica@'127.0.0.1' IDENTIFIED BY 'replica';
    GRANT REPLICATION SLAVE ON *.* TO replica@'127.0.0.1';"
  sql replica "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='replica',
    MASTER_PASSWORD='replica', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE;"
  sql primary "CREATE USER varve@'%' IDENTIFIED BY 'varve'; GRANT ALL ON *.* TO varve@'%' WITH GRANT OPTION;"
  [[ $(sql replica "SELECT MASTER_GTID_WAIT('$(sql primary 'SELECT @@gtid_binlog_pos')', 60)") == 0 ]]
}

restart() {
  port=$(< "$dir/port")
  local name
  for name in ${1:-primary replica}; do
    [[ -d $dir/$name ]] || continue
    stop "$name"
    "run_$name"
    await "$name"
  done
}

stop() {
  local name
  for name in ${1:-replica primary}; do
    runs "$name" || continue
    kill "-$signal" "$(< "$dir/$name.pid")"
    for _ in {1..600}; do runs "$name" || break; sleep 0.05; done
    ! runs "$name" || kill -KILL "$(< "$dir/$name.pid")"
  done
}

signal=TERM
verb=${1-}
dir=${2-}
port=${3-}
case $verb in
  install) install ;;
  start) start ;;
  restart) restart "${3-}" ;;
  stop) stop "${3-}" ;;
  stop-at-once) signal=KILL; stop "${3-}" ;;
  *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
