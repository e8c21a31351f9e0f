import type { CommandCall, CommandResult } from '../../../activities/deps.ts';
import { createLedger, type Ledger } from '../../model/ledger.ts';
import { FENCE_COMMAND } from '../../model/model-deps.ts';
import type { ModelClock } from '../../model/clock.ts';
import type { Random } from '../../model/random.ts';
import type { ModelMember, ModelWorld } from '../../model/world.ts';
import { readCells } from '../../model/row-verbs.ts';
import { requireTable } from '../../model/state.ts';
import { startModelWriter, type AcknowledgedWrite } from '../../model/writer.ts';
import type { Scenario } from './scenario.ts';

/** The applications: who writes where, and the commands that fence and switch them. */
export interface Clients {
  readonly ledger: Ledger;
  /** Acknowledged writes by cluster, with their times. */
  readonly acknowledged: AcknowledgedWrite[];
  /** Writes that were acknowledged and could not be read at once. */
  readonly hidden: string[];
  runCommand(name: string, call: CommandCall): Promise<CommandResult>;
  /** A person switches the clients of these tables by hand. */
  switchOver(tables: readonly string[]): void;
  /** The fence guard undoes the application's fence. */
  unfence(): void;
  /** Rows that no log holds, through every fence but `disable` (hazards 12). */
  bulkLoad(table: string): void;
  /** Writes a little now and then, while nothing is decided any more. */
  slowDown(): void;
  stop(): void;
}

interface ClientsOptions {
  world: ModelWorld;
  clock: ModelClock;
  random: Random;
  scenario: Scenario;
}

export function startClients({ world, clock, random, scenario }: ClientsOptions): Clients {
  const ledger = createLedger();
  const acknowledged: AcknowledgedWrite[] = [];
  const hidden: string[] = [];
  const switched = new Set<string>();
  let fenced = new Set<string>();
  let pauseMs = scenario.writePauseMs;
  const writer = startModelWriter({
    clock,
    random: random.fork('writer'),
    ledger,
    tables: scenario.tables,
    route: (table) => {
      if (switched.has(table)) return world.member('new');
      if (fenced.has(table)) throw new Error('the application is fenced');
      return world.member('old');
    },
    meanPauseMs: () => pauseMs,
    onAcknowledged: (write) => {
      acknowledged.push(write);
      hidden.push(...readBack(world.member(write.cluster), write));
    },
  });
  const runCommand: Clients['runCommand'] = async (name, { check, action, input }) => {
    await clock.sleep(random.between(20, 300));
    if (random.chance(0.05)) return { exitCode: 1, outputTail: 'try again' };
    if (check) return { exitCode: 0, outputTail: 'ok' };
    const { tables } = input as { tables: string[] };
    if (name !== FENCE_COMMAND) for (const table of tables) switched.add(table);
    else fenced = new Set(action === 'fence' ? tables : []);
    return { exitCode: random.chance(0.05) ? 1 : 0, outputTail: '' };
  };
  return {
    ledger,
    acknowledged,
    hidden,
    runCommand,
    switchOver: (tables) => {
      for (const table of tables) switched.add(table);
    },
    unfence: () => fenced.clear(),
    bulkLoad: (table) => bulkLoad({ world, ledger, random }, table),
    slowDown: () => {
      pauseMs = 5_000;
    },
    stop: () => writer.stop(),
  };
}

/** I1 as a client sees it: what it has just written is the newest it can read (hazards 6). */
function readBack({ state }: ModelMember, { table: name, mutation }: AcknowledgedWrite): string[] {
  const { row, family, qualifier, type, value, timestampMs } = mutation;
  if (type !== 'put' || timestampMs !== undefined) return [];
  const cells = readCells(state, requireTable(state, name), row);
  const found = cells.find((cell) => cell.family === family && cell.qualifier === qualifier);
  if (found?.value === value) return [];
  return [`I1: ${name} ${row} was written on ${state.name} and shows ${found?.value ?? 'nothing'}, not ${value}`];
}

function bulkLoad(
  { world, ledger, random }: { world: ModelWorld; ledger: Ledger; random: Random },
  table: string,
): void {
  const source = world.member('old');
  if (!source.state.tables.get(table)?.enabled) return;
  const row = `b${random.between(0, 9)}00`;
  const mutation = { row, family: 'd', qualifier: '63', type: 'put', value: random.pick(['01', '02', '03']) } as const;
  try {
    source.bulkLoad(table, [mutation]);
    ledger.acknowledged(table, mutation, { ...mutation, timestampMs: 0 });
  } catch {
    // The table was just being disabled: nothing was loaded.
  }
}
