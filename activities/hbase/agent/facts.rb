module TemporalHBase
  class Facts
    SETTINGS = %w[
      hbase.replication hbase.replication.bulkload.enabled hbase.replication.cluster.id hbase.replication.rpc.codec
      hbase.replication.source.custom.walentryfilters hbase.replication.peer.storage.impl
      hbase.regionserver.wal.enablecompression hbase.regionserver.wal.codec hbase.wal.provider hbase.wal.dir
      hbase.wal.regiongrouping.numgroups hbase.regionserver.hlog.blocksize hbase.separate.oldlogdir.by.regionserver
      hbase.master.snapshot.ttl hbase.snapshot.enabled hbase.snapshot.master.timeout.millis
      hbase.snapshot.restore.take.failsafe.snapshot hbase.master.logcleaner.ttl hbase.master.hfilecleaner.ttl
      hbase.superuser hbase.backup.enable hbase.security.authentication hbase.security.authorization
      hbase.coprocessor.master.classes hbase.coprocessor.region.classes hbase.coprocessor.regionserver.classes
      hbase.coprocessor.abortonerror hbase.table.sanity.checks hbase.crypto.keyprovider hfile.format.version
      hbase.master.maxclockskew hbase.hregion.max.filesize hbase.hregion.majorcompaction
      hbase.hstore.time.to.purge.deletes hbase.ipc.max.request.size hbase.online.schema.update.enable
      hbase.client.sync.wait.timeout.msec hbase.store.file-tracker.impl phoenix.schema.isNamespaceMappingEnabled
      replication.sleep.before.failover replication.source.ratio replication.source.size.capacity
      replication.source.nb.capacity replication.total.buffer.quota replication.source.sleepforretries
      replication.source.maxretriesmultiplier zookeeper.znode.parent zookeeper.znode.replication
      zookeeper.session.timeout dfs.replication dfs.checksum.combine.mode mapreduce.framework.name
      fs.defaultFS hadoop.security.authentication
    ]

    # ability => [class, method]
    ABILITIES = {
      'peer-born-disabled' => ['org.apache.hadoop.hbase.client.Admin', :addReplicationPeer],
      'cluster-metrics' => ['org.apache.hadoop.hbase.client.Admin', :getClusterMetrics],
      'table-descriptor-builder' => ['org.apache.hadoop.hbase.client.Admin', :getDescriptor],
      'procedures' => ['org.apache.hadoop.hbase.client.Admin', :getProcedures],
      'compaction-switch' => ['org.apache.hadoop.hbase.client.Admin', :compactionSwitch],
      'snapshot-cleanup-switch' => ['org.apache.hadoop.hbase.client.Admin', :snapshotCleanupSwitch],
      'roll-all-wals' => ['org.apache.hadoop.hbase.client.Admin', :rollAllWALWriters],
      'peer-namespaces' => ['org.apache.hadoop.hbase.replication.ReplicationPeerConfig', :getNamespaces],
      'peer-serial' => ['org.apache.hadoop.hbase.replication.ReplicationPeerConfig', :isSerial],
      'snapshot-ttl' => ['org.apache.hadoop.hbase.client.SnapshotDescription', :getTtl]
    }

    QUEUE_TABLE = 'org.apache.hadoop.hbase.replication.TableReplicationQueueStorage'
    METRICS_TIMEOUT_MS = 2000
    METRICS_TRIES = 20
    METRICS_PAUSE_SECONDS = 0.25

    def initialize(cluster, peers)
      @cluster = cluster
      @peers = peers
    end

    def hello
      { 'protocol' => 1, 'hbaseVersion' => HBUtil::VersionInfo.getVersion,
        'hadoopVersion' => Java::OrgApacheHadoopUtil::VersionInfo.getVersion,
        'javaVersion' => JavaSystem.getProperty('java.version'), 'jrubyVersion' => JRUBY_VERSION }
    end

    def ping(_request)
      { 'clockMs' => JavaSystem.currentTimeMillis }
    end

    def read_facts(_request)
      status = Status.read(@cluster)
      identity(status).merge(servers(status)).merge(storage).merge(
        'peers' => @peers.list, 'settings' => settings, 'abilities' => abilities
      )
    end

    # A server's clock at its last report, so its clock now is at or past this; at most `hbase.regionserver.msginterval`
    # (3 s) behind.
    def read_reported_clocks(_request)
      status = Status.read(@cluster)
      every = @cluster.conf.getInt('hbase.regionserver.msginterval', 3000)
      clocks = status.servers.map do |s|
        { 'server' => s.to_s, 'clockMs' => status.reported_at_ms(s), 'exact' => false, 'reportEveryMs' => every }
      end
      clocks << { 'server' => 'gateway', 'clockMs' => JavaSystem.currentTimeMillis, 'exact' => true }
    end

    # Of every live server, by its metrics page, since no call of HBase tells.
    def read_unlogged_mutations(_request)
      status = Status.read(@cluster)
      @cluster.fan_out.map(status.servers) do |server|
        count = unlogged(server.getHostname, status.load(server).getInfoServerPort)
        { 'server' => server.to_s }.merge(count)
      end
    end

    private

    def identity(status)
      hello.merge(
        'clusterId' => status.cluster_id, 'version' => status.version,
        'clusterKey' => Java::OrgApacheHadoopHbaseZookeeper::ZKConfig.getZooKeeperClusterKey(@cluster.conf),
        'activeMaster' => status.master.to_s, 'backupMasters' => status.backup_masters
      )
    end

    def servers(status)
      { 'liveServers' => status.server_names, 'deadServers' => status.dead_servers, 'regions' => status.regions,
        'regionsInTransition' => status.transitions.size,
        'balancerOn' => @cluster.admin { |admin| admin.isBalancerEnabled } }
    end

    def storage
      root = @cluster.root_dir
      files = root.getFileSystem(@cluster.conf)
      space = files.getStatus(root)
      { 'rootDir' => root.to_s, 'defaultFs' => @cluster.files.getUri.to_s,
        'homeDir' => @cluster.files.getHomeDirectory.to_s,
        'capacityBytes' => space.getCapacity, 'freeBytes' => space.getRemaining, 'usedBytes' => space.getUsed,
        'walBytes' => wal_bytes }
    end

    def wal_bytes
      root = @cluster.wal_root
      files = root.getFileSystem(@cluster.conf)
      %w[WALs oldWALs].inject(0) do |sum, name|
        path = HadoopFs::Path.new(root, name)
        files.exists(path) ? sum + files.getContentSummary(path).getLength : sum
      end
    end

    def settings
      SETTINGS.inject({}) do |found, key|
        value = @cluster.conf.get(key)
        value.nil? ? found : found.merge(key => value)
      end
    end

    def abilities
      found = ABILITIES.keys.select { |name| offers?(*ABILITIES[name]) }
      TemporalHBase.java_class?(QUEUE_TABLE) ? found << 'queue-table' : found
    end

    def offers?(class_name, method)
      loader = java.lang.Thread.currentThread.getContextClassLoader
      java.lang.Class.forName(class_name, false, loader).getMethods.any? { |m| m.getName == method.to_s }
    rescue Java::JavaLang::ClassNotFoundException
      false
    end

    def unlogged(host, port)
      return { 'why' => 'its info server is off' } if port <= 0
      address = "#{info_scheme}://#{host}:#{port}/jmx"
      bean = find_unlogged("#{address}?qry=Hadoop:service=HBase,name=RegionServer,sub=Server")
      bean ? { 'mutations' => bean['mutationsWithoutWALCount'] } : { 'why' => "#{address} has no mutationsWithoutWALCount" }
    rescue Java::JavaIo::IOException, ArgumentError => e
      { 'why' => "#{address}: #{ErrorReport.clip(e.message)}" }
    end

    # A server stops its metrics and starts them again some seconds after regions have come or gone (HBase's
    # JmxCacheBuster): its page answers without them meanwhile.
    def find_unlogged(query)
      (1..METRICS_TRIES).each do |attempt|
        bean = read_json(query)['beans'].find { |b| b.key?('mutationsWithoutWALCount') }
        return bean if bean
        sleep METRICS_PAUSE_SECONDS if attempt < METRICS_TRIES
      end
      nil
    end

    def info_scheme
      @cluster.conf.getBoolean('hbase.ssl.enabled', false) ? 'https' : 'http'
    end

    def read_json(address)
      connection = java.net.URL.new(address).openConnection
      connection.setConnectTimeout(METRICS_TIMEOUT_MS)
      connection.setReadTimeout(METRICS_TIMEOUT_MS)
      reader = java.io.BufferedReader.new(java.io.InputStreamReader.new(connection.getInputStream, 'UTF-8'))
      lines = []
      while (line = reader.readLine)
        lines << line
      end
      Json.parse(lines.join("\n"))
    ensure
      reader.close if reader
    end
  end
end
