# The mistake: deletes the rows of a table whose keys begin with a prefix, as a clean-up script with a wrong condition
# would, but for those that a writer of ours made.
# Usage: hbase org.jruby.Main --disable-gems delete-rows.rb TABLE PREFIX OUTPUT_FILE
# OUTPUT_FILE: each row as read-rows.rb prints it, as it was before; "deleted TAB first ms TAB last ms"; then "end".
require 'java'

CL = org.apache.hadoop.hbase.client
name, prefix, output = ARGV
PRELOADED = /\A[0-9a-f]{2}-\d{8}\z/
conn = CL.ConnectionFactory.createConnection(org.apache.hadoop.hbase.HBaseConfiguration.create)
table = conn.getTable(org.apache.hadoop.hbase.TableName.valueOf(name))
util = org.apache.hadoop.hbase.CellUtil

def hex(bytes)
  String.from_java_bytes(bytes).unpack('H*').first
end

def now_ms
  java.lang.System.current_time_millis
end

scan = CL::Scan.new
scan.setRowPrefixFilter(prefix.to_java_bytes)
scan.respond_to?(:readAllVersions) ? scan.readAllVersions : scan.setMaxVersions
results = table.getScanner(scan)
rows = results.select { |result| String.from_java_bytes(result.getRow) =~ PRELOADED }
results.close
File.open(output, 'w') do |out|
  rows.each do |result|
    out.puts(['row', name, hex(result.getRow), now_ms].join("\t"))
    result.rawCells.each do |cell|
      out.puts(['cell', hex(util.cloneFamily(cell)), hex(util.cloneQualifier(cell)), cell.getTimestamp, hex(util.cloneValue(cell))].join("\t"))
    end
  end
  first = now_ms
  table.delete(java.util.ArrayList.new(rows.map { |result| CL::Delete.new(result.getRow) }))
  out.puts(['deleted', first, now_ms].join("\t"))
  out.puts('end')
end
table.close
conn.close
