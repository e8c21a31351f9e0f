module TemporalHBase
  # Write-ahead logs as files, and their names: <server>.<start ms> or <server>.<group>.<start ms>, then perhaps .meta.
  class Wals
    NAME = /\A(.+)\.(\d+)(\.[a-z]+)?\z/
    SKEW_MS = 60_000

    def initialize(cluster)
      @cluster = cluster
      @remembered = RecentlyUsed.new
    end

    def self.parse(name)
      match = NAME.match(name)
      raise Refusal.new('failed', "not the name of a WAL: #{name}") if match.nil?
      { 'name' => name, 'group' => match[1] + match[3].to_s, 'startedMs' => match[2].to_i }
    end

    def self.wal?(name)
      !NAME.match(name).nil?
    end

    # A marker of one kind, or nil. By reflection, since 1.x and later name the class of an edit differently.
    def self.marker(edit, cell, getter)
      edit.java_class.to_java.getMethod(getter, HB::Cell.java_class).invoke(nil, cell)
    end

    def self.loaded_files(edit, cell)
      descriptor = marker(edit, cell, 'getBulkLoadDescriptor')
      return 0 if descriptor.nil?
      descriptor.getStoresList.inject(0) { |sum, store| sum + store.getStoreFileCount }
    end

    # Returns before the rolls have happened.
    def roll_wals(request)
      servers = Status.read(@cluster).servers
      @cluster.fan_out.map(servers) do |server|
        @cluster.admin { |admin| request.change { admin.rollWALWriter(server) } }
      end
      nil
    end

    def find_bulk_loads(request)
      since = request.fetch('sinceMs')
      wanted = request.fetch('tables').inject({}) { |map, name| map.update(name => true) }
      looks = @cluster.bulk_fan_out.map(written_since(since - SKEW_MS)) do |status|
        request.stop_if_cancelled
        read_or_name(status.getPath)
      end
      refuse_unreadable(looks.map { |look| look['unreadable'] }.compact)
      events = looks.inject([]) { |all, look| all + look['events'] }
      total(events.select { |table, at, _| wanted.key?(table) && at >= since })
    end

    def files
      root.getFileSystem(@cluster.conf)
    end

    def root
      @cluster.wal_root
    end

    # Folders below WALs/: one a server, `<server>-splitting` while a dead one's edits are recovered.
    def server_folders
      children(HadoopFs::Path.new(root, 'WALs')).select { |status| status.isDirectory }
    end

    def children(path)
      files.listStatus(path).to_a
    rescue Java::JavaIo::FileNotFoundException
      []
    end

    def old_wals
      children(HadoopFs::Path.new(root, 'oldWALs')).map { |s| s.isDirectory ? children(s.getPath) : [s] }.flatten
    end

    # An open file ends where its writer is; so does one that was cut off. Each entry comes with the position behind it.
    def each_entry(path, from = 0)
      reader = open_reader(path, from)
      return if reader.nil?
      while (entry = next_entry(reader))
        yield entry, reader.getPosition
      end
    ensure
      reader.close if reader
    end

    def next_entry(reader)
      reader.next
    rescue Java::JavaIo::EOFException
      nil
    end

    # nil for one that ends within its header.
    def open_reader(path, from = 0)
      factory = Java::OrgApacheHadoopHbaseWal::WALFactory
      path = find(path)
      files = path.getFileSystem(@cluster.conf)
      # A position of 0 would be taken as behind the header.
      if factory.respond_to?(:createStreamReader)
        return factory.createStreamReader(files, path, @cluster.conf, *(from > 0 ? [from] : []))
      end
      reader = factory.createReader(files, path, @cluster.conf)
      reader.seek(from) if from > 0
      reader
    rescue Java::JavaIo::EOFException
      nil
    end

    # Where a WAL is now: a closed one moves to oldWALs/ at any moment, and a dead server's folder is renamed. One that is
    # nowhere is told as it was asked for: nobody needs it any more.
    def find(path)
      files = path.getFileSystem(@cluster.conf)
      [path].concat(other_places(path)).find { |place| files.exists(place) } || path
    end

    private

    # The meta region's WAL holds no user table. A file is written from its start to its last modification; HDFS does
    # not move the modification time of an open one, so the newest of each group always counts.
    def written_since(since_ms)
      live = server_folders.map { |folder| newest_and_since(children(folder.getPath), since_ms) }
      old = old_wals.select { |s| s.getModificationTime >= since_ms }
      (live + old).flatten.select { |s| Wals.wal?(s.getPath.getName) && s.getPath.getName !~ /\.meta\z/ }
    end

    def newest_and_since(statuses, since_ms)
      groups = statuses.select { |s| Wals.wal?(s.getPath.getName) }.group_by { |s| Wals.parse(s.getPath.getName)['group'] }
      groups.values.map do |group|
        newest = group.max_by { |s| Wals.parse(s.getPath.getName)['startedMs'] }
        group.select { |s| s.equal?(newest) || s.getModificationTime >= since_ms }
      end
    end

    def total(events)
      events.group_by { |event| event[0] }.map do |table, loads|
        { 'table' => table, 'files' => loads.inject(0) { |sum, load| sum + load[2] },
          'lastAtMs' => loads.map { |load| load[1] }.max }
      end
    end

    # What one look has read is remembered with where it ended: a closed file is read once, and an open one is read on
    # from there, so that a look inside a fence has only to read what was written since the look before. The name of a WAL
    # is unique and stays when the file moves.
    def bulk_load_events(path)
      known = @remembered.get(path.getName) || { 'events' => [], 'position' => 0 }
      return known['events'] if known['closed']
      closed = closed?(path)
      read = read_on(path, known).merge('closed' => closed)
      @remembered.put(path.getName, read)
      read['events']
    end

    # One that cannot be read must not hide the others, nor look like one without bulk loads.
    def read_or_name(path)
      { 'events' => bulk_load_events(path) }
    rescue Java::JavaIo::IOException, Java::JavaLang::RuntimeException => e
      { 'events' => [], 'unreadable' => "#{path.toUri.getPath}: #{WalTrouble.describe(e)}" }
    end

    def refuse_unreadable(unreadable)
      return if unreadable.empty?
      others = unreadable.size > 1 ? ", and #{unreadable.size - 1} more WALs" : ''
      message = "A WAL cannot be read, so bulk loads in it are not seen: #{unreadable.first}#{others}"
      raise Refusal.new('failed', message)
    end

    # Asked before reading, and only of a file system that can tell.
    def closed?(path)
      files.respond_to?(:isFileClosed) && files.isFileClosed(path)
    rescue Java::JavaIo::FileNotFoundException
      false
    end

    # An event is [table, time of the write, number of files].
    def read_on(path, known)
      events = known['events'].dup
      position = known['position']
      each_entry(path, position) do |entry, behind|
        position = behind
        edit = entry.getEdit
        next unless edit.isMetaEdit
        key = entry.getKey
        table = (key.respond_to?(:getTableName) ? key.getTableName : key.getTablename).getNameAsString
        count = edit.getCells.inject(0) { |sum, cell| sum + Wals.loaded_files(edit, cell) }
        events << [table, key.getWriteTime, count] if count > 0
      end
      { 'events' => events, 'position' => position }
    end

    def other_places(path)
      return [] unless path.toUri.getPath.index(root.toUri.getPath.chomp('/') + '/') == 0
      server = path.getParent.getName.sub(/-splitting\z/, '')
      old = HadoopFs::Path.new(root, 'oldWALs')
      folders = [old, HadoopFs::Path.new(old, server)] +
        [server, server + '-splitting'].map { |name| HadoopFs::Path.new(HadoopFs::Path.new(root, 'WALs'), name) }
      folders.map { |folder| HadoopFs::Path.new(folder, path.getName) }
    end
  end
end
