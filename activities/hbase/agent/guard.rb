# Entry of the fence guard: guard.rb <settings file>. It runs detached on the source's gateway and gives writes back at
# the deadline, whatever has become of the worker and of Temporal (design §4.9, hazard 4). Exit code 0: the run cut over
# and nothing was touched. 3: the tables were unfenced and proven open.
module TemporalHBase
  class Guard
    POLL_SECONDS = 0.2
    RETRY_SECONDS = 0.5
    # A fence that was under way when the mark was set may still arrive: look again before calling it open.
    SETTLE_SECONDS = 2
    COMMAND_LIMIT_SECONDS = 120
    EXIT_UNFENCED = 3
    # Tables that are looked at before it is ready; one after another, a wave of a thousand would never be.
    WARM_UP_THREADS = 12

    def initialize(areas, settings, folder)
      @areas = areas
      @settings = settings
      @folder = folder
    end

    def run
      warm_up
      # Nothing is fenced before somebody has read that it is ready, so the pause cannot have begun earlier; a slow start
      # must not eat the bound.
      @ready_ms = TemporalHBase.monotonic_ms
      @deadline_ms = @ready_ms + @settings['deadlineMs']
      write_file('guard-ready', @settings['epoch'].to_s)
      say "GUARD READY #{@settings['epoch']}"
      decision = wait_for_decision
      say "GUARD DECISION #{decision}"
      return 0 if decision == 'cut-over'
      results = unfence_all
      opened_ms = TemporalHBase.monotonic_ms - @ready_ms
      result = { 'decision' => decision, 'unfenced' => results, 'at' => now, 'openedAfterMs' => opened_ms }
      write_file('guard-result.json', Json.dump(result))
      say "GUARD DONE #{opened_ms} ms"
      EXIT_UNFENCED
    end

    private

    # Everything the unfence will need is loaded and connected before the fence goes up.
    def warm_up
      persistently('warm-up') do
        @areas[:tables].warm_up
        read_mark
        # Not in the pool that each probe fans out into: its threads would wait for themselves.
        probes = Pool.new(WARM_UP_THREADS)
        probes.map(@settings['tables']) { |entry| @areas[:fences].probe(name_of(entry)) }
        probes.close
        true
      end
    end

    def wait_for_decision
      until (mark = look) || TemporalHBase.monotonic_ms >= @deadline_ms
        sleep POLL_SECONDS
      end
      mark ? mark['decision'] : compete
    end

    # An error here is not an answer: the guard looks again, and competes at the deadline.
    def look
      read_mark
    rescue StandardError, Java::JavaLang::Throwable => e
      complain('reading the mark', e)
      nil
    end

    def compete
      text = Json.dump('decision' => 'unfence', 'by' => "fence guard of run #{@settings['runId']}", 'at' => now)
      persistently('setting the mark') do
        if @areas[:files].create(@settings['markPath'], text)
          'unfence'
        else
          mark = read_mark
          mark && mark['decision']
        end
      end
    end

    def read_mark
      text = @areas[:files].read(@settings['markPath'])
      return nil if text.nil?
      mark = Json.parse(text)
      raise "the mark says #{text}" unless %w[cut-over unfence].include?(mark['decision'])
      mark
    end

    def unfence_all
      undo = @settings['tables'].map { |entry| [entry['table'], lambda { unfence(entry) }] }
      undo << ['command', lambda { run_command }] if @settings['unfenceCommand']
      undo.map { |subject, work| Thread.new { timed(subject, &work) } }.map { |thread| thread.value }
    end

    def timed(subject, &work)
      from = TemporalHBase.monotonic_ms
      persistently("unfencing #{subject}", &work)
      took = TemporalHBase.monotonic_ms - from
      say "GUARD UNFENCED #{subject} #{took} ms"
      { 'subject' => subject, 'tookMs' => took }
    end

    # Whatever the regions say now: a fence may still be queued at the master.
    def unfence(entry)
      restore(entry)
      return false unless open?(entry)
      sleep SETTLE_SECONDS
      restore(entry)
      open?(entry)
    end

    def restore(entry)
      @areas[:work].restore(name_of(entry), entry['readOnlyBefore'], entry['fence'] == 'disable') { |apply| apply.call }
    end

    # A table that was READONLY before has nothing to prove but that it is served.
    def open?(entry)
      table = name_of(entry)
      return false unless @areas[:tables].open?(table)
      return true if entry['readOnlyBefore']
      probe = @areas[:fences].probe(table)
      probe['regions'] > 0 && probe['writable'].size == probe['regions']
    end

    def name_of(entry)
      HB::TableName.valueOf(entry['table'])
    end

    def run_command
      builder = java.lang.ProcessBuilder.new(java.util.ArrayList.new(@settings['unfenceCommand']))
      builder.redirectErrorStream(true).redirectOutput(java.lang.ProcessBuilder::Redirect::INHERIT)
      process = builder.start
      process.getOutputStream.close
      ended = process.waitFor(COMMAND_LIMIT_SECONDS, java.util.concurrent.TimeUnit::SECONDS)
      process.destroyForcibly unless ended
      ended && process.exitValue == 0
    end

    # Until it answers something true. The job's own time limit ends a guard that never can.
    def persistently(what)
      loop do
        begin
          result = yield
          return result if result
        rescue StandardError, Java::JavaLang::Throwable => e
          complain(what, e)
        end
        sleep RETRY_SECONDS
      end
    end

    def complain(what, error)
      say "GUARD TROUBLE #{what}: #{ErrorReport.name(error)}: #{ErrorReport.clip(error.message)}"
    end

    def write_file(name, text)
      target = java.io.File.new(@folder, name)
      draft = java.io.File.new(@folder, ".#{name}.tmp")
      File.open(draft.getPath, 'w') { |file| file.write(text) }
      raise "cannot write #{target}" unless draft.renameTo(target)
    end

    def now
      Time.now.utc.strftime('%Y-%m-%dT%H:%M:%SZ')
    end

    def say(text)
      $stdout.puts(text)
      $stdout.flush
    end
  end
end

settings_file = java.io.File.new(ARGV[0]).getAbsoluteFile
settings = TemporalHBase::Json.parse(File.read(settings_file.getPath))
areas = TemporalHBase.areas(TemporalHBase::Cluster.new)
exit_code = TemporalHBase::Guard.new(areas, settings, settings_file.getParent).run
# Threads of HBase and ZooKeeper may hold the JVM.
java.lang.Runtime.getRuntime.halt(exit_code)
