import type { ModelClock } from './clock.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import type { ModelMember } from './world.ts';
import type { Mutation } from './writes.ts';

export interface WriterOptions {
  clock: ModelClock;
  random: Random;
  ledger: Ledger;
  tables: readonly string[];
  /** The cluster that clients of a table write to now. */
  route: (table: string) => ModelMember;
  meanPauseMs: () => number;
  /** Told of every acknowledged write. */
  onAcknowledged?: (write: AcknowledgedWrite) => void;
  rows?: number;
}

export interface AcknowledgedWrite {
  cluster: string;
  table: string;
  atMs: number;
  mutation: Mutation;
}

/**
 * A client that never stops: puts, deletes of a version, a column or a row, back-dated puts and deletes, short-lived
 * cells. One operation at a time, so the order of its acknowledgements is the order of its writes.
 */
export function startModelWriter(options: WriterOptions): { stop(): void } {
  let stopped = false;
  void writeUntil(options, () => stopped);
  return {
    stop: () => {
      stopped = true;
    },
  };
}

async function writeUntil(options: WriterOptions, isStopped: () => boolean): Promise<void> {
  const { clock, random, tables } = options;
  const plan = createMutations(random, options.rows ?? 12, clock);
  while (!isStopped()) {
    await clock.sleep(random.between(1, options.meanPauseMs() * 2));
    if (isStopped()) return;
    const table = random.pick(tables);
    const mutation = plan.next(table);
    const outcome = await writeOnce(options, table, mutation);
    plan.remember(table, mutation, outcome);
  }
}

async function writeOnce(
  { clock, random, ledger, route, onAcknowledged }: WriterOptions,
  table: string,
  mutation: Mutation,
): Promise<Outcome> {
  await clock.sleep(random.between(1, 10));
  try {
    const member = route(table);
    const cell = member.mutate(table, mutation);
    if (random.chance(0.01)) {
      ledger.unknown(table, mutation);
      return 'unknown';
    }
    ledger.acknowledged(table, mutation, cell);
    onAcknowledged?.({ cluster: member.state.name, table, atMs: clock.nowMs(), mutation });
    return 'acknowledged';
  } catch {
    // Refused before anything was written: nothing was acknowledged, and the client comes back with another write.
    return 'refused';
  }
}

type Outcome = 'acknowledged' | 'unknown' | 'refused';

/** Families of a modelled wave table. */
export const WRITER_FAMILIES = [
  { name: 'd', maxVersions: 3, ttlSeconds: 2_147_483_647 },
  { name: 't', maxVersions: 1, ttlSeconds: 120 },
];

function createMutations(random: Random, rows: number, clock: ModelClock) {
  let count = 0;
  /** Rows whose last word is a put that was acknowledged; false for ever once an answer was lost. */
  const mayTakeBack = new Map<string, boolean>();
  const doubtful = new Set<string>();
  const next = (table: string): Mutation => {
    count += 1;
    const row = rowKey(random.between(0, rows - 1), random);
    const value = toHex(`v${count}`);
    const kind = random.next();
    if (kind < 0.1) return { row, family: 't', qualifier: '61', type: 'put', value };
    if (kind < 0.35) return stampedMutation(row, value);
    if (kind < 0.42) return { row, family: 'd', qualifier: '61', type: 'delete-column' };
    // Taking one version away twice in a row shows what a compaction may have dropped (hazards 18).
    if (kind < 0.48 && mayTakeBack.get(`${table}|${row}`) === true)
      return { row, family: 'd', qualifier: '61', type: 'delete' };
    return { row, family: 'd', qualifier: '61', type: 'put', value };
  };
  const stampedMutation = (row: string, value: string): Mutation => {
    const timestampMs = clock.nowMs() - random.between(1_000, 200_000);
    const type = random.pick(['put', 'put', 'put', 'delete-column', 'delete'] as const);
    return { row, family: 'd', qualifier: '62', type, value: type === 'put' ? value : '', timestampMs };
  };
  const remember = (table: string, mutation: Mutation, outcome: Outcome): void => {
    if (mutation.qualifier !== '61' || mutation.family !== 'd' || outcome === 'refused') return;
    const place = `${table}|${mutation.row}`;
    if (outcome === 'unknown') doubtful.add(place);
    mayTakeBack.set(place, outcome === 'acknowledged' && mutation.type === 'put' && !doubtful.has(place));
  };
  return { next, remember };
}

function rowKey(at: number, random: Random): string {
  return `${random.pick(['10', '50', '90', 'd0'])}${at.toString(16).padStart(4, '0')}`;
}

function toHex(text: string): string {
  return Buffer.from(text).toString('hex');
}
