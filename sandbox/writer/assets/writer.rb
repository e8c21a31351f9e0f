# Writes to several tables of one cluster until told to stop or to move to the other cluster, and keeps a ledger.
# Usage: hbase org.jruby.Main --disable-gems writer.rb FOLDER
#
# FOLDER/config holds tab-separated lines (cluster NAME KEY, table NAME PRELOADED_ROWS, start CLUSTER, seed N).
# FOLDER/{rate,stop,request} are written by others; FOLDER/{status,answer,pid,ended} are ours. A request is a line
# "ID switch CLUSTER [TABLE…]", "ID fence", "ID unfence" or "ID probe [TABLE…]"; the answer is "ID ok …" or "ID failed …".
require_relative 'writer-parts'
require_relative 'table-writer'

config = File.readlines("#{FOLDER}/config").map { |line| line.chomp.split("\t") }
keys = config.select { |line| line[0] == 'cluster' }.map { |line| line[1, 2] }.to_h
tables = config.select { |line| line[0] == 'table' }
setting = ->(name) { (config.find { |line| line[0] == name } || [])[1] }

$stop = false
$fenced = false
$rate = (get_file('rate') || '100').to_f
trap('TERM') { $stop = true }
put_file('pid', java.lang.management.ManagementFactory.getRuntimeMXBean.getName.split('@').first)

start = setting.('start')
clusters = Clusters.new(keys)
ledger = Ledger.new("#{FOLDER}/ledger")
admin = clusters.connection(start).getAdmin
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

# By table: where it shall be written, where it was last acknowledged, and whether a thread has nothing in flight.
$target = writers.map { |writer| [writer.name, start] }.to_h
$acked_on = {}
$idle = {}

def write_once(writer, clusters, ledger)
  cluster = $target[writer.name]
  op, row, effect = writer.next_op
  ledger.write('TRY', cluster, op)
  begin
    table = clusters.connection(cluster).getTable(HB.TableName.valueOf(writer.name))
    note = begin apply(table, op) ensure table.close end
    outcome = 'ACK'
    $acked_on[writer.name] = cluster
  rescue StandardError, java.lang.Throwable => error
    note = short(error)
    outcome = refused?(error) ? 'REFUSED' : 'AMBIGUOUS'
  end
  ledger.write(outcome, cluster, op, note)
  writer.settle(op, row, effect, outcome)
  outcome
end

threads = writers.map do |writer|
  Thread.new do
    Thread.current.report_on_exception = false
    due = nil
    until $stop
      rate = $rate / writers.size
      if $fenced || rate <= 0
        $idle[writer.name] = true
        due = nil
        sleep 0.01
        next
      end
      $idle[writer.name] = false
      # Looked at again: a fence that came in between has been told that nothing is in flight.
      next if $fenced
      outcome = write_once(writer, clusters, ledger)
      sleep 0.05 unless outcome == 'ACK'
      due = (due || Time.now.to_f) + 1.0 / rate
      pause = due - Time.now.to_f
      pause > 0 ? sleep(pause) : (due = nil if pause < -1)
    end
  end
end

# What a request asks for is under way at once; it is answered when this says so.
def begin_request(kind, args, clusters, tables)
  case kind
  when 'switch'
    cluster, *wanted = args
    return -> { "failed no cluster #{cluster}" } unless clusters.names.include?(cluster)
    moved = wanted.empty? ? tables : tables & wanted
    clusters.connection(cluster)
    moved.each { |table| $target[table] = cluster }
    -> { "ok #{moved.size} tables on #{cluster}" if $rate.zero? || moved.all? { |table| $acked_on[table] == cluster } }
  when 'fence'
    $fenced = true
    -> { 'ok fenced' if tables.all? { |table| $idle[table] } }
  when 'unfence'
    $fenced = false
    -> { 'ok writing' }
  when 'probe'
    answer = probe(clusters, args.empty? ? tables : tables & args)
    -> { answer }
  else
    -> { "failed unknown request #{kind}" }
  end
rescue StandardError, java.lang.Throwable => error
  answer = "failed #{short(error)}"
  -> { answer }
end

def probe(clusters, tables)
  clusters.names.each do |name|
    tables.each do |table|
      handle = clusters.connection(name).getTable(HB.TableName.valueOf(table))
      begin handle.get(CL.Get.new(bytes('probe'))) ensure handle.close end
    end
  end
  "ok #{tables.size} tables read on #{clusters.names.join(' and ')}"
end

put_status = lambda do
  where = $target.values.uniq.join(',')
  put_file('status', [now_ms, ledger.counts['ACK'], ledger.counts['REFUSED'], ledger.counts['AMBIGUOUS'], where].join("\t"))
end

seen = nil
pending = nil
until $stop
  threads.each { |thread| thread.join(0) }
  $stop = true if File.exist?("#{FOLDER}/stop")
  $rate = (get_file('rate') || $rate).to_f
  request = get_file('request')
  if request && request != seen
    seen = request
    id, kind, *args = request.split(' ')
    pending = [id, begin_request(kind, args, clusters, writers.map(&:name))]
  end
  answer = pending && pending[1].call
  if answer
    put_file('answer', "#{pending[0]} #{answer}")
    pending = nil
  end
  put_status.call
  sleep 0.05
end
threads.each(&:join)
put_status.call
put_file('ended', 'stopped')
clusters.close
