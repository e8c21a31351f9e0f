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
  readonly home: ModelMember;
  runCommand(name: string, call: CommandCall): Promise<CommandResult>;
  /** A person switches by hand. */
  switchOver(): void;
  fence(on: boolean): void;
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
  let home = world.member('old');
  let fenced = false;
  let pauseMs = scenario.writePauseMs;
  const writer = startModelWriter({
    clock,
    random: random.fork('writer'),
    ledger,
    tables: scenario.tables,
    route: () => {
      if (fenced) throw new Error('the application is fenced');
      return home;
    },
    meanPauseMs: () => pauseMs,
    onAcknowledged: (write) => {
      acknowledged.push(write);
      hidden.push(...readBack(world.member(write.cluster), write));
    },
  });
  const runCommand: Clients['runCommand'] = async (name, { check, action }) => {
    await clock.sleep(random.between(20, 300));
    if (random.chance(0.05)) return { exitCode: 1, outputTail: 'try again' };
    if (check) return { exitCode: 0, outputTail: 'ok' };
    if (name === FENCE_COMMAND) fenced = action === 'fence';
    else home = world.member('new');
    return { exitCode: random.chance(0.05) ? 1 : 0, outputTail: '' };
  };
  return {
    ledger,
    acknowledged,
    hidden,
    get home() {
      return home;
    },
    runCommand,
    switchOver: () => {
      home = world.member('new');
      fenced = false;
    },
    fence: (on) => {
      fenced = on;
    },
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
