module TemporalHBase
  # A peer's queues as the queue store holds them: ZooKeeper to 2.6, the table hbase:replication from 3.0 on. Whatever
  # cannot be read raises: an empty answer would pass for "drained" (hazard 2).
  class Queues
    QUEUE_TABLE = 'org.apache.hadoop.hbase.replication.TableReplicationQueueStorage'
    LIVE_STATES = %w[INITIALIZING RUNNABLE WAITING WAITING_TIMEOUT]

    def initialize(cluster, wals)
      @cluster = cluster
      @wals = wals
      @zookeeper = ZooKeeperQueues.new(cluster)
    end

    def read_peer_queues(request)
      peer = request.fetch('id')
      live = Status.read(@cluster).server_names
      folders = @wals.server_folders
      listings = @cluster.fan_out.map(folders) { |folder| @wals.children(folder.getPath) }
      found = queues_of(peer)
      { 'liveServers' => live, 'crashingServers' => crashing(live, folders, listings), 'queues' => found,
        'hfileRefs' => store.hfile_refs(peer), 'newestWals' => newest(live, folders, listings),
        'bytes' => bytes(found, listings.flatten) }
    end

    def queues_of(peer)
      store.read(peer)
    end

    private

    def store
      TemporalHBase.java_class?(QUEUE_TABLE) ? TableQueues.new(@cluster, @wals) : @zookeeper
    end

    # A folder of WALs whose server is not live is a crash that has not been dealt with, whatever the master says.
    def crashing(live, folders, listings)
      left = folders.zip(listings).reject { |folder, files| files.empty? || live.include?(folder.getPath.getName) }
      (left.map { |folder, _| folder.getPath.getName.sub(/-splitting\z/, '') } + crash_procedures).uniq
    end

    def crash_procedures
      listed = @cluster.admin { |admin| admin.respond_to?(:getProcedures) ? Json.parse(admin.getProcedures.to_s) : [] }
      listed.select { |p| p['className'].to_s =~ /ServerCrashProcedure/ && LIVE_STATES.include?(p['state']) }.
        map { |p| server_of(p) }
    end

    def server_of(procedure)
      message = [procedure['stateMessage']].flatten.compact.find { |m| m.is_a?(Hash) && m['serverName'] }
      return "procedure #{procedure['procId']}" if message.nil?
      name = message['serverName']
      "#{name['hostName']},#{name['port']},#{name['startCode']}"
    end

    def newest(live, folders, listings)
      folders.zip(listings).map do |folder, files|
        server = folder.getPath.getName
        live.include?(server) ? newest_of(server, files) : []
      end.flatten
    end

    def newest_of(server, files)
      names = files.map { |s| s.getPath.getName }.select { |name| Wals.wal?(name) }
      wals = names.map { |name| Wals.parse(name) }.reject { |w| w['group'] =~ /\.meta\z/ }
      wals.group_by { |w| w['group'] }.values.map do |group|
        group.max_by { |w| w['startedMs'] }.merge('server' => server)
      end
    end

    # Each WAL is held once, however many queues name it.
    def bytes(queues, open_files)
      sizes = open_files.inject({}) { |map, s| map.update(s.getPath.getName => s.getLen) }
      names = queues.map { |q| q['wals'].map { |w| w['name'] } }.flatten.uniq
      unless names.all? { |name| sizes.key?(name) }
        @wals.old_wals.each { |s| sizes[s.getPath.getName] = s.getLen }
      end
      names.inject(0) { |sum, name| sum + (sizes[name] || 0) }
    end
  end

  class ZooKeeperQueues
    ATTEMPTS = 10
    SESSION_MS = 30_000

    def initialize(cluster)
      @cluster = cluster
      @lock = Mutex.new
    end

    # Queues move between servers while they are read. A parent's child version changes with each move, so a reading
    # counts only if no version has changed meanwhile.
    def read(peer)
      ATTEMPTS.times do
        before = versions
        found = begin
          before && queues(before.keys, peer)
        rescue Java::OrgApacheZookeeper::KeeperException::NoNodeException
          nil
        end
        return found if found && before == versions
      end
      raise Refusal.new('failed', "the replication queues changed during each of #{ATTEMPTS} readings")
    end

    def hfile_refs(peer)
      children("#{path('zookeeper.znode.replication.hfile.refs', 'hfile-refs')}/#{peer}").size
    rescue Java::OrgApacheZookeeper::KeeperException::NoNodeException
      0
    end

    private

    def path(key, name)
      "#{@cluster.conf.get('zookeeper.znode.parent', '/hbase')}/" \
        "#{@cluster.conf.get('zookeeper.znode.replication', 'replication')}/#{@cluster.conf.get(key, name)}"
    end

    def root
      path('zookeeper.znode.replication.rs', 'rs')
    end

    # nil when a server's node went away in between; an absent root raises, but on a cluster without any replication.
    def versions
      return {} if never_replicated?
      servers = children(root)
      servers.sort.inject({ root => version(root) }) { |map, s| map.update("#{root}/#{s}" => version("#{root}/#{s}")) }
    end

    # The root is made with the first peer. The region servers' node beside it shows that the parent is the right one.
    def never_replicated?
      servers = "#{@cluster.conf.get('zookeeper.znode.parent', '/hbase')}/#{@cluster.conf.get('zookeeper.znode.rs', 'rs')}"
      version(root).nil? && !version(servers).nil?
    end

    def queues(nodes, peer)
      (nodes - [root]).map { |node| queues_of(node, peer) }.flatten
    end

    def queues_of(node, peer)
      mine = children(node).select { |queue| queue == peer || queue.index(peer + '-') == 0 }
      mine.map do |queue|
        { 'queue' => queue, 'server' => node.split('/').last, 'recovered' => queue != peer,
          'wals' => children("#{node}/#{queue}").map { |name| Wals.parse(name) } }
      end
    end

    def children(node)
      with_session { |session| session.getChildren(node, false).to_a }
    end

    def version(node)
      with_session do |session|
        stat = session.exists(node, false)
        stat && stat.getCversion
      end
    end

    # One session is kept; a lost one is replaced once.
    def with_session
      tries = 0
      begin
        yield session
      rescue Java::OrgApacheZookeeper::KeeperException::ConnectionLossException,
             Java::OrgApacheZookeeper::KeeperException::SessionExpiredException
        forget
        tries += 1
        tries < 3 ? retry : raise
      end
    end

    def session
      @lock.synchronize do
        @session ||= connect
      end
    end

    def connect
      ensemble = Java::OrgApacheHadoopHbaseZookeeper::ZKConfig.getZKQuorumServersString(@cluster.conf)
      connected = java.util.concurrent.CountDownLatch.new(1)
      watcher = Watcher.new(connected)
      session = Java::OrgApacheZookeeper::ZooKeeper.new(ensemble, SESSION_MS, watcher)
      return session if connected.await(10, java.util.concurrent.TimeUnit::SECONDS)
      session.close
      raise Java::OrgApacheZookeeper::KeeperException::ConnectionLossException.new
    end

    def forget
      @lock.synchronize do
        @session.close if @session
        @session = nil
      end
    end

    class Watcher
      include Java::OrgApacheZookeeper::Watcher

      def initialize(connected)
        @connected = connected
      end

      def process(event)
        @connected.countDown if event.getState.to_s =~ /Connected/ && event.getState.to_s !~ /Dis/
      end
    end
  end

  # 3.0 stores an offset per group; the queue is that WAL and every later one of its group. Not run on 3.0 yet.
  class TableQueues
    def initialize(cluster, wals)
      @cluster = cluster
      @wals = wals
    end

    # In the same table, not in ZooKeeper, where they would always be none.
    def hfile_refs(peer)
      storage.getReplicableHFiles(peer).size
    end

    def read(peer)
      names = (@wals.server_folders.map { |f| @wals.children(f.getPath) }.flatten + @wals.old_wals).map { |s| s.getPath.getName }
      storage.listAllQueues(peer).map { |data| queue(data, names) }
    end

    private

    def storage
      factory = Java::OrgApacheHadoopHbaseReplication::ReplicationStorageFactory
      factory.getReplicationQueueStorage(@cluster.connection, @cluster.conf)
    end

    def queue(data, names)
      id = data.getId
      recovered = id.isRecovered
      owner = recovered ? id.getSourceServerName.get.to_s : id.getServerName.to_s
      wals = data.getOffsets.map { |group, offset| later(group, offset.getWal, names) }.flatten.uniq
      { 'queue' => id.toString, 'server' => id.getServerName.to_s, 'recovered' => recovered, 'owner' => owner,
        'wals' => wals.map { |name| Wals.parse(name) } }
    end

    def later(group, first, names)
      started = Wals.parse(first)['startedMs']
      names.select do |name|
        wal = Wals.parse(name)
        wal['group'] == group && wal['startedMs'] >= started
      end << first
    end
  end
end
