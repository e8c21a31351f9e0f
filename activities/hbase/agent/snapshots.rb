module TemporalHBase
  class Snapshots
    # Below -1 means for ever; 0 and -1 mean the cluster's default, which may delete a snapshot while it is copied.
    FOREVER = -2

    def initialize(cluster)
      @cluster = cluster
    end

    def list_snapshots(_request)
      @cluster.admin { |admin| admin.listSnapshots.map { |s| describe(s) } }
    end

    # The type is always given: the two-argument description means DISABLED and hangs on an enabled table of 2.4.
    def take_snapshot(request)
      @cluster.admin do |admin|
        arguments = [request.fetch('name'), request.table, flush(admin)]
        arguments << properties if ttl?(admin)
        request.change { admin.snapshot(*arguments) }
      end
      nil
    end

    def delete_snapshot(request)
      @cluster.admin { |admin| request.change { admin.deleteSnapshot(request.fetch('name')) } }
      nil
    end

    def clone_snapshot(request)
      @cluster.admin { |admin| request.change { admin.cloneSnapshot(request.fetch('name'), request.table) } }
      nil
    end

    # Without a failsafe snapshot: the table is the run's own, and a failsafe would be left behind by a lost client.
    def restore_snapshot(request)
      @cluster.admin { |admin| request.change { admin.restoreSnapshot(request.fetch('name'), false) } }
      nil
    end

    private

    def describe(snapshot)
      table = snapshot.respond_to?(:getTableNameAsString) ? snapshot.getTableNameAsString : snapshot.getTable
      { 'name' => snapshot.getName, 'table' => table, 'createdAtMs' => snapshot.getCreationTime,
        'ttlSeconds' => snapshot.respond_to?(:getTtl) ? snapshot.getTtl : 0 }
    end

    def flush(admin)
      return HBClient::SnapshotType::FLUSH if TemporalHBase.java_class?('org.apache.hadoop.hbase.client.SnapshotType')
      Java::OrgApacheHadoopHbaseProtobufGenerated::HBaseProtos::SnapshotDescription::Type::FLUSH
    end

    def properties
      map = java.util.HashMap.new
      map.put('TTL', java.lang.Long.valueOf(FOREVER))
      map
    end

    # 2.3 and later, and 1.5 and later.
    def ttl?(admin)
      admin.getClass.getMethods.any? do |method|
        types = method.getParameterTypes
        method.getName == 'snapshot' && types.length == 4 && types[3].getName == 'java.util.Map'
      end
    end
  end
end
