module TemporalHBase
  # Digests of what a reader can see: every visible cell and version. A cell enters sha-256 as its KeyValue bytes
  # without tags and sequence id (lengths, row, family, qualifier, timestamp, type, value), which are the same in every
  # line, so equal content has equal digests across versions.
  class Digests
    CACHING = 1000
    MAX_RANGE_ROWS = 20_000
    GET_BATCH = 500

    def initialize(cluster)
      @cluster = cluster
    end

    # What a page of rows is, whoever reads them: yields the limit and what takes a row.
    def self.page(limit)
      sha = Sha.new
      rows = 0
      last = nil
      yield limit, lambda { |result|
        sha.add(result)
        rows += 1
        last = result
      }
      { 'rows' => rows, 'cells' => sha.cells, 'digest' => sha.take, 'lastRow' => last && Hex.encode(last.getRow),
        'done' => rows < limit }
    end

    # Every version of every cell of a range.
    def self.scan_of(start_row, stop_row)
      scan = HBClient::Scan.new
      scan.withStartRow(Hex.decode(start_row || ''))
      scan.withStopRow(Hex.decode(stop_row || ''))
      scan.setCacheBlocks(false)
      all_versions(scan)
    end

    def self.all_versions(query)
      query.respond_to?(:readAllVersions) ? query.readAllVersions : query.setMaxVersions
      query
    end

    def digest_range(request)
      Digests.page(request.fetch('limit')) do |limit, take|
        scan = range_scan(request, request['startRow'], request['stopRow'], limit)
        each_row(request, scan) { |result| take.call(result) }
      end
    end

    def digest_rows(request)
      sha = Sha.new
      found = []
      each_result(request) do |result|
        sha.add(result)
        found << { 'row' => Hex.encode(result.getRow), 'cells' => sha.cells, 'digest' => sha.take }
      end
      found
    end

    # A raw scan, delete markers included, since a scan of visible cells shows nothing for a deleted older cell and
    # nothing for a put with an old time (hazard 3).
    def list_touched_rows(request)
      limit = request.fetch('limit')
      scan = new_scan(request['startRow'], '', limit)
      scan.setRaw(true)
      scan.setTimeRange(request.fetch('fromMs'), request.fetch('toMs'))
      scan.setFilter(keys_only)
      rows = []
      each_row(request, scan) { |result| rows << Hex.encode(result.getRow) }
      rows.size < limit ? { 'rows' => rows } : { 'rows' => rows, 'nextRow' => rows.last + '00' }
    end

    private

    def each_result(request, &block)
      return each_get(request, request['rows'], &block) if request['rows']
      range = request.fetch('range')
      each_row(request, range_scan(request, range['startRow'], range['stopRow'], MAX_RANGE_ROWS), &block)
    end

    def each_get(request, rows)
      @cluster.table(request.table) do |table|
        rows.each_slice(GET_BATCH) do |batch|
          request.stop_if_cancelled
          gets = batch.map { |row| bounded(HBClient::Get.new(Hex.decode(row)), request) }
          table.get(java.util.ArrayList.new(gets)).each { |result| yield result unless result.isEmpty }
        end
      end
    end

    # The client's scanner counts the scan's own limit down.
    def each_row(request, scan)
      limit = scan.getLimit
      rows = 0
      @cluster.table(request.table) do |table|
        scanner = table.getScanner(scan)
        begin
          while rows < limit && (result = scanner.next)
            yield result
            rows += 1
            request.stop_if_cancelled if rows % CACHING == 0
          end
        ensure
          scanner.close
        end
      end
    end

    def range_scan(request, start_row, stop_row, limit)
      bounded(new_scan(start_row, stop_row, limit), request)
    end

    def new_scan(start_row, stop_row, limit)
      scan = Digests.scan_of(start_row, stop_row)
      scan.setLimit(limit)
      scan.setCaching([CACHING, limit].min)
      scan
    end

    # Cells older than a family's bound are left out by the server: they may expire between the two sides' scans.
    def bounded(query, request)
      Digests.all_versions(query)
      (request['ignoreBeforeMs'] || {}).each do |family, from_ms|
        query.setColumnFamilyTimeRange(Descriptors.bytes(family), from_ms, java.lang.Long::MAX_VALUE)
      end
      query
    end

    def keys_only
      filters = Java::OrgApacheHadoopHbaseFilter
      list = filters::FilterList.new
      list.addFilter(filters::FirstKeyOnlyFilter.new)
      list.addFilter(filters::KeyOnlyFilter.new)
      list
    end

    class Sha
      FIXED_BYTES = 8
      attr_reader :cells

      def initialize
        @digest = java.security.MessageDigest.getInstance('SHA-256')
        @cells = 0
        @key_values = HB::KeyValueUtil
      end

      def add(result)
        result.rawCells.each do |cell|
          cell = @key_values.ensureKeyValue(cell) unless cell.is_a?(HB::KeyValue)
          @digest.update(cell.getBuffer, cell.getOffset, FIXED_BYTES + cell.getKeyLength + cell.getValueLength)
          @cells += 1
        end
      end

      # The digest so far; counts anew.
      def take
        text = Hex.encode(@digest.digest)
        @cells = 0
        text
      end
    end
  end
end
