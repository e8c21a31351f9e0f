module TemporalHBase
  # What the master is doing, or will do, to a table. A change that waits for the table's lock is persisted there and is
  # carried out whenever the lock comes free, long after its caller has gone: a descriptor that still says "writable"
  # proves nothing while a fence is queued.
  class TableWork
    LIVE_STATES = %w[INITIALIZING RUNNABLE WAITING WAITING_TIMEOUT]
    POLL_SECONDS = 0.1
    FENCE_POLL_SECONDS = 0.5
    DENIED = 'org.apache.hadoop.hbase.security.AccessDeniedException'

    def initialize(cluster, tables)
      @cluster = cluster
      @tables = tables
    end

    def read_table_locks(request)
      names = request.fetch('tables')
      work = Work.read(@cluster)
      names.map { |name| { 'table' => name, 'waitsFor' => work.nil? ? [] : work.waits_for(name) } }
    end

    def give_back(request)
      restore(request.table, request['readOnly'], request['enable']) { |apply| request.change { apply.call } }
      nil
    end

    # Is a change to READONLY queued for this table, so that another one would only stand behind it?
    def fence_queued?(table)
      work = Work.read(@cluster)
      !work.nil? && work.changes(table.getNameAsString).any? { |change| change['readOnly'] == true }
    end

    def wait_for_fence(request)
      while fence_queued?(request.table)
        request.stop_if_cancelled
        sleep FENCE_POLL_SECONDS
      end
    end

    # Until the table is as it was and nothing is queued that would change it. What is needed is submitted behind what is
    # queued: the master carries it out in this order, also when nobody is left to wait for it. Yields each submission.
    def restore(table, read_only, enable)
      loop do
        # First the queue, then the descriptor: what has left the queue in between shows in the descriptor.
        work = Work.read(@cluster)
        queued = work.nil? ? nil : work.changes(table.getNameAsString)
        wanted = wanted(table, queued, read_only, enable)
        return if wanted == :nothing || (wanted == :blind && blindly(table, read_only, enable) { |apply| yield apply })
        wanted == :wait ? sleep(POLL_SECONDS) : submit(table, wanted, read_only) { |apply| yield apply }
      end
    end

    private

    def wanted(table, queued, read_only, enable)
      return :blind if queued.nil?
      # A line that does not tell what is queued (1.x): wait until it is through, and look.
      return :wait if queued.any? { |change| change['kind'] == 'unknown' }
      said = last_of(queued, 'readOnly')
      return :alter if (said.nil? ? @tables.read_only?(table) : said) != read_only
      said = last_of(queued, 'enabled')
      return :enable if enable && !(said.nil? ? @tables.enabled?(table) : said)
      queued.empty? ? :nothing : :wait
    end

    # What the newest of the queued changes that says anything about it will leave; nil: none does.
    def last_of(queued, what)
      queued.map { |change| change[what] }.compact.last
    end

    # Nobody says what is queued: sent whatever the descriptor says, since a fence may be queued before it.
    def blindly(table, read_only, enable)
      submit(table, :alter, read_only) { |apply| yield apply }
      submit(table, :enable, read_only) { |apply| yield apply } if enable && !@tables.enabled?(table)
      true
    end

    def submit(table, what, read_only)
      if what == :alter
        @tables.alter(table, 'readOnly' => read_only) { |apply| yield apply }
      else
        @cluster.admin { |admin| yield lambda { admin.enableTable(table) } }
      end
    end

    # One reading of the master's procedures, locks and regions in transition; nil when we may not see them.
    class Work
      def self.read(cluster)
        cluster.admin do |admin|
          if admin.respond_to?(:getLocks)
            new(Json.parse(admin.getProcedures.to_s), Json.parse(admin.getLocks.to_s), Status.read_transitions(admin))
          elsif admin.respond_to?(:listProcedures)
            ClassicWork.new(admin.listProcedures.to_a, Status.read_transitions(admin))
          end
        end
      rescue Java::JavaIo::IOException => e
        raise unless ([e] + ErrorReport.chain(e)).any? { |cause| ErrorReport.name(cause) == DENIED }
        nil
      end

      def initialize(procedures, locks, transitions)
        @procedures = procedures.select { |p| LIVE_STATES.include?(p['state']) }
        @locks = locks
        @transitions = transitions
      end

      # Oldest first: the order in which the master carries them out.
      def changes(table)
        own = @procedures.select { |p| p['parentId'].nil? && changes?(p, table) }
        own.sort_by { |p| p['procId'].to_i }.map { |p| change(p) }
      end

      def waits_for(table)
        holders(table) + queued(table) + transitions(table)
      end

      private

      def changes?(procedure, table)
        procedure['className'].to_s =~ /(Modify|Enable|Disable|Delete|Truncate|Restore)\w*Procedure\z/ &&
          messages(procedure).any? { |message| named?(message, table) }
      end

      def change(procedure)
        case procedure['className'].to_s
        when /\.ModifyTableProcedure\z/ then { 'kind' => 'modify', 'readOnly' => read_only(procedure) }
        when /\.DisableTableProcedure\z/ then { 'kind' => 'disable', 'enabled' => false }
        when /\.EnableTableProcedure\z/ then { 'kind' => 'enable', 'enabled' => true }
        else { 'kind' => 'other' }
        end
      end

      def messages(procedure)
        [procedure['stateMessage']].flatten.compact.select { |m| m.is_a?(Hash) }
      end

      def named?(message, table)
        %w[modifiedTableSchema tableSchema].any? { |key| message[key] && name_of(message[key]['tableName']) == table } ||
          name_of(message['tableName']) == table
      end

      def name_of(name)
        return nil unless name.is_a?(Hash) && name['qualifier']
        space = text(name['namespace'])
        space == 'default' ? text(name['qualifier']) : "#{space}:#{text(name['qualifier'])}"
      end

      # Stored bytes are printed in base64.
      def text(base64)
        base64.to_s.unpack('m')[0].force_encoding('UTF-8')
      end

      def read_only(procedure)
        schema = messages(procedure).map { |m| m['modifiedTableSchema'] }.compact[0] || {}
        values = (schema['attributes'] || []).select { |a| text(a['first']) == 'READONLY' }.map { |a| text(a['second']) }
        values.any? { |value| value.casecmp('true') == 0 }
      end

      def holders(table)
        lock = @locks.find { |l| l['resourceType'] == 'TABLE' && l['resourceName'] == table }
        return [] if lock.nil?
        owner = lock['exclusiveLockOwnerProcedure']
        return ["#{describe(owner)} holds its lock"] if owner && read_only(owner) != true
        owner.nil? && lock['sharedLockCount'].to_i > 0 ? ['a change of its regions is under way'] : []
      end

      # A queued fence is ours, or does what ours would do.
      def queued(table)
        waiting = @procedures.select { |p| p['parentId'].nil? && !p['locked'] && changes?(p, table) && !read_only(p) }
        waiting.map { |p| "#{describe(p)} waits for its lock" }
      end

      def describe(procedure)
        kind = procedure['className'].to_s.split('.').last
        note = messages(procedure).map { |m| m['description'] }.compact[0]
        "#{kind} #{procedure['procId']} of #{procedure['owner'] || 'the master'}#{note ? " (#{note})" : ''}"
      end

      def transitions(table)
        own = @transitions.select { |t| t['table'] == table }
        own.map { |t| "region #{t['region']} is #{t['state']}" }
      end
    end

    # 1.x tells names and states only, and carries out what waits in any order.
    class ClassicWork < Work
      def initialize(procedures, transitions)
        super([], [], transitions)
        @infos = procedures.select { |p| LIVE_STATES.include?(p.getProcState.to_s) }
      end

      def changes(table)
        infos(table).map { { 'kind' => 'unknown' } }
      end

      private

      def infos(table)
        @infos.select { |p| !p.hasParentId && p.getProcName.to_s =~ /Table/ && p.getProcName.to_s =~ /table=#{Regexp.escape(table)}\W/ }
      end

      def holders(_table)
        []
      end

      def queued(table)
        infos(table).map { |p| "#{p.getProcName} #{p.getProcId} is under way" }
      end
    end
  end
end
