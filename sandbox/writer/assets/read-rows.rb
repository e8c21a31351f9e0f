# Prints every visible version of given rows. Usage: hbase org.jruby.Main --disable-gems read-rows.rb ROWS_FILE OUTPUT_FILE
# ROWS_FILE: "table TAB row in hex" a line. OUTPUT_FILE: "row" lines each followed by its "cell" lines, then "end".
require 'java'

CL = org.apache.hadoop.hbase.client
conf = org.apache.hadoop.hbase.HBaseConfiguration.create
conn = CL.ConnectionFactory.createConnection(conf)

def get_for(row)
  get = CL::Get.new([row].pack('H*').to_java_bytes)
  get.respond_to?(:readAllVersions) ? get.readAllVersions : get.setMaxVersions
  get
end

def hex(bytes)
  String.from_java_bytes(bytes).unpack('H*').first
end

util = org.apache.hadoop.hbase.CellUtil
File.open(ARGV.fetch(1), 'w') do |out|
  rows = File.readlines(ARGV.fetch(0)).map { |line| line.chomp.split("\t") }
  rows.group_by(&:first).each do |name, group|
    table = conn.getTable(org.apache.hadoop.hbase.TableName.valueOf(name))
    group.each_slice(500) do |slice|
      started = java.lang.System.current_time_millis
      results = table.get(java.util.ArrayList.new(slice.map { |_, row| get_for(row) }))
      slice.each_with_index do |(_, row), index|
        out.puts(['row', name, row, started].join("\t"))
        (results[index].rawCells || []).each do |cell|
          out.puts(['cell', hex(util.cloneFamily(cell)), hex(util.cloneQualifier(cell)), cell.getTimestamp, hex(util.cloneValue(cell))].join("\t"))
        end
      end
    end
    table.close
  end
  out.puts('end')
end
conn.close
