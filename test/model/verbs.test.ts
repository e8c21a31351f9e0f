import { afterAll, beforeAll, describe } from 'vitest';
import type { HBaseCluster } from '../../activities/hbase/cluster.ts';
import { defineVerbTests } from '../e2e/hbase/verb-tests.ts';
import { createRealClock } from './clock.ts';
import { createLinkedCluster } from './faults.ts';
import { createRandom } from './random.ts';
import { createModelWorld } from './world.ts';

/** What each verb promises on a real cluster, the model keeps as well: everything else is proven on it. */

const clusters = new Map<string, HBaseCluster>();
const clock = createRealClock(10);
const TRAITS = { new: { lineOne: true, version: '1.7.1' } };

beforeAll(() => {
  const random = createRandom(1);
  const world = createModelWorld({ clusters: ['old', 'new'], clock, random, traits: TRAITS });
  const link = { clock, random, decide: () => ({ kind: 'none' }) as const, isAlive: () => true };
  for (const { cluster } of world.members) clusters.set(cluster.name, createLinkedCluster(cluster, link));
});
afterAll(() => clock.stop());

describe('the model of 2.x', () => defineVerbTests(() => clusters.get('old')!));
describe('the model of 1.x', () => defineVerbTests(() => clusters.get('new')!));
