module TemporalHBase
  # Which rows the entries of a WAL touch, by the time of the write: a delete of one version carries the time of the cell
  # that it deletes, and clients set times as they like, so a scan by the times of cells does not see them all.
  class WalRows
    ATTEMPTS = 6
    PAUSE_SECONDS = 0.3
    LOOK_ENTRIES = 1000
    MOST_WAITING = 16

    def initialize(cluster, wals)
      @cluster = cluster
      @wals = wals
      @waiting = {}
      @lock = Mutex.new
    end

    # One page. An open WAL is read to where its writer has synced.
    def read_wal_rows(request)
      reading = wake(request) || open(request)
      page = WalPage.new(request)
      while !page.full? && (entry = reading.next)
        page.add(entry)
        request.stop_if_cancelled if reading.entries % LOOK_ENTRIES == 0
      end
      return page.told('entries' => reading.entries) unless page.full?
      told = page.told('entries' => reading.entries, 'nextEntry' => reading.entries)
      keep(request, reading)
      reading = nil
      told
    ensure
      reading.close if reading
    end

    private

    def place(request, entries)
      [request.fetch('uri'), entries]
    end

    def wake(request)
      @lock.synchronize { @waiting.delete(place(request, request['fromEntry'] || 0)) }
    end

    # The one that has waited longest makes room, and is opened anew if it is wanted after all.
    def keep(request, reading)
      left = @lock.synchronize do
        oldest = @waiting.size >= MOST_WAITING ? @waiting.delete(@waiting.keys.first) : nil
        same = @waiting.delete(place(request, reading.entries))
        @waiting[place(request, reading.entries)] = reading
        [oldest, same].compact
      end
      left.each { |other| other.close }
    end

    # A WAL that moves while it is opened is looked for again.
    def open(request)
      ATTEMPTS.times do |attempt|
        begin
          return WalReading.new(@wals, request).skip(request)
        rescue Java::JavaIo::FileNotFoundException
          raise if attempt == ATTEMPTS - 1
          sleep PAUSE_SECONDS
        end
      end
    end
  end

  # One WAL, read so far.
  class WalReading
    attr_reader :entries

    # A header that ends too early is that of a file in which nothing was ever acknowledged, unless it has a length that
    # says otherwise: an unreadable WAL is never an empty one.
    def initialize(wals, request)
      @wals = wals
      @entries = 0
      uri = request.fetch('uri')
      @reader = wals.open_reader(HadoopFs::Path.new(uri))
      return unless @reader.nil? && (request['bytes'] || 0) > 0
      raise Java::JavaIo::IOException.new("#{uri} has #{request['bytes']} bytes, but no readable header")
    end

    def next
      entry = @reader && @wals.next_entry(@reader)
      @entries += 1 if entry
      entry
    end

    def skip(request)
      wanted = request['fromEntry'] || 0
      while @entries < wanted && self.next
        request.stop_if_cancelled if @entries % WalRows::LOOK_ENTRIES == 0
      end
      self
    end

    def close
      @reader.close if @reader
    end
  end

  # Distinct rows of some tables, up to a limit.
  class WalPage
    def initialize(request)
      @since = request.fetch('sinceMs')
      @limit = request.fetch('limit')
      @rows = java.util.HashMap.new
      request.fetch('tables').each { |name| @rows.put(HB::TableName.valueOf(name), {}) }
      @count = 0
      @util = HB::CellUtil
    end

    def full?
      @count >= @limit
    end

    def add(entry)
      key = entry.getKey
      @is_new_line = key.respond_to?(:getTableName) if @is_new_line.nil?
      rows = @rows.get(@is_new_line ? key.getTableName : key.getTablename)
      return if rows.nil? || key.getWriteTime < @since
      edit = entry.getEdit
      take(rows, edit.getCells) unless edit.isMetaEdit
    end

    def told(reading)
      found = @rows.entrySet.map do |pair|
        { 'table' => pair.getKey.getNameAsString, 'rows' => pair.getValue.keys.map { |row| row.unpack('H*')[0] } }
      end
      reading.merge('tables' => found.reject { |touched| touched['rows'].empty? })
    end

    private

    # Cells of one row follow each other.
    def take(rows, cells)
      last = nil
      cells.each do |cell|
        row = String.from_java_bytes(@util.cloneRow(cell))
        next if row == last
        last = row
        next if rows.key?(row)
        rows[row] = true
        @count += 1
      end
    end
  end
end
