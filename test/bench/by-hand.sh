#!/bin/bash
# The same recipe as operators write it down and type it: one `hbase shell -n` or one tool process per step. What is
# changed is looked at, WALs are rolled before a drain is believed, and what was made is removed again. It has no fence
# guard, no sentinels, no clocks, no second look at rows that differ and no window compare, and nothing survives a failed
# step: so it is quicker than a script that proves what a cutover needs.
# usage: OLD_HBASE=… NEW_HBASE=… OLD_ROOT=… NEW_ROOT=… NEW_KEY=… by-hand.sh NAMESPACE:TABLE PEER SNAPSHOT
set -eEuo pipefail

table=$1 peer=$2 snapshot=$3
verify=org.apache.hadoop.hbase.mapreduce.replication.VerifyReplication
dump='org.apache.hadoop.hbase.replication.regionserver.DumpReplicationQueues --distributed'
trap 'echo "by-hand.sh: line $LINENO failed" >&2' ERR

on_old() { "$OLD_HBASE" "$@" 2>&1; }
on_new() { "$NEW_HBASE" "$@" 2>&1; }

# By name, as `status` tells them.
roll_wals() {
  local servers
  servers=$(on_old shell -n <<<"status 'simple'" | sed -n 's/^ *\([^ :]*\):\([0-9]*\) \([0-9]*\)$/\1,\2,\3/p')
  [ -n "$servers" ]
  on_old shell -n <<<"$(sed "s/.*/wal_roll '&'/" <<<"$servers")"
}

# Until every queue of the peer holds nothing but the WAL that is being written.
drain() {
  local queues
  for _ in $(seq 60); do
    queues=$(on_old $dump | grep -A8 "PeerID: $peer" | sed -n 's/.*Number of WALs in replication queue: //p') || true
    if [ -n "$queues" ] && ! grep -qv '^1$' <<<"$queues"; then return 0; fi
    sleep 1
  done
  echo "peer $peer is not drained" >&2
  return 1
}

count_of() { sed -n "s/^[[:space:]]*$1=//p" | tail -1; }

compare() {
  local counters
  counters=$(on_old $verify -Dhbase.mapreduce.scan.cachedrows=500 "$peer" "$table")
  echo "compared: good $(count_of GOODROWS <<<"$counters"), bad $(count_of BADROWS <<<"$counters")"
  [ -n "$(count_of GOODROWS <<<"$counters")" ] && [ -z "$(count_of BADROWS <<<"$counters")" ]
}

on_old shell -n <<<"status"
on_new shell -n <<<"status"
on_old shell -n <<<"describe '$table'"
on_new shell -n <<RUBY
create_namespace '${table%%:*}'
RUBY
on_new shell -n <<RUBY
create '$table', {NAME => 'a'}, {NAME => 'b'}
RUBY
on_old shell -n <<RUBY
add_peer '$peer', CLUSTER_KEY => '$NEW_KEY', STATE => 'DISABLED', TABLE_CFS => {'$table' => ['a', 'b']}
RUBY
on_old shell -n <<<"list_peers" | grep "$peer"
on_old shell -n <<RUBY
alter '$table', {NAME => 'a', REPLICATION_SCOPE => '1'}, {NAME => 'b', REPLICATION_SCOPE => '1'}
RUBY
on_old shell -n <<RUBY
snapshot '$table', '$snapshot'
RUBY
on_old snapshot info -snapshot "$snapshot" -stats
on_old org.apache.hadoop.hbase.snapshot.ExportSnapshot \
  -snapshot "$snapshot" -copy-from "$OLD_ROOT" -copy-to "$NEW_ROOT" -mappers 2
on_new shell -n <<RUBY
disable '$table'
RUBY
on_new shell -n <<RUBY
restore_snapshot '$snapshot'
RUBY
on_new shell -n <<RUBY
enable '$table'
RUBY
on_old shell -n <<RUBY
enable_peer '$peer'
RUBY
drain
compare

on_old shell -n <<RUBY
alter '$table', READONLY => 'true'
RUBY
roll_wals
drain
old_rows=$(on_old rowcounter "$table" | count_of ROWS)
new_rows=$(on_new rowcounter "$table" | count_of ROWS)
echo "rows: old $old_rows, new $new_rows"
[ "$old_rows" = "$new_rows" ]
compare

on_old shell -n <<RUBY
disable_peer '$peer'
RUBY
on_old shell -n <<RUBY
remove_peer '$peer'
RUBY
on_old shell -n <<<"list_peers" | { ! grep "$peer"; }
on_old shell -n <<RUBY
alter '$table', {NAME => 'a', REPLICATION_SCOPE => '0'}, {NAME => 'b', REPLICATION_SCOPE => '0'}
RUBY
on_new shell -n <<RUBY
alter '$table', {NAME => 'a', REPLICATION_SCOPE => '0'}, {NAME => 'b', REPLICATION_SCOPE => '0'}
RUBY
on_old shell -n <<RUBY
delete_snapshot '$snapshot'
RUBY
on_new shell -n <<RUBY
delete_snapshot '$snapshot'
RUBY
on_old shell -n <<<"list_snapshots" | { ! grep "$snapshot"; }
on_new shell -n <<<"list_snapshots" | { ! grep "$snapshot"; }
