import { expect, test } from 'vitest';
import type { StepDeps } from '../../../activities/deps.ts';
import { Failure } from '../../../activities/failure.ts';
import { greetClusters } from '../../../worker/greet-clusters.ts';

async function greet(isStopping: boolean): Promise<string[]> {
  const told: string[] = [];
  const facts = { version: '2.4.17', liveServers: ['a', 'b'] };
  const clusters: Record<string, () => Promise<object>> = {
    old: async () => facts,
    away: () => Promise.reject(new Failure('ssh.unreachable', 'no gateway of away answers')),
    odd: () => Promise.reject(new TypeError('odd')),
  };
  const deps = {
    inventory: { clusters: new Map(Object.keys(clusters).map((name) => [name, {}])) },
    cluster: async (name: string) => ({ readFacts: clusters[name] }),
  } as unknown as Pick<StepDeps, 'inventory' | 'cluster'>;
  const logger = {
    info: (text: string) => void told.push(`INFO ${text}`),
    warn: (text: string) => void told.push(`WARN ${text}`),
  };
  await greetClusters({ deps, logger, isStopping: () => isStopping });
  return told.toSorted();
}

test('greetClusters: each cluster is told with its version, or with why it does not answer and what to do', async () => {
  expect(await greet(false)).toEqual([
    'INFO old: HBase 2.4.17, 2 region servers',
    expect.stringMatching(/^WARN away does not answer: ssh\.unreachable: no gateway of away answers .*\.$/),
    'WARN odd does not answer: TypeError: odd',
  ]);
});

test('greetClusters: what a worker that is being stopped has closed itself is no news', async () => {
  expect(await greet(true)).toEqual(['INFO old: HBase 2.4.17, 2 region servers']);
});
