import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { loadTables } from '../../../sandbox/index.ts';
import { newNamespace } from '../hbase/open-clusters.ts';
import { type Bench, openBench, sharedSandbox } from '../support.ts';

/** Roots that nobody can write, each in its own way; `says` is what the person on call has to read. */
const ROOTS: Record<string, { uri: (closedPort: number) => string; says: RegExp }> = {
  unreachable: { uri: (port) => `hdfs://127.0.0.1:${port}/backups`, says: /127\.0\.0\.1:\d+.*refused/is },
  'unknown-host': { uri: () => 'hdfs://no-such-host.invalid:8020/backups', says: /no-such-host\.invalid/ },
  'unknown-scheme': { uri: () => 'nosuch://bucket/backups', says: /nosuch/ },
  // Not even root makes a folder there.
  'read-only': { uri: () => 'file:///proc/temporal-hbase-backups', says: /\/proc/ },
};

const namespace = newNamespace();
let folder: string;
let bench: Bench;

beforeAll(async () => {
  const sandbox = sharedSandbox();
  const document = parse(await readFile(sandbox.clustersFile, 'utf8')) as { storageRoots: Record<string, object> };
  const port = await findClosedPort();
  for (const [name, { uri }] of Object.entries(ROOTS)) document.storageRoots[name] = { uri: uri(port) };
  folder = await mkdtemp(join(tmpdir(), 'thb-roots-'));
  const clustersFile = join(folder, 'clusters.yaml');
  await writeFile(clustersFile, stringify(document), { mode: 0o600 });
  const environment = { ...sandbox.environment, TEMPORAL_HBASE_CLUSTERS: clustersFile };
  bench = await openBench({ ...sandbox, clustersFile, environment }, `roots-${namespace}`);
  await loadTables(sandbox.clusters.old, [{ name: `${namespace}:t`, rows: 10 }]);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test.each(Object.keys(ROOTS))(
  'a root that is %s: told with its address and the fix, before anything starts',
  async (root) => {
    const { says } = ROOTS[root]!;
    const place = { cluster: 'old', root };
    const requests = {
      backUpTables: { ...place, tables: [`${namespace}:*`], set: namespace },
      restoreTables: { ...place, set: namespace, as: { suffix: '_x' } },
      archiveWals: { ...place, tables: [`${namespace}:*`], set: namespace },
      expireBackups: { ...place, keep: { last: 1 } },
    };
    const failures = await Promise.all(Object.entries(requests).map(([type, input]) => fail(type, input)));
    for (const { type, message } of failures) {
      expect(type).toBe('root.unusable');
      expect(message).toMatch(says);
      expect(message).toContain('Check scheme, host, port and the rights of the gateway user.');
    }
    expect(await bench.findNewLeaks()).toEqual([]);
  },
);

async function fail(type: string, input: object): Promise<ApplicationFailure> {
  const workflowId = `${type}-${newNamespace()}`;
  const { taskQueue } = bench;
  const error: unknown = await bench.temporal.workflow.execute(type, { taskQueue, workflowId, args: [input] }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw new Error(`The workflow did not fail: ${String(error)}`);
}

/** One that was just free; nobody listens there. */
async function findClosedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
