# Chooses operations for one table and remembers what they did to its rows.
#
# Each operation is chosen so that what a reader must see afterwards is decidable: nearly all carry a client timestamp;
# no timestamp is used twice on a cell, none lies under a delete marker of its row, and where single versions are
# deleted no cell ever gets more versions than its family keeps (hazard 18).
class TableWriter
  ROWS_KEPT = 500
  COUNTERS = 16
  # A server's clock ticks in milliseconds: operations on one row that leave the timestamp to it keep this distance.
  SERVER_GAP_MS = 25
  MIX = { insert: 26, update: 24, back_date: 8, delete_row: 7, delete_column: 4, delete_version: 5, expire: 4,
          increment: 8, server_put: 7, server_delete: 2, touch_preloaded: 3, delete_preloaded: 2 }.flat_map { |kind, n| [kind] * n }

  attr_reader :name

  def initialize(name, families, preloaded, ledger, session, seed)
    @name = name
    @families = families
    @preloaded = preloaded
    @ledger = ledger
    @session = session
    @random = Random.new(seed)
    @rows = []
    @server_rows = []
    @counters = []
    @minted = 0
    @values = 0
    @gone = {}
  end

  def next_op
    loop do
      op = send(MIX[@random.rand(MIX.size)])
      return op if op
    end
  end

  # Called once the outcome is known; `row` leaves the game when the outcome is not.
  def settle(op, row, effect, outcome)
    if outcome == 'ACK'
      effect.call
      row.touched = now_ms
    elsif outcome == 'AMBIGUOUS'
      [@rows, @server_rows, @counters].each { |pool| pool.delete(row) }
    end
  end

  private

  def plain
    @families.select { |family| family.ttl_seconds.zero? }
  end

  def versioned
    plain.select { |family| family.versions >= 3 }
  end

  def pick(list)
    list[@random.rand(list.size)] unless list.empty?
  end

  def keep(pool, row)
    pool << row unless pool.include?(row)
    pool.delete_at(@random.rand(pool.size)) if pool.size > ROWS_KEPT
  end

  def mint(letter)
    @minted += 1
    Row.new(format('%02x-%s%s-%08d', @minted * 37 % 256, letter, @session, @minted))
  end

  def value
    @values += 1
    "v#{@values}"
  end

  def op(row, kind, cells, &effect)
    [Op.new(@ledger.next_sequence, @name, row.key, kind, cells), row, effect]
  end

  # Never in the future: a stamp is only given out when the clock has passed the row's last one.
  def stamp(row)
    time = now_ms
    time if time > row.last
  end

  def put(row, family_qualifiers, time)
    cells = family_qualifiers.map { |family, qualifier| [family.name, qualifier, time, value] }
    op(row, 'PUT', cells) do
      row.last = time if time > row.last
      cells.each { |family, qualifier, _, _| row.stamps[[family, qualifier]] << time }
      yield if block_given?
    end
  end

  def insert
    row = mint('i')
    put(row, plain.first(2).map { |family| [family, 'q'] }, now_ms) { keep(@rows, row) }
  end

  def update
    row = pick(@rows)
    family = pick(plain)
    return if row.nil? || full?(row, family, 'q')
    time = stamp(row)
    put(row, [[family, 'q']], time) if time
  end

  def full?(row, family, qualifier)
    family.versions > 1 && row.stamps[[family.name, qualifier]].size >= family.versions
  end

  def back_date
    row = @random.rand(2).zero? ? mint('b') : pick(@rows)
    family = pick(plain)
    return if row.nil? || full?(row, family, 'q')
    time = now_ms - 1 - @random.rand(3_600_000)
    return if time <= row.floor || row.stamps[[family.name, 'q']].include?(time)
    put(row, [[family, 'q']], time) { keep(@rows, row) }
  end

  def delete_row
    row = pick(@rows)
    time = row && stamp(row)
    return unless time
    op(row, 'DELETE_ROW', [['', '', time, '']]) { row.last = row.floor = time }
  end

  def delete_column
    row = pick(@rows)
    time = row && stamp(row)
    return unless time
    op(row, 'DELETE_COLUMN', [[pick(plain).name, 'q', time, '']]) { row.last = row.floor = time }
  end

  def delete_version
    row = pick(@rows)
    family = pick(versioned)
    return if row.nil? || family.nil?
    time = pick(row.stamps[[family.name, 'q']].select { |stamp| stamp > row.floor })
    op(row, 'DELETE_VERSION', [[family.name, 'q', time, '']]) {} if time
  end

  def expire
    family = pick(@families.reject { |each| each.ttl_seconds.zero? })
    family && put(mint('t'), [[family, 'q']], now_ms)
  end

  def increment
    keep(@counters, mint('c')) while @counters.size < COUNTERS
    op(pick(@counters), 'INCREMENT', [[plain.first.name, 'n', '-', (1 + @random.rand(5)).to_s]]) {}
  end

  def server_put
    row = @server_rows.size < 50 ? mint('s') : pick(@server_rows)
    return if now_ms - row.touched < SERVER_GAP_MS
    op(row, 'PUT', [[plain.first.name, 's', '-', value]]) { keep(@server_rows, row) }
  end

  def server_delete
    row = pick(@server_rows)
    return if row.nil? || now_ms - row.touched < SERVER_GAP_MS
    op(row, 'DELETE_ROW', [['', '', '-', '']]) {}
  end

  # A qualifier of this writer's own, so nothing unknown lies under it.
  def touch_preloaded
    row = preloaded_row
    row && put(row, [[plain.first, "u#{@session}"]], now_ms) { @gone[row.key] = true }
  end

  def delete_preloaded
    row = preloaded_row
    row && op(row, 'DELETE_ROW', [['', '', now_ms, '']]) { @gone[row.key] = true }
  end

  def preloaded_row
    return if @preloaded.zero?
    index = @random.rand(@preloaded)
    key = format('%02x-%08d', index % 256, index)
    Row.new(key) unless @gone[key]
  end
end

def apply(table, op)
  row = bytes(op.row)
  case op.kind
  when 'PUT'
    put = CL.Put.new(row)
    op.cells.each do |family, qualifier, time, value|
      args = time == '-' ? [] : [time]
      put.addColumn(bytes(family), bytes(qualifier), *args, bytes(value))
    end
    table.put(put)
  when 'INCREMENT'
    family, qualifier, _, delta = op.cells.first
    return table.incrementColumnValue(row, bytes(family), bytes(qualifier), delta.to_i).to_s
  when 'DELETE_ROW'
    time = op.cells.first[2]
    table.delete(time == '-' ? CL.Delete.new(row) : CL.Delete.new(row, time))
  else
    family, qualifier, time, = op.cells.first
    delete = CL.Delete.new(row)
    op.kind == 'DELETE_COLUMN' ? delete.addColumns(bytes(family), bytes(qualifier), time) : delete.addColumn(bytes(family), bytes(qualifier), time)
    table.delete(delete)
  end
  ''
end
