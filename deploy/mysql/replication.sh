#!/usr/bin/env bash
# Lets the replica follow the primary. Run again, it changes nothing.
set -euo pipefail

replica() { mysql -h mysql-replica -u root -N -B -e "$1"; }

[[ $(replica 'SELECT COUNT(*) FROM performance_schema.replication_connection_configuration') == 0 ]] || exit 0
replica "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'mysql', SOURCE_USER = 'replica', SOURCE_PASSWORD = 'replica',
  SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 5; START REPLICA;"
