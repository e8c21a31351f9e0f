module TemporalHBase
  class Fences
    NEVER = '__temporal_hbase_never__'
    TIMEOUT_MS = 5000

    def initialize(cluster, tables)
      @cluster = cluster
      @tables = tables
    end

    def probe_fence(request)
      probe(request.table)
    end

    # Per region a checkAndPut whose condition never holds: a READONLY region refuses before it looks, an open one
    # answers false, and nothing is ever written (hazard 16). Disabled regions count as rejecting.
    def probe(table)
      locations = @tables.locations(table)
      return closed(locations.size) if @cluster.admin { |admin| admin.isTableDisabled(table) }
      family = @tables.first_family(table)
      answers = @cluster.fan_out.map(locations) do |location|
        info = @tables.region_info(location)
        [info.getEncodedName, ask(table, family, info.getStartKey)]
      end
      summary(answers)
    end

    private

    def closed(regions)
      { 'regions' => regions, 'rejected' => regions, 'writable' => [], 'unknown' => [] }
    end

    def summary(answers)
      names = lambda { |kind| answers.select { |a| a[1] == kind }.map { |a| a[0] } }
      { 'regions' => answers.size, 'rejected' => names.call(:rejected).size, 'writable' => names.call(:writable),
        'unknown' => names.call(:unknown) }
    end

    def ask(table, family, start_key)
      row = start_key.length == 0 ? Hex.decode('00') : start_key
      @cluster.table(table) do |open|
        open.setOperationTimeout(TIMEOUT_MS) if open.respond_to?(:setOperationTimeout)
        check_and_put(open, row, family)
      end
      :writable
    rescue StandardError, Java::JavaLang::Throwable => e
      read_only?(e) ? :rejected : :unknown
    end

    def check_and_put(open, row, family)
      never = NEVER.to_java_bytes
      put = HBClient::Put.new(row)
      put.addColumn(family, never, never)
      return open.checkAndPut(row, family, never, never, put) if open.respond_to?(:checkAndPut)
      open.checkAndMutate(HBClient::CheckAndMutate.newBuilder(row).ifEquals(family, never, never).build(put))
    end

    # "region is read only" (1.x), "<region> is read only" (2.x); the table may also be disabled by now.
    def read_only?(error)
      ([error] + ErrorReport.chain(error)).any? do |cause|
        cause.message.to_s.include?('is read only') ||
          ErrorReport.name(cause) == 'org.apache.hadoop.hbase.TableNotEnabledException'
      end
    end
  end
end
