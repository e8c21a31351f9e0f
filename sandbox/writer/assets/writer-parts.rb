# What the live writer is made of: its files, its ledger, its connections, and what an error says about an operation.
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
