module TemporalHBase
  # verb => [area, method, kind]. `:change` may change the cluster and checks its validity; `:bulk` reads for long and
  # must not hold up the short calls of a cutover; `:bulk_change` is both; `:read` is the rest.
  VERBS = {
    'ping' => [:facts, :ping, :read],
    'readFacts' => [:facts, :read_facts, :read],
    'readReportedClocks' => [:facts, :read_reported_clocks, :read],
    'readUnloggedMutations' => [:facts, :read_unlogged_mutations, :read],
    'readSurroundings' => [:surroundings, :read_surroundings, :read],
    'readPeerLags' => [:surroundings, :read_peer_lags, :read],
    'probePorts' => [:surroundings, :probe_ports, :read],

    'listTables' => [:tables, :list_tables, :read],
    'readTable' => [:tables, :read_table, :read],
    'listRegions' => [:tables, :list_regions, :read],
    'isEveryRegionOpen' => [:tables, :every_region_open?, :read],
    'listNamespaces' => [:tables, :list_namespaces, :read],
    'createNamespace' => [:tables, :create_namespace, :change],
    'deleteNamespace' => [:tables, :delete_namespace, :change],
    'createTable' => [:tables, :create_table, :change],
    'enableTable' => [:tables, :enable_table, :change],
    'disableTable' => [:tables, :disable_table, :change],
    'deleteTable' => [:tables, :delete_table, :change],
    'alterTable' => [:tables, :alter_table, :change],
    'probeFence' => [:fences, :probe_fence, :read],
    'readTableLocks' => [:work, :read_table_locks, :read],
    'giveBack' => [:work, :give_back, :change],

    'listSnapshots' => [:snapshots, :list_snapshots, :read],
    'takeSnapshot' => [:snapshots, :take_snapshot, :change],
    'deleteSnapshot' => [:snapshots, :delete_snapshot, :change],
    'cloneSnapshot' => [:snapshots, :clone_snapshot, :change],
    'restoreSnapshot' => [:snapshots, :restore_snapshot, :change],
    'readSnapshotFiles' => [:snapshot_files, :read_snapshot_files, :bulk],
    'listSnapshotFiles' => [:snapshot_files, :list_snapshot_files, :bulk],
    'describeSnapshot' => [:snapshot_files, :describe_snapshot, :bulk],
    'openSnapshotReading' => [:readings, :open_snapshot_reading, :bulk_change],
    'digestSnapshot' => [:readings, :digest_snapshot, :bulk],
    'closeSnapshotReading' => [:readings, :close_snapshot_reading, :change],
    'listRoot' => [:snapshot_files, :list_root, :bulk],

    'listPeers' => [:peers, :list_peers, :read],
    'addHolder' => [:peers, :add_holder, :change],
    'listHeldWals' => [:wal_archive, :list_held_wals, :read],
    'copyFile' => [:wal_archive, :copy_file, :bulk_change],
    'readWalRange' => [:wal_archive, :read_wal_range, :bulk],
    'readWalRows' => [:wal_rows, :read_wal_rows, :bulk],
    'addPeer' => [:peers, :add_peer, :change],
    'enablePeer' => [:peers, :enable_peer, :change],
    'disablePeer' => [:peers, :disable_peer, :change],
    'removePeer' => [:peers, :remove_peer, :change],
    'setPeerTables' => [:peers, :change_peer_tables, :change],
    'readPeerQueues' => [:queues, :read_peer_queues, :read],
    'rollWals' => [:wals, :roll_wals, :change],
    'findBulkLoads' => [:wals, :find_bulk_loads, :bulk],

    'hasRows' => [:rows, :rows?, :read],
    'putRow' => [:rows, :put_row, :change],
    'readRow' => [:rows, :read_row, :read],
    'putSentinels' => [:rows, :put_sentinels, :change],
    'readWrittenClocks' => [:rows, :read_written_clocks, :change],
    'digestRange' => [:digests, :digest_range, :bulk],
    'digestRows' => [:digests, :digest_rows, :bulk],
    'listTouchedRows' => [:digests, :list_touched_rows, :bulk],

    'createFile' => [:files, :create_file, :change],
    'readFile' => [:files, :read_file, :read],
    'listFiles' => [:files, :list_files, :read],
    'measureFiles' => [:files, :measure_files, :read],
    'moveFile' => [:files, :move_file, :change],
    'removeFile' => [:files, :remove_file, :change],
    'probeWrite' => [:files, :probe_write, :change]
  }

  # What ends a fence, and what says that the cluster still answers.
  URGENT = %w[createFile readFile giveBack readTableLocks readTable probeFence ping listNamespaces]
end
