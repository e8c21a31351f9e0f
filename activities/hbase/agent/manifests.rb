module TemporalHBase
  # A folder of HBase's layout: this cluster's own root, a backup root or a staging folder. Its configuration makes
  # HBase's own code look for files there.
  class Root
    attr_reader :conf, :files, :path

    def initialize(cluster, uri)
      @conf = HB::HBaseConfiguration.create(cluster.conf)
      @conf.set('hbase.rootdir', uri) if uri
      path = HadoopFs::Path.new(@conf.get('hbase.rootdir'))
      @files = path.getFileSystem(@conf)
      @path = @files.makeQualified(path)
    end

    def snapshots
      HadoopFs::Path.new(@path, '.hbase-snapshot')
    end

    # Where a snapshot stands while it is written or exported.
    def unfinished
      HadoopFs::Path.new(snapshots, '.tmp')
    end

    def archive
      HadoopFs::Path.new(@path, 'archive')
    end

    def relative(path)
      path.toUri.getPath[(@path.toUri.getPath.chomp('/').length + 1)..-1]
    end

    def children(path)
      @files.listStatus(path).to_a
    rescue Java::JavaIo::FileNotFoundException
      []
    end
  end

  # What a snapshot's manifest says. It is read whole or not at all: HBase itself takes a folder without its data
  # manifest for a snapshot without regions, and a manifest that was cut off between two regions for a smaller table.
  class Manifest
    INFO = '.snapshotinfo'
    DATA = 'data.manifest'
    NAME = /\A[a-zA-Z0-9_][a-zA-Z0-9_.-]*\z/
    ONE_FILE_FORMAT = 2
    # Not EOFException: a connection that breaks says that too.
    DAMAGE = /\.(FileNotFound|InvalidProtocolBuffer|CorruptedSnapshot|CorruptHFile|Checksum|IllegalArgument|IllegalState|
      IndexOutOfBounds|ArrayIndexOutOfBounds|BufferUnderflow)Exception/x

    attr_reader :root, :table, :description

    # nil when there is no folder of that name.
    def self.find(root, name, temporary = false)
      raise Refusal.new('bad-request', "not the name of a snapshot: #{name}") unless name =~ NAME
      folder = HadoopFs::Path.new(temporary ? root.unfinished : root.snapshots, name)
      root.files.exists(folder) ? new(root, folder) : nil
    end

    # What the file system or HBase say of a file that is gone or does not hold what it should: the innermost cause,
    # since HBase says the same when the file system did not answer.
    def self.damage?(error)
      !(ErrorReport.name(([error] + ErrorReport.chain(error)).last) =~ DAMAGE).nil?
    end

    def self.complete?(root, folder)
      [INFO, DATA].all? { |name| root.files.exists(HadoopFs::Path.new(folder, name)) }
    end

    def initialize(root, folder)
      @root = root
      @folder = folder
      @description = read { utilities.readSnapshotInfo(root.files, folder) }
      # 2.x tells the table as a protobuf string too.
      @table = HB::TableName.valueOf(@description.getTable)
      refuse_without_data
      @manifest = read { snapshots::SnapshotManifest.open(root.conf, root.files, folder, @description) }
      refuse_gaps
    end

    def descriptor
      @manifest.getTableDescriptor
    end

    # Of the table itself: not the one that stands for its MOB files, nor a split's parent.
    def regions
      @regions ||= infos.reject { |_, info| info.getEncodedName == mob_region || parent?(info) }.map { |_, info| info }
    end

    # One entry a file, though several regions may name it.
    def store_files
      infos.inject({}) do |found, pair|
        manifest, info = pair
        manifest.getFamilyFilesList.each do |family|
          folder = family.getFamilyName.toStringUtf8
          family.getStoreFilesList.each { |file| add(found, info.getEncodedName, folder, file) }
        end
        found
      end.values
    end

    private

    def snapshots
      Java::OrgApacheHadoopHbaseSnapshot
    end

    def utilities
      snapshots::SnapshotDescriptionUtils
    end

    def damaged(why)
      raise Refusal.new('damaged', "the manifest #{@folder}: #{why}")
    end

    def read
      yield
    rescue Java::JavaLang::Exception => e
      raise unless Manifest.damage?(e)
      damaged(ErrorReport.clip(e.message))
    end

    def refuse_without_data
      return if @description.getVersion < ONE_FILE_FORMAT
      damaged("#{DATA} is missing") unless @root.files.exists(HadoopFs::Path.new(@folder, DATA))
    end

    # Regions of a table meet end to end; keys as hex sort as their bytes do.
    def refuse_gaps
      damaged('it has no table descriptor') if descriptor.nil?
      reached = ''
      keys = regions.map { |info| [Hex.encode(info.getStartKey), Hex.encode(info.getEndKey)] }
      keys.sort.each do |first, last|
        damaged("no region covers the rows from #{reached}") if first > reached
        return if last.empty?
        reached = [reached, last].max
      end
      damaged(keys.empty? ? 'it names no region' : "no region covers the rows from #{reached}")
    end

    def infos
      @infos ||= (@manifest.getRegionManifests || []).map { |region| [region, region_info(region)] }
    end

    def region_info(region)
      return HB::HRegionInfo.convert(region.getRegionInfo) if classic?
      Java::OrgApacheHadoopHbaseShadedProtobuf::ProtobufUtil.toRegionInfo(region.getRegionInfo)
    end

    def classic?
      !TemporalHBase.java_class?('org.apache.hadoop.hbase.shaded.protobuf.ProtobufUtil')
    end

    def parent?(info)
      info.isOffline && (info.isSplit || info.isSplitParent)
    end

    def mob_region
      return nil unless TemporalHBase.java_class?('org.apache.hadoop.hbase.mob.MobUtils')
      @mob_region ||= Java::OrgApacheHadoopHbaseMob::MobUtils.getMobRegionInfo(@table).getEncodedName
    end

    def add(found, region, family, file)
      name = file.getName
      found["#{region}/#{family}/#{name}"] = StoreFile.new(
        self, region, family, name, file.hasFileSize ? file.getFileSize : nil, region == mob_region
      )
    end
  end

  # One file that a manifest names, under whatever name: its own, a link to another table's, or a reference that a
  # split or a merge has left to the parent's.
  class StoreFile
    def initialize(manifest, region, family, name, told_bytes, mob)
      @manifest = manifest
      @region = region
      @family = family
      @name = name
      @told_bytes = told_bytes
      @mob = mob
    end

    def kind
      return 'mob' if @mob
      reference? ? 'reference' : 'hfile'
    end

    def reference?
      Java::OrgApacheHadoopHbaseRegionserver::StoreFileInfo.isReference(@name)
    end

    # The file that holds the bytes, where an export puts it and where the archive of a root keeps it.
    def archive_path
      @archive_path ||= @manifest.root.relative(link.getArchivePath)
    end

    # [bytes, is missing]: wherever HBase would find it; also missing when its length is not the manifest's.
    def look
      length = link.getFileStatus(@manifest.root.files).getLen
      whole = reference? || @told_bytes.nil? || @told_bytes == length
      [whole ? length : @told_bytes, !whole]
    rescue Java::JavaIo::FileNotFoundException
      [reference? ? 0 : @told_bytes || 0, true]
    end

    private

    def links
      Java::OrgApacheHadoopHbaseIo::HFileLink
    end

    def link
      @link ||= find_link
    end

    def find_link
      conf = @manifest.root.conf
      return links.buildFromHFileLinkPattern(conf, referred) if reference?
      path = HadoopFs::Path.new(@family, link_name)
      return links.buildFromHFileLinkPattern(conf, path) unless @mob
      mob = Java::OrgApacheHadoopHbaseMob::MobUtils.getQualifiedMobRootDir(conf)
      links.buildFromHFileLinkPattern(mob, HBUtil::HFileArchiveUtil.getArchivePath(conf), path)
    end

    def link_name
      return @name if links.isHFileLink(@name)
      links.createHFileLinkName(@manifest.table, @region, @name)
    end

    # A split or merge reference stands for the parent's file.
    def referred
      reference = HadoopFs::Path.new(HadoopFs::Path.new(@region, @family), @name)
      parent = Java::OrgApacheHadoopHbaseRegionserver::StoreFileInfo.getReferredToFile(reference)
      links.createPath(@manifest.table, parent.getParent.getParent.getName, @family, parent.getName)
    end
  end
end
