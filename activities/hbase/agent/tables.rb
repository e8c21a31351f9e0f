module TemporalHBase
  class Tables
    def self.family_of(descriptor, name)
      family = descriptor.respond_to?(:getColumnFamily) ? descriptor.getColumnFamily(Descriptors.bytes(name)) : nil
      family ||= descriptor.getFamily(Descriptors.bytes(name)) if descriptor.respond_to?(:getFamily)
      family || raise(Refusal.new('not-found', "table #{descriptor.getTableName} has no family #{name}"))
    end

    attr_writer :work

    def initialize(cluster, files)
      @cluster = cluster
      @files = files
    end

    def warm_up
      @cluster.admin { |admin| admin.listTableNames }
      @cluster.files.getFileStatus(@cluster.root_dir)
    end

    def list_tables(_request)
      @cluster.admin { |admin| admin.listTableNames.map { |t| t.getNameAsString } }
    end

    def read_table(request)
      table = request.table
      @cluster.admin do |admin|
        begin
          describe(admin, table)
        rescue Java::OrgApacheHadoopHbase::TableNotFoundException
          nil
        end
      end
    end

    def list_regions(request)
      regions(request.table)
    end

    def every_region_open?(request)
      open?(request.table)
    end

    def open?(table)
      return false unless @cluster.admin { |admin| admin.isTableEnabled(table) }
      found = regions(table)
      !found.empty? && found.all? { |region| region['online'] }
    end

    def list_namespaces(_request)
      @cluster.admin { |admin| admin.listNamespaceDescriptors.map { |n| n.getName } }
    end

    def create_namespace(request)
      descriptor = HB::NamespaceDescriptor.create(request.fetch('namespace')).build
      @cluster.admin { |admin| request.change { admin.createNamespace(descriptor) } }
      nil
    end

    def delete_namespace(request)
      @cluster.admin { |admin| request.change { admin.deleteNamespace(request.fetch('namespace')) } }
      nil
    end

    def create_table(request)
      keys = request.fetch('splitKeys').map { |key| Hex.decode(key) }
      @cluster.admin do |admin|
        descriptor = Descriptors.of(admin).create(request.table, request.fetch('families'), request['attributes'] || {})
        request.change { keys.empty? ? admin.createTable(descriptor) : admin.createTable(descriptor, matrix(keys)) }
      end
      nil
    end

    def enable_table(request)
      @cluster.admin { |admin| request.change { admin.enableTable(request.table) } }
      nil
    end

    def disable_table(request)
      @cluster.admin do |admin|
        request.change do
          @files.refuse_when_marked(request['markPath'])
          admin.disableTable(request.table)
        end
      end
      nil
    end

    def delete_table(request)
      @cluster.admin { |admin| request.change { admin.deleteTable(request.table) } }
      nil
    end

    def alter_table(request)
      return fence(request) if request['markPath'] && request.fetch('change')['readOnly']
      alter(request.table, request.fetch('change')) { |apply| request.change { apply.call } }
      nil
    end

    # A fence that an attempt before this one has queued is waited for: another one would stand behind it, and behind
    # the unfence as well.
    def fence(request)
      table = request.table
      return @work.wait_for_fence(request) if @work.fence_queued?(table)
      alter(table, 'readOnly' => true) do |apply|
        request.change do
          @files.refuse_when_marked(request['markPath'])
          apply.call
        end
      end
      nil
    end

    def read_only?(table)
      @cluster.admin { |admin| Descriptors.of(admin).read(admin, table).isReadOnly }
    end

    def enabled?(table)
      @cluster.admin { |admin| admin.isTableEnabled(table) }
    end

    # Yields the change itself, so that the caller's checks stand right before it.
    def alter(table, change)
      @cluster.admin do |admin|
        line = Descriptors.of(admin)
        descriptor = line.changed(line.read(admin, table), change)
        yield lambda { line.modify(admin, table, descriptor) }
      end
    end

    def regions(table)
      locations = locations(table)
      online = online_regions(locations.map { |l| l.getServerName }.compact.uniq)
      locations.map { |location| region(location, online) }
    end

    def locations(table)
      locator = @cluster.connection.getRegionLocator(table)
      locator.getAllRegionLocations.select { |l| replica_of(l) == 0 }
    ensure
      locator.close if locator
    end

    def region_info(location)
      location.respond_to?(:getRegion) ? location.getRegion : location.getRegionInfo
    end

    def first_family(table)
      @cluster.admin { |admin| Descriptors.of(admin).read(admin, table).getColumnFamilies[0].getName }
    end

    private

    def replica_of(location)
      region_info(location).getReplicaId
    end

    def region(location, online)
      info = region_info(location)
      server = location.getServerName
      name = info.getEncodedName
      { 'encodedName' => name, 'startKey' => Hex.encode(info.getStartKey), 'endKey' => Hex.encode(info.getEndKey),
        'server' => server && server.to_s, 'online' => !server.nil? && (online[server.to_s] || {}).key?(name) }
    end

    # What the servers themselves say they serve; one that does not answer serves nothing.
    def online_regions(servers)
      names = @cluster.fan_out.map(servers) { |server| regions_on(server) }
      Hash[servers.map { |s| s.to_s }.zip(names)]
    end

    def regions_on(server)
      @cluster.admin do |admin|
        found = admin.respond_to?(:getDescriptor) ? admin.getRegions(server) : admin.getOnlineRegions(server)
        found.inject({}) { |names, info| names.update(info.getEncodedName => true) }
      end
    rescue Java::JavaIo::IOException
      {}
    end

    def describe(admin, table)
      descriptor = Descriptors.of(admin).read(admin, table)
      info = admin.respond_to?(:getDescriptor) ? admin.getRegions(table) : admin.getTableRegions(table)
      { 'table' => table.getNameAsString, 'enabled' => admin.isTableEnabled(table),
        'readOnly' => descriptor.isReadOnly, 'durability' => descriptor.getDurability.to_s,
        'families' => descriptor.getColumnFamilies.map { |f| Descriptors.family(f) },
        'coprocessors' => Descriptors.coprocessors(descriptor), 'regions' => info.size,
        'sizeBytes' => size_bytes(admin, table), 'attributes' => Descriptors.attributes(descriptor) }
    end

    def size_bytes(admin, table)
      return classic_size_bytes(admin, table) unless admin.respond_to?(:getRegionMetrics)
      servers = locations(table).map { |l| l.getServerName }.compact.uniq
      sizes = @cluster.fan_out.map(servers) do |server|
        metrics = @cluster.admin { |a| a.getRegionMetrics(server, table) }
        metrics.inject(0) { |sum, m| sum + m.getStoreFileSize.get(HB::Size::Unit::BYTE).to_i }
      end
      sizes.inject(0) { |sum, n| sum + n }
    end

    def classic_size_bytes(admin, table)
      prefix = table.getNameAsString + ','
      status = admin.getClusterStatus
      status.getServers.inject(0) do |sum, server|
        loads = status.getLoad(server).getRegionsLoad.values
        sum + loads.inject(0) { |n, l| l.getNameAsString.index(prefix) == 0 ? n + l.getStorefileSizeMB * 1_048_576 : n }
      end
    end

    def matrix(rows)
      result = java.lang.reflect.Array.newInstance(Java::byte[0].new.java_class, rows.size)
      rows.each_with_index { |row, i| result[i] = row }
      result
    end
  end
end
