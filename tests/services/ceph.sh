#!/usr/bin/env bash
# A Ceph for tests on the loopback interface, of nobody else's: a monitor, one object store, and radosgw, which speaks S3.
#
#   ceph.sh install                   the Debian packages (as root)
#   ceph.sh start DIR PORT            anew in DIR: S3 on PORT; the others on PORT+1, PORT+2 and PORT+10 to PORT+29
#   ceph.sh restart DIR [NAME]        again, on the data in DIR: all, or 'mon', 'osd' or 'rgw'
#   ceph.sh stop DIR [NAME]           SIGTERM
#   ceph.sh stop-at-once DIR [NAME]   SIGKILL
#
# STORE=memstore keeps everything in memory: it starts sooner, and keeps nothing over a restart of the osd. SIZE is what it
# holds at most, in bytes. CACHE is bluestore's, RGW_THREADS how many requests radosgw works on at once.
# Access key varve, secret key varve-secret; varve2 and varve2-secret are somebody else's. Keep DIR short: the path of a
# Unix socket has 107 bytes at most.
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends \
    ceph-mon ceph-osd radosgw
}

# A process that ended may stay a zombie for seconds, where nobody waits for it.
runs() { [[ -s $dir/$1.pid && -r /proc/$(< "$dir/$1.pid")/status ]] && ! grep -q '^State:.Z' "/proc/$(< "$dir/$1.pid")/status"; }

spawn() {
  local name=$1
  shift
  setsid "$@" -f -c "$dir/ceph.conf" > "$dir/$name.out" 2>&1 < /dev/null &
  echo $! > "$dir/$name.pid"
}

run_mon() { spawn mon ceph-mon -i a; }
run_osd() { spawn osd ceph-osd -i 0; }
run_rgw() { spawn rgw radosgw -n client.rgw.a; }

# On a port that is taken, this Ceph would register with somebody else's monitor.
require_free() {
  local taken
  for taken in "$port" $((port + 1)) $((port + 2)); do
    ! (exec 3<> "/dev/tcp/127.0.0.1/$taken") 2> /dev/null || { echo "port $taken is taken" >&2; return 1; }
  done
}

configure() {
  cat > "$dir/ceph.conf" << CONF
[global]
fsid = $(< /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = $((port + 10))
ms bind port max = $((port + 29))
# Nobody else can reach it, so nobody is asked for a key.
auth cluster required = none
auth service required = none
auth client required = none
run dir = $dir
admin socket = $dir/\$name.asok
log file = $dir/\$name.log
log to stderr = false
crash dir = $dir/crash
# One copy, on one disk.
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = ${PGS:-4}
osd pool default pgp num = ${PGS:-4}
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 0
# Each of the seven pools waits for a change of the map; by default those are gathered for a second.
paxos propose interval = 0.02
paxos min wait = 0.01
rocksdb cache size = 33554432
[mon.a]
mon data = $dir/mon
[osd]
osd data = $dir/osd
osd objectstore = ${STORE:-bluestore}
osd class update on start = false
osd memory target = 939524096
osd max object name len = 2048
osd max object namespace len = 256
bluestore block create = true
bluestore block size = ${SIZE:-21474836480}
bluestore cache autotune = false
bluestore cache size = ${CACHE:-67108864}
memstore device bytes = ${SIZE:-21474836480}
[client]
# radosgw wants keys by a default of its own, which these two undo.
auth client required = none
ms mon client mode = crc
# Its first request goes out before there is an osd, and is sent again with the next tick: in 5 s, by default.
objecter tick interval = 0.2
# Without tcp_nodelay a small GET waits 40 ms for the reader's delayed ACK.
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw data = $dir/rgw
rgw thread pool size = ${RGW_THREADS:-32}
rgw num rados handles = 1
rgw rados pool pg num min = 4
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw enable usage log = false
rgw run sync thread = false
CONF
}

await() {
  for _ in {1..1200}; do
    runs rgw || { tail -n 20 "$dir"/client.rgw.a.log "$dir"/*.out >&2; return 1; }
    [[ $(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/") != 200 ]] || return 0
    sleep 0.05
  done
  echo 'radosgw gives no answer' >&2
  return 1
}

user() {
  radosgw-admin -c "$dir/ceph.conf" user create --uid "$1" --display-name "$1" --access-key "$1" --secret-key "$1-secret" \
    > "$dir/user-$1.json"
}

start() {
  stop
  require_free
  rm -rf "$dir"
  mkdir -p "$dir"/{mon,osd,rgw,crash}
  echo "$port" > "$dir/port"
  configure
  local disk
  disk=$(< /proc/sys/kernel/random/uuid)
  monmaptool --create --fsid "$(sed -n 's/^fsid = //p' "$dir/ceph.conf")" \
    --addv a "[v2:127.0.0.1:$((port + 1)),v1:127.0.0.1:$((port + 2))]" "$dir/monmap" > "$dir/monmap.out"
  ceph-mon --mkfs -c "$dir/ceph.conf" -i a --monmap "$dir/monmap"
  run_mon
  # The disk is made while the monitor comes up: neither asks the other.
  (cd "$dir" && ceph-osd --mkfs -c "$dir/ceph.conf" -i 0 --osd-uuid "$disk") > "$dir/disk.out" 2>&1 &
  local making=$!
  timeout 60 ceph -c "$dir/ceph.conf" osd new "$disk" > "$dir/new.out" 2>&1 || { cat "$dir/new.out" >&2; return 1; }
  wait "$making" || { cat "$dir/disk.out" >&2; return 1; }
  run_osd
  run_rgw
  await
  user varve
  user varve2
}

restart() {
  port=$(< "$dir/port")
  stop "${1-}"
  local name
  for name in ${1:-mon osd rgw}; do
    "run_$name"
  done
  await
}

# radosgw sleeps up to 5 s before it looks whether it should end; it has nothing to save.
stop() {
  local name tries
  for name in ${1:-rgw osd mon}; do
    runs "$name" || continue
    kill "-$signal" "$(< "$dir/$name.pid")"
    tries=200
    [[ $name != rgw ]] || tries=20
    while ((tries-- > 0)) && runs "$name"; do sleep 0.05; done
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
  *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
