# Runs many small ToolRunner tools in one JVM, each with a log and an exit code of its own.
# runner.rb <seconds idle before it ends> <launch.sh> <its folder>; started by `launch.sh submit`, see there.
# Kept to a Ruby that JRuby 1.7 and later run. Nothing of Hadoop may be loaded before the streams are replaced:
# log4j's console appender keeps the System.err it finds when it is set up.
require 'java'

module JobRunner
  MOST_AT_ONCE = 4
  TICK_SECONDS = 0.1
  # Threads that serve all jobs of the JVM: an interrupt would hurt the others.
  SHARED_THREADS = /\AIPC |LeaseRenewer|StatisticsDataReferenceCleaner|SendThread|EventThread|Timer|RpcClient|netty/i

  def self.now
    Time.now.utc.strftime('%Y-%m-%dT%H:%M:%SZ')
  end

  # A thread's output goes to the log of the job that the thread, or the one that began it, belongs to.
  class JobStream < java.io.OutputStream
    def initialize(fallback)
      super()
      @fallback = fallback
      @current = java.lang.InheritableThreadLocal.new
    end

    def use(stream)
      @current.set(stream)
    end

    def write(*args)
      (@current.get || @fallback).write(*args)
    rescue java.io.IOException
      # A thread that outlived its job, such as a shared IPC thread.
      @fallback.write(*args)
    end

    def flush
      (@current.get || @fallback).flush
    rescue java.io.IOException
      @fallback.flush
    end
  end

  class Job
    attr_reader :folder

    def initialize(folder, identity)
      @folder = folder
      @identity = identity
    end

    # False when somebody else took it out of the queue.
    def take(entry)
      process = @identity + " #{JobRunner.now}\n"
      write('process.next', process)
      return false unless java.io.File.new(entry).renameTo(java.io.File.new(path('taken')))
      write('process', process)
      true
    end

    def start(streams)
      name = 'job ' + @folder.split('/').last(3).join('/')
      @group = java.lang.ThreadGroup.new(name)
      @thread = java.lang.Thread.new(@group, Body.new(self, streams), name)
      @thread.start
    end

    def over?
      !@thread.isAlive && File.exist?(path('exit'))
    end

    def tend
      # Its exit code could not be written, e.g. on a full disk.
      return write_exit(@code) unless @thread.isAlive
      @ended_by ||= '143' if File.exist?(path('stop'))
      @ended_by ||= '124' if @deadline && Time.now > @deadline
      interrupt if @ended_by
    rescue SystemCallError => e
      $stderr.puts "#{@folder}: #{e.message}"
    end

    def run(streams)
      @code = '1'
      log = java.io.FileOutputStream.new(path('log'), true)
      streams.each { |stream| stream.use(log) }
      read_input
      @deadline = Time.now + @limit_seconds
      @code = run_tool(log)
    rescue Exception, java.lang.Throwable => e
      $stderr.puts "#{@folder}: #{e.class}: #{e.message}"
    ensure
      log.write("\ntemporal-hbase: ended at its time limit\n".to_java_bytes) if log && @ended_by == '124'
      @code = @ended_by || @code
      streams.each { |stream| stream.use(nil) }
      log.close if log
      write_exit(@code)
    end

    private

    def path(name)
      File.join(@folder, name)
    end

    def write(name, text)
      File.open(path(name + '.tmp'), 'w') { |file| file.write(text) }
      File.rename(path(name + '.tmp'), path(name))
    end

    def write_exit(code)
      write('exit', "#{code} #{JobRunner.now}\n")
    end

    def read_input
      @settings = []
      @args = []
      File.read(path('input')).split("\n").each do |line|
        kind, *words = line.split(' ', -1).map { |word| java.net.URLDecoder.decode(word, 'UTF-8') }
        case kind
        when 'limit' then @limit_seconds = words[0].to_i
        when 'class' then @class_name = words[0]
        when 'setting' then @settings << words
        when 'arg' then @args << words[0]
        end
      end
    end

    def run_tool(log)
      conf = org.apache.hadoop.hbase.HBaseConfiguration.create
      @settings.each { |name, value| conf.set(name, value) }
      # Local jobs of one JVM that begin in the same millisecond would share a folder of that name (MAPREDUCE-6441).
      local = conf.get('mapreduce.framework.name', 'local') == 'local'
      conf.set('mapreduce.cluster.local.dir', path('local')) if local
      # As Hadoop does it: also a class whose constructor is not public, such as DistCp.
      tool = org.apache.hadoop.util.ReflectionUtils.newInstance(conf.getClassByName(@class_name), conf)
      code = org.apache.hadoop.util.ToolRunner.run(conf, tool, @args.to_java(:string))
      # As a process would end with it.
      (code & 255).to_s
    rescue java.lang.Throwable => e
      e.printStackTrace(java.io.PrintStream.new(log, true))
      '1'
    end

    # The tool's own threads, such as local mappers, are in the group as well.
    def interrupt
      threads = java.lang.Thread[@group.activeCount + 10].new
      count = @group.enumerate(threads)
      threads.to_a.first(count).compact.each { |thread| thread.interrupt unless thread.getName =~ SHARED_THREADS }
    end
  end

  class Body
    include java.lang.Runnable

    def initialize(job, streams)
      @job = job
      @streams = streams
    end

    def run
      @job.run(@streams)
    end
  end

  class Queue
    def initialize(idle_seconds, launcher, folder)
      @idle_seconds = idle_seconds
      @launcher = launcher
      @folder = folder
      @running = []
      @streams = [:out, :err].map { |name| JobStream.new(java.lang.System.send(name)) }
      java.lang.System.setOut(java.io.PrintStream.new(@streams[0], true))
      java.lang.System.setErr(java.io.PrintStream.new(@streams[1], true))
    end

    def serve
      idle_since = Time.now
      loop do
        @running.reject! { |job| job.over? }
        take_next
        @running.each { |job| job.tend }
        idle_since = Time.now unless @running.empty?
        return if Time.now - idle_since > @idle_seconds && may_end?
        sleep TICK_SECONDS
      end
    end

    private

    def take_next
      entries = Dir.entries(File.join(@folder, 'queue')).reject { |name| name =~ /\A\./ }.sort
      entries.first(MOST_AT_ONCE - @running.size).each do |name|
        entry = File.join(@folder, 'queue', name)
        begin
          begin_job(entry)
        rescue SystemCallError => e
          # Taken out of the queue by somebody else, or its folder is gone.
          $stderr.puts "#{entry}: #{e.message}"
        end
      end
    end

    def begin_job(entry)
      job = Job.new(File.read(entry).chomp, identity)
      return unless job.take(entry)
      job.start(@streams)
      @running << job
    end

    # Who we are, as the `process` file of launch.sh says it.
    def identity
      @identity ||= begin
        stat = File.read('/proc/self/stat')
        boot_file = ENV['TEMPORAL_HBASE_BOOT_ID_FILE'] || '/proc/sys/kernel/random/boot_id'
        [stat.to_i, stat[/.*\) (.*)/m, 1].split(' ')[19], File.read(boot_file).chomp, 0, 0].join(' ')
      end
    end

    def may_end?
      system('sh', @launcher, 'retire', @folder)
    end
  end
end

JobRunner::Queue.new(ARGV[0].to_i, ARGV[1], ARGV[2]).serve
exit 0
