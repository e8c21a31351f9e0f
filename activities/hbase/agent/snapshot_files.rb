module TemporalHBase
  # Verbs over manifests and the files they name, below this cluster's root or any other.
  class SnapshotFiles
    def initialize(cluster)
      @cluster = cluster
    end

    # nil also for a folder without its first file, as an export that was cut off may leave it.
    def read_snapshot_files(request)
      root = Root.new(@cluster, request['rootUri'])
      folder = HadoopFs::Path.new(root.snapshots, request.fetch('name'))
      return nil unless root.files.exists(HadoopFs::Path.new(folder, Manifest::INFO))
      entries = Manifest.new(root, folder).store_files
      # Both halves of a split refer to one parent file, which is there, and copied, once.
      looks = look_at(entries)
      sizes = looks.map { |size, missing| missing ? 0 : size }
      bytes = Hash[entries.map { |entry| entry.archive_path }.zip(sizes)].values
      { 'files' => entries.size, 'references' => entries.select { |e| e.reference? }.size,
        'mobFiles' => entries.select { |e| e.kind == 'mob' }.size, 'bytes' => bytes.inject(0) { |sum, n| sum + n },
        'missing' => looks.select { |_, missing| missing }.size }
    end

    def list_snapshot_files(request)
      manifest = find(request)
      return nil if manifest.nil?
      # A file that a region names itself is copied as such, whoever else refers to it: `hfile` comes first.
      entries = manifest.store_files.sort_by { |e| [e.archive_path, e.kind] }
      entries = entries.group_by { |e| e.archive_path }.values.map { |same| same.first }
      entries.zip(look_at(entries)).map do |entry, look|
        { 'path' => entry.archive_path, 'kind' => entry.kind, 'bytes' => look[0], 'missing' => look[1] }
      end
    end

    def describe_snapshot(request)
      manifest = find(request)
      manifest && describe(manifest)
    end

    # Everything of a backup root that HBase's own tools write into it.
    def list_root(request)
      root = Root.new(@cluster, request.fetch('rootUri'))
      { 'manifests' => manifests(root, root.snapshots, false) + manifests(root, root.unfinished, true),
        'files' => archived(root, request) }
    end

    private

    def find(request)
      Manifest.find(Root.new(@cluster, request['rootUri']), request.fetch('name'), request['temporary'] == true)
    end

    def look_at(entries)
      @cluster.bulk_fan_out.map(entries) { |entry| entry.look }
    end

    def describe(manifest)
      descriptor = manifest.descriptor
      told = manifest.description
      { 'name' => told.getName, 'table' => manifest.table.getNameAsString, 'createdAtMs' => told.getCreationTime,
        'readOnly' => descriptor.isReadOnly, 'durability' => descriptor.getDurability.to_s,
        'families' => descriptor.getColumnFamilies.map { |f| Descriptors.family(f) },
        'coprocessors' => Descriptors.coprocessors(descriptor), 'attributes' => Descriptors.attributes(descriptor),
        'regions' => manifest.regions.map { |info| region(info) }.sort_by { |r| r['startKey'] } }
    end

    def region(info)
      { 'encodedName' => info.getEncodedName, 'startKey' => Hex.encode(info.getStartKey),
        'endKey' => Hex.encode(info.getEndKey) }
    end

    def manifests(root, folder, temporary)
      root.children(folder).reject { |status| status.getPath.getName == '.tmp' }.map do |status|
        { 'name' => status.getPath.getName, 'temporary' => temporary, 'modifiedMs' => status.getModificationTime,
          'complete' => status.isDirectory && Manifest.complete?(root, status.getPath) }
      end
    end

    def archived(root, request)
      found = []
      entries = root.files.listFiles(root.archive, true)
      while entries.hasNext
        status = entries.next
        found << { 'path' => root.relative(status.getPath), 'bytes' => status.getLen,
                   'modifiedMs' => status.getModificationTime }
        request.stop_if_cancelled if found.size % 1000 == 0
      end
      found
    rescue Java::JavaIo::FileNotFoundException
      raise if root.files.exists(root.archive)
      []
    end
  end
end
