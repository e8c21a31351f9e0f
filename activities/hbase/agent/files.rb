module TemporalHBase
  # Small files on the cluster's default file system, or on the one a full URI names.
  class Files
    READ_LIMIT = 16 * 1024 * 1024
    ROOT_MARKS = %w[hbase.id hbase.version]

    def initialize(cluster)
      @cluster = cluster
      @contexts = java.util.concurrent.ConcurrentHashMap.new
    end

    def create_file(request)
      request.change { create(request.fetch('path'), request.fetch('content'), request['within']) }
    end

    def read_file(request)
      read(request.fetch('path'))
    end

    def list_files(request)
      path, files = resolve(request.fetch('path'))
      files.listStatus(path).map do |status|
        { 'name' => status.getPath.getName, 'directory' => status.isDirectory, 'bytes' => status.getLen,
          'modifiedMs' => status.getModificationTime }
      end
    rescue Java::JavaIo::FileNotFoundException
      []
    end

    def measure_files(request)
      path, files = resolve(request.fetch('path'))
      space = files.getStatus
      sizes(files, path).merge('capacityBytes' => space.getCapacity, 'freeBytes' => space.getRemaining)
    end

    def remove_file(request)
      path, files = writable(request.fetch('path'))
      return false unless files.exists(path)
      removed = request.change { files.delete(path, request['recursive'] == true) }
      raise Java::JavaIo::IOException.new("#{path} could not be removed") unless removed || !files.exists(path)
      removed
    end

    # Never overwrites, and never moves into a folder that stands at the new name, as `FileSystem.rename` would.
    def move_file(request)
      from, files = writable(request.fetch('from'))
      to, others = writable(request.fetch('to'))
      raise Refusal.new('bad-request', "#{from} and #{to} are on two file systems") unless files.getUri == others.getUri
      return false unless files.exists(from)
      request.change do
        files.mkdirs(to.getParent)
        rename(files, from, to)
      end
    end

    # Writes, renames and deletes a file of its own in the folder, or in its nearest ancestor that exists.
    def probe_write(request)
      path, files = resolve(request.fetch('folder'))
      path = path.getParent until files.exists(path)
      probe = HadoopFs::Path.new(path, '.temporal-hbase-probe-' + unique)
      renamed = probe.suffix('-renamed')
      request.change do
        begin
          create_new(files, probe, 'probe')
          raise Java::JavaIo::IOException.new("cannot rename below #{path}") unless files.rename(probe, renamed)
        ensure
          [probe, renamed].each { |file| files.delete(file, false) }
        end
      end
      nil
    end

    # Create-if-absent: a reader sees nothing or the whole content. A rename never overwrites on HDFS, and a hard link
    # never on a local or mounted file system, where a rename would; on object stores, where a rename is a copy, the file
    # is created at its final name.
    def create(name, content, within = nil)
      path, files = resolve(name)
      return false if files.exists(path)
      raise Refusal.new('not-found', "#{within} is gone, so #{path} is not created") unless within.nil? || exists?(within)
      files.mkdirs(path.getParent)
      create_new(files, path, content)
    end

    # nil only when the file is provably absent.
    def read(name)
      path, files = resolve(name)
      status = files.getFileStatus(path)
      raise Refusal.new('bad-request', "#{path} is a folder") if status.isDirectory
      raise Refusal.new('bad-request', "#{path} is larger than #{READ_LIMIT} bytes") if status.getLen > READ_LIMIT
      content(files, path)
    rescue Java::JavaIo::FileNotFoundException
      nil
    end

    # A place that is not HBase's own.
    def writable(name)
      path, files = resolve(name)
      refuse_protected(path, files)
      [path, files]
    end

    # False when somebody else has moved it meanwhile.
    def rename(files, from, to)
      kinds = HadoopFs::Options::Rename
      context(files).rename(from, to, [kinds::NONE].to_java(kinds))
      true
    rescue Java::JavaIo::FileNotFoundException
      raise if files.exists(from)
      false
    end

    # The mark decides between cut-over and unfence; a fence that comes after it would stop writers for good.
    def refuse_when_marked(name)
      return if name.nil?
      path, files = resolve(name)
      raise Refusal.new('marked', "the mark #{name} exists, so the fence is not applied") if files.exists(path)
    end

    private

    def exists?(name)
      path, files = resolve(name)
      files.exists(path)
    end

    def resolve(name)
      raise Refusal.new('bad-request', "not an absolute path: #{name}") unless name =~ %r{\A([a-z][a-z0-9+.-]*:(//[^/]*)?)?/}
      path = HadoopFs::Path.new(name)
      files = path.getFileSystem(@cluster.conf)
      [files.makeQualified(path), files]
    end

    def unique
      java.util.UUID.randomUUID.to_s
    end

    def create_new(files, path, text)
      case files.getUri.getScheme
      when 'hdfs' then create_by_rename(files, path, text)
      when 'file' then create_by_link(path, text)
      else create_directly(files, path, text)
      end
    end

    def create_by_rename(files, path, text)
      draft = HadoopFs::Path.new(path.getParent, '.' + path.getName + '.' + unique)
      write(files, draft, text)
      return true if files.rename(draft, path)
      raise Java::JavaIo::IOException.new("cannot rename #{draft} to #{path}") unless files.exists(path)
      false
    ensure
      files.delete(draft, false) if draft
    end

    # Without Hadoop's checksum file beside it: two files cannot appear at once.
    def create_by_link(path, text)
      target = java.io.File.new(path.toUri.getPath).toPath
      draft = target.resolveSibling('.' + path.getName + '.' + unique)
      write_to_disk(draft, text)
      Java::JavaNioFile::Files.createLink(target, draft)
      true
    rescue Java::JavaNioFile::FileAlreadyExistsException
      false
    rescue Java::JavaLang::UnsupportedOperationException, Java::JavaNioFile::FileSystemException => e
      raise Java::JavaIo::IOException.new("#{path} cannot be created: #{e.message}. A file: root needs hard links.")
    ensure
      Java::JavaNioFile::Files.deleteIfExists(draft) if draft
    end

    def create_directly(files, path, text)
      write(files, path, text)
      true
    rescue Java::OrgApacheHadoopFs::FileAlreadyExistsException
      false
    end

    # Kept, since each has a client of its own.
    def context(files)
      uri = files.getUri
      @contexts.put(uri, HadoopFs::FileContext.getFileContext(uri, @cluster.conf)) unless @contexts.containsKey(uri)
      @contexts.get(uri)
    end

    def write(files, path, text)
      stream = files.create(path, false)
      stream.write(HBUtil::Bytes.toBytes(text))
    ensure
      stream.close if stream
    end

    def write_to_disk(file, text)
      stream = java.io.FileOutputStream.new(file.toFile)
      stream.write(HBUtil::Bytes.toBytes(text))
      stream.getFD.sync
    ensure
      stream.close if stream
    end

    def content(files, path)
      stream = files.open(path)
      buffer = java.io.ByteArrayOutputStream.new
      # Not with the size of a buffer: JRuby takes a number there for the count of bytes to copy.
      Java::OrgApacheHadoopIo::IOUtils.copyBytes(stream, buffer, @cluster.conf, false)
      buffer.toString('UTF-8')
    ensure
      stream.close if stream
    end

    def sizes(files, path)
      summary = files.getContentSummary(path)
      { 'bytes' => summary.getLength, 'files' => summary.getFileCount }
    rescue Java::JavaIo::FileNotFoundException
      { 'bytes' => 0, 'files' => 0 }
    end

    # Restored regions link into `archive/` of a root, so nothing below any HBase root is a file to remove (hazard 21).
    def refuse_protected(path, files)
      known_roots.each do |root|
        protect(path, root) if inside?(path, root) || inside?(root, path)
      end
      protect(path, path) if path.isRoot || path == files.getHomeDirectory
      folder = path
      until folder.nil?
        protect(path, folder) if ROOT_MARKS.any? { |mark| files.exists(HadoopFs::Path.new(folder, mark)) }
        folder = folder.getParent
      end
    end

    def known_roots
      [@cluster.root_dir, @cluster.wal_root].uniq
    end

    def inside?(path, folder)
      path == folder || path.toString.index(folder.toString.chomp('/') + '/') == 0
    end

    def protect(path, reason)
      raise Refusal.new('protected-path', "#{path} is left alone: #{reason} is an HBase root or holds one, or a home folder")
    end
  end
end
