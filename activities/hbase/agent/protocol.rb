module TemporalHBase
  # One JSON line per request on standard input, one per reply behind the sentinel on the real standard output. Replies
  # come in any order. What a library prints goes to standard error and can never be taken for a reply.
  #
  #   request  {"id": 7, "verb": "deleteTable", "args": {...}, "operation": "...", "beforeMs": 123456}
  #   cancel   {"cancel": 7}
  #   reply    <sentinel> {"id": 7, "at": 123400, "ok": ...}  or  {..., "error": {"kind", "class", "message", "chain"}}
  #
  # `at` and `beforeMs` are on the agent's monotonic clock: the caller learns it from the hello and from each reply, so
  # that time which a request spent in a stalled connection counts too.
  class Request
    attr_reader :id, :verb

    def initialize(message)
      @id = message['id']
      @verb = message['verb']
      @operation = message['operation']
      @args = message['args'] || {}
      @before_ms = message['beforeMs']
      @cancelled = false
    end

    def [](name)
      @args[name]
    end

    def fetch(name)
      value = @args[name]
      raise Refusal.new('bad-request', "#{@verb}: argument #{name} is missing") if value.nil?
      value
    end

    def table(name = 'table')
      HB::TableName.valueOf(fetch(name))
    end

    def cancel
      @cancelled = true
    end

    # Every change goes through here, so that an attempt which its caller has given up on cannot act late (hazard 27).
    def change
      raise Refusal.new('bad-request', "#{@verb} is not declared as changing") unless VERBS[@verb][2].to_s =~ /change\z/
      expire! if @cancelled || @before_ms.nil? || TemporalHBase.monotonic_ms >= @before_ms
      yield
    end

    def stop_if_cancelled
      expire! if @cancelled
    end

    private

    def expire!
      raise Refusal.new('expired', "#{@verb} of operation #{@operation} came too late and was not carried out")
    end
  end

  class Server
    BULK_THREADS = 8
    CALL_THREADS = 16
    # Admin's changes block for minutes, all of a wave's at once.
    CHANGE_THREADS = 64
    EXIT_GRACE_MS = 2000

    def initialize(cluster, areas, sentinel, idle_ms)
      @cluster = cluster
      @areas = areas
      @sentinel = sentinel
      @idle_ms = idle_ms
      @output = java.io.FileOutputStream.new(java.io.FileDescriptor.out)
      @output_lock = Mutex.new
      @requests = java.util.concurrent.ConcurrentHashMap.new
      @pools = { :urgent => Pool.growing, :change => Pool.new(CHANGE_THREADS), :call => Pool.new(CALL_THREADS),
                 :bulk => Pool.new(BULK_THREADS) }
      @last_use_ms = TemporalHBase.monotonic_ms
    end

    def run(hello)
      keep_standard_output_clean
      watch_idleness
      send_line('id' => 0, 'ok' => hello)
      input = java.io.BufferedReader.new(java.io.InputStreamReader.new(JavaSystem.in, 'US-ASCII'))
      while (line = input.readLine)
        @last_use_ms = TemporalHBase.monotonic_ms
        receive(Json.parse(line))
      end
      leave(0)
    end

    private

    def keep_standard_output_clean
      JavaSystem.setOut(JavaSystem.err)
      $stdout = $stderr
    end

    def receive(message)
      if message['cancel']
        request = @requests.get(message['cancel'])
        request.cancel if request
      else
        start(Request.new(message))
      end
    end

    def start(request)
      @requests.put(request.id, request)
      area, method, kind = VERBS[request.verb]
      @pools[pool_of(request.verb, kind.to_s)].submit { answer(request, area, method) }
    end

    # The mark, the unfence and the pings never wait behind changes that block, nor behind each other.
    def pool_of(verb, kind)
      return :urgent if URGENT.include?(verb)
      return :bulk if kind =~ /\Abulk/
      kind == 'change' ? :change : :call
    end

    def answer(request, area, method)
      send_line(outcome(request, area, method))
    rescue StandardError, Java::JavaLang::Throwable => e
      send_line('id' => request.id, 'error' => ErrorReport.of(e))
    ensure
      @requests.remove(request.id)
      @last_use_ms = TemporalHBase.monotonic_ms
    end

    def outcome(request, area, method)
      raise Refusal.new('bad-request', "unknown verb #{request.verb}") if area.nil?
      { 'id' => request.id, 'ok' => @areas[area].send(method, request) }
    end

    def send_line(message)
      line = Json.dump(message.merge('at' => TemporalHBase.monotonic_ms))
      write((@sentinel + ' ' + line + "\n").to_java_bytes)
    end

    def write(bytes)
      @output_lock.synchronize do
        @output.write(bytes)
        @output.flush
      end
    rescue Java::JavaIo::IOException
      leave(0)
    end

    def watch_idleness
      Thread.new do
        loop do
          sleep 1
          leave(0) if @requests.isEmpty && TemporalHBase.monotonic_ms - @last_use_ms > @idle_ms
        end
      end
    end

    # Open ZooKeeper and network threads may hold the JVM: close with a limit, then halt.
    def leave(code)
      closing = Thread.new { @cluster.close }
      closing.join(EXIT_GRACE_MS / 1000.0)
    ensure
      java.lang.Runtime.getRuntime.halt(code)
    end
  end
end
