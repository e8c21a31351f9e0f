import { Client, Connection } from '@temporalio/client';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedSandbox } from '../support.ts';
import type { ClusterCheck } from '../../../workflows/contract/step-data.ts';
import { createForeignProject, type ForeignProject } from './foreign-project.ts';

const WORKER = `
import { NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { HBasePlugin } from 'temporal-hbase';
import { fileURLToPath } from 'node:url';

const workflowsPath = fileURLToPath(new URL('./workflows.js', import.meta.url));
const plugin = new HBasePlugin({ clusters: process.env.TEMPORAL_HBASE_CLUSTERS });
const { KIND } = process.env;
const workflows = {
  own: () => ({ workflowsPath }),
  none: () => ({}),
  bundle: async () => ({ workflowBundle: await bundleWorkflowCode({ workflowsPath }) }),
};
const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS });
const worker = await Worker.create({
  connection,
  taskQueue: 'foreign-' + KIND,
  plugins: [plugin],
  ...(await workflows[KIND]()),
});
console.log('foreign worker polls');
await worker.run();
await connection.close();
`;

const FILES = {
  'workflows.js': `
export { checkClusters, migrateTables, bootstrapTable } from 'temporal-hbase/workflows';
export async function greet(name) { return 'hello ' + name; }
`,
  'worker.js': WORKER,
  'clash.js': `
import { HBasePlugin } from 'temporal-hbase';
const plugin = new HBasePlugin({ clusters: process.argv[2] });
plugin.configureWorker({ taskQueue: 'clash', activities: { 'hbase.checkClusters': async () => [] } });
`,
  'check.js': `
import { Client, Connection } from '@temporalio/client';
import { HBaseClient } from 'temporal-hbase/client';
const [, , address, taskQueue] = process.argv;
const connection = await Connection.connect({ address });
const hbase = new HBaseClient({ client: new Client({ connection }), taskQueue });
console.log(JSON.stringify(await hbase.checkClusters()));
await connection.close();
`,
  'types.ts': `
import { HBasePlugin, type HBasePluginOptions } from 'temporal-hbase';
import { HBaseClient, type MigrateTablesInput } from 'temporal-hbase/client';
import { migrateTables } from 'temporal-hbase/workflows';
import { startSandbox } from 'temporal-hbase/sandbox';
const input: MigrateTablesInput = { source: 'old', target: 'new', tables: ['shop:*'] };
// @ts-expect-error a table list is a must: an input that is any would hide it
const wrong: MigrateTablesInput = { source: 'old', target: 'new' };
export const used: [HBasePluginOptions, unknown[]] = [
  { clusters: 'x' },
  [HBasePlugin, HBaseClient, migrateTables, startSandbox, input, wrong],
];
`,
};

let project: ForeignProject;
beforeAll(async () => {
  project = await createForeignProject(FILES);
});
afterAll(() => project?.[Symbol.asyncDispose]());

const address = () => sharedSandbox().environment['TEMPORAL_ADDRESS'] ?? '';

async function startWorker(kind: 'own' | 'none' | 'bundle') {
  return project.startWorker('worker.js', { ...sharedSandbox().environment, KIND: kind });
}

/** Clusters whose servers were seen, by the package's own client in the foreign project. */
async function readClusters(taskQueue: string): Promise<string[]> {
  const { stdout, stderr } = await project.run(process.execPath, ['check.js', address(), taskQueue]);
  expect(stderr).toBe('');
  const facts = JSON.parse(stdout) as ClusterCheck[];
  return facts.filter(({ fact, level }) => fact === 'region servers' && level === 'OK').map(({ cluster }) => cluster);
}

async function greet(taskQueue: string): Promise<unknown> {
  const connection = await Connection.connect({ address: address() });
  const client = new Client({ connection });
  const greeting = await client.workflow.execute('greet', {
    taskQueue,
    workflowId: `greet-${taskQueue}`,
    args: ['you'],
  });
  await connection.close();
  return greeting;
}

test('package: every file beside the sources that is not TypeScript is in the tarball', async () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const folders = ['activities', 'client', 'sandbox', 'worker', 'workflows'];
  const files = await Promise.all(
    folders.map((folder) => readdir(path.join(root, folder), { recursive: true, withFileTypes: true })),
  );
  const assets = files
    .flat()
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.ts'))
    .map((entry) => `dist/${path.relative(root, path.join(entry.parentPath, entry.name))}`);
  expect(project.packed).toEqual(expect.arrayContaining(assets));
  expect(assets).toContain('dist/sandbox/hbase/assets/bin/hbase');
  expect(assets.filter((name) => name.endsWith('.rb')).length).toBeGreaterThan(10);
});

test('package: its types are read by a strict compiler', async () => {
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json').replace('package.json', 'bin/tsc'));
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck'];
  const types = ['--types', 'node', '--lib', 'es2023,esnext.disposable'];
  const { stdout, exitCode } = await project.run(process.execPath, [tsc, ...options, ...types, 'types.ts']);
  expect(stdout).toBe('');
  expect(exitCode).toBe(0);
});

test('package: the command line runs, and says that no sandbox is up', async () => {
  const version = await project.run('npx', ['temporal-hbase', '--version']);
  expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  const stateDir = path.join(project.folder, 'no-sandbox');
  const status = await project.run('npx', ['temporal-hbase', 'sandbox', 'status', '--state-dir', stateDir]);
  expect(status.stdout).toContain('the sandbox is absent');
});

test('package: activities of our names in a foreign worker are refused', async () => {
  const { stderr, exitCode } = await project.run(process.execPath, ['clash.js', sharedSandbox().clustersFile]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('the worker has activities of its own named hbase.checkClusters');
});

test('package: a worker with workflows of its own runs both', async () => {
  await using _worker = await startWorker('own');
  expect(await readClusters('foreign-own')).toEqual(['old', 'new']);
  expect(await greet('foreign-own')).toBe('hello you');
});

test('package: a worker without workflows runs ours', async () => {
  await using _worker = await startWorker('none');
  expect(await readClusters('foreign-none')).toEqual(['old', 'new']);
});

test('package: a worker with a prebuilt bundle runs both', async () => {
  await using _worker = await startWorker('bundle');
  expect(await readClusters('foreign-bundle')).toEqual(['old', 'new']);
  expect(await greet('foreign-bundle')).toBe('hello you');
});
