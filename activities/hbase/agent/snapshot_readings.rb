module TemporalHBase
  # Reads a snapshot's files in this process: no region server is asked, and nothing is written below the root. HBase
  # makes links to the files in a scratch folder of ours, and its own region code reads those, with TTL taken off the
  # families, since a copy that is judged later has to be judged by the same cells (hazard 46).
  class SnapshotReadings
    OWNER = 'temporal-hbase-reading.json'
    READY = 'ready'
    # What holds readings and nothing else: it goes with the last of them.
    HOLDER = /\.(thb|temporal-hbase)-scratch\z/.freeze

    def self.manifest(root, name)
      Manifest.find(root, name) || raise(Refusal.new('not-found', "there is no snapshot #{name} in #{root.path}"))
    end

    def initialize(cluster, files)
      @cluster = cluster
      @files = files
      @open = java.util.concurrent.ConcurrentHashMap.new
    end

    # May be asked again, also by another process, and after one was cut off in the middle.
    def open_snapshot_reading(request)
      root = Root.new(@cluster, request['rootUri'])
      scratch, files = @files.writable(request.fetch('scratchUri'))
      request.change do
        own(scratch, 'snapshot' => request.fetch('name'), 'rootUri' => root.path.to_s)
        link(root, scratch, files, request.fetch('name')) unless @files.read(child(scratch, READY))
      end
      nil
    end

    def digest_snapshot(request)
      Digests.page(request.fetch('limit')) do |limit, take|
        reading(request).each_row(request, limit) { |result| take.call(result) }
      end
    end

    # True when there was something of ours to remove.
    def close_snapshot_reading(request)
      scratch, files = @files.writable(request.fetch('scratchUri'))
      known = @open.remove(scratch.to_s)
      known.close if known
      unless files.exists(scratch)
        request.change { sweep(scratch, files) }
        return false
      end
      unless files.exists(HadoopFs::Path.new(scratch, OWNER))
        raise Refusal.new('protected-path', "#{scratch} is not removed: it has no #{OWNER}")
      end
      request.change { files.delete(scratch, true).tap { sweep(scratch, files) } }
    end

    private

    def child(folder, name)
      HadoopFs::Path.new(folder, name).to_s
    end

    def own(scratch, owner)
      text = Json.dump(owner)
      return if @files.create(child(scratch, OWNER), text) || @files.read(child(scratch, OWNER)) == text
      raise Refusal.new('bad-request', "#{scratch} belongs to the reading of another snapshot")
    end

    # Never recursive: a folder that another reading stands in refuses to go.
    def sweep(scratch, files)
      parent = scratch.getParent
      parents = parent.getName =~ HOLDER ? [parent] : [parent, parent.getParent]
      return unless parents.last && parents.last.getName =~ HOLDER
      parents.each { |folder| files.delete(folder, false) }
    rescue Java::JavaIo::IOException
      nil
    end

    # Whoever is first names the folder of links that counts.
    def link(root, scratch, files, name)
      SnapshotReadings.manifest(root, name)
      folder = HadoopFs::Path.new(scratch, 'links-' + java.util.UUID.randomUUID.to_s)
      helper = Java::OrgApacheHadoopHbaseSnapshot::RestoreSnapshotHelper
      helper.copySnapshotForScanner(root.conf, root.files, root.path, folder, name)
      files.delete(folder, true) unless @files.create(child(scratch, READY), folder.getName)
    end

    # What stands ready now: an open one of a scratch folder that was removed and made anew is of no use.
    def reading(request)
      scratch, = @files.writable(request.fetch('scratchUri'))
      ready = @files.read(child(scratch, READY))
      raise Refusal.new('not-found', "#{scratch} is not ready to be read") if ready.nil?
      known = @open.get(scratch.to_s)
      return known if known && known.folder.getName == ready
      known.close if known
      owner = Json.parse(@files.read(child(scratch, OWNER)))
      root = Root.new(@cluster, owner['rootUri'])
      made = SnapshotReading.new(root, owner['snapshot'], HadoopFs::Path.new(scratch, ready))
      @open.put(scratch.to_s, made)
      made
    end
  end

  # One restored snapshot and the scanners that stand in the middle of it, each waiting for its next page.
  class SnapshotReading
    MOST_WAITING = 8

    attr_reader :folder

    def initialize(root, name, folder)
      @root = root
      @name = name
      @folder = folder
      manifest = SnapshotReadings.manifest(root, name)
      @descriptor = Descriptors.without_ttl(manifest.descriptor)
      @regions = manifest.regions.sort_by { |info| Hex.encode(info.getStartKey) }
      @waiting = {}
      @lock = Mutex.new
      quieten(root.conf)
      @files = checking(root)
    end

    # Yields at most `limit` rows.
    def each_row(request, limit, &block)
      refused = hfile.getChecksumFailuresCount
      read(request, limit, &block)
      return if hfile.getChecksumFailuresCount == refused
      damaged('blocks do not have the checksums that HBase wrote with them')
    rescue Java::JavaLang::Exception => e
      raise unless Manifest.damage?(e)
      damaged(ErrorReport.clip(e.message))
    end

    def close
      @lock.synchronize do
        @waiting.values.each { |rows| rows.close }
        @waiting.clear
      end
      @files.getNoChecksumFs.close if @root.files.getUri.getScheme == 'hdfs'
    end

    def regions_between(first, stop)
      @regions.select do |info|
        start = Hex.encode(info.getStartKey)
        finish = Hex.encode(info.getEndKey)
        (stop.empty? || start < stop) && (finish.empty? || first < finish)
      end
    end

    def scanner(info, scan)
      HBClient::ClientSideRegionScanner.new(@root.conf, @files, @folder, @descriptor, info, scan, nil)
    end

    private

    def hfile
      Java::OrgApacheHadoopHbaseIoHfile::HFile
    end

    def damaged(why)
      raise Refusal.new('damaged', "the files of #{@name} in #{@root.path}: #{why}")
    end

    def read(request, limit, &block)
      place = [request['startRow'] || '', request['stopRow'] || '']
      rows = @lock.synchronize { @waiting.delete(place) } || RowsOfRegions.new(self, place[0], place[1])
      last = rows.read(request, limit, &block)
      rows = keep([Hex.encode(last.getRow) + '00', place[1]], rows) if last
    ensure
      rows.close if rows
    end

    # The one that has waited longest makes room, and is opened anew if it is wanted after all.
    def keep(place, rows)
      @lock.synchronize do
        left = [@waiting.delete(place)]
        left << @waiting.delete(@waiting.keys.first) if @waiting.size >= MOST_WAITING
        @waiting[place] = rows
        left.compact.each { |other| other.close }
      end
      nil
    end

    # HDFS heals what one replica has lost; what HBase's own checksums still refuse was damaged before it came there, e.g.
    # while an export that compares lengths copied it (hazard 43).
    def checking(root)
      root.conf.set('fs.defaultFS', root.files.getUri.to_s)
      root.conf.setBoolean('dfs.client.read.shortcircuit', false)
      files = Java::OrgApacheHadoopHbaseFs::HFileSystem.new(root.conf, true)
      files.getNoChecksumFs.setVerifyChecksum(true)
      files
    end

    # Each opened region would otherwise have caches of a server's size.
    def quieten(conf)
      conf.unset('hbase.bucketcache.ioengine')
      conf.setFloat('hfile.block.cache.size', 0.05)
      conf.setInt('hbase.mob.file.cache.size', 0)
    end
  end

  # Rows of a range, region by region, with one region open at a time. On a thread of its own, since HBase wants a
  # scanner closed by the thread that opened it, and pages come on any.
  class RowsOfRegions
    LOOK_ROWS = 1000

    def initialize(reading, first, stop)
      @reading = reading
      @regions = reading.regions_between(first, stop)
      @range = [first, stop]
      @thread = Pool.new(1)
    end

    # Yields at most `limit` rows. The last one, if there may be more.
    def read(request, limit)
      on_thread do
        seen = 0
        last = nil
        while seen < limit && (last = next_row)
          yield last
          seen += 1
          request.stop_if_cancelled if seen % LOOK_ROWS == 0
        end
        last
      end
    end

    def close
      on_thread { close_scanner }
    ensure
      @thread.close
    end

    private

    def on_thread(&block)
      @thread.map([nil]) { block.call }.first
    end

    def next_row
      loop do
        return nil if @scanner.nil? && !open
        result = @scanner.next
        return result if result && !result.isEmpty
        close_scanner
      end
    end

    def close_scanner
      @scanner.close if @scanner
      @scanner = nil
    end

    def open
      info = @regions.shift
      return false if info.nil?
      @scanner = @reading.scanner(info, Digests.scan_of(@range[0], @range[1]))
      true
    end
  end
end
