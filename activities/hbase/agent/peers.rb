module TemporalHBase
  # Replication peers: through the master from 2.0 on; on 1.x the client writes ZooKeeper itself.
  class Peers
    HOLDING_ENDPOINT = 'org.apache.hadoop.hbase.replication.VerifyWALEntriesReplicationEndpoint'

    def initialize(cluster)
      @cluster = cluster
    end

    def list_peers(_request)
      list
    end

    def list
      line { |peers| peers.list.map { |id, config, enabled| describe(id, config, enabled) } }
    end

    def add_peer(request)
      tables = table_map(request.fetch('tables'))
      line { |peers| request.change { peers.add(request.fetch('id'), request.fetch('clusterKey'), tables) } }
      nil
    end

    # A peer that ships to nobody: its queues keep every WAL from the one being written (sandbox.md A.9).
    def add_holder(request)
      unless TemporalHBase.java_class?(HOLDING_ENDPOINT)
        raise Refusal.new('not-offered', "this HBase has no #{HOLDING_ENDPOINT}, which holds WALs for nobody")
      end
      line { |peers| request.change { peers.add_holder(request.fetch('id'), HOLDING_ENDPOINT, @cluster.conf) } }
      nil
    end

    def enable_peer(request)
      line { |peers| request.change { peers.enable(request.fetch('id')) } }
      nil
    end

    def disable_peer(request)
      line { |peers| request.change { peers.disable(request.fetch('id')) } }
      nil
    end

    def remove_peer(request)
      line { |peers| request.change { peers.remove(request.fetch('id')) } }
      nil
    end

    def change_peer_tables(request)
      tables = table_map(request.fetch('tables'))
      line { |peers| request.change { peers.change_tables(request.fetch('id'), tables) } }
      nil
    end

    private

    def line
      @cluster.admin do |admin|
        return yield(ModernPeers.new(admin)) if admin.respond_to?(:addReplicationPeer)
      end
      begin
        old = Java::OrgApacheHadoopHbaseClientReplication::ReplicationAdmin.new(@cluster.conf)
        yield ClassicPeers.new(old)
      ensure
        old.close if old
      end
    end

    def table_map(tables)
      map = java.util.HashMap.new
      tables.each do |entry|
        families = entry['families'].empty? ? nil : java.util.ArrayList.new(entry['families'])
        map.put(HB::TableName.valueOf(entry['table']), families)
      end
      map
    end

    def describe(id, config, enabled)
      tables = config.getTableCFsMap
      endpoint = config.getReplicationEndpointImpl
      key = endpoint == HOLDING_ENDPOINT ? '' : config.getClusterKey.to_s
      { 'id' => id, 'clusterKey' => key, 'enabled' => enabled, 'tables' => table_list(tables),
        'replicateAll' => option(config, :replicateAllUserTables, tables.nil? || tables.isEmpty),
        'namespaces' => option(config, :getNamespaces, nil).to_a,
        'excludeTables' => table_list(option(config, :getExcludeTableCFsMap, nil)),
        'excludeNamespaces' => option(config, :getExcludeNamespaces, nil).to_a,
        'serial' => option(config, :isSerial, false), 'endpoint' => endpoint }
    end

    def option(config, name, absent)
      config.respond_to?(name) ? config.send(name) : absent
    end

    def table_list(map)
      return [] if map.nil?
      map.map { |table, families| { 'table' => table.getNameAsString, 'families' => families.to_a } }
    end
  end

  class ModernPeers
    def initialize(admin)
      @admin = admin
    end

    def list
      @admin.listReplicationPeers.map { |peer| [peer.getPeerId, peer.getPeerConfig, peer.isEnabled] }
    end

    def add(id, cluster_key, tables)
      config = builder.newBuilder.setClusterKey(cluster_key).setReplicateAllUserTables(false).setTableCFsMap(tables).build
      @admin.addReplicationPeer(id, config, false)
    end

    # Without tables, so that it buffers nothing (hazard 25) and would ship nothing if it were enabled.
    def add_holder(id, endpoint, _conf)
      config = builder.newBuilder.setReplicationEndpointImpl(endpoint).setReplicateAllUserTables(false).build
      @admin.addReplicationPeer(id, config, false)
    end

    def enable(id)
      @admin.enableReplicationPeer(id)
    end

    def disable(id)
      @admin.disableReplicationPeer(id)
    end

    def remove(id)
      @admin.removeReplicationPeer(id)
    end

    def change_tables(id, tables)
      config = builder.newBuilder(@admin.getReplicationPeerConfig(id)).setTableCFsMap(tables).build
      @admin.updateReplicationPeerConfig(id, config)
    end

    private

    def builder
      Java::OrgApacheHadoopHbaseReplication::ReplicationPeerConfig
    end
  end

  class ClassicPeers
    def initialize(admin)
      @admin = admin
    end

    def list
      @admin.listPeerConfigs.map { |id, config| [id, config, @admin.getPeerState(id)] }
    end

    # Born enabled on 1.x, so it is disabled at once; no family has a scope yet, so nothing ships in between.
    def add(id, cluster_key, tables)
      config = Java::OrgApacheHadoopHbaseReplication::ReplicationPeerConfig.new
      config.setClusterKey(cluster_key)
      add_disabled(id, config, tables)
    end

    # A line without replicate_all: no table means all of them. Nor without a cluster key: as the shell of this line does
    # for a peer of another class, it is given the cluster's own, which the class never uses.
    def add_holder(id, endpoint, conf)
      config = Java::OrgApacheHadoopHbaseReplication::ReplicationPeerConfig.new
      config.setClusterKey(Java::OrgApacheHadoopHbaseZookeeper::ZKConfig.getZooKeeperClusterKey(conf))
      config.setReplicationEndpointImpl(endpoint)
      add_disabled(id, config, nil)
    end

    def enable(id)
      known(id)
      @admin.enablePeer(id)
    end

    def disable(id)
      known(id)
      @admin.disablePeer(id)
    end

    def remove(id)
      known(id)
      @admin.removePeer(id)
    end

    def change_tables(id, tables)
      known(id)
      @admin.setPeerTableCFs(id, tables)
    end

    private

    def add_disabled(id, config, tables)
      @admin.addPeer(id, config, tables)
      @admin.disablePeer(id)
      raise Refusal.new('failed', "peer #{id} was added but is still enabled") if @admin.getPeerState(id)
    end

    # 1.x says IllegalArgumentException for an absent peer; later lines have a class for it.
    def known(id)
      raise Refusal.new('not-found', "there is no replication peer #{id}") unless @admin.listPeerConfigs.containsKey(id)
    end
  end
end
