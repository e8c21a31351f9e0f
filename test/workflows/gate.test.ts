import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import { isWritable, listOurs, requestFor, startModelEnvironment, type ModelEnvironment } from './model-environment.ts';
import { approve, readFailure, readStatus, until, type Handle } from './smoke-harness.ts';

const test = inOrder.concurrent;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

const sendApproval = (handle: Handle, digest: string | undefined, by = 'ann'): Promise<unknown> =>
  handle.executeUpdate('approveCutover', { args: [{ by, digest }] });

test('gate: an approved wave goes over, shows its proof, and leaves nothing of its own but the fence', async () => {
  await env.withWorld(async ({ addTables, start, source, target, switched }) => {
    await addTables(['shop:a', 'audit']);
    const handle = await start(requestFor(['shop:*', 'audit']));
    await approve(handle);
    const report = await handle.result();
    expect(report).toMatchObject({ phase: 'done', canCutOver: false, blockers: [] });
    expect(report.verifiedCells).toBe(6);
    expect(report.residues.map(({ what }) => what).join()).toContain('shop:a');
    expect([isWritable(source, 'shop:a'), isWritable(target, 'shop:a')]).toEqual([false, true]);
    expect(switched.length).toBeGreaterThan(0);
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
  });
});

test('gate: an approval that comes too early, is stale, or names nobody is refused by update and noted by signal', async () => {
  await env.withWorld(async ({ addTables, start }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    await expect(sendApproval(handle, 'x')).rejects.toThrow(WorkflowUpdateFailedError);
    await until(handle, ({ canCutOver }) => canCutOver);
    await expect(sendApproval(handle, 'stale')).rejects.toThrow(WorkflowUpdateFailedError);
    await handle.signal('approveCutover', { by: 'ann', digest: 'stale' });
    const { notices, phase } = await until(handle, (status) => status.notices.length > 0);
    expect(notices.at(-1)?.message).toContain('refused approveCutover');
    expect(phase).toBe('awaiting-approval');
    await handle.signal('cancelMigration', {});
    expect((await readFailure(handle)).type).toBe('cancelled');
  });
});

test('gate: a rejection holds approvals back until resume, the same approval again is one, another is refused', async () => {
  await env.withWorld(async ({ addTables, start, target }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    const { evidenceDigest } = await until(handle, ({ canCutOver }) => canCutOver);
    await handle.executeUpdate('rejectCutover', { args: [{ by: 'bob', reason: 'month end' }] });
    const rejected = await readStatus(handle);
    expect(rejected.blockers.map(({ code }) => code)).toContain('rejected');
    await expect(sendApproval(handle, evidenceDigest)).rejects.toThrow(WorkflowUpdateFailedError);
    await expect(handle.executeUpdate('resume', { args: [{ by: 'ann' }] })).rejects.toThrow();
    await handle.signal('resume', { code: 'rejected' });
    await until(handle, ({ blockers }) => !blockers.some(({ code }) => code === 'rejected'));
    await sendApproval(handle, evidenceDigest);
    expect(await sendApproval(handle, evidenceDigest)).toContain('approved by ann already');
    await expect(sendApproval(handle, evidenceDigest, 'cec')).rejects.toThrow();
    expect(await handle.result()).toMatchObject({ phase: 'done', cutovers: [{ epoch: 1, approvedBy: 'ann' }] });
    expect(isWritable(target, 'shop:a')).toBe(true);
  });
});

test('gate: an approval by signal is as good', async () => {
  await env.withWorld(async ({ addTables, start }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    const { evidenceDigest } = await until(handle, ({ canCutOver }) => canCutOver);
    await handle.signal('approveCutover', { by: 'ann', digest: evidenceDigest });
    expect((await handle.result()).cutovers).toMatchObject([{ approvedBy: 'ann', outcome: 'cut-over' }]);
  });
});

test('gate: WALs that cannot be read shut it after the approval, and it opens when they can be', async () => {
  await env.withWorld(async ({ addTables, start, faults, source }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    const { evidenceDigest } = await until(handle, ({ canCutOver }) => canCutOver);
    faults.decide = ({ verb }) => ({ kind: verb === 'findBulkLoads' ? 'refused' : 'none' });
    await sendApproval(handle, evidenceDigest);
    const { cutovers, blockers } = await until(handle, (status) =>
      status.blockers.some(({ code }) => code === 'watch-blind'),
    );
    expect([cutovers, isWritable(source, 'shop:a')]).toEqual([[], true]);
    expect(blockers[0]?.message).toContain('Nobody has seen bulk loads');
    faults.decide = () => ({ kind: 'none' });
    await approve(handle);
    expect((await handle.result()).phase).toBe('done');
  });
});
