import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import type { ModelClock } from '../../model/clock.ts';
import type { Random } from '../../model/random.ts';
import type { SimHandle } from '../../model/temporal-simulator.ts';
import type { ModelMember } from '../../model/world.ts';
import { clearTheWay } from './accidents.ts';
import type { Clients } from './clients.ts';
import type { Scenario } from './scenario.ts';

/** The operator: looks every few seconds, approves, retries, resumes, sometimes cancels. Gives up in the end. */
export interface PersonOptions {
  clock: ModelClock;
  random: Random;
  scenario: Scenario;
  handle: SimHandle;
  clients: Clients;
  target: ModelMember;
  onStatus: (status: MigrationStatus) => void;
}

const LOOK_MS = 1_500;
const PATIENCE_MS = 20 * 60_000;
const TRIES = 4;

export function startPerson(options: PersonOptions): void {
  const { clock, handle } = options;
  const memory: Memory = { startedMs: clock.nowMs(), rejected: false, retries: new Map(), switched: false };
  const look = async (): Promise<void> => {
    if (handle.outcome()) return;
    const status = await readStatus(options);
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
    const status = await handle.query<MigrationStatus>('status');
    onStatus(status);
    return status;
  } catch {
    // No worker has it loaded now: the person sees nothing, and looks again.
    return undefined;
  }
}

function act(options: PersonOptions, memory: Memory, status: MigrationStatus): void {
  const { scenario, handle, clock, clients } = options;
  const { cancelAfterMs, terminateAfterMs } = scenario.person;
  const elapsedMs = clock.nowMs() - memory.startedMs;
  const hasCutOver = status.cutovers.some(({ outcome }) => outcome === 'cut-over');
  if (terminateAfterMs !== undefined && elapsedMs > terminateAfterMs) return handle.terminate();
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
  const held = ['watch', 'disk', 'held', 'rejected'];
  for (const { code } of status.blockers) if (held.includes(code)) handle.signal('resume', { code });
}

function cancel({ handle, random }: PersonOptions): void {
  if (random.chance(0.5)) handle.cancel();
  else handle.signal('cancelMigration', { by: 'ann', dropTargetTables: random.chance(0.5) });
}

function decide({ handle, random, scenario }: PersonOptions, memory: Memory, status: MigrationStatus): void {
  if (scenario.person.rejectsFirst && !memory.rejected) {
    memory.rejected = true;
    return handle.signal('rejectCutover', { by: 'ann', reason: 'not now' });
  }
  const body = { by: 'ann', digest: status.evidenceDigest };
  if (random.chance(0.5)) handle.signal('approveCutover', body);
  else void handle.update('approveCutover', body).catch(() => {});
}

function helpTables(
  { handle, random, target }: PersonOptions,
  { retries }: Memory,
  { tables, blockers }: MigrationStatus,
): void {
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
