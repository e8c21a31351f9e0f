module TemporalHBase
  # What an archive of WALs is made from: those a peer's queues hold, copies of closed ones, and what is in a copy.
  class WalArchive
    ATTEMPTS = 6
    PAUSE_SECONDS = 0.3
    CHUNK_BYTES = 1 << 20

    def initialize(cluster, files, queues, wals)
      @cluster = cluster
      @files = files
      @queues = queues
      @wals = wals
    end

    # A WAL moves from WALs/<server> to oldWALs/, or with a dead server's folder, while they are listed: who is not
    # found is looked for again.
    def list_held_wals(request)
      found = nil
      ATTEMPTS.times do |attempt|
        sleep PAUSE_SECONDS if attempt > 0
        request.stop_if_cancelled
        found = look(request.fetch('id'))
        break if found.all? { |queue| queue['wals'].all? { |wal| wal['path'] || wal['newest'] } }
      end
      found.each { |queue| queue['wals'].each { |wal| wal.delete('newest') } }
    end

    # Copies one file to a name that does not exist, whole or not at all, and says what was copied. A copy that is there
    # already is read instead.
    def copy_file(request)
      to, files = @files.writable(request.fetch('toUri'))
      request.change do
        created = !files.exists(to) && copy(request, to, files)
        sum = created || check(request, digest(to, request), to)
        sum.merge('created' => created ? true : false)
      end
    end

    def read_wal_range(request)
      range = WalRange.new
      @wals.each_entry(HadoopFs::Path.new(request.fetch('uri'))) do |entry|
        range.add(entry)
        request.stop_if_cancelled if range.entries % 1000 == 0
      end
      range.told
    end

    private

    def look(peer)
      queues = @queues.queues_of(peer)
      live = Status.read(@cluster).server_names
      places = locate
      queues.map { |queue| describe(queue, live, places) }
    end

    # The queues come first, so that a WAL which is no longer where it was is found in what is listed later.
    def locate
      folders = @cluster.fan_out.map(@wals.server_folders) { |folder| @wals.children(folder.getPath) }
      (folders.flatten + @wals.old_wals).inject({}) { |map, status| map.update(status.getPath.getName => status) }
    end

    def describe(queue, live, places)
      owned = live.include?(queue['server']) && !queue['recovered']
      newest = owned ? newest_of(queue, places) : {}
      wals = queue['wals'].reject { |wal| wal['group'] =~ /\.meta\z/ }
      told = @cluster.bulk_fan_out.map(wals) do |wal|
        describe_wal(wal, places[wal['name']], newest[wal['group']] == wal['startedMs'])
      end
      { 'queue' => queue['queue'], 'server' => queue['server'], 'live' => live.include?(queue['server']),
        'recovered' => queue['recovered'], 'wals' => told }
    end

    # By group, as the queue or the folder has it: whichever was seen later.
    def newest_of(queue, places)
      groups = queue['wals'].inject({}) { |map, wal| map.update(wal['group'] => true) }
      wals = places.keys.select { |name| Wals.wal?(name) }.map { |name| Wals.parse(name) } + queue['wals']
      wals.select { |wal| groups.key?(wal['group']) }.inject({}) do |newest, wal|
        newest.update(wal['group'] => [newest[wal['group']] || 0, wal['startedMs']].max)
      end
    end

    # The length is read once more after the close: listed before, it was that of a file still written to.
    def describe_wal(wal, status, newest)
      closed = !newest && !status.nil? && closed?(status.getPath)
      status = reread(status) if closed
      wal.merge('newest' => newest, 'closed' => closed && !status.nil?,
                'path' => status && status.getPath.to_s, 'bytes' => status ? status.getLen : 0)
    end

    # Only HDFS can tell; elsewhere a file appears when it is closed.
    def closed?(path)
      !@wals.files.respond_to?(:isFileClosed) || @wals.files.isFileClosed(path)
    rescue Java::JavaIo::FileNotFoundException
      # Moved, which only a closed one is.
      true
    end

    # nil when it has moved meanwhile: it is looked for again.
    def reread(status)
      @wals.files.getFileStatus(status.getPath)
    rescue Java::JavaIo::FileNotFoundException
      nil
    end

    # nil when somebody else was first. A WAL that moves away in the middle is read again from where it is now.
    def copy(request, to, files)
      ATTEMPTS.times do |attempt|
        begin
          return copy_once(request, to, files)
        rescue Java::JavaIo::FileNotFoundException
          raise if attempt == ATTEMPTS - 1
          sleep PAUSE_SECONDS
        end
      end
    end

    # A rename never overwrites on HDFS, and on a local file system only what is the same: one tick at a time copies. On
    # object stores a file appears whole when it is closed.
    def copy_once(request, to, files)
      from = @wals.find(HadoopFs::Path.new(request.fetch('from')))
      return write_directly(from, to, files, request) unless %w[hdfs file].include?(files.getUri.getScheme)
      draft = HadoopFs::Path.new(to.getParent, '.' + to.getName + '.' + java.util.UUID.randomUUID.to_s)
      begin
        sum = check(request, write(from, draft, files, request), from)
        @files.rename(files, draft, to)
        sum
      ensure
        files.delete(draft, false)
      end
    rescue Java::OrgApacheHadoopFs::FileAlreadyExistsException
      nil
    end

    def write_directly(from, to, files, request)
      sum = write(from, to, files, request)
      whole = check(request, sum, from)
    ensure
      files.delete(to, false) if sum && !whole
    end

    def check(request, sum, path)
      told = request['bytes']
      return sum if told.nil? || told == sum['bytes']
      raise Java::JavaIo::IOException.new("#{path} has #{sum['bytes']} bytes, not #{told}")
    end

    # What was written in part goes at once, since closing it may have made it visible.
    def write(from, to, files, request)
      open(from) do |input|
        files.mkdirs(to.getParent)
        output = files.create(to, false)
        begin
          sum = transfer(input, output, request)
        ensure
          output.close
          files.delete(to, false) if sum.nil?
        end
        sum
      end
    end

    def digest(path, request)
      open(path) { |input| transfer(input, nil, request) }
    end

    def open(path)
      input = path.getFileSystem(@cluster.conf).open(path)
      yield input
    ensure
      input.close if input
    end

    def transfer(input, output, request)
      sha = java.security.MessageDigest.getInstance('SHA-256')
      buffer = Java::byte[CHUNK_BYTES].new
      bytes = 0
      while (count = input.read(buffer)) >= 0
        request.stop_if_cancelled
        sha.update(buffer, 0, count)
        output.write(buffer, 0, count) if output
        bytes += count
      end
      { 'bytes' => bytes, 'sha256' => Hex.encode(sha.digest) }
    end
  end

  # When what a WAL holds was written, by table, and the markers that a replay cannot do: bulk loads (hazard 41).
  class WalRange
    attr_reader :entries

    def initialize
      @entries = 0
      @tables = {}
    end

    def add(entry)
      key = entry.getKey
      edit = entry.getEdit
      table = (key.respond_to?(:getTableName) ? key.getTableName : key.getTablename).getNameAsString
      at = key.getWriteTime
      @entries += 1
      found = @tables[table] ||= empty(table, at)
      found.update('firstMs' => [found['firstMs'], at].min, 'lastMs' => [found['lastMs'], at].max)
      edit.isMetaEdit ? edit.getCells.each { |cell| mark(found, edit, cell) } : found['edits'] += 1
    end

    # Without times when nothing is in it.
    def told
      tables = @tables.values
      { 'entries' => @entries, 'firstMs' => tables.map { |t| t['firstMs'] }.min,
        'lastMs' => tables.map { |t| t['lastMs'] }.max, 'tables' => tables }
    end

    private

    def empty(table, at)
      { 'table' => table, 'edits' => 0, 'firstMs' => at, 'lastMs' => at, 'bulkLoadFiles' => 0, 'opened' => [],
        'closed' => [] }
    end

    def mark(found, edit, cell)
      found['bulkLoadFiles'] += Wals.loaded_files(edit, cell)
      event = Wals.marker(edit, cell, 'getRegionEventDescriptor')
      return if event.nil?
      list = found[event.getEventType.to_s == 'REGION_OPEN' ? 'opened' : 'closed']
      list << event.getEncodedRegionName.toStringUtf8
    end
  end
end
