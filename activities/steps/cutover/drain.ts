import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import type { DrainProof } from '../../../workflows/contract/step-data.ts';
import { Failure } from '../../failure.ts';
import type { PeerQueues } from '../../hbase/cluster.ts';
import type { StepContext } from '../../step-context.ts';
import { judgeDrained } from './judge-drained.ts';
import { judgeRolled, type RolledWal } from './judge-rolled.ts';
import { toFreeMarker } from '../replication/marker-takers.ts';
import { listMissingSentinels, putSentinels, type MarkerTables, type Sentinels } from './sentinels.ts';

export interface DrainOptions extends Omit<MarkerTables, 'markerTable'> {
  /** Without one the queues alone prove, and nothing is written. */
  markerTable?: TableName | undefined;
  ctx: StepContext;
  peerIds: readonly PeerId[];
  /** Unique text. */
  sentinel: string;
  timeLimitMs: number;
}

/** Quick, since writers wait meanwhile. */
const POLL_MS = 75;
/** Without new edits a 1.x source never looks past the end of a rolled WAL. */
const TICK_MS = 1_000;
/** Without a marker table another roll is the edit: ever rarer, since each of them makes a file. */
const LONGEST_ROLL_TICK_MS = 60_000;

interface Drain extends DrainOptions {
  deadlineMs: number;
  sentinels: Sentinels;
  /** What was last seen missing, for the message at the deadline. */
  missing: string[];
}
type Pass = DrainProof['passes'][number];

/**
 * hbase.md §2.6 and hazard 2: sentinels, roll, wait until the roll is seen on every server and group, sentinels again
 * a tick later, then two listings in a row that `judgeDrained` accepts with the sentinels read on the target between
 * them. A change of the server set or of the groups starts over with another roll. Sentinels corroborate, the queue
 * proves: a run without a marker table goes without them.
 *
 * @throws Failure `cutover.failed` when the time limit passes; its message says what was still missing.
 */
export async function drain(options: DrainOptions): Promise<DrainProof> {
  if (options.peerIds.length === 0) throw new Failure('internal', 'A drain without a peer proves nothing.');
  const startedMs = options.ctx.nowMs();
  const state: Drain = { ...options, deadlineMs: startedMs + options.timeLimitMs, sentinels: new Map(), missing: [] };
  for (let round = 1; ; round += 1) {
    const rolled = await rollWals(state, round);
    const passes = rolled && (await waitForTwoPasses(state, rolled));
    if (!rolled || !passes) continue;
    return {
      rolled: rolled.map(({ server, group, wal }) => ({ server, group, wal })),
      passes,
      sentinels: state.sentinels.size,
      durationMs: options.ctx.nowMs() - startedMs,
    };
  }
}

/** undefined: the servers changed meanwhile, or the roll could not be asked for; roll again. */
async function rollWals(state: Drain, round: number): Promise<RolledWal[] | undefined> {
  const before = await readQueues(state);
  if (!before?.[0] || !(await mark(state, `${round}.before`))) return undefined;
  const asked = await tolerate(state, 'the roll', () => state.source.rollWals().then(() => true));
  if (!asked) return undefined;
  for (;;) {
    const now = await readQueues(state);
    const judged = now?.[0] && judgeRolled(before[0], now[0]);
    if (judged && 'serversChanged' in judged) {
      state.missing = [judged.serversChanged];
      await pause(state);
      return undefined;
    }
    if (judged && 'rolled' in judged) {
      return (await mark(state, `${round}.after`)) ? judged.rolled : undefined;
    }
    if (judged) state.missing = [judged.waiting];
    await pause(state);
  }
}

/** undefined: what was rolled is not what there is now, roll again. */
async function waitForTwoPasses(state: Drain, rolled: RolledWal[]): Promise<Pass[] | undefined> {
  const passes: Pass[] = [];
  let tickAfterMs = TICK_MS;
  for (let tickMs = state.ctx.nowMs(); passes.length < 2;) {
    const seen = await look(state, rolled);
    if (seen === 'roll-again') return undefined;
    if (seen && (await haveSentinelsArrived(state))) {
      passes.push(seen);
      continue;
    }
    // The two passes must follow each other: what was seen in between counts against the first.
    passes.length = 0;
    if (state.ctx.nowMs() - tickMs >= tickAfterMs) {
      tickMs = state.ctx.nowMs();
      tickAfterMs = await tick(state, tickAfterMs);
    }
    await pause(state);
  }
  return passes;
}

async function look(state: Drain, rolled: RolledWal[]): Promise<Pass | 'roll-again' | undefined> {
  const listed = await readQueues(state);
  if (!listed) return undefined;
  const judged = listed.map((queues, at) => judgeDrained({ peerId: state.peerIds[at] ?? '', queues, rolled }));
  state.missing = judged.flatMap(({ missing }) => missing);
  if (judged.some(({ rollAgain }) => rollAgain)) {
    await pause(state);
    return 'roll-again';
  }
  state.ctx.progress({ phase: 'draining', done: countHeld(listed), unit: 'wals' });
  if (state.missing.length > 0) return undefined;
  const servers = [...new Set(listed.flatMap(({ liveServers }) => liveServers))].sort();
  return { at: new Date(state.ctx.nowMs()).toISOString(), servers, wals: countHeld(listed) };
}

/** A read error is never an empty answer: it counts as not drained, and is looked at again until the deadline. */
function readQueues(state: Drain): Promise<PeerQueues[] | undefined> {
  return tolerate(state, 'reading the queues', () =>
    Promise.all(state.peerIds.map((id) => state.source.readPeerQueues(id))),
  );
}

async function haveSentinelsArrived(state: Drain): Promise<boolean> {
  const { target, markerTable, sentinels } = state;
  if (markerTable === undefined) return true;
  const read = () => listMissingSentinels({ target, markerTable }, sentinels);
  const rows = await tolerate(state, 'reading the sentinels', read);
  if (rows && rows.length > 0) {
    state.missing = [`${rows.length} of ${state.sentinels.size} sentinels are not on the target`];
  }
  return rows?.length === 0;
}

/** Answers how long to wait for the next one. */
async function tick(state: Drain, afterMs: number): Promise<number> {
  if (state.markerTable !== undefined) {
    await mark(state, `tick.${state.ctx.nowMs()}`);
    return TICK_MS;
  }
  await tolerate(state, 'the roll', () => state.source.rollWals());
  return Math.min(afterMs * 2, LONGEST_ROLL_TICK_MS);
}

/** False when a region of the marker table is closed for a moment. */
async function mark(state: Drain, word: string): Promise<boolean> {
  const { source, sentinels } = state;
  const put = { sentinels, value: `${state.sentinel}.${word}` };
  const write = async (): Promise<boolean> => {
    state.markerTable = await toFreeMarker(source, state.markerTable);
    if (state.markerTable !== undefined) await putSentinels({ source, markerTable: state.markerTable }, put);
    return true;
  };
  return (await tolerate(state, 'writing the sentinels', write)) ?? false;
}

/** undefined when it failed in a way that may heal: nothing was proven, and the caller looks again. */
async function tolerate<T>(state: Drain, what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    state.ctx.signal.throwIfAborted();
    if (!(error instanceof Failure && error.retryable)) throw error;
    state.missing = [`${what} failed: ${error.message}`];
    await pause(state);
    return undefined;
  }
}

async function pause(state: Drain): Promise<void> {
  if (state.ctx.nowMs() >= state.deadlineMs) throw toNotDrained(state);
  await state.ctx.sleep(POLL_MS);
}

function toNotDrained({ peerIds, timeLimitMs, missing, source }: Drain): Failure {
  const rest = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
  return new Failure(
    'cutover.failed',
    `${source.name}: peer ${peerIds.join(', ')} was not drained within ${timeLimitMs} ms: ` +
      `${missing.slice(0, 5).join('; ')}${rest}.`,
    { cluster: source.name },
  );
}

function countHeld(listed: PeerQueues[]): number {
  return listed.reduce((sum, { queues }) => sum + queues.reduce((all, { wals }) => all + wals.length, 0), 0);
}
