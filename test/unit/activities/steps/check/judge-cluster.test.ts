import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeCluster } from '../../../../../activities/steps/check/judge-cluster.ts';
import type { SideFacts } from '../../../../../activities/steps/plan/preflight/facts.ts';
import { healthyFacts, peerInfo } from '../../../../support/preflight-facts.ts';

const PEER = peerInfo({ id: 'reports' });

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

  it('every fact of docs/inventory.md: has its line, and no other', () => {
    const page = readFileSync(new URL('../../../../../docs/inventory.md', import.meta.url), 'utf8');
    const section = /## What `check` says\n(.*)$/s.exec(page)?.[1] ?? '';
    const inPage = [...section.matchAll(/^\| `([a-z ]+)` \|/gm)].map(([, fact]) => fact);
    const lines = judgeCluster(healthyFacts().source).map(({ fact }) => fact);
    // Not judged from facts: the folder is written to, and a cluster that does not answer has no facts.
    expect(inPage).toEqual(['connection', ...lines, 'run records', 'detached jobs']);
  });

  it('`hbase backup` is configured: is said, and is no warning', () => {
    const side = healthyFacts().source;
    side.facts.settings['hbase.backup.enable'] = 'true';
    const line = judgeCluster(side).find(({ fact }) => fact === 'hbase backup');
    expect(line).toMatchObject({ level: 'OK', value: 'configured; it is left alone' });
  });

  it.each<[string, (side: SideFacts) => void, string]>([
    ['no master', (side) => (side.facts.activeMaster = ''), 'FAILED masters with a fix'],
    ['no servers', (side) => (side.facts.liveServers = []), 'FAILED region servers with a fix'],
    ['a dead server', (side) => (side.facts.deadServers = ['r']), 'WARN dead servers with a fix'],
    ['a region in transition', (side) => (side.facts.regionsInTransition = 1), 'WARN regions in transition with a fix'],
    ['a full disk', (side) => (side.facts.freeBytes = 1), 'WARN free space with a fix'],
    ['metrics out of reach', (side) => side.unlogged.push({ server: 'r2', why: 'refused' }), 'WARN metrics with a fix'],
    [
      'a peer that is behind',
      (side) => {
        side.facts.peers.push(PEER);
        side.peerLags.push({ server: 'r1', peer: PEER.id, lagMs: 3_600_000, queuedWals: 3 });
      },
      'WARN replication peers with a fix',
    ],
    ['clock skew', (side) => side.clocks.push({ server: 'r', clockMs: 90_000 }), 'WARN clock skew with a fix'],
  ])('%s: is said with its fix', (_what, change, expected) => {
    expect(levelsAfter(change)).toEqual([expected]);
  });
});
