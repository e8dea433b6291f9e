#!/usr/bin/env bash
# What encryption costs: puts and gets of 64 MiB into a bucket that encrypts (SSE-S3), in turns with one that does not.
# shellcheck source=bench/server.sh
source "$(dirname "$0")/server.sh"

build
start_server
put() {
  curl -fsS -o "$folder/answer" --aws-sigv4 aws:amz:us-east-1:s3 --user "$VARVE_ROOT_USER:$VARVE_ROOT_PASSWORD" \
    -H "x-amz-content-sha256: UNSIGNED-PAYLOAD" -X PUT "$s3/$1" "${@:2}"
}
put bench
put sealed
rule='<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>'
root=ServerSideEncryptionConfiguration
put 'sealed?encryption=' -d "<$root>$rule</$root>"

machine
for op in put get; do
  for concurrency in 1 2; do
    load --vs "$s3" --bucket2 sealed --pid2 "$server" --label plain --label2 sealed --size 64MiB --objects 8 \
      --op "$op" --concurrency "$concurrency" --rounds 3 --duration 3 --warmup 1 --verify 0
  done
done
