import { listOursInForeignQueues } from '../../model/foreign-queues.ts';
import type { ModelClock } from '../../model/clock.ts';
import { createLedger } from '../../model/ledger.ts';
import type { Random } from '../../model/random.ts';
import { addOtherPeer as addPeer } from '../../model/replication.ts';
import { readCells } from '../../model/row-verbs.ts';
import { requireTable } from '../../model/state.ts';
import type { ModelWorld } from '../../model/world.ts';
import type { Scenario } from './scenario.ts';

/** A table of somebody else, on both clusters: never named, never touched. */
export const THEIRS = 'theirs';
const PEER = 'dr';
const WAIT_MS = 60_000;
const MOST_WAITS = 60;

/** Replication that is not ours, and goes on through everything. */
export interface Others {
  /** Nothing of a run is in their queue, and whatever they wrote arrives once their peer ships. */
  judgeEnd(): Promise<string[]>;
}

interface OthersOptions {
  world: ModelWorld;
  clock: ModelClock & { runFor(ms: number): Promise<void> };
  random: Random;
  scenario: Scenario;
}

/** Takes everything but the wave: as an operator excludes it who read that another peer would ship it. */
export async function addOtherPeer(world: ModelWorld, { otherPeer, tables }: Scenario): Promise<void> {
  if (otherPeer === 'none') return;
  const [source, target] = [world.member('old'), world.member('new')];
  for (const { cluster } of [source, target]) await cluster.alterTable(THEIRS, { scopes: { d: 1 } });
  const excludeTables = tables.map((table) => ({ table, families: [] }));
  await addPeer(source.state, { id: PEER, clusterKey: target.state.clusterKey, replicateAll: true, excludeTables });
  const isEnabled = source.state.peers.get(PEER)?.enabled ?? false;
  if (isEnabled && otherPeer === 'disabled') await source.cluster.disablePeer(PEER);
  if (!isEnabled && otherPeer === 'enabled') await source.cluster.enablePeer(PEER);
}

export function startOthers({ world, clock, random, scenario: { otherPeer } }: OthersOptions): Others {
  if (otherPeer === 'none') return { judgeEnd: async () => [] };
  const [source, target] = [world.member('old'), world.member('new')];
  const ledger = createLedger();
  let stopped = false;
  const write = (): void => {
    if (stopped) return;
    const row = random.between(16, 255).toString(16);
    const mutation = { row, family: 'd', qualifier: '61', type: 'put', value: row } as const;
    try {
      ledger.acknowledged(THEIRS, mutation, source.mutate(THEIRS, mutation));
    } catch {
      // Its region is not open: nothing was acknowledged.
    }
    clock.after(random.between(500, 2_500), write);
  };
  write();
  const listMissing = (): string[] => {
    const table = requireTable(target.state, THEIRS);
    const rules = {
      rules: table.families,
      nowMs: clock.nowMs(),
      read: (row: string) => readCells(target.state, table, row),
    };
    return ledger.check(THEIRS, rules).map((line) => `Q: ${line} (${THEIRS} by peer ${PEER})`);
  };
  return {
    judgeEnd: async () => {
      stopped = true;
      const ours = listOursInForeignQueues(world).map((line) => `Q: ${line}`);
      if (source.state.peers.get(PEER)?.enabled === false) void source.cluster.enablePeer(PEER);
      // A peer that was disabled all along has hours of WALs to ship.
      let missing = listMissing();
      for (let waits = 0; missing.length > 0 && waits < MOST_WAITS; waits += 1) {
        await clock.runFor(WAIT_MS);
        missing = listMissing();
      }
      return [...ours, ...missing];
    },
  };
}
