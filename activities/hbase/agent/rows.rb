module TemporalHBase
  # Single rows. Row keys and values are hex; qualifiers are in HBase's own readable form (`\x00` for other bytes).
  class Rows
    def initialize(cluster, tables)
      @cluster = cluster
      @tables = tables
    end

    def rows?(request)
      scan = HBClient::Scan.new
      scan.setCaching(1)
      scan.setFilter(Java::OrgApacheHadoopHbaseFilter::FirstKeyOnlyFilter.new)
      scan.setCacheBlocks(false)
      @cluster.table(request.table) do |table|
        scanner = table.getScanner(scan)
        begin
          !scanner.next.nil?
        ensure
          scanner.close
        end
      end
    end

    def put_row(request)
      put = HBClient::Put.new(Hex.decode(request.fetch('row')))
      put.addColumn(Descriptors.bytes(request.fetch('family')), HBUtil::Bytes.toBytesBinary(request.fetch('qualifier')),
                    Hex.decode(request.fetch('value')))
      @cluster.table(request.table) { |table| request.change { table.put(put) } }
      nil
    end

    def read_row(request)
      result = @cluster.table(request.table) { |table| table.get(HBClient::Get.new(Hex.decode(request.fetch('row')))) }
      result.isEmpty ? nil : result.rawCells.map { |cell| describe(cell) }
    end

    # The key stands in its region whatever the split points are: the start key and a little more.
    def put_sentinels(request)
      value = Hex.decode(request.fetch('value'))
      write_each_region(request, 'sentinel', value).map { |row, _| Hex.encode(row) }
    end

    # A region server stamps a put that names no time, so the stored cell tells its clock.
    def read_written_clocks(request)
      written = write_each_region(request, 'clock', ''.to_java_bytes)
      clocks = written.inject({}) do |found, (row, server)|
        result = @cluster.table(request.table) { |table| table.get(HBClient::Get.new(row)) }
        found.update(server => result.rawCells[0].getTimestamp)
      end
      clocks.map { |server, clock| { 'server' => server, 'clockMs' => clock, 'exact' => true } }
    end

    private

    def write_each_region(request, suffix, value)
      table = request.table
      family = @tables.first_family(table)
      @cluster.fan_out.map(@tables.locations(table)) do |location|
        row = Hex.decode(Hex.encode(@tables.region_info(location).getStartKey) + '00' + suffix.unpack('H*')[0])
        put = HBClient::Put.new(row)
        put.addColumn(family, Descriptors.bytes(suffix), value)
        @cluster.table(table) { |open| request.change { open.put(put) } }
        [row, location.getServerName.to_s]
      end
    end

    def describe(cell)
      { 'family' => HBUtil::Bytes.toString(HB::CellUtil.cloneFamily(cell)),
        'qualifier' => HBUtil::Bytes.toStringBinary(HB::CellUtil.cloneQualifier(cell)),
        'timestampMs' => cell.getTimestamp, 'value' => Hex.encode(HB::CellUtil.cloneValue(cell)) }
    end
  end
end
