# Puts rows into a table, which is made when it is absent, and flushes it. Usage: hbase org.jruby.Main fill-table.rb
# TABLE REGIONS FIRST_ROW ROWS BYTES_PER_ROW. Prints "bytes TAB <of all keys and values>". The table never compacts: what
# is measured is what was changed, not what a compaction has written anew.
require 'java'

HB = org.apache.hadoop.hbase
CL = HB.client
name, regions, first, rows, size = ARGV[0], *ARGV[1..-1].map(&:to_i)
conn = CL.ConnectionFactory.createConnection(HB.HBaseConfiguration.create)
admin = conn.getAdmin
table = HB.TableName.valueOf(name)

unless admin.tableExists(table)
  namespace = name.split(':').first
  known = admin.listNamespaceDescriptors.any? { |each| each.getName == namespace }
  admin.createNamespace(HB.NamespaceDescriptor.create(namespace).build) unless known
  descriptor = HB.HTableDescriptor.new(table)
  descriptor.addFamily(HB.HColumnDescriptor.new('a'))
  descriptor.setCompactionEnabled(false)
  splits = (1...regions).map { |i| format('%02x', i * 256 / regions).to_java_bytes }
  admin.createTable(descriptor, splits.to_java(Java::byte[]))
end

value = Java::byte[size].new
java.util.Random.new(first + 1).nextBytes(value)
family, qualifier = 'a'.to_java_bytes, 'q'.to_java_bytes
mutator = conn.getBufferedMutator(table)
bytes = 0
(first...(first + rows)).each do |i|
  row = format('%02x-%08d', i % 256, i).to_java_bytes
  put = CL::Put.new(row)
  put.setDurability(CL::Durability::SKIP_WAL)
  mutator.mutate(put.addColumn(family, qualifier, value))
  bytes += row.length + size
end
mutator.close
admin.flush(table)
conn.close
puts "bytes\t#{bytes}"
