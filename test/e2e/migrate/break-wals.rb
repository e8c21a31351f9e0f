# Usage: hbase org.jruby.Main --disable-gems break-wals.rb plant | remove FILE | load TABLE FAMILY ROW
# plant: a file that is no WAL, among those of a live server and older than its newest; prints its path.
# load: bulk-loads one cell, older than anything else in the table.
require 'java'

HB = org.apache.hadoop.hbase
FS = org.apache.hadoop.fs
conf = HB::HBaseConfiguration.create
root = FS::Path.new(conf.get('hbase.rootdir'))
files = root.getFileSystem(conf)
action, *args = ARGV

def plant(files, root)
  folder = files.listStatus(FS::Path.new(root, 'WALs')).map { |s| s.getPath }.find { |path| path.getName !~ /splitting/ }
  name = java.net.URLEncoder.encode(folder.getName, 'UTF-8') + '.1000000000000'
  file = FS::Path.new(folder, name)
  stream = files.create(file)
  stream.write(('no write-ahead log ' * 200).to_java_bytes)
  stream.close
  puts file.toUri.getPath
end

def write_file(conf, files, file, row, family)
  io = org.apache.hadoop.hbase.io.hfile
  writer = io.HFile.getWriterFactory(conf, io.CacheConfig.new(conf)).withPath(files, file)
    .withFileContext(io.HFileContextBuilder.new.build).create
  writer.append(HB::KeyValue.new(row.to_java_bytes, family.to_java_bytes, 'q'.to_java_bytes, 1000, 'old'.to_java_bytes))
  writer.close
end

def load(conf, files, root, args)
  table, family, row = args
  folder = FS::Path.new(root.getParent, "bulk-#{java.lang.System.nanoTime}")
  write_file(conf, files, FS::Path.new(FS::Path.new(folder, family), 'cells'), row, family)
  org.apache.hadoop.hbase.tool.BulkLoadHFiles.create(conf).bulkLoad(HB::TableName.valueOf(table), folder)
  files.delete(folder, true)
end

begin
  case action
  when 'plant' then plant(files, root)
  when 'remove' then files.delete(FS::Path.new(args[0]), false)
  when 'load' then load(conf, files, root, args)
  end
rescue java.lang.Exception => e
  warn "#{action}: #{e.getClass.getName}: #{e.getMessage}"
  exit 1
end
