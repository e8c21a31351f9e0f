# Puts rows into tables, which are made when they are absent, and flushes them. Usage: hbase org.jruby.Main
# fill-table.rb TABLE[,TABLE…] REGIONS FIRST_ROW ROWS BYTES_PER_ROW. Prints "bytes TAB <of all keys and values>". The
# tables never compact: what is measured is what was changed, not what a compaction has written anew.
require 'java'

HB = org.apache.hadoop.hbase
CL = HB.client
names, regions, first, rows, size = ARGV[0].split(','), *ARGV[1..-1].map(&:to_i)
conn = CL.ConnectionFactory.createConnection(HB.HBaseConfiguration.create)
admin = conn.getAdmin

def create(admin, name, regions)
  namespace = name.split(':').first
  known = admin.listNamespaceDescriptors.any? { |each| each.getName == namespace }
  admin.createNamespace(HB.NamespaceDescriptor.create(namespace).build) unless known
  descriptor = HB.HTableDescriptor.new(HB.TableName.valueOf(name))
  descriptor.addFamily(HB.HColumnDescriptor.new('a'))
  descriptor.setCompactionEnabled(false)
  splits = (1...regions).map { |i| format('%02x', i * 256 / regions).to_java_bytes }
  admin.createTable(descriptor, splits.to_java(Java::byte[]))
end

value = Java::byte[size].new
java.util.Random.new(first + 1).nextBytes(value)
family, qualifier = 'a'.to_java_bytes, 'q'.to_java_bytes
bytes = 0
names.each do |name|
  table = HB.TableName.valueOf(name)
  create(admin, name, regions) unless admin.tableExists(table)
  mutator = conn.getBufferedMutator(table)
  (first...(first + rows)).each do |i|
    row = format('%02x-%08d', i % 256, i).to_java_bytes
    put = CL::Put.new(row)
    put.setDurability(CL::Durability::SKIP_WAL)
    mutator.mutate(put.addColumn(family, qualifier, value))
    bytes += row.length + size
  end
  mutator.close
  admin.flush(table)
end
conn.close
puts "bytes\t#{bytes}"
