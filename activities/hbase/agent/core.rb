require 'java'
require 'thread'

# Runs on JRuby from 9.2 (Ruby 2.5) to 9.4 (3.1) inside HBase 1.4 to 3.0, so: the Ruby 1.8 subset (no `{a: 1}`, `->`,
# `&.`), no gems, Java classes named inside methods only (a name that a line lacks must not break loading), and
# `respond_to?` instead of version numbers.
module TemporalHBase
  HB = Java::OrgApacheHadoopHbase
  HBClient = Java::OrgApacheHadoopHbaseClient
  HBUtil = Java::OrgApacheHadoopHbaseUtil
  HadoopFs = Java::OrgApacheHadoopFs
  JavaSystem = java.lang.System

  # The agent itself says no; `kind` is turned into a failure code by `to-hbase-failure.ts`.
  class Refusal < StandardError
    attr_reader :kind

    def initialize(kind, message)
      super(message)
      @kind = kind
    end
  end

  # Milliseconds of a clock that nobody can set.
  def self.monotonic_ms
    JavaSystem.nanoTime / 1_000_000
  end

  def self.java_class?(name)
    java.lang.Class.forName(name, false, java.lang.Thread.currentThread.getContextClassLoader)
    true
  rescue Java::JavaLang::ClassNotFoundException, Java::JavaLang::NoClassDefFoundError
    false
  end

  # Bytes travel as lower-case hex.
  module Hex
    def self.encode(bytes)
      String.from_java_bytes(bytes).unpack('H*')[0]
    end

    def self.decode(text)
      raise Refusal.new('bad-request', "not lower-case hex: #{text[0, 40]}") unless text =~ /\A([0-9a-f]{2})*\z/
      [text].pack('H*').to_java_bytes
    end
  end

  # What a Java or Ruby error was, without its stack.
  module ErrorReport
    def self.of(error)
      return { 'kind' => error.kind, 'class' => 'Refusal', 'message' => error.message, 'chain' => [] } if error.is_a?(Refusal)
      causes = chain(error)
      { 'kind' => 'failed', 'class' => name(error), 'message' => clip(error.message), 'chain' => causes.map { |c| name(c) },
        'causes' => causes.map { |c| clip(c.message) } }
    end

    def self.chain(error)
      found = []
      current = error
      while (current = cause(current)) && found.size < 10
        found << current
      end
      found
    end

    def self.cause(error)
      return error.getCause if error.respond_to?(:getCause)
      error.respond_to?(:cause) ? error.cause : nil
    end

    # A RemoteException names the class that was thrown on the server.
    def self.name(error)
      return error.class.name unless error.respond_to?(:getClass)
      error.respond_to?(:getClassName) ? error.getClassName : error.getClass.getName
    end

    # Servers put their stack into the message.
    def self.clip(text)
      text = text.to_s.split("\n\tat ")[0].to_s
      text.length > 1500 ? text[0, 1500] + '...' : text
    end
  end

  # Runs blocks side by side on threads that never keep the JVM alive.
  class Pool
    class DaemonThreads
      include java.util.concurrent.ThreadFactory

      def newThread(runnable)
        thread = java.lang.Thread.new(runnable)
        thread.setDaemon(true)
        thread
      end
    end

    # A thread for whatever comes: nothing waits for another's end.
    def self.growing
      new(nil)
    end

    def initialize(threads)
      executors = java.util.concurrent.Executors
      factory = DaemonThreads.new
      @executor = threads ? executors.newFixedThreadPool(threads, factory) : executors.newCachedThreadPool(factory)
    end

    def submit(&block)
      @executor.java_send(:submit, [java.util.concurrent.Callable.java_class], Task.new(block))
    end

    # Answers in the order of `items`; the first error is raised after all have ended.
    def map(items, &block)
      futures = items.map { |item| submit { attempt(item, block) } }
      outcomes = futures.map { |future| future.get }
      failed = outcomes.find { |outcome| outcome[1] }
      raise failed[1] if failed
      outcomes.map { |outcome| outcome[0] }
    end

    # What has been submitted is still done.
    def close
      @executor.shutdown
    end

    private

    def attempt(item, block)
      [block.call(item), nil]
    rescue StandardError, Java::JavaLang::Throwable => e
      [nil, e]
    end

    class Task
      include java.util.concurrent.Callable

      def initialize(block)
        @block = block
      end

      def call
        @block.call
      end
    end
  end

  # One cluster as its own configuration on this host names it: connection, file systems and pools, nothing else.
  class Cluster
    # `fan_out` is for short calls; `bulk_fan_out` for long reads, so that a cutover never queues behind them.
    attr_reader :conf, :fan_out, :bulk_fan_out

    def initialize
      @conf = bounded(HB::HBaseConfiguration.create)
      @fan_out = Pool.new(24)
      @bulk_fan_out = Pool.new(6)
      @lock = Mutex.new
    end

    def connection
      @lock.synchronize do
        @connection = nil if @connection && closed?(@connection)
        @connection ||= HBClient::ConnectionFactory.createConnection(@conf)
      end
    end

    def admin
      admin = connection.getAdmin
      yield admin
    ensure
      admin.close if admin
    end

    def table(name)
      table = connection.getTable(name)
      yield table
    ensure
      table.close if table
    end

    # The default file system; where only HBase is configured on this host, the one of its root.
    def files
      HadoopFs::FileSystem.get(@conf)
    end

    def root_dir
      path = HadoopFs::Path.new(@conf.get('hbase.rootdir'))
      path.getFileSystem(@conf).makeQualified(path)
    end

    def wal_root
      dir = @conf.get('hbase.wal.dir')
      return root_dir if dir.nil? || dir.empty?
      path = HadoopFs::Path.new(dir)
      path.getFileSystem(@conf).makeQualified(path)
    end

    def close
      @lock.synchronize do
        @connection.close if @connection && !closed?(@connection)
        @connection = nil
      end
    end

    private

    def closed?(connection)
      connection.isClosed || (connection.respond_to?(:isAborted) && connection.isAborted)
    end

    # HBase's own limits (15 tries, 20 minutes) would hide an outage from the steps, which retry by themselves. Its pause
    # of 100 ms doubles to seconds between two looks at a procedure: a fence of 0.7 s would be seen after 1.1 s.
    def bounded(conf)
      conf.setInt('hbase.client.pause', 20)
      conf.setInt('hbase.client.retries.number', 10)
      conf.setInt('hbase.ipc.client.connect.max.retries', 3)
      conf.setInt('hbase.client.operation.timeout', 120_000)
      # A dead server's WAL whose lease is not recovered would be tried for five minutes.
      conf.setInt('hbase.hlog.open.timeout', 10_000)
      default_fs = conf.get('fs.defaultFS')
      conf.set('fs.defaultFS', conf.get('hbase.rootdir')) if default_fs.nil? || default_fs.index('file:') == 0
      conf
    end
  end
end
