import { describe, expect, it } from 'vitest';
import { digestUse, findInventoryChanges } from '../../../activities/inventory/digest.ts';
import type { ClusterConfig, Inventory } from '../../../activities/inventory/inventory.ts';
import { createVirtualClock } from '../../model/clock.ts';
import { createModelInventory } from '../../model/model-deps.ts';
import { createRandom } from '../../model/random.ts';
import { createModelWorld } from '../../model/world.ts';

function inventoryOf(clusters: string[]): Inventory {
  return createModelInventory(createModelWorld({ clusters, clock: createVirtualClock(), random: createRandom(1) }));
}

const USE = { clusters: ['old', 'new'], commands: ['switch-clients', undefined], storageRoots: [undefined] };

function change(inventory: Inventory, name: string, part: Partial<ClusterConfig>): Inventory {
  const clusters = new Map(inventory.clusters);
  clusters.set(name, { ...clusters.get(name)!, ...part });
  return { ...inventory, clusters };
}

describe('the digest of what a run uses', () => {
  it('names each part, and is the same for another cluster in the file or a command that the run does not name', () => {
    const before = inventoryOf(['old', 'new']);
    const digest = digestUse(before, USE);
    expect(digest).toMatch(/^cluster new=[0-9a-f]{16},cluster old=[0-9a-f]{16},command switch-clients=[0-9a-f]{16}$/);
    const third = new Map([...before.clusters, ['third', before.clusters.get('old')!]]);
    const commands = new Map([...before.commands].filter(([name]) => name === 'switch-clients'));
    const storageRoots = new Map<string, never>();
    expect(findInventoryChanges({ ...before, clusters: third, commands, storageRoots }, digest)).toEqual([]);
  });

  it('tells what of it is another', () => {
    const before = inventoryOf(['old', 'new']);
    const digest = digestUse(before, USE);
    const moved = change(before, 'new', { workDir: '/elsewhere' });
    expect(findInventoryChanges(moved, digest)).toEqual(['cluster new']);
    expect(findInventoryChanges({ ...before, commands: new Map() }, digest)).toEqual(['command switch-clients']);
  });

  it('a run from before goes by the digest of the whole file', () => {
    const inventory = inventoryOf(['old', 'new']);
    expect(findInventoryChanges(inventory, inventory.digest)).toEqual([]);
    expect(findInventoryChanges(inventory, 'f'.repeat(64))).toEqual(['some part of it']);
  });
});
