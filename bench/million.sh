#!/usr/bin/env bash
# Shows that costs do not grow with what is stored: the same measurements with 10,000 and with 1,000,000 objects.
#
#   bench/million.sh         about ten minutes, 6 GiB of disk
#   bench/million.sh 50000   with another large number
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

many=${1:-1000000}
time=(--rounds 3 --duration 3 --warmup 2)

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

seed() {
  local begun=$SECONDS
  load --op seed --size 4KiB --objects "$1" --concurrency 64 --duration 3600 > "$folder/seed.txt"
  echo "$1 objects put in $((SECONDS - begun)) s at concurrency 64"
}

restart() {
  stop_server
  start_server
  echo "stopped and started again: ready after $ready_ms ms, data folder $(du -sh "$folder/data" | cut -f1)"
}

build
start_server
echo "\`bench/million.sh${1:+ $1}\`: $(machine)"
for count in 10000 "$many"; do
  echo
  seed "$count"
  restart
  echo
  heading
  measure "$count"
done
echo
restart
