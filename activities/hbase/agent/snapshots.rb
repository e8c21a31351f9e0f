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

  # What a snapshot's manifest names, below this cluster's root or any other (a backup root, a staging folder).
  class SnapshotFiles
    def initialize(cluster)
      @cluster = cluster
    end

    def read_snapshot_files(request)
      conf = HB::HBaseConfiguration.create(@cluster.conf)
      conf.set('hbase.rootdir', request['rootUri']) if request['rootUri']
      path = HadoopFs::Path.new(conf.get('hbase.rootdir'))
      files = path.getFileSystem(conf)
      root = files.makeQualified(path)
      folder = utilities.getCompletedSnapshotDir(request.fetch('name'), root)
      return nil unless files.exists(HadoopFs::Path.new(folder, '.snapshotinfo'))
      count(conf, files, folder)
    end

    private

    def utilities
      Java::OrgApacheHadoopHbaseSnapshot::SnapshotDescriptionUtils
    end

    def links
      Java::OrgApacheHadoopHbaseIo::HFileLink
    end

    def count(conf, files, folder)
      description = utilities.readSnapshotInfo(files, folder)
      manifest = Java::OrgApacheHadoopHbaseSnapshot::SnapshotManifest.open(conf, files, folder, description)
      table = table_of(description)
      entries = store_files(manifest, table)
      sizes = @cluster.bulk_fan_out.map(entries.keys) { |key| size(conf, files, table, entries[key]) }
      total(entries.values, sizes, table)
    end

    # Both halves of a split refer to one parent file, which is there, and copied, once.
    def total(entries, sizes, table)
      bytes = Hash[entries.map { |e| target(table, e) }.zip(sizes)]
      { 'files' => entries.size, 'references' => entries.select { |e| e[:reference] }.size,
        'mobFiles' => entries.select { |e| e[:mob] }.size, 'missing' => sizes.select { |s| s.nil? }.size,
        'bytes' => bytes.values.compact.inject(0) { |sum, n| sum + n } }
    end

    # The name of the file that holds an entry's bytes.
    def target(table, entry)
      entry[:reference] ? referred(table, entry).getName : link_name(table, entry)
    end

    # 2.x tells the table as a protobuf string too.
    def table_of(description)
      HB::TableName.valueOf(description.getTable)
    end

    # One entry a file, though several regions may name it.
    def store_files(manifest, table)
      mob = mob_region(table)
      (manifest.getRegionManifests || []).inject({}) do |found, region|
        name = region_name(region)
        region.getFamilyFilesList.each do |family|
          folder = family.getFamilyName.toStringUtf8
          family.getStoreFilesList.each { |file| add(found, name, folder, file, name == mob) }
        end
        found
      end
    end

    def add(found, region, family, file, mob)
      name = file.getName
      found["#{region}/#{family}/#{name}"] = {
        :region => region, :family => family, :name => name, :mob => mob, :bytes => file.hasFileSize ? file.getFileSize : nil,
        :reference => Java::OrgApacheHadoopHbaseRegionserver::StoreFileInfo.isReference(name)
      }
    end

    def region_name(manifest)
      info = manifest.getRegionInfo
      if info.respond_to?(:getRegionEncodedName)
        return info.getRegionEncodedName
      end
      return Java::OrgApacheHadoopHbaseShadedProtobuf::ProtobufUtil.toRegionInfo(info).getEncodedName unless classic?
      HB::HRegionInfo.convert(info).getEncodedName
    end

    def classic?
      !TemporalHBase.java_class?('org.apache.hadoop.hbase.shaded.protobuf.ProtobufUtil')
    end

    def mob_region(table)
      return nil unless TemporalHBase.java_class?('org.apache.hadoop.hbase.mob.MobUtils')
      Java::OrgApacheHadoopHbaseMob::MobUtils.getMobRegionInfo(table).getEncodedName
    end

    # Bytes of the file, wherever HBase would find it; nil when it is missing or its length is not the manifest's.
    def size(conf, files, table, entry)
      status = link(conf, table, entry).getFileStatus(files)
      return status.getLen if entry[:reference] || entry[:bytes].nil? || entry[:bytes] == status.getLen
      nil
    rescue Java::JavaIo::FileNotFoundException
      nil
    end

    def link(conf, table, entry)
      return links.buildFromHFileLinkPattern(conf, referred(table, entry)) if entry[:reference]
      path = HadoopFs::Path.new(entry[:family], link_name(table, entry))
      return links.buildFromHFileLinkPattern(conf, path) unless entry[:mob]
      mob = Java::OrgApacheHadoopHbaseMob::MobUtils.getQualifiedMobRootDir(conf)
      archive = HBUtil::HFileArchiveUtil.getArchivePath(conf)
      links.buildFromHFileLinkPattern(mob, archive, path)
    end

    def link_name(table, entry)
      return entry[:name] if links.isHFileLink(entry[:name])
      links.createHFileLinkName(table, entry[:region], entry[:name])
    end

    # A split or merge reference stands for the parent's file.
    def referred(table, entry)
      reference = HadoopFs::Path.new(HadoopFs::Path.new(entry[:region], entry[:family]), entry[:name])
      parent = Java::OrgApacheHadoopHbaseRegionserver::StoreFileInfo.getReferredToFile(reference)
      links.createPath(table, parent.getParent.getParent.getName, entry[:family], parent.getName)
    end
  end
end
