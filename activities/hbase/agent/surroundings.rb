module TemporalHBase
  # What stands around tables, so that neither a snapshot nor replication carries it, and how others fare beside them.
  class Surroundings
    CONNECT_TIMEOUT_MS = 3000
    # A source that has shipped nothing yet reports the largest number there is.
    LONGEST_LAG_MS = 31_536_000_000

    def initialize(cluster)
      @cluster = cluster
    end

    # What may not be read is answered with its reason: whoever judges decides what that means.
    def read_surroundings(request)
      tables = request.fetch('tables').map { |name| HB::TableName.valueOf(name) }
      unread = []
      look = lambda { |what, absent, method, *args| looked(what, unread, absent) { send(method, *args) } }
      {
        'quotas' => look.call('quotas', [], :quotas, tables), 'grants' => look.call('permissions', [], :grants, tables),
        'hasLabels' => look.call('visibility labels', false, :exists?, 'hbase:labels'),
        'encryptionZone' => look.call('the encryption zone of the root', nil, :encryption_zone),
        'spaceLeftBytes' => look.call('the HDFS quota of the root', nil, :space_left), 'unread' => unread
      }
    end

    # As each server reported it to the master, by peer.
    def read_peer_lags(_request)
      status = Status.read(@cluster)
      status.servers.map { |server| lags(server.to_s, status.load(server)) }.flatten
    end

    def probe_ports(request)
      @cluster.fan_out.map(request.fetch('endpoints')) do |endpoint|
        { 'host' => endpoint['host'], 'port' => endpoint['port'], 'why' => refusal(endpoint['host'], endpoint['port']) }
      end
    end

    private

    def looked(what, unread, absent)
      yield
    rescue Java::JavaIo::IOException => e
      unread << { 'what' => what, 'why' => ErrorReport.clip(e.message) }
      absent
    end

    def quotas(tables)
      rows = tables.map { |t| ["t.#{t.getNameAsString}", "table #{t.getNameAsString}"] }
      rows += namespaces(tables).map { |name| ["n.#{name}", "namespace #{name}"] }
      (rows_of('hbase:quota', 'q', rows) + limited_namespaces(tables)).uniq
    end

    def grants(tables)
      rows = tables.map { |t| [t.getNameAsString, "table #{t.getNameAsString}"] }
      rows += namespaces(tables).map { |name| ["@#{name}", "namespace #{name}"] }
      rows_of('hbase:acl', 'l', rows)
    end

    def namespaces(tables)
      tables.map { |table| table.getNamespaceAsString }.uniq
    end

    def exists?(system_table)
      name = HB::TableName.valueOf(system_table)
      @cluster.admin { |admin| admin.tableExists(name) }
    end

    # Subjects of the rows that have any cell. Without the feature there is no such table.
    def rows_of(system_table, family, rows)
      return [] unless exists?(system_table)
      gets = java.util.ArrayList.new
      rows.each { |row, _| gets.add(HBClient::Get.new(Descriptors.bytes(row)).addFamily(Descriptors.bytes(family))) }
      results = @cluster.table(HB::TableName.valueOf(system_table)) { |table| table.get(gets) }
      rows.zip(results.to_a).reject { |_, result| result.isEmpty }.map { |row, _| row[1] }
    end

    # Limits of tables and regions are properties of the namespace.
    def limited_namespaces(tables)
      wanted = namespaces(tables)
      found = @cluster.admin { |admin| admin.listNamespaceDescriptors.to_a }
      limited = found.select do |descriptor|
        descriptor.getConfiguration.keySet.any? { |key| key.index('hbase.namespace.quota.') == 0 }
      end
      limited.map { |descriptor| descriptor.getName }.select { |name| wanted.include?(name) }.map { |name| "namespace #{name}" }
    end

    def encryption_zone
      root, files = root_and_files
      return nil unless files.respond_to?(:getEZForPath)
      zone = files.getEZForPath(root)
      zone && zone.getPath
    end

    # Raw bytes, replicas counted; nil without a quota.
    def space_left
      root, files = root_and_files
      return nil unless files.respond_to?(:getQuotaUsage)
      usage = files.getQuotaUsage(root)
      usage.getSpaceQuota < 0 ? nil : usage.getSpaceQuota - usage.getSpaceConsumed
    end

    def root_and_files
      root = @cluster.root_dir
      [root, root.getFileSystem(@cluster.conf)]
    end

    # A recovered queue is named after its peer and the dead server.
    def lags(server, load)
      load.getReplicationLoadSourceList.map do |source|
        { 'server' => server, 'peer' => source.getPeerID.split('-')[0],
          'lagMs' => [source.getReplicationLag, LONGEST_LAG_MS].min, 'queuedWals' => source.getSizeOfLogQueue }
      end
    end

    # nil when the port takes a connection.
    def refusal(host, port)
      address = java.net.InetSocketAddress.new(host, port)
      return 'the name does not resolve' if address.isUnresolved
      socket = java.net.Socket.new
      socket.connect(address, CONNECT_TIMEOUT_MS)
      nil
    rescue Java::JavaIo::IOException => e
      e.message
    ensure
      socket.close if socket
    end
  end
end
