import { describe, expect, it } from 'vitest';
import { judgeCluster } from '../../../../../activities/steps/check/judge-cluster.ts';
import type { SideFacts } from '../../../../../activities/steps/plan/preflight/facts.ts';
import { healthyFacts } from '../../../../support/preflight-facts.ts';

function levelsAfter(change: (side: SideFacts) => void): string[] {
  const side = healthyFacts().source;
  change(side);
  return judgeCluster(side)
    .filter(({ level }) => level !== 'OK')
    .map(({ fact, level, fix }) => `${level} ${fact}${fix === undefined ? '' : ' with a fix'}`);
}

describe('judgeCluster', () => {
  it('a healthy cluster: is OK in every line', () => {
    expect(levelsAfter(() => {})).toEqual([]);
  });

  it.each<[string, (side: SideFacts) => void, string]>([
    ['no master', (side) => (side.facts.activeMaster = ''), 'FAILED master with a fix'],
    ['no servers', (side) => (side.facts.liveServers = []), 'FAILED region servers with a fix'],
    ['a dead server', (side) => (side.facts.deadServers = ['r']), 'WARN region servers with a fix'],
    ['a region in transition', (side) => (side.facts.regionsInTransition = 1), 'WARN regions with a fix'],
    ['a full disk', (side) => (side.facts.freeBytes = 1), 'WARN disk with a fix'],
    ['clock skew', (side) => side.clocks.push({ server: 'r', clockMs: 90_000 }), 'WARN clock skew with a fix'],
  ])('%s: is said with its fix', (_what, change, expected) => {
    expect(levelsAfter(change)).toEqual([expected]);
  });
});
