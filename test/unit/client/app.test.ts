import { expect, test } from 'vitest';
import { parseMigrationRequest } from '../../../workflows/contract/requests/migrate-tables.ts';
import { WORKFLOW_TYPES } from '../../../workflows/contract/messages.ts';
import { runCli } from './run-cli.ts';

const NAMES =
  'check plan migrate status approve reject pause resume cancel retry without switched leaks clean unfence list input worker demo';
const SCHEDULE = 'apply list pause resume run delete'.split(' ').map((name) => `backup schedule ${name}`);
const EXPORT = 'export exports import'.split(' ').map((name) => `backup ${name}`);
const COMMANDS = [...NAMES.split(' '), ...EXPORT, 'sandbox up', 'sandbox down', 'sandbox status', ...SCHEDULE];

test.each(COMMANDS)('%s --help: shows an example of itself', async (command) => {
  const { stdout, exitCode } = await runCli([...command.split(' '), '--help']);
  const [, examples = ''] = stdout.split('EXAMPLES');
  expect(examples).toContain(`temporal-hbase ${command}`);
  expect(exitCode).toBe(0);
});

test('--help: names every command', async () => {
  const { stdout } = await runCli(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = '']) => name);
  expect(listed.toSorted()).toEqual([...NAMES.split(' '), 'sandbox', 'backup'].toSorted());
});

test.each(Object.values(WORKFLOW_TYPES).filter((name) => name !== 'bootstrapTable'))(
  'input %s: prints an example with every required field, and its schema',
  async (workflowType) => {
    const { stdout, exitCode } = await runCli(['input', workflowType, '--json']);
    const { example, schema } = JSON.parse(stdout) as { example: object; schema: { required?: string[] } };
    expect(Object.keys(example)).toEqual(expect.arrayContaining(schema.required ?? []));
    expect(exitCode).toBe(0);
  },
);

test('input of an unknown type: is exit 2 and names the known ones', async () => {
  const { stderr, exitCode } = await runCli(['input', 'migrate']);
  expect(stderr).toMatch(/migrateTables.*cleanRun/);
  expect(exitCode).toBe(2);
});

test('--version: prints the version of the package', async () => {
  const { stdout } = await runCli(['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [['migrat']],
  [['status']],
  [['status', 'a', 'b']],
  [['status', 'a', '--wach']],
  [['migrate', '--fence', 'hope']],
  [['sandbox', 'up', '--region-servers', 'two']],
  [['sandbox', 'up', '--region-servers', '0']],
])('bad usage %j: is exit 2, says so on stderr, and connects to nothing', async (args) => {
  const { stdout, stderr, exitCode, connects } = await runCli(args);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).not.toBe('');
  expect(connects).toEqual([]);
});

test('an unknown command: names the nearest one', async () => {
  expect((await runCli(['migrat'])).stderr).toContain('migrate');
});

test('input migrateTables: prints an example that parses, and the schema', async () => {
  const { stdout, exitCode } = await runCli(['input', 'migrateTables']);
  const [example = '', schema = ''] = stdout.split('\n\n');
  expect(parseMigrationRequest(JSON.parse(example))).toHaveProperty('request');
  expect(JSON.parse(schema)).toMatchObject({ type: 'object' });
  expect(exitCode).toBe(0);
});

test('input migrateTables --json: is one document', async () => {
  const { document } = await runCli(['input', 'migrateTables', '--json']);
  expect(document()).toMatchObject({ example: { source: 'old' }, schema: { type: 'object' } });
});

test('input of an unknown type: exit 2, and with --json the failure is the document', async () => {
  const { document, exitCode, stderr } = await runCli(['input', 'nonsense', '--json']);
  expect(exitCode).toBe(2);
  expect(document()).toMatchObject({ error: { code: 'request.invalid', exitCode: 2 } });
  expect(stderr).toContain('migrateTables');
});

test('no server: exit 13 with what to do', async () => {
  const { exitCode, stderr } = await runCli(['status', 'migrate-x']);
  expect(exitCode).toBe(13);
  expect(stderr).toMatch(/^error temporal.unreachable: .*\n {2}do: .*sandbox up/);
});

test('connection flags: reach the connection', async () => {
  const flags = ['--address', 'h:1', '--namespace', 'n', '--profile', 'p', '--task-queue', 'q'];
  const { connects } = await runCli(['list', ...flags]);
  expect(connects).toMatchObject([{ address: 'h:1', namespace: 'n', profile: 'p', taskQueue: 'q' }]);
});

test('worker without a clusters file: says how to give one', async () => {
  const { exitCode, stderr } = await runCli(['worker']);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('TEMPORAL_HBASE_CLUSTERS');
});
