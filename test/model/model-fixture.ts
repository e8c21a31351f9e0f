import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import { createVirtualClock, type VirtualClock } from './clock.ts';
import { createRandom } from './random.ts';
import type { ClusterTraits } from './state.ts';
import { createModelWorld, type ModelMember, type ModelWorld } from './world.ts';

export interface ModelFixture {
  clock: VirtualClock;
  world: ModelWorld;
  old: ModelMember;
  new: ModelMember;
  /** Runs the clock until the promise has settled. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** Two clusters `old` and `new` on a virtual clock, without faults. */
export function createModelFixture(traits: Partial<ClusterTraits> = {}, seed = 1): ModelFixture {
  const clock = createVirtualClock();
  const random = createRandom(seed);
  const world = createModelWorld({ clusters: ['old', 'new'], clock, random, traits: { old: traits, new: traits } });
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await clock.runUntil(() => settled);
    return promise;
  };
  return { clock, world, old: world.member('old'), new: world.member('new'), settle };
}

export function tableSpec(table: string, scope = 0) {
  return { table, families: [{ name: 'd', maxVersions: 3, scope }], splitKeys: ['80'] };
}

export function put(member: ModelMember, table: string, [row, value]: readonly [string, string]): void {
  member.mutate(table, { row, family: 'd', qualifier: '61', type: 'put', value });
}

export async function readValues(cluster: HBaseCluster, table: string, row: string): Promise<string[]> {
  return ((await cluster.readRow(table, row)) ?? []).map(({ value }) => value);
}
