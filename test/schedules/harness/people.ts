import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import type { ModelClock } from '../../model/clock.ts';
import type { Random } from '../../model/random.ts';
import type { SimHandle } from '../../model/temporal-simulator.ts';
import type { ModelMember } from '../../model/world.ts';
import { clearTheWay } from './accidents.ts';
import { judgePause, type Answers } from './answers.ts';
import type { Clients } from './clients.ts';
import type { Scenario } from './scenario.ts';

/** The operator: looks every few seconds, approves, retries, resumes, sometimes cancels. Gives up in the end. */
export interface PersonOptions {
  clock: ModelClock;
  random: Random;
  scenario: Scenario;
  /** Of the newest run. */
  handle: () => SimHandle;
  clients: Clients;
  source: ModelMember;
  target: ModelMember;
  answers: Answers;
  broken: Set<string>;
  onStatus: (status: MigrationStatus) => void;
}

const LOOK_MS = 1_500;
const PATIENCE_MS = 20 * 60_000;
const TRIES = 4;

export function startPerson(options: PersonOptions): void {
  const { clock, handle, answers, source, scenario } = options;
  const memory: Memory = { startedMs: clock.nowMs(), rejected: false, retries: new Map(), switched: false };
  const look = async (): Promise<void> => {
    if (handle().outcome()) return;
    const status = await readStatus(options);
    for (const line of judgePause(answers, source, scenario.tables)) options.broken.add(line);
    if (status) act(options, memory, status);
    clock.after(LOOK_MS, look);
  };
  clock.after(LOOK_MS, look);
}

interface Memory {
  startedMs: number;
  rejected: boolean;
  retries: Map<string, number>;
  switched: boolean;
}

async function readStatus({ handle, onStatus }: PersonOptions): Promise<MigrationStatus | undefined> {
  try {
    const status = await handle().query<MigrationStatus>('status');
    onStatus(status);
    return status;
  } catch {
    // No worker has it loaded now: the person sees nothing, and looks again.
    return undefined;
  }
}

function act(options: PersonOptions, memory: Memory, status: MigrationStatus): void {
  const { scenario, clock, clients, answers } = options;
  const handle = options.handle();
  const { cancelAfterMs, terminateAfterMs } = scenario.person;
  const elapsedMs = clock.nowMs() - memory.startedMs;
  const hasCutOver = status.cutovers.some(({ outcome }) => outcome === 'cut-over');
  if (terminateAfterMs !== undefined && elapsedMs > terminateAfterMs) {
    answers.hasAskedToStop = true;
    return handle.terminate();
  }
  const isTired = elapsedMs > PATIENCE_MS || status.cutovers.length > TRIES;
  if (isTired || (cancelAfterMs !== undefined && elapsedMs > cancelAfterMs)) cancel(options);
  if (status.blockers.some(({ code }) => code === 'clients') && scenario.input.cutover?.switchClients === undefined) {
    const wave = status.tables.filter(({ leftOutBy }) => leftOutBy === undefined);
    clients.switchOver(wave.map(({ table }) => table));
    handle.signal('clientsSwitched', {});
    return;
  }
  if (hasCutOver || scenario.person.isAway) return;
  if (status.canCutOver) decide(options, memory, status);
  helpTables(options, memory, status);
  const held = ['watch', 'disk', 'held', 'rejected', 'approval-expired'];
  for (const { code } of status.blockers) if (held.includes(code)) handle.signal('resume', { code });
}

function cancel(options: PersonOptions): void {
  const { random, answers } = options;
  answers.hasAskedToStop = true;
  if (random.chance(0.3)) return options.handle().cancel();
  const body = { by: 'ann', dropTargetTables: random.chance(0.5) };
  if (random.chance(0.5)) options.handle().signal('cancelMigration', body);
  else askToCancel(options, body);
}

/** By an update, which is answered. */
export function askToCancel({ handle, answers, clock }: PersonOptions, body: object): void {
  answers.hasAskedToStop = true;
  handle()
    .update('cancelMigration', body)
    .then(() => (answers.cancellingAtMs ??= clock.nowMs()))
    .catch(refusedIsFine);
}

/** A refusal is an answer too. */
function refusedIsFine(): void {}

function decide(
  { handle: current, random, scenario, answers }: PersonOptions,
  memory: Memory,
  status: MigrationStatus,
): void {
  const handle = current();
  if (scenario.person.rejectsFirst && !memory.rejected) {
    memory.rejected = true;
    return handle.signal('rejectCutover', { by: 'ann', reason: 'not now' });
  }
  const { evidenceDigest = '', tables } = status;
  if (scenario.person.unruly?.approvesStale && random.chance(0.5)) {
    return handle.signal('approveCutover', { by: 'bob', digest: `${evidenceDigest}-of-yesterday` });
  }
  const wave = tables.flatMap(({ table, leftOutBy }) => (leftOutBy === undefined ? [table] : []));
  answers.approved.set(evidenceDigest, wave);
  const body = { by: 'ann', digest: evidenceDigest };
  if (random.chance(0.5)) handle.signal('approveCutover', body);
  else handle.update('approveCutover', body).catch(refusedIsFine);
}

function helpTables(
  { handle: current, random, target }: PersonOptions,
  { retries }: Memory,
  { tables, blockers }: MigrationStatus,
): void {
  const handle = current();
  const isBlocked = (table: string): boolean =>
    blockers.some(({ code, table: about }) => code === 'bulk-load' && about === table);
  for (const { table, phase } of tables) {
    if (phase !== 'quarantined' && phase !== 'mismatch' && !isBlocked(table)) continue;
    const tried = retries.get(table) ?? 0;
    retries.set(table, tried + 1);
    if (tried > 0 && random.chance(0.3)) handle.signal('cutOverWithout', { by: 'ann', tables: [table] });
    else if (tried % 3 === 0) {
      clearTheWay(target, table);
      handle.signal('retryTable', { table });
    }
  }
}
