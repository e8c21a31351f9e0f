import { WorkflowUpdateFailedError, type WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { MigrationStatus } from '../../workflows/contract/status.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  approve,
  readError,
  readFailure,
  readStatus,
  startSmokeEnvironment,
  until,
  type SmokeEnvironment,
} from './smoke-harness.ts';
import { createStubSteps, differentVerdict, equalVerdict, failAs, untilCancelled } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

test('migrateTables: an approved wave goes over and reports its proof', async () => {
  const stubs = createStubSteps(['shop:a', 'shop:b', 'shop:c']);
  await env.withMigration(stubs, async (handle) => {
    const early = await handle
      .executeUpdate('approveCutover', { args: [{ by: 'ann', digest: 'x' }] })
      .catch((e: unknown) => e);
    expect(early).toBeInstanceOf(WorkflowUpdateFailedError);
    await approve(handle);
    const report = await handle.result();
    expect(report).toMatchObject({ phase: 'done', verifiedCells: 300, canCutOver: false, blockers: [] });
    expect(report.cutovers).toMatchObject([{ epoch: 1, approvedBy: 'ann', outcome: 'cut-over' }]);
    expect(report.writePauseMs).toHaveLength(1);
  });
  const names = stubs.names();
  expect(names.slice(0, 2)).toEqual(['planMigration', 'claimRun']);
  const inOrder = [
    'addPeer',
    'waitForPeerQueues',
    'enablePeer',
    'waitForCatchUp',
    'compareTable',
    'sealEvidence',
    'predictCutover',
  ];
  const fence = [
    'startFenceGuard',
    'fenceTables',
    'proveDrained',
    'waitForClocks',
    'compareInsideFence',
    'setMark',
    'openTarget',
  ];
  const end = ['switchClients', 'stopFenceGuard', 'settle peer source', 'auditLeaks', 'closeRun'];
  const seen = [...inOrder, ...fence, ...end].map((name) => names.indexOf(name));
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen).not.toContain(-1);
});

test('migrateTables: with fence disable the tables close between the last proof and the mark', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic', fence: 'disable' });
  await env.withMigration(stubs, async (handle) => {
    expect((await handle.result()).cutovers[0]?.steps.map(({ name }) => name)).toContain('disable');
  });
  const inOrder = ['fenceTables', 'proveDrained', 'compareInsideFence', 'disableTables', 'setMark', 'openTarget'];
  expect(stubs.names().filter((name) => inOrder.includes(name))).toEqual([...inOrder.slice(0, 6), 'proveDrained']);
});

test('migrateTables: a bad request fails at once with every problem', async () => {
  const stubs = createStubSteps([], {
    planMigration: async () => {
      throw failAs('request.invalid', 'tables must not be empty; example: {"source": "old"}');
    },
  });
  await env.withMigration(stubs, async (handle) => {
    expect(await readFailure(handle)).toMatchObject({
      type: 'request.invalid',
      message: expect.stringContaining('example'),
    });
  });
  expect(stubs.names()).toEqual(['planMigration']);
});

test('migrateTables: cancel of the Web UI undoes everything and ends as cancelled', async () => {
  const stubs = createStubSteps(['shop:a'], { exportSnapshot: untilCancelled });
  await env.withMigration(stubs, async (handle) => {
    await waitUntil('the export runs', async () => stubs.names().includes('exportSnapshot'));
    await handle.cancel();
    const error = await readError(handle);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(await readStatus(handle)).toMatchObject({ phase: 'cancelled' });
  });
  const settled = stubs.names().filter((name) => name.startsWith('settle') && name.endsWith('source'));
  expect(settled.slice(0, 3)).toEqual(['settle fence source', 'settle guard source', 'settle peer source']);
  expect(stubs.names().at(-1)).toBe('closeRun');
});

test('migrateTables: cancelMigration ends as failed `cancelled` with the report in the details', async () => {
  const stubs = createStubSteps(['shop:a']);
  await env.withMigration(stubs, async (handle) => {
    await until(handle, ({ canCutOver }) => canCutOver);
    await handle.signal('cancelMigration', { dropTargetTables: true });
    const failure = await readFailure(handle);
    expect(failure.type).toBe('cancelled');
    expect(failure.details?.[1]).toMatchObject({ phase: 'cancelled' });
  });
  expect(stubs.calls.find(({ name }) => name === 'settle target-table target')?.input).toMatchObject({
    dropTargetTables: true,
  });
});

test('migrateTables: a quarantined table holds the peer until it is retried or left out', async () => {
  let tries = 0;
  const stubs = createStubSteps(['shop:a', 'shop:b', 'shop:c'], {
    exportSnapshot: async ({ table }) => {
      if (table === 'shop:b' && tries++ === 0) throw failAs('job.failed', 'disk full');
      if (table === 'shop:c') throw failAs('job.failed', 'broken');
      return { changed: true, copiedBytes: 1, skippedFiles: 0, checksum: 'length-only', durationMs: 1 };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    const status = await until(
      handle,
      ({ tables }) => tables.filter(({ phase }) => phase === 'quarantined').length === 2,
    );
    expect(status.blockers.map(({ code }) => code)).toEqual(['table-quarantined', 'table-quarantined']);
    expect(stubs.names()).not.toContain('enablePeer');
    await handle.executeUpdate('retryTable', { args: [{ table: 'shop:b' }] });
    await until(handle, ({ tables }) => tables[1]?.phase === 'restored');
    await handle.executeUpdate('cutOverWithout', { args: [{ by: 'ann', tables: ['shop:c'] }] });
    await approve(handle);
    const report = await handle.result();
    expect(report.tables.map(({ phase }) => phase)).toEqual(['cut-over', 'cut-over', 'quarantined']);
  });
  const shrunk = stubs.calls.find(({ name }) => name === 'setPeerTables')?.input as {
    peer: { tables: { table: string }[] };
  };
  expect(shrunk.peer.tables.map(({ table }) => table)).toEqual(['shop:a', 'shop:b', 'thb_marker_abcdef123456']);
});

test('migrateTables: a table that differs is copied again under a peer of its own', async () => {
  let compares = 0;
  const stubs = createStubSteps(['shop:a', 'shop:b'], {
    compareTable: async ({ table: { table } }) =>
      table === 'shop:b' && compares++ === 0 ? differentVerdict(table) : equalVerdict(table),
  });
  await env.withMigration(stubs, async (handle) => {
    const { blockers, canCutOver } = await until(handle, ({ tables }) => tables[1]?.phase === 'mismatch');
    expect(blockers).toMatchObject([{ code: 'verification', table: 'shop:b' }]);
    expect(canCutOver).toBe(false);
    await handle.signal('retryTable', { table: 'shop:b' });
    await approve(handle);
    await handle.result();
  });
  const names = stubs.names();
  const again = names.slice(names.indexOf('mintRetry') - 3, names.indexOf('mintRetry') + 9);
  expect(again.filter((name) => name !== 'watchRun')).toEqual([
    'disablePeer',
    'setPeerTables',
    'enablePeer',
    'mintRetry',
    'addPeer',
    'waitForPeerQueues',
    'takeSnapshot',
    'exportSnapshot',
    'restoreTable',
    'enablePeer',
    'waitForCatchUp',
    'compareTable',
  ]);
  const drained = stubs.calls.find(({ name }) => name === 'proveDrained')?.input as { peerIds: string[] };
  expect(drained.peerIds).toEqual(['thb_abcdef123456', 'thb_retry_2']);
});

test('migrateTables: a failure inside the fence gives writes back and needs a new approval', async () => {
  let drains = 0;
  const stubs = createStubSteps(['shop:a'], {
    proveDrained: async () => {
      if (drains++ === 0) throw failAs('hbase.denied', 'no right to roll');
      return { rolled: [], passes: [], sentinels: 1, durationMs: 1 };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    await approve(handle);
    const { cutovers, evidenceDigest } = await until(
      handle,
      ({ cutovers: all, canCutOver }) => all.length === 1 && canCutOver,
    );
    expect(cutovers).toMatchObject([{ outcome: 'unfenced', failure: { code: 'hbase.denied' } }]);
    expect(cutovers[0]?.steps.find(({ outcome }) => outcome === 'failed')?.name).toBe('drain');
    await handle.executeUpdate('rejectCutover', { args: [{ by: 'bob', reason: 'not now' }] });
    await handle.signal('approveCutover', { by: 'ann', digest: evidenceDigest });
    const { notices } = await until(handle, (status) =>
      status.notices.some(({ message }) => message.includes('refused approveCutover')),
    );
    expect(notices.at(-1)?.message).toContain('rejected by bob');
    await handle.signal('resume', { code: 'rejected' });
    await approve(handle, 'cec');
    expect((await handle.result()).cutovers.map(({ outcome }) => outcome)).toEqual(['unfenced', 'cut-over']);
  });
  const names = stubs.names();
  expect(names.slice(names.indexOf('setMark'), names.indexOf('setMark') + 3)).toEqual([
    'setMark',
    'unfenceTables',
    'stopFenceGuard',
  ]);
});

test('migrateTables: a fence that overruns its bound is given back', async () => {
  const forecast = { fits: true, predictedPauseMs: 1, predictedUnfenceMs: 500, guardDeadlineMs: 20_000, reason: '' };
  const stubs = createStubSteps(
    ['shop:a'],
    { proveDrained: untilCancelled, predictCutover: async () => forecast },
    { maxWritePauseMs: 2_000, approval: 'automatic' },
  );
  await env.withMigration(stubs, async (handle) => {
    const { cutovers } = await until(handle, ({ cutovers: all }) => all[0]?.outcome === 'unfenced');
    expect(cutovers[0]?.failure?.code).toBe('cutover.too-slow');
    await handle.executeUpdate('cancelMigration', { args: [{}] });
    expect((await readFailure(handle)).type).toBe('cancelled');
  });
});

test('migrateTables: past the mark a cancel is refused and the run completes', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { switchClients: undefined, approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'clients'));
    const refused = await handle.executeUpdate('cancelMigration', { args: [{}] }).catch((e: unknown) => e);
    expect((refused as WorkflowUpdateFailedError).cause).toMatchObject({ type: 'cutover.past-no-return' });
    await handle.cancel();
    const { notices } = await until(handle, (status) => status.notices.length > 0);
    expect(notices.at(-1)?.message).toContain('refused cancel');
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    expect((await handle.result()).phase).toBe('done');
  });
});

test('migrateTables: the guard that decided first is obeyed', async () => {
  const guarded = createStubSteps(
    ['shop:a'],
    { setMark: async () => ({ decision: 'unfence', by: 'guard' }) },
    { approval: 'automatic' },
  );
  await env.withMigration(guarded, async (handle) => {
    const { cutovers } = await until(handle, ({ cutovers: all }) => all[0]?.outcome === 'unfenced');
    expect(cutovers[0]?.failure?.code).toBe('cutover.unfenced-by-guard');
    expect(guarded.names()).toContain('unfenceTables');
    expect(guarded.names()).not.toContain('openTarget');
  });
});

test('migrateTables: an expired approval closes the gate and undoes nothing; resume opens it again', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approvalExpiresMs: 500 });
  await env.withMigration(stubs, async (handle) => {
    const isExpired = ({ blockers }: MigrationStatus) => blockers.some(({ code }) => code === 'approval-expired');
    const { canCutOver, phase, evidenceDigest } = await until(handle, isExpired);
    expect([canCutOver, phase]).toEqual([false, 'awaiting-approval']);
    const approval = { args: [{ by: 'ann', digest: evidenceDigest }] as [unknown] };
    const refused = await handle.executeUpdate('approveCutover', approval).catch((e: unknown) => e);
    expect(String((refused as WorkflowUpdateFailedError).cause)).toContain('send resume');
    expect(await handle.executeUpdate('resume', { args: [{}] })).toContain('lifted approval-expired');
    await until(handle, (status) => status.canCutOver);
    await handle.executeUpdate('cancelMigration', { args: [{}] });
    expect((await readFailure(handle)).type).toBe('cancelled');
  });
  expect(stubs.names()).not.toContain('fenceTables');
});

test('migrateTables: leaks are named and keep the record', async () => {
  const stubs = createStubSteps(
    ['shop:a'],
    { auditLeaks: async () => ({ leaks: ['old: snapshot thb_x'], foreign: [], residues: [] }) },
    { approval: 'automatic' },
  );
  await env.withMigration(stubs, async (handle) => {
    expect(await readFailure(handle)).toMatchObject({ type: 'run.leaks', message: expect.stringContaining('thb_x') });
  });
  expect(stubs.names()).not.toContain('closeRun');
});

// Alone: it keeps both cores busy.
inOrder(
  'migrateTables: 100 tables stay within 4,000 events, a child within 400',
  async () => {
    const tables = Array.from({ length: 100 }, (_, index) => `shop:t${index}`);
    const stubs = createStubSteps(tables, {}, { approval: 'automatic' });
    await env.withMigration(stubs, async (handle) => {
      expect((await handle.result()).phase).toBe('done');
      const { events } = await handle.fetchHistory();
      const child = await env.temporal.client.workflow.getHandle(`${handle.workflowId}/shop:t7`).fetchHistory();
      expect(events?.length).toBeLessThanOrEqual(4_000);
      expect(child.events?.length).toBeLessThanOrEqual(400);
    });
  },
  300_000,
);
