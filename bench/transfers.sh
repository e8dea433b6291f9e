#!/usr/bin/env bash
# Measures how fast a Varve copies what it has to a Ceph, against `rclone copy` of the same files to the same Ceph, in turns:
# 1,000 x 1 MiB and 4 x 1 GiB, each with its defaults. All of it shares this machine. Prints one table. Needs ceph-mon,
# ceph-osd, radosgw, rabbitmq-server, rclone, and 40 GiB of disk.
#
#   bench/transfers.sh           about six minutes
#   bench/transfers.sh --quick   about one: 200 x 1 MiB and 1 x 256 MiB, one round; figures to look at, not to quote
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

case "${1-}" in
  --quick) sets=('200 1M' '1 256M') rounds=1 quick=' --quick' ;;
  '') sets=('1000 1M' '4 1G') rounds=3 quick= ;;
  *) echo "usage: $0 [--quick]" >&2; exit 2 ;;
esac

ceph=$folder/ceph rabbit=$folder/rabbit
trap 'tests/services/ceph.sh stop-at-once "$ceph" || true; tests/services/rabbitmq.sh stop "$rabbit" || true; cleanup' EXIT

build > "$folder/build.log"
port=$((41000 + RANDOM % 500 * 40))
CACHE=1073741824 SIZE=64424509440 PGS=32 RGW_THREADS=128 tests/services/ceph.sh start "$ceph" "$port" >&2
tests/services/rabbitmq.sh start "$rabbit" $((port + 30)) >&2

to_ceph=":s3,provider=Ceph,endpoint='http://127.0.0.1:$port',access_key_id=varve,secret_access_key=varve-secret:"
export Varve__Tiers__ceph__Endpoint=http://127.0.0.1:$port
export Varve__Tiers__ceph__AccessKey=varve Varve__Tiers__ceph__SecretKey=varve-secret

export RCLONE_CONFIG=/dev/null
unset AWS_CA_BUNDLE # rclone 1.60 does not take it, and nothing here speaks TLS

now() { date +%s%N; }

copied() { curl -fs "$rest/metrics" | awk '/^varve_transfers_copies_total[{ ]/ { sum += $NF } END { print sum + 0 }'; }

# COUNT BUCKET: seconds from /readyz, by which nothing of note is copied yet, until the last content is in Ceph.
by_varve() {
  local count=$1 begun
  rm -rf "$data"
  cp -a "$folder/stored" "$data"
  export Varve__Storage__Copies=ceph Varve__RabbitMq=amqp://guest:guest@127.0.0.1:$((port + 30))/
  export Varve__Tiers__ceph__Bucket=$2
  start_server
  begun=$(now)
  until (($(copied) >= count)); do sleep 0.1; done
  echo "$begun $(now)" | awk '{ print ($2 - $1) / 1e9 }'
  stop_server
  unset Varve__Storage__Copies Varve__RabbitMq Varve__Tiers__ceph__Bucket
}

# BUCKET
by_rclone() {
  local begun
  begun=$(now)
  rclone copy "$folder/files" "$to_ceph$1" >&2
  echo "$begun $(now)" | awk '{ print ($2 - $1) / 1e9 }'
}

median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

echo "\`bench/transfers.sh$quick\`: $(machine); $(rclone version | head -1); $(ceph-osd --version | cut -d' ' -f1-3)"
echo
echo "| contents | MiB | Varve s | rclone s | Varve MiB/s | rclone MiB/s | ratio |"
echo "|---|--:|--:|--:|--:|--:|--:|"
for set in "${sets[@]}"; do
  read -r count size <<< "$set"
  rm -rf "$folder/files" "$data"
  mkdir "$folder/files"
  for ((i = 0; i < count; i++)); do head -c "$size" /dev/urandom > "$folder/files/$i"; done
  start_server
  rclone copy "$folder/files" \
    ":s3,provider=Other,endpoint='$s3',access_key_id=$VARVE_ROOT_USER,secret_access_key=$VARVE_ROOT_PASSWORD:files" >&2
  stop_server
  rm -rf "$folder/stored"
  mv "$data" "$folder/stored"
  : > "$folder/varve"
  : > "$folder/rclone"
  for ((round = 0; round < rounds; round++)); do
    by_varve "$count" "varve-$count-$round" >> "$folder/varve"
    by_rclone "rclone-$count-$round" >> "$folder/rclone"
    rclone purge "${to_ceph}varve-$count-$round" >&2
    rclone purge "${to_ceph}rclone-$count-$round" >&2
  done
  mib=$(du -sb "$folder/files" | awk '{ print int($1 / 1048576) }')
  echo "$count $size $mib $(median < "$folder/varve") $(median < "$folder/rclone")" \
    | awk '{ printf "| %s x %siB | %d | %.1f | %.1f | %.0f | %.0f | %.2f |\n", $1, $2, $3, $4, $5, $3 / $4, $3 / $5, $5 / $4 }'
done
