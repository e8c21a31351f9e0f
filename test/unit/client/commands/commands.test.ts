import { ApplicationFailure } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { WorkflowExecutionAlreadyStartedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { FakeTemporal } from '../fake-temporal.ts';
import { connectFake } from '../fake-temporal.ts';
import { runCli } from '../run-cli.ts';
import { status, tableStatus } from '../../workflows/flow/status-fixture.ts';

async function runWith(args: string[], fake: FakeTemporal = {}) {
  const { connected, sent, isClosed } = connectFake(fake);
  const result = await runCli(args, { connected });
  expect(isClosed()).toBe(true);
  return { ...result, sent };
}

const REQUEST = ['--source', 'old', '--target', 'new', '--tables', 'orders,shop:*', '--name', 'dc-exit-1'];

describe('migrate', () => {
  test('a good request: is started under its name, and only the id is on stdout', async () => {
    const { stdout, stderr, exitCode, sent } = await runWith(['migrate', ...REQUEST]);
    expect(stdout).toBe('migrate-dc-exit-1\n');
    expect(stderr).toContain('http://ui/namespaces/default/workflows/migrate-dc-exit-1');
    expect(exitCode).toBe(0);
    const body = { source: 'old', target: 'new', tables: ['orders', 'shop:*'], name: 'dc-exit-1' };
    expect(sent).toEqual([{ what: 'start', name: 'migrateTables', workflowId: 'migrate-dc-exit-1', body }]);
  });

  test('--json: one document', async () => {
    const { document } = await runWith(['migrate', ...REQUEST, '--json']);
    expect(document()).toMatchObject({ workflowId: 'migrate-dc-exit-1', runId: 'r1' });
  });

  test('no worker: nothing is started, exit 17 with the command that starts one', async () => {
    const { exitCode, stderr, sent } = await runWith(['migrate', ...REQUEST], { hasWorker: false });
    expect(exitCode).toBe(17);
    expect(stderr).toContain('temporal-hbase worker');
    expect(sent).toEqual([]);
  });

  test('without a name: the same tables are one migration, in whatever order and spelling', async () => {
    const idOf = async (tables: string) =>
      (await runWith(['migrate', '--source', 'old', '--target', 'new', '--tables', tables])).stdout.trim();
    const id = await idOf('orders,shop:*');
    expect(id).toMatch(/^migrate-old-new-orders-and-1-more-[0-9a-f]{8}$/);
    expect(await idOf('default:orders,shop:*')).toBe(id);
    expect(await idOf('shop:*,orders')).toBe(id);
    expect(await idOf('orders,shop:a')).not.toBe(id);
  });

  test('without a name, a second time: exit 8 with the run that lives and how to look at it', async () => {
    const migrateTables = new WorkflowExecutionAlreadyStartedError('started', 'migrate-x', 'migrateTables');
    const args = ['migrate', '--source', 'old', '--target', 'new', '--tables', 'orders'];
    const { exitCode, stderr } = await runWith(args, { answers: { migrateTables } });
    expect(exitCode).toBe(8);
    expect(stderr).toMatch(/of these tables from old to new .* as (migrate-old-new-orders-\w{8}): `.* status \1`/);
  });

  test('--wait: the exit code is that of how it ended', async () => {
    const failure = { code: 'verify.mismatch', message: 'rows differ' } as const;
    const answers = { status: status({ phase: 'failed', failure }) };
    expect((await runWith(['migrate', ...REQUEST, '--wait'], { answers })).exitCode).toBe(10);
    const done = { answers: { status: status({ phase: 'done' }) } };
    expect((await runWith(['migrate', ...REQUEST, '--wait'], done)).exitCode).toBe(0);
  });
});

describe('status', () => {
  const shown = status({ workflowId: 'w', phase: 'copying', tables: [tableStatus('shop:a', { phase: 'export' })] });

  test('lines: phase, tables and since when', async () => {
    const { stdout } = await runWith(['status', 'w'], { answers: { status: shown } });
    expect(stdout).toMatch(/^w: copying for 5 min 0 s\n/);
    expect(stdout).toMatch(/shop:a {2}export/);
  });

  test('--json: the status and the progress in one document', async () => {
    const { document } = await runWith(['status', 'w', '--json'], { answers: { status: shown } });
    expect(document()).toMatchObject({ phase: 'copying', progress: [] });
  });

  test('a step that fails again and again: its attempt and last failure, of a child too, and the phase it is at', async () => {
    const at = msToTs(Date.parse('2026-11-20T10:04:48.000Z'));
    const lastFailure = { message: 'Class X cannot be loaded', applicationFailureInfo: { type: 'hbase.failed' } };
    const undecodable = {
      payloads: [{ metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') }],
    };
    const activity = { activityType: { name: 'hbase.restoreTable' }, state: 2, attempt: 57, lastFailure };
    const described = {
      w: { pendingChildren: [{ workflowId: 'w/shop:a' }] },
      'w/shop:a': { pendingActivities: [{ ...activity, lastAttemptCompleteTime: at, heartbeatDetails: undecodable }] },
    };
    const copying = status({
      workflowId: 'w',
      phase: 'copying',
      tables: [tableStatus('shop:a', { phase: 'snapshot' })],
    });
    const fake = { answers: { status: copying }, described };
    const { stdout } = await runWith(['status', 'w'], fake);
    expect(stdout).toMatch(/shop:a {2}restore /);
    expect(stdout).toContain(
      'trying: restoreTable shop:a: attempt 57, last failure 12.0 s ago: hbase.failed: Class X cannot be loaded',
    );
    const { document } = await runWith(['status', 'w', '--json'], fake);
    const pending = { step: 'restoreTable', workflowId: 'w/shop:a', table: 'shop:a', attempt: 57, state: 'started' };
    expect(document()).toMatchObject({ tables: [{ phase: 'restore' }], pending: [pending] });
  });

  test('--watch --json: one document at the end, the changes on stderr', async () => {
    const answers = { status: status({ phase: 'done' }) };
    const { document, stderr } = await runWith(['status', 'w', '--watch', '--json'], { answers });
    expect(document()).toMatchObject({ phase: 'done' });
    expect(stderr).toContain('done');
  });
});

describe('messages', () => {
  test.each([
    [['approve', 'w', '--digest', 'e1', '--by', 'ann'], 'approveCutover', { by: 'ann', digest: 'e1' }],
    [['reject', 'w', '--by', 'ann', '--reason', 'later'], 'rejectCutover', { by: 'ann', reason: 'later' }],
    [['pause', 'w', '--by', 'ann'], 'pause', { by: 'ann' }],
    [['resume', 'w', '--by', 'ann'], 'resume', { by: 'ann' }],
    [['resume', 'w', '--what', 'rejected', '--by', 'ann'], 'resume', { by: 'ann', code: 'rejected' }],
    [['retry', 'w', 'shop:a'], 'retryTable', { table: 'shop:a' }],
    [['without', 'w', '--tables', 'a, b,', '--by', 'ann'], 'cutOverWithout', { by: 'ann', tables: ['a', 'b'] }],
    [['switched', 'w', '--by', 'ann'], 'clientsSwitched', { by: 'ann' }],
    [['cancel', 'w', '--drop-target-tables', '--by', 'ann'], 'cancelMigration', { by: 'ann', dropTargetTables: true }],
  ])('%j: sends one update and prints its answer', async (args, name, body) => {
    const { sent, stdout } = await runWith(args, { answers: { [name]: 'taken' } });
    expect(sent).toEqual([{ what: 'update', name, workflowId: 'w', body }]);
    expect(stdout).toBe('taken\n');
  });

  const atGate = status({ workflowId: 'w', canCutOver: true, evidenceDigest: 'e9', tables: [tableStatus('shop:a')] });

  test('approve without a digest in a script: refused with the command that has it, and nothing is sent', async () => {
    const { sent, exitCode, stderr } = await runWith(['approve', 'w', '--by', 'ann'], { answers: { status: atGate } });
    expect(exitCode).toBe(11);
    expect(stderr).toContain('temporal-hbase approve w --digest e9');
    expect(sent.map(({ name }) => name)).toEqual(['status']);
  });

  test.each([
    ['y', 0, [{ by: 'ann', digest: 'e9' }]],
    ['n', 1, []],
  ])(
    'approve without a digest at a terminal: it is shown with the tables, and asked for; %s',
    async (answer, code, sent) => {
      const fake = connectFake({ answers: { status: atGate, approveCutover: 'taken' } });
      const result = await runCli(['approve', 'w', '--by', 'ann'], { connected: fake.connected, answer });
      expect(result.stderr).toMatch(/shop:a[\s\S]*digest e9[\s\S]*Cut over\? \[y\/N\]/);
      expect(result.exitCode).toBe(code);
      expect(fake.sent.filter(({ what }) => what === 'update').map(({ body }) => body)).toEqual(sent);
    },
  );

  test('approve too early without a digest: says what is waited for', async () => {
    const early = status({ workflowId: 'w', phase: 'copying', canCutOver: false });
    const { exitCode, stderr } = await runWith(['approve', 'w'], { answers: { status: early } });
    expect(exitCode).toBe(11);
    expect(stderr).toContain('too early: w is copying');
  });

  test('a refusal: exit 11 with its reason', async () => {
    const refused = ApplicationFailure.create({ type: 'message.refused', message: 'too early: the phase is copying' });
    const answers = { approveCutover: new WorkflowUpdateFailedError('rejected', refused) };
    const { exitCode, stderr } = await runWith(['approve', 'w', '--digest', 'e1'], { answers });
    expect(exitCode).toBe(11);
    expect(stderr).toContain('error message.refused: too early: the phase is copying');
  });

  test('cancel --dry-run: lists the notes, newest first, and cancels nothing', async () => {
    const at = '2026-11-20T10:00:00.000Z';
    const notes = [
      { side: 'source', kind: 'peer', subject: 'thb_p', at },
      { side: 'source', kind: 'scope', subject: 'orders', at },
    ];
    const answers = { status: status({ runId: 'r1' }), findLeaks: [{ notes }] };
    const { stdout, sent } = await runWith(['cancel', 'w', '--dry-run'], { answers });
    expect(stdout.indexOf('scope orders')).toBeLessThan(stdout.indexOf('peer thb_p'));
    expect(sent.map(({ name }) => name)).not.toContain('cancelMigration');
  });
});

describe('commands that ask the clusters', () => {
  test('check: FAILED is exit 5, and the fix stands beside it', async () => {
    const rows = [
      { cluster: 'old', fact: 'version', value: '2.4.17', level: 'OK' },
      { cluster: 'new', fact: 'master', value: 'none', level: 'FAILED', fix: 'Start a master.' },
    ];
    const { exitCode, stdout, sent } = await runWith(['check'], { answers: { checkClusters: rows } });
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/new {2}master {3}FAILED {2}none {4}→ Start a master\./);
    expect(sent[0]?.body).toEqual({});
    const one = await runWith(['check', 'old'], { answers: { checkClusters: rows.slice(0, 1) } });
    expect(one.exitCode).toBe(0);
    expect(one.sent[0]?.body).toEqual({ clusters: ['old'] });
  });

  test('leaks: says so when there is nothing', async () => {
    expect((await runWith(['leaks'], { answers: { findLeaks: [] } })).stdout).toContain('no run has left anything');
  });

  test.each([
    ['running', /^ {2}running: temporal-hbase cancel migrate-a$/m],
    ['ended', /^ {2}clean it: temporal-hbase clean r1 --dry-run$/m],
    ['unknown', /^ {2}unknown to Temporal; .* temporal-hbase clean r1 --force$/m],
  ])('leaks: of a run that is %s, the command that fits', async (workflow, expected) => {
    const run = { runId: 'r1', workflowId: 'migrate-a', source: 'old', target: 'new' };
    const overview = { run, workflow, plan: {}, notes: [], claims: [], marks: [] };
    const { stdout } = await runWith(['leaks'], { answers: { findLeaks: [overview] } });
    expect(stdout).toContain(`run r1 (migrate-a), old → new, ${workflow}\n`);
    expect(stdout).toMatch(expected);
    expect(stdout.match(/temporal-hbase clean/g)?.length ?? 0).toBe({ running: 0, ended: 1, unknown: 2 }[workflow]);
  });

  test('leaks: past the mark a living run is followed, and one on a backup root is cancelled by Temporal', async () => {
    const run = { runId: 'r1', workflowId: 'w', source: 'old', target: 'new' };
    const living = { run, workflow: 'running', notes: [], claims: [], marks: [] };
    const marks = [{ epoch: 1, decision: 'cut-over', by: 'workflow', at: '' }];
    const answers = { findLeaks: [{ ...living, plan: {}, marks }, living] };
    const { stdout } = await runWith(['leaks'], { answers });
    expect(stdout).toContain('running: temporal-hbase status w');
    expect(stdout).toContain('running: temporal workflow cancel --workflow-id w');
  });

  test('clean: a script is not asked, and force is passed on', async () => {
    const report = { outcome: 'undone', settled: [], residues: [], leaks: [] };
    const { exitCode, sent } = await runWith(['clean', 'r1', '--force'], { answers: { cleanRun: report } });
    expect(exitCode).toBe(0);
    expect(sent.map(({ body }) => body)).toEqual([
      { runId: 'r1', dropTargetTables: false, force: true, dryRun: false },
    ]);
  });

  test.each([
    ['n', 1, [true]],
    ['y', 0, [true, false]],
  ])('clean: at a terminal it shows what would be done and asks; %s', async (answer, code, dryRuns) => {
    const settled = [{ cluster: 'old', kind: 'peer', subject: 'thb_p', action: 'remove' }];
    const report = { dryRun: true, workflowId: 'w', outcome: 'undone', settled, residues: [], leaks: [] };
    const { connected, sent } = connectFake({ answers: { cleanRun: report } });
    const { exitCode, stderr } = await runCli(['clean', 'r1'], { connected, answer });
    expect(stderr).toContain('would be undone');
    expect(stderr).toContain('old peer thb_p: remove');
    expect(stderr).toContain('Undo w? [y/N]');
    expect(exitCode).toBe(code);
    expect(sent.map(({ body }) => (body as { dryRun: boolean }).dryRun)).toEqual(dryRuns);
  });

  test('clean: leaks are exit 9, by name', async () => {
    const report = { outcome: 'undone', settled: [], residues: [], leaks: ['old: peer thb_p'] };
    const { exitCode, stdout } = await runWith(['clean', 'r1'], { answers: { cleanRun: report } });
    expect(exitCode).toBe(9);
    expect(stdout).toContain('still there: old: peer thb_p');
  });

  test('unfence: names cluster and table', async () => {
    const { sent, stdout } = await runWith(['unfence', 'old', 'orders'], { answers: { liftFence: { changed: true } } });
    expect(sent[0]?.body).toEqual({ cluster: 'old', table: 'orders' });
    expect(stdout).toBe('orders on old takes writes again\n');
  });

  test('list: one line a migration, or what to do', async () => {
    const list = [{ workflowId: 'migrate-a', status: 'RUNNING', startTime: '2026-11-20T10:00:00.000Z' }];
    expect((await runWith(['list'], { list })).stdout).toMatch(/^migrate-a {2}RUNNING {2}2026-11-20T10/);
    expect((await runWith(['list'])).stdout).toContain('migrate --help');
  });
});

describe('plan', () => {
  const plan = {
    digest: 'd1',
    source: { name: 'old', version: '2.4.17' },
    target: { name: 'new', version: '2.6.1' },
    tables: [],
    findings: [{ code: 'clock.skew', level: 'warn', message: '6 s apart.', fix: 'Use NTP.' }],
  };
  const answers = (acceptWarnings: string[]) => ({
    planMigration: { plan: { ...plan, request: { acceptWarnings } }, steps: [] },
  });

  test('a warning that is not accepted: stands beside the plan, and the exit code is that of migrate', async () => {
    const { stdout, exitCode } = await runWith(['plan', ...REQUEST], { answers: answers([]) });
    expect(stdout).toMatch(/^plan d1\n[^]*nothing was written\nnot accepted yet: clock\.skew\n/);
    expect(exitCode).toBe(5);
  });

  test('every warning accepted: exit 0', async () => {
    expect((await runWith(['plan', ...REQUEST], { answers: answers(['clock.skew']) })).exitCode).toBe(0);
  });
});
