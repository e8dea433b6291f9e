#!/usr/bin/env bash
# A RabbitMQ node of its own on loopback, from Debian's packages, without systemd. Everything it writes is in DIR.
#
#   rabbitmq.sh install               the packages (as root)
#   rabbitmq.sh start DIR PORT        a new node; returns when AMQP answers. PORT + 1 and + 2 are Erlang's
#   rabbitmq.sh stop|restart DIR      restart keeps the data
#   rabbitmq.sh stop-at-once DIR      SIGKILL
#   rabbitmq.sh status DIR
#   rabbitmq.sh ctl DIR ARGUMENT...   rabbitmqctl on this node
#
# User guest, password guest: from loopback only, as RabbitMQ has it.
set -euo pipefail

server=/usr/lib/rabbitmq/bin/rabbitmq-server # not the one in /usr/sbin, which becomes another user first
control=/usr/lib/rabbitmq/bin/rabbitmqctl

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }

install() {
  DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends rabbitmq-server
}

# What the node and rabbitmqctl would otherwise look for in /etc, /var and the home folder.
node_environment() {
  local port loopback='-kernel inet_dist_use_interface {127,0,0,1}'
  port=$(cat "$dir/port")
  unset NOTIFY_SOCKET http_proxy https_proxy
  export HOME=$dir LANG=C.UTF-8 LC_ALL=C.UTF-8                    # home: the cookie
  export ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT=$((port + 2))   # else one for the whole machine, on all addresses
  export RABBITMQ_NODENAME=varve$port@localhost RABBITMQ_DIST_PORT=$((port + 1))
  export RABBITMQ_CONF_ENV_FILE=$dir/none RABBITMQ_CONFIG_FILE=$dir/rabbitmq.conf
  export RABBITMQ_ADVANCED_CONFIG_FILE=$dir/advanced.config RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins
  export RABBITMQ_MNESIA_BASE=$dir/data RABBITMQ_LOG_BASE=$dir/log RABBITMQ_GENERATED_CONFIG_DIR=$dir/generated
  export RABBITMQ_SCHEMA_DIR=$dir/schema RABBITMQ_PID_FILE=$dir/beam.pid RABBITMQ_FEATURE_FLAGS_FILE=$dir/features
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$loopback +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
  export RABBITMQ_CTL_ERL_ARGS=$loopback
  export RUNNING_UNDER_SYSTEMD=1 # the start script becomes the node: its pid is the one that we know
}

# A process that has ended but was not yet waited for counts as ended.
runs() { [[ -r /proc/$1/stat ]] && ! grep -qs '^State:.Z' "/proc/$1/status"; }

is_up() { [[ -s $dir/$1.pid ]] && runs "$(cat "$dir/$1.pid")"; }

# Whether the greeting of AMQP 0-9-1 is answered by a frame of type 1.
answers() {
  local port first
  port=$(cat "$dir/port")
  exec 3<> "/dev/tcp/127.0.0.1/$port" || return 1
  printf 'AMQP\0\0\11\1' >&3
  first=$(timeout 2 head -c 1 <&3 | od -An -tu1)
  [[ ${first// /} == 1 ]]
}

boot() {
  node_environment
  setsid epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" > "$dir/log/epmd" 2>&1 < /dev/null &
  echo $! > "$dir/epmd.pid"
  (cd "$dir" && exec setsid "$server" > "$dir/log/console" 2>&1 < /dev/null) &
  echo $! > "$dir/node.pid"
  local attempt
  for ((attempt = 0; attempt < 900; attempt++)); do
    is_up node || break
    (answers) 2> /dev/null && return 0
    sleep 0.1
  done
  tail -n 20 "$dir/log/console" >&2
  return 1
}

start() {
  stop
  rm -rf "$dir"/{data,log,generated,schema,features,.erlang.cookie}
  mkdir -p "$dir"/{data,log,generated,schema}
  echo "$1" > "$dir/port"
  (umask 077 && od -An -tx1 -N 15 /dev/urandom | tr -d ' \n' > "$dir/.erlang.cookie")
  chmod 400 "$dir/.erlang.cookie"
  : > "$dir/none"
  echo '[].' | tee "$dir/advanced.config" > "$dir/plugins"
  # A small disk or container must not stop the publishers.
  cat > "$dir/rabbitmq.conf" << CONF
listeners.tcp.1 = 127.0.0.1:$1
num_acceptors.tcp = 2
log.file = $dir/log/node.log
log.file.level = warning
log.console = false
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 512MB
CONF
  boot
}

stop() {
  local name pid attempt
  for name in node epmd; do
    if is_up "$name"; then
      pid=$(cat "$dir/$name.pid")
      kill "-$signal" "$pid" || true
      for ((attempt = 0; attempt < 300; attempt++)); do
        runs "$pid" || break
        sleep 0.05
      done
      ! runs "$pid" || kill -KILL "$pid" || true
    fi
    rm -f "$dir/$name.pid"
  done
}

(($# >= 1)) || usage
signal=TERM
verb=$1
[[ $verb == install ]] || dir=$(realpath -m "${2:?the folder is missing}")
case $verb in
  install) install ;;
  start) start "${3:?the port is missing}" ;;
  stop) stop ;;
  stop-at-once) signal=KILL; stop ;;
  restart) stop && boot ;;
  status)
    for name in node epmd; do
      if is_up "$name"; then echo "$name up, process $(cat "$dir/$name.pid")"; else echo "$name down"; fi
    done
    ;;
  ctl)
    node_environment
    exec "$control" "${@:3}"
    ;;
  *) usage ;;
esac
