import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import { isWritable, listOurs, requestFor, startModelEnvironment, type ModelEnvironment } from './model-environment.ts';
import { approve, until, type Handle } from './smoke-harness.ts';
import { createStubSteps } from './stub-steps.ts';

const test = inOrder.concurrent;
/** Values of the server's enum ResetReapplyExcludeType. */
const SIGNALS = 1;
const UPDATES = 2;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

/** To just before the approval; a run with the same id goes on from there. */
async function resetToBeforeApproval(handle: Handle, exclude: number[]): Promise<Handle> {
  const { workflowId } = handle;
  const { events } = await handle.fetchHistory();
  const approvedAt = events!.findIndex(
    ({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) =>
      accepted?.acceptedRequest?.input?.name === 'approveCutover',
  );
  const tasks = events!.slice(0, approvedAt - 1).filter((event) => event.workflowTaskCompletedEventAttributes);
  const { client } = env.temporal;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'a person wants the approval back',
    workflowTaskFinishEventId: tasks.at(-1)!.eventId!,
    requestId: randomUUID(),
    resetReapplyExcludeTypes: exclude,
  });
  return client.workflow.getHandle(workflowId);
}

const isWaitingForClients = (handle: Handle): Promise<unknown> =>
  until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'clients'));

test('reset past the mark, then cancelled: nothing is undone, no table is dropped, and it completes forward', async () => {
  await env.withWorld(async ({ addTables, start, source, target }) => {
    await addTables(['shop:a']);
    const first = await start(requestFor(['shop:a'], { switchClients: undefined }));
    await approve(first);
    await isWaitingForClients(first);
    target.mutate('shop:a', { row: '77', family: 'd', qualifier: '61', type: 'put', value: 'ee' });
    const handle = await resetToBeforeApproval(first, [SIGNALS, UPDATES]);
    await until(handle, ({ canCutOver }) => canCutOver);
    await handle.executeUpdate('cancelMigration', { args: [{ dropTargetTables: true }] });
    await isWaitingForClients(handle);
    expect(target.state.tables.get('shop:a')?.rows.keys()).toContain('77');
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    const report = await handle.result();
    expect(report).toMatchObject({ phase: 'done', cutovers: [{ epoch: 1, outcome: 'cut-over' }] });
    expect(report.notices.map(({ message }) => message).join()).toContain('refused cancel');
    expect([isWritable(source, 'shop:a'), isWritable(target, 'shop:a')]).toEqual([false, true]);
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
  });
});

test('reset past the mark: a cancel that was refused there, and is applied again by the reset, undoes nothing', async () => {
  await env.withWorld(async ({ addTables, start, target }) => {
    await addTables(['shop:a']);
    const first = await start(requestFor(['shop:a'], { switchClients: undefined }));
    await approve(first);
    await isWaitingForClients(first);
    await first.signal('cancelMigration', { dropTargetTables: true });
    await until(first, ({ notices }) => notices.some(({ message }) => message.includes('refused cancelMigration')));
    const handle = await resetToBeforeApproval(first, [UPDATES]);
    await isWaitingForClients(handle);
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    expect((await handle.result()).phase).toBe('done');
    expect(isWritable(target, 'shop:a')).toBe(true);
  });
});

test('reset past the mark, then approved again: the attempt that was is found, and no second fence goes up', async () => {
  await env.withWorld(async ({ addTables, start, target }) => {
    await addTables(['shop:a']);
    const first = await start(requestFor(['shop:a'], { switchClients: undefined }));
    await approve(first);
    await isWaitingForClients(first);
    const handle = await resetToBeforeApproval(first, [UPDATES]);
    await approve(handle, 'bob');
    await isWaitingForClients(handle);
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    const { cutovers, phase } = await handle.result();
    expect(phase).toBe('done');
    expect(cutovers).toMatchObject([{ epoch: 1, outcome: 'cut-over', steps: [{ name: 'open' }, { name: 'switch' }] }]);
    expect(isWritable(target, 'shop:a')).toBe(true);
  });
});

test('reset past the mark, when clients have written to the target: nothing is compared or copied again', async () => {
  await env.withWorld(async ({ addTables, start, target }) => {
    await addTables(['shop:a']);
    const first = await start(requestFor(['shop:a'], { switchClients: undefined }));
    await approve(first);
    await isWaitingForClients(first);
    target.mutate('shop:a', { row: '77', family: 'd', qualifier: '61', type: 'put', value: 'ee' });
    const handle = await resetToBeforeApproval(first, [UPDATES]);
    await approve(handle);
    await isWaitingForClients(handle);
    expect(target.state.tables.get('shop:a')?.rows.keys()).toContain('77');
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    const { phase, tables } = await handle.result();
    expect([phase, tables[0]?.verification?.result, tables[0]?.attempts]).toEqual(['done', 'equal', 1]);
  });
});

test('reset inside the fence: the forgotten attempt is given back first, and the next one takes another number', async () => {
  const marks = [{ epoch: 1, decision: 'unfence' as const, by: 'guard', at: '2026-11-20T10:00:00.000Z' }];
  const readMarks = async () => ({ marks, guarded: [2], fenced: ['shop:a'], peerIds: ['thb_x'], isEmpty: false });
  const stubs = createStubSteps(['shop:a'], { readMarks }, { approval: 'automatic' });
  await env.smoke.withMigration(stubs, async (handle) => {
    expect(await handle.result()).toMatchObject({ phase: 'done', cutovers: [{ epoch: 3, outcome: 'cut-over' }] });
  });
  const about = ['setMark', 'unfenceTables', 'stopFenceGuard', 'startFenceGuard', 'fenceTables'];
  const calls = stubs.calls.filter(({ name }) => about.includes(name));
  expect(calls.map(({ name, input }) => [name, input['epoch'], input['decision']])).toEqual([
    ['setMark', 2, 'unfence'],
    ['unfenceTables', 2, undefined],
    ['stopFenceGuard', 2, undefined],
    ['startFenceGuard', 3, undefined],
    ['fenceTables', 3, undefined],
    ['setMark', 3, 'cut-over'],
    ['stopFenceGuard', 3, undefined],
  ]);
});
