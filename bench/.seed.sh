#!/usr/bin/env bash
# Shows that costs do not grow with what is stored: the same measurements with 10,000 and with 1,000,000 objects.
#
#   bench/million.sh                  about ten minutes, 6 GiB of disk
#   bench/million.sh 50000            with another large number
#   bench/million.sh --keep DIR       keeps the data there, and begins with it the next time
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

arguments=$*
keep=
if [[ ${1-} == --keep ]]; then
  keep=$(mkdir -p "$2" && cd "$2" && pwd)
  shift 2
fi
many=${1:-1000000}
time=(--rounds 1 --duration 1 --warmup 1)

measure() {
  local set=(--objects "$1" --ready)
  for concurrency in 1 16; do
    row get 4KiB $concurrency --op get "${set[@]}" "${time[@]}"
    row head 4KiB $concurrency --op head "${set[@]}" "${time[@]}"
    row put 4KiB $concurrency --op put "${time[@]}"
  done
  row "list: a page from a random place" 4KiB 1 --op list "${set[@]}" "${time[@]}"
  row "list: one folder, delimiter /" 4KiB 1 --op list "${set[@]}" --list-prefix 00007/ --delimiter / "${time[@]}"
  row "list: all folders, delimiter /" 4KiB 1 --op list "${set[@]}" --list-keys 1000 --delimiter / "${time[@]}"
  row "list: 10 folders, delimiter 0/" 4KiB 1 --op list "${set[@]}" --list-prefix 0000 --delimiter 0/ "${time[@]}"
  row "list: a prefix that nothing has but one" 4KiB 1 --op list "${set[@]}" --list-prefix 00003/42 "${time[@]}"
}

# Without --keep the second set is put beside the first.
seed() {
  [[ ! -f $data.seeded ]] || { cat "$data.seeded"; return; }
  local begun=$SECONDS
  load --op seed --size 4KiB --objects "$1" --concurrency 64 --duration 3600 > "$folder/seed.txt"
  echo "$1 objects put in $((SECONDS - begun)) s at concurrency 64" | tee ${keep:+"$data.seeded"}
}

restart() {
  stop_server
  sync # what was put is on disk, and not about to be written while something else is measured
  start_server
  echo "stopped and started again: ready after $ready_ms ms, data folder $(du -sh "$folder/data" | cut -f1)"
}

build
echo "\`bench/million.sh${arguments:+ $arguments}\`: $(machine)"
for count in 10000 "$many"; do
  [[ -z $keep ]] || data=$keep/$count
  start_server
  echo
  seed "$count"
  restart
  echo
  heading
  measure "$count"
  stop_server
done
start_server
echo
restart
