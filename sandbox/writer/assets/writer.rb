# Writes to several tables of one cluster until told to stop or to move to the other cluster, and keeps a ledger.
# Usage: hbase org.jruby.Main writer.rb FOLDER
#
# FOLDER/config holds tab-separated lines (cluster NAME KEY, table NAME PRELOADED_ROWS, start CLUSTER, seed N).
# FOLDER/{target,rate,stop,probe} are written by others; FOLDER/{cluster,status,probed,pid,failed} are the answers.
#
# Each operation is chosen so that what a reader must see afterwards is decidable: nearly all carry a client timestamp;
# no timestamp is used twice on a cell, none lies under a delete marker of its row, and where single versions are
# deleted no cell ever gets more versions than its family keeps (hazard 18).
require 'java'
require 'thread'

HB = org.apache.hadoop.hbase
CL = HB.client
FOLDER = ARGV.fetch(0)

def bytes(text)
  text.to_java_bytes
end

def hex(text)
  text.unpack('H*').first
end

def now_ms
  java.lang.System.current_time_millis
end

def put_file(name, text)
  temp = "#{FOLDER}/.#{name}.tmp"
  File.write(temp, text)
  File.rename(temp, "#{FOLDER}/#{name}")
end

def get_file(name)
  File.read("#{FOLDER}/#{name}").strip
rescue Errno::ENOENT
  nil
end

# seq, time, state, cluster, table, row, op, family, qualifier, timestamp, value, note: one line per cell.
class Ledger
  attr_reader :counts

  def initialize(path)
    @file = File.open(path, 'a')
    @file.sync = true
    @lock = Mutex.new
    @sequence = 0
    @counts = Hash.new(0)
  end

  def next_sequence
    @lock.synchronize { @sequence += 1 }
  end

  def header(table, family, versions, ttl_seconds)
    @lock.synchronize { @file.write("#family\t#{table}\t#{family}\t#{versions}\t#{ttl_seconds}\n") }
  end

  def write(state, cluster, op, note = '')
    time = now_ms
    lines = op.cells.map do |family, qualifier, timestamp, value|
      [op.sequence, time, state, cluster, op.table, hex(op.row), op.kind, family, hex(qualifier), timestamp, hex(value), note].join("\t")
    end
    @lock.synchronize do
      @counts[state] += 1
      @file.write(lines.join("\n") + "\n")
    end
  end
end

Op = Struct.new(:sequence, :table, :row, :kind, :cells)
Family = Struct.new(:name, :versions, :ttl_seconds)

# A row that this writer may still change. `stamps`: [family, qualifier] => timestamps put; `floor`: newest row marker.
class Row
  attr_reader :key, :stamps
  attr_accessor :last, :floor, :touched

  def initialize(key)
    @key = key
    @stamps = Hash.new { |hash, cell| hash[cell] = [] }
    @last = 0
    @floor = 0
    @touched = 0
  end
end

class Clusters
  def initialize(keys)
    @keys = keys
    @open = {}
    @lock = Mutex.new
  end

  def names
    @keys.keys
  end

  def connection(name)
    @lock.synchronize { @open[name] ||= connect(@keys.fetch(name)) }
  end

  def connect(key)
    quorum, port, znode = key.split(':')
    conf = HB.HBaseConfiguration.create
    conf.set('hbase.zookeeper.quorum', quorum)
    conf.set('hbase.zookeeper.property.clientPort', port)
    conf.set('zookeeper.znode.parent', znode)
    # One attempt each: with retries inside the client an operation's outcome would be that of several attempts.
    # HBase 1.x counts attempts here, 2.x what comes after the first.
    conf.setInt('hbase.client.retries.number', HB.util.VersionInfo.getVersion.start_with?('1.') ? 1 : 0)
    conf.setInt('hbase.rpc.timeout', 5000)
    conf.setInt('hbase.client.operation.timeout', 6000)
    conf.setInt('hbase.client.meta.operation.timeout', 6000)
    conf.setInt('zookeeper.recovery.retry', 1)
    CL.ConnectionFactory.createConnection(conf)
  end

  def close
    @open.each_value(&:close)
  end
end

# Servers give these answers before they apply anything. Whatever else fails has an unknown outcome.
REFUSALS = /read.?only|TableNotEnabled|is disabled|NotServingRegion|RegionMoved|RegionOpening|TableNotFound|AccessDenied|RegionTooBusy|ServerNotRunningYet|NoSuchColumnFamily|Connection refused|FailedServerException|RegionServerStopped|Unable to find region|NoServerForRegion/i
UNKNOWNS = /time.?out|timed out|ConnectionClos|reset by peer|EOFException|broken pipe|WALSync|interrupted/i

def refused?(error)
  text = +''
  while error
    text << error.class.to_s << ' ' << error.message.to_s << "\n"
    # HBase 1.x wraps what a server answered to a put in a list.
    error.getCauses.each { |each| text << each.to_s << "\n" } if error.respond_to?(:getCauses)
    error = error.cause
  end
  text =~ REFUSALS && text !~ UNKNOWNS
end

# The first line of the root cause: what wraps it only counts attempts.
def short(error)
  error = error.cause while error.cause
  "#{error.class.to_s.split('::').last}: #{error.message.to_s.lines.first.to_s.strip}".tr("\t", ' ')[0, 300]
end

# The writer of one table.
class TableWriter
  ROWS_KEPT = 500
  COUNTERS = 16
  # A server's clock ticks in milliseconds: operations on one row that leave the timestamp to it keep this distance.
  SERVER_GAP_MS = 25
  MIX = { insert: 26, update: 24, back_date: 8, delete_row: 7, delete_column: 4, delete_version: 5, expire: 4,
          increment: 8, server_put: 7, server_delete: 2, touch_preloaded: 3, delete_preloaded: 2 }.flat_map { |kind, n| [kind] * n }

  attr_reader :name, :acked_on

  def initialize(name, families, preloaded, ledger, session, seed)
    @name = name
    @families = families
    @preloaded = preloaded
    @ledger = ledger
    @session = session
    @random = Random.new(seed)
    @rows = []
    @server_rows = []
    @counters = []
    @minted = 0
    @values = 0
    @gone = {}
  end

  def next_op
    loop do
      op = send(MIX[@random.rand(MIX.size)])
      return op if op
    end
  end

  # Called once the outcome is known; `row` leaves the game when the outcome is not.
  def settle(op, row, effect, outcome)
    if outcome == 'ACK'
      effect.call
      row.touched = now_ms
    elsif outcome == 'AMBIGUOUS'
      [@rows, @server_rows, @counters].each { |pool| pool.delete(row) }
    end
  end

  private

  def plain
    @families.select { |family| family.ttl_seconds.zero? }
  end

  def versioned
    plain.select { |family| family.versions >= 3 }
  end

  def pick(list)
    list[@random.rand(list.size)] unless list.empty?
  end

  def keep(pool, row)
    pool << row unless pool.include?(row)
    pool.delete_at(@random.rand(pool.size)) if pool.size > ROWS_KEPT
  end

  def mint(letter)
    @minted += 1
    Row.new(format('%02x-%s%s-%08d', @minted * 37 % 256, letter, @session, @minted))
  end

  def value
    @values += 1
    "v#{@values}"
  end

  def op(row, kind, cells, &effect)
    [Op.new(@ledger.next_sequence, @name, row.key, kind, cells), row, effect]
  end

  # Never in the future: a stamp is only given out when the clock has passed the row's last one.
  def stamp(row)
    time = now_ms
    time if time > row.last
  end

  def put(row, family_qualifiers, time)
    cells = family_qualifiers.map { |family, qualifier| [family.name, qualifier, time, value] }
    op(row, 'PUT', cells) do
      row.last = time if time > row.last
      cells.each { |family, qualifier, _, _| row.stamps[[family, qualifier]] << time }
      yield if block_given?
    end
  end

  def insert
    row = mint('i')
    put(row, plain.first(2).map { |family| [family, 'q'] }, now_ms) { keep(@rows, row) }
  end

  def update
    row = pick(@rows)
    family = pick(plain)
    return if row.nil? || full?(row, family, 'q')
    time = stamp(row)
    put(row, [[family, 'q']], time) if time
  end

  def full?(row, family, qualifier)
    family.versions > 1 && row.stamps[[family.name, qualifier]].size >= family.versions
  end

  def back_date
    row = @random.rand(2).zero? ? mint('b') : pick(@rows)
    family = pick(plain)
    return if row.nil? || full?(row, family, 'q')
    time = now_ms - 1 - @random.rand(3_600_000)
    return if time <= row.floor || row.stamps[[family.name, 'q']].include?(time)
    put(row, [[family, 'q']], time) { keep(@rows, row) }
  end

  def delete_row
    row = pick(@rows)
    time = row && stamp(row)
    return unless time
    op(row, 'DELETE_ROW', [['', '', time, '']]) { row.last = row.floor = time }
  end

  def delete_column
    row = pick(@rows)
    time = row && stamp(row)
    return unless time
    op(row, 'DELETE_COLUMN', [[pick(plain).name, 'q', time, '']]) { row.last = row.floor = time }
  end

  def delete_version
    row = pick(@rows)
    family = pick(versioned)
    return if row.nil? || family.nil?
    time = pick(row.stamps[[family.name, 'q']].select { |stamp| stamp > row.floor })
    op(row, 'DELETE_VERSION', [[family.name, 'q', time, '']]) {} if time
  end

  def expire
    family = pick(@families.reject { |each| each.ttl_seconds.zero? })
    family && put(mint('t'), [[family, 'q']], now_ms)
  end

  def increment
    keep(@counters, mint('c')) while @counters.size < COUNTERS
    op(pick(@counters), 'INCREMENT', [[plain.first.name, 'n', '-', (1 + @random.rand(5)).to_s]]) {}
  end

  def server_put
    row = @server_rows.size < 50 ? mint('s') : pick(@server_rows)
    return if now_ms - row.touched < SERVER_GAP_MS
    op(row, 'PUT', [[plain.first.name, 's', '-', value]]) { keep(@server_rows, row) }
  end

  def server_delete
    row = pick(@server_rows)
    return if row.nil? || now_ms - row.touched < SERVER_GAP_MS
    op(row, 'DELETE_ROW', [['', '', '-', '']]) {}
  end

  # A qualifier of this writer's own, so nothing unknown lies under it.
  def touch_preloaded
    row = preloaded_row
    row && put(row, [[plain.first, "u#{@session}"]], now_ms) { @gone[row.key] = true }
  end

  def delete_preloaded
    row = preloaded_row
    row && op(row, 'DELETE_ROW', [['', '', now_ms, '']]) { @gone[row.key] = true }
  end

  def preloaded_row
    return if @preloaded.zero?
    index = @random.rand(@preloaded)
    key = format('%02x-%08d', index % 256, index)
    Row.new(key) unless @gone[key]
  end
end

def apply(table, op)
  row = bytes(op.row)
  case op.kind
  when 'PUT'
    put = CL.Put.new(row)
    op.cells.each do |family, qualifier, time, value|
      args = time == '-' ? [] : [time]
      put.addColumn(bytes(family), bytes(qualifier), *args, bytes(value))
    end
    table.put(put)
  when 'INCREMENT'
    family, qualifier, _, delta = op.cells.first
    return table.incrementColumnValue(row, bytes(family), bytes(qualifier), delta.to_i).to_s
  when 'DELETE_ROW'
    time = op.cells.first[2]
    table.delete(time == '-' ? CL.Delete.new(row) : CL.Delete.new(row, time))
  else
    family, qualifier, time, = op.cells.first
    delete = CL.Delete.new(row)
    op.kind == 'DELETE_COLUMN' ? delete.addColumns(bytes(family), bytes(qualifier), time) : delete.addColumn(bytes(family), bytes(qualifier), time)
    table.delete(delete)
  end
  ''
end

config = File.readlines("#{FOLDER}/config").map { |line| line.chomp.split("\t") }
keys = config.select { |line| line[0] == 'cluster' }.map { |line| line[1, 2] }.to_h
tables = config.select { |line| line[0] == 'table' }
setting = ->(name) { (config.find { |line| line[0] == name } || [])[1] }

$stop = false
$target = setting.('start')
$rate = (get_file('rate') || '100').to_f
trap('TERM') { $stop = true }
put_file('pid', java.lang.management.ManagementFactory.getRuntimeMXBean.getName.split('@').first)

clusters = Clusters.new(keys)
ledger = Ledger.new("#{FOLDER}/ledger")
admin = clusters.connection($target).getAdmin
session = now_ms.to_s(36)
FOREVER = 2_147_483_647
writers = tables.each_with_index.map do |(_, name, preloaded), index|
  families = admin.getTableDescriptor(HB.TableName.valueOf(name)).getFamilies.map do |family|
    ttl = family.getTimeToLive == FOREVER ? 0 : family.getTimeToLive
    ledger.header(name, family.getNameAsString, family.getMaxVersions, ttl)
    Family.new(family.getNameAsString, family.getMaxVersions, ttl)
  end
  TableWriter.new(name, families, preloaded.to_i, ledger, session, setting.('seed').to_i + index)
end

acked_on = {}
threads = writers.map do |writer|
  Thread.new do
    Thread.current.report_on_exception = false
    due = nil
    until $stop
      rate = $rate / writers.size
      if rate <= 0
        due = nil
        sleep 0.05
        next
      end
      cluster = $target
      op, row, effect = writer.next_op
      ledger.write('TRY', cluster, op)
      begin
        table = clusters.connection(cluster).getTable(HB.TableName.valueOf(writer.name))
        note = begin apply(table, op) ensure table.close end
        outcome = 'ACK'
        acked_on[writer.name] = cluster
      rescue StandardError, java.lang.Throwable => error
        note = short(error)
        outcome = refused?(error) ? 'REFUSED' : 'AMBIGUOUS'
      end
      ledger.write(outcome, cluster, op, note)
      writer.settle(op, row, effect, outcome)
      sleep 0.05 unless outcome == 'ACK'
      due = (due || Time.now.to_f) + 1.0 / rate
      pause = due - Time.now.to_f
      pause > 0 ? sleep(pause) : (due = nil if pause < -1)
    end
  end
end

def probe(clusters, tables)
  clusters.names.each do |name|
    tables.each do |_, table|
      handle = clusters.connection(name).getTable(HB.TableName.valueOf(table))
      begin handle.get(CL.Get.new(bytes('probe'))) ensure handle.close end
    end
  end
  'ok'
rescue StandardError, java.lang.Throwable => error
  short(error)
end

answered = nil
switched = $target
put_file('cluster', switched)
until $stop
  threads.each { |thread| thread.join(0) }
  $stop = true if File.exist?("#{FOLDER}/stop")
  $rate = (get_file('rate') || $rate).to_f
  target = get_file('target')
  if target && keys.key?(target) && target != $target
    begin
      clusters.connection(target)
      $target = target
    rescue StandardError, java.lang.Throwable => error
      put_file('failed', short(error))
    end
  end
  if switched != $target && ($rate.zero? || writers.all? { |writer| acked_on[writer.name] == $target })
    switched = $target
    put_file('cluster', switched)
  end
  wanted = get_file('probe')
  if wanted && wanted != answered
    answered = wanted
    put_file('probed', "#{wanted} #{probe(clusters, tables)}")
  end
  put_file('status', [now_ms, ledger.counts['ACK'], ledger.counts['REFUSED'], ledger.counts['AMBIGUOUS'], $target].join("\t"))
  sleep 0.05
end
threads.each(&:join)
put_file('status', [now_ms, ledger.counts['ACK'], ledger.counts['REFUSED'], ledger.counts['AMBIGUOUS'], $target].join("\t"))
put_file('ended', 'stopped')
clusters.close
