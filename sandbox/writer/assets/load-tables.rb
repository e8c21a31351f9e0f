# Creates tables and fills them. Usage: hbase org.jruby.Main --disable-gems load-tables.rb SPEC_FILE
# SPEC_FILE: "table TAB name TAB regions TAB rows TAB bytes per row", then its "family TAB name TAB versions TAB ttl".
require 'java'

HB = org.apache.hadoop.hbase
CL = HB.client
FOREVER = 2_147_483_647
conn = CL.ConnectionFactory.createConnection(HB.HBaseConfiguration.create)
admin = conn.getAdmin

specs = []
File.readlines(ARGV.fetch(0)).map { |line| line.chomp.split("\t") }.each do |kind, *rest|
  if kind == 'table'
    name, regions, rows, size = rest
    specs << { name: name, regions: regions.to_i, rows: rows.to_i, size: size.to_i, families: [] }
  else
    specs.last[:families] << rest
  end
end

def ensure_namespace(admin, name)
  return unless name.include?(':')
  namespace = name.split(':').first
  return if admin.listNamespaceDescriptors.any? { |each| each.getName == namespace }
  admin.createNamespace(HB.NamespaceDescriptor.create(namespace).build)
end

# Row keys start with two hexadecimal digits, so the regions of a table get equal shares.
def splits(regions)
  keys = (1...regions).map { |i| format('%02x', i * 256 / regions).to_java_bytes }
  keys.to_java(Java::byte[])
end

def create(admin, spec)
  descriptor = HB.HTableDescriptor.new(HB.TableName.valueOf(spec[:name]))
  spec[:families].each do |name, versions, ttl|
    family = HB.HColumnDescriptor.new(name)
    family.setMaxVersions(versions.to_i)
    family.setTimeToLive(ttl.to_i.zero? ? FOREVER : ttl.to_i)
    descriptor.addFamily(family)
  end
  spec[:regions] > 1 ? admin.createTable(descriptor, splits(spec[:regions])) : admin.createTable(descriptor)
end

# The values are random, so that a table takes the space it claims to.
def fill(conn, spec)
  families = spec[:families].select { |_, _, ttl| ttl.to_i.zero? }.first(2).map { |name, *| name.to_java_bytes }
  mutator = conn.getBufferedMutator(HB.TableName.valueOf(spec[:name]))
  random = java.util.Random.new(7)
  qualifier = 'q'.to_java_bytes
  spec[:rows].times do |i|
    put = CL::Put.new(format('%02x-%08d', i % 256, i).to_java_bytes)
    families.each do |family|
      value = Java::byte[[spec[:size] / families.size, 1].max].new
      random.nextBytes(value)
      put.addColumn(family, qualifier, value)
    end
    mutator.mutate(put)
  end
  mutator.close
end

specs.each do |spec|
  ensure_namespace(admin, spec[:name])
  create(admin, spec)
  fill(conn, spec)
  admin.flush(HB.TableName.valueOf(spec[:name])) if spec[:rows] > 0
  puts "loaded\t#{spec[:name]}\t#{spec[:rows]}"
end
conn.close
