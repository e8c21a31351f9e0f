import type { Random } from '../../model/random.ts';
import { holdLock } from '../../model/tables.ts';
import type { ModelWorld } from '../../model/world.ts';
import type { ModelMember } from '../../model/world.ts';
import type { Clients } from './clients.ts';
import type { Accident, Scenario } from './scenario.ts';
import type { Workers } from './workers.ts';

interface AccidentOptions {
  world: ModelWorld;
  workers: Workers;
  scenario: Scenario;
  random: Random;
  hasCutOver: () => boolean;
  clients: Clients;
  told: Set<string>;
}

/** Everything that happens to clusters and workers by itself. */
export function arrangeAccidents(options: AccidentOptions): void {
  const { world, scenario, workers } = options;
  for (const accident of scenario.accidents) world.clock.after(accident.afterMs, () => happen(options, accident));
  const { deathInFence } = scenario;
  if (!deathInFence) return;
  let died = false;
  workers.onCall = ({ verb, args }) => {
    const isFence = verb === 'disableTable' || (verb === 'alterTable' && args[2] !== undefined);
    if (!isFence || died) return;
    died = true;
    world.clock.after(options.random.between(1, 3_000), () => workers.kill(deathInFence.awayMs));
  };
}

function happen(
  { world, workers, scenario, random, hasCutOver, clients, told }: AccidentOptions,
  { kind, lastsMs }: Accident,
): void {
  const [source, target] = [world.member('old'), world.member('new')];
  const table = random.pick(scenario.tables);
  told.add(kind);
  switch (kind) {
    case 'kill-worker':
      return workers.kill(lastsMs);
    case 'cut-off-worker':
      return workers.cutOff(lastsMs);
    case 'kill-source-server':
      return source.killServer();
    case 'kill-target-server':
      return target.killServer();
    case 'move-region':
      return source.moveRegion(table);
    case 'split-region':
      return source.splitRegion(table);
    case 'compact-target':
      // Once cut over it is the clients' own cluster, where back-dated writes and compactions are their own affair.
      return hasCutOver() ? undefined : target.compact(table);
    case 'block-target':
      return blockTarget(target, table, lastsMs);
    case 'table-in-the-way':
      return putInTheWay(target, table);
    case 'hold-lock':
      // Longer than most bounds: a fence that waits for it outlives its attempt.
      return holdSourceLock(source, table, 6 * lastsMs);
    case 'bulk-load':
      return hasCutOver() ? undefined : clients.bulkLoad(table);
    case 'bad-network':
      workers.setFaultChance(0.2);
      world.clock.after(Math.min(lastsMs, 5_000), () => workers.setFaultChance(scenario.faultChance));
      return;
    case 'gateway-silent':
      for (const { jobs } of world.members) jobs.setReachable(false);
      world.clock.after(lastsMs, () => {
        for (const { jobs } of world.members) jobs.setReachable(true);
      });
      return;
  }
}

/** Somebody disables a table of the target, and enables it again: meanwhile the peer's queue stands still. */
function blockTarget({ cluster, state }: ModelMember, table: string, lastsMs: number): void {
  if (!state.tables.get(table)?.enabled) return;
  cluster.disableTable(table).catch(ignore);
  state.clock.after(lastsMs, () => {
    if (state.tables.get(table)?.enabled === false) cluster.enableTable(table).catch(ignore);
  });
}

/** A change of somebody else's that hangs. */
function holdSourceLock({ state }: ModelMember, table: string, lastsMs: number): void {
  if (state.tables.has(table)) holdLock(state, table, lastsMs).catch(ignore);
}

/** Somebody else was faster. */
function ignore(): void {}

/** Marks a table of somebody else, who uses the name of one that is being copied. */
export const MADE_BY_SOMEBODY = 'made.by';

function putInTheWay({ cluster, state, mutate }: ModelMember, table: string): void {
  if (state.tables.has(table)) return;
  state.namespaces.add('shop');
  cluster.createTable({ table, families: [{ name: 'other' }], splitKeys: [] }).catch(ignore);
  const made = state.tables.get(table);
  if (!made) return;
  made.attributes[MADE_BY_SOMEBODY] = 'somebody';
  mutate(table, { row: '01', family: 'other', qualifier: '61', type: 'put', value: 'aa' });
}

/** They were asked to take it away. */
export function clearTheWay({ state }: ModelMember, table: string): void {
  if (state.tables.get(table)?.attributes[MADE_BY_SOMEBODY] !== undefined) state.tables.delete(table);
}
