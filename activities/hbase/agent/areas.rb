module TemporalHBase
  # The verbs' objects, wired; by the names of the verb table.
  def self.areas(cluster)
    files = Files.new(cluster)
    tables = Tables.new(cluster, files)
    work = TableWork.new(cluster, tables)
    tables.work = work
    peers = Peers.new(cluster)
    wals = Wals.new(cluster)
    queues = Queues.new(cluster, wals)
    {
      :cluster => cluster, :files => files, :tables => tables, :work => work, :peers => peers, :wals => wals,
      :facts => Facts.new(cluster, peers), :fences => Fences.new(cluster, tables),
      :snapshots => Snapshots.new(cluster), :snapshot_files => SnapshotFiles.new(cluster),
      :readings => SnapshotReadings.new(cluster, files), :queues => queues,
      :wal_archive => WalArchive.new(cluster, files, queues, wals), :rows => Rows.new(cluster, tables),
      :wal_rows => WalRows.new(cluster, wals), :digests => Digests.new(cluster), :surroundings => Surroundings.new(cluster)
    }
  end
end
