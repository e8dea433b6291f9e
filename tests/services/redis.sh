#!/usr/bin/env bash
# A Redis for tests on the loopback interface, of nobody else's. It keeps nothing.
#
#   redis.sh install           the Debian package (as root)
#   redis.sh start DIR PORT    anew
#   redis.sh stop DIR          SIGTERM
#   redis.sh stop-at-once DIR  SIGKILL
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin

# A process that ended may stay a zombie for seconds, where nobody waits for it.
runs() { [[ -s $dir/pid && -r /proc/$(< "$dir/pid")/status ]] && ! grep -q '^State:.Z' "/proc/$(< "$dir/pid")/status"; }

start() {
  stop
  mkdir -p "$dir"
  setsid redis-server --bind 127.0.0.1 --port "$port" --daemonize no --dir "$dir" --logfile "$dir/log" --pidfile '' \
    --save '' --appendonly no --maxmemory-policy noeviction > "$dir/out" 2>&1 < /dev/null &
  echo $! > "$dir/pid"
  for _ in {1..600}; do
    runs || { tail -n 20 "$dir/log" >&2; return 1; }
    [[ $(redis-cli -h 127.0.0.1 -p "$port" ping 2> /dev/null) != PONG ]] || return 0
    sleep 0.05
  done
  echo 'Redis gives no answer' >&2
  return 1
}

stop() {
  runs || return 0
  kill "-$signal" "$(< "$dir/pid")"
  for _ in {1..200}; do runs || return 0; sleep 0.05; done
  kill -KILL "$(< "$dir/pid")"
}

signal=TERM
verb=${1-}
dir=${2-}
port=${3-}
case $verb in
  install) DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server ;;
  start) start ;;
  stop) stop ;;
  stop-at-once) signal=KILL; stop ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
