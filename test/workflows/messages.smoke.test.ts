import type { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import {
  approve,
  readFailure,
  readStatus,
  startSmokeEnvironment,
  until,
  type SmokeEnvironment,
} from './smoke-harness.ts';
import {
  createStubSteps,
  differentVerdict,
  equalVerdict,
  failAs,
  untilCancelled,
  watchSeeing,
  type StepStubs,
} from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

const migrate = { type: 'migrateTables', args: [{}] };

test('message before the first task: a cancel by signal stops an automatic wave before it begins', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic' });
  const cancel = {
    ...migrate,
    before: (handle: { signal(name: string, body: unknown): Promise<void> }) => handle.signal('cancelMigration', {}),
  };
  await env.withWorkflow(stubs, cancel, async (handle) => {
    expect((await readFailure(handle)).type).toBe('cancelled');
    expect(await readStatus(handle)).toMatchObject({ phase: 'cancelled', cutovers: [] });
  });
  expect(stubs.names()).toEqual([]);
});

test('message before the first task: a cancel by update is answered, and done', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic' });
  let answer: Promise<unknown> | undefined;
  const cancel = {
    ...migrate,
    // No worker answers yet, so only its sending can be waited for, and the pause that is taken after it shows that.
    before: async (handle: {
      signal(name: string): Promise<void>;
      executeUpdate(name: string, options: { args: [unknown] }): Promise<unknown>;
    }) => {
      await handle.signal('pause');
      answer = handle.executeUpdate('cancelMigration', { args: [{ by: 'ann' }] });
    },
  };
  await env.withWorkflow(stubs, cancel, async (handle) => {
    expect(await answer).toContain('cancelling');
    expect((await readFailure(handle)).type).toBe('cancelled');
  });
  expect(stubs.names()).not.toContain('claimRun');
});

test('message before the first task: a pause holds the run before its first write', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic' });
  const pause = { ...migrate, before: (handle: { signal(name: string): Promise<void> }) => handle.signal('pause') };
  await env.withWorkflow(stubs, pause, async (handle) => {
    const { blockers } = await until(handle, ({ tables }) => tables.length > 0);
    expect(blockers).toMatchObject([{ code: 'paused' }]);
    await handle.executeUpdate('resume', { args: [{}] });
    expect((await handle.result()).phase).toBe('done');
    const { events = [] } = await handle.fetchHistory();
    const resumedAt = events?.findIndex((event) => event.workflowExecutionUpdateAcceptedEventAttributes) ?? -1;
    const scheduled = events?.slice(0, resumedAt).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    expect(scheduled?.map(({ activityType }) => activityType?.name)).toEqual(['hbase.planMigration']);
  });
});

test('cancel of a child: quarantines its table alone, and the wave goes on without it', async () => {
  const stubs = createStubSteps(['shop:a', 'shop:b'], {
    exportSnapshot: async ({ table }) => {
      if (table === 'shop:b') return untilCancelled();
      return { changed: true, copiedBytes: 1, skippedFiles: 0, checksum: 'length-only', durationMs: 1 };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    await waitUntil('both are exported', () => stubs.names().filter((name) => name === 'exportSnapshot').length === 2);
    await env.temporal.client.workflow.getHandle(`${handle.workflowId}/shop:b`).cancel();
    const { tables, phase } = await until(handle, ({ tables: [, b] }) => b?.phase === 'quarantined');
    expect(tables[1]?.failure).toEqual({ code: 'cancelled', message: 'its copy was cancelled by somebody' });
    expect(phase).toBe('copying');
    await handle.executeUpdate('cutOverWithout', { args: [{ by: 'ann', tables: ['shop:b'] }] });
    await approve(handle);
    expect((await handle.result()).tables.map(({ phase: each }) => each)).toEqual(['cut-over', 'quarantined']);
  });
});

test('resume: a disk hold that is lifted leaves the gate shut that somebody else has rejected', async () => {
  const stubs = createStubSteps(['shop:a'], {
    watchRun: watchSeeing({ key: 'disk', kind: 'disk-hold', message: 'disk full at noon' }),
  });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'disk'));
    await handle.executeUpdate('resume', { args: [{}] }).catch(async () => handle.signal('resume', {}));
    await until(handle, ({ canCutOver }) => canCutOver);
    await handle.executeUpdate('rejectCutover', { args: [{ by: 'bob', reason: 'month end' }] });
    const refused = await handle.executeUpdate('resume', { args: [{ by: 'ann' }] }).catch((error: unknown) => error);
    expect(String((refused as WorkflowUpdateFailedError).cause)).toContain('rejected by bob: month end');
    expect(await handle.executeUpdate('resume', { args: [{ by: 'bob', code: 'rejected' }] })).toContain(
      'lifted rejected',
    );
    await approve(handle);
    expect((await handle.result()).phase).toBe('done');
  });
});

test('markers: when one is held and the run is cancelled, the other ends before the undo begins', async () => {
  let ended = false;
  const stubs = createStubSteps(['shop:a'], {
    createMarkerTable: async ({ side }) => {
      if (side === 'source') {
        await waitUntil(
          'the other has begun',
          () => stubs.calls.filter(({ name }) => name === 'createMarkerTable').length === 2,
        );
        throw failAs('hbase.denied', 'no right to create');
      }
      return untilCancelled().finally(() => (ended = true));
    },
    settleNotes: async () => {
      expect(ended).toBe(true);
      return { settled: [], kept: [] };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'held'));
    await handle.executeUpdate('cancelMigration', { args: [{}] });
    expect((await readFailure(handle)).type).toBe('cancelled');
    expect(stubs.names().some((name) => name.startsWith('settle'))).toBe(true);
  });
});

/** A second compare, the renewal after the approval, that waits until the test has spoken. */
function slowRenewal(): { steps: StepStubs; isRenewing: () => boolean; release: (differing?: string) => void } {
  let release = (_differing?: string): void => undefined;
  const renewed = new Promise<string | undefined>((resolve) => (release = resolve));
  let renewing = false;
  const compareTouchedRows: StepStubs['compareTouchedRows'] = async ({ tables }) => {
    renewing = true;
    const differing = await renewed;
    const verdicts = tables.map(({ table: { table } }) =>
      table === differing ? differentVerdict(table) : equalVerdict(table, 'window'),
    );
    return { verdicts, failures: [], walBytes: 1_000, lookMs: 5 };
  };
  return { steps: { compareTouchedRows }, isRenewing: () => renewing, release };
}

const SPOKEN: [name: string, body: unknown, why: string, lift: string][] = [
  ['pause', { by: 'bob' }, 'paused by bob', 'paused'],
  ['rejectCutover', { by: 'bob', reason: 'month end' }, 'rejected by bob: month end', 'rejected'],
];

test.each(SPOKEN)(
  'between approval and fence: %s sends the run back to the gate, and the notice says why',
  async (name, body, why, code) => {
    const { steps, isRenewing, release } = slowRenewal();
    const stubs = createStubSteps(['shop:a'], steps);
    await env.withMigration(stubs, async (handle) => {
      await approve(handle);
      await waitUntil('the proofs are renewed', isRenewing);
      await handle.executeUpdate(name, { args: [body] });
      release();
      const { notices, cutovers } = await until(handle, (status) => status.notices.length > 0);
      expect(notices.at(-1)?.message).toBe(`the approval of ann has lapsed: ${why}; it needs a new one`);
      expect(cutovers).toEqual([]);
      expect(stubs.names()).not.toContain('startFenceGuard');
      await handle.executeUpdate('resume', { args: [{ code }] });
      await approve(handle, 'cec');
      expect((await handle.result()).cutovers).toMatchObject([{ epoch: 1, approvedBy: 'cec', outcome: 'cut-over' }]);
    });
  },
);

test('between approval and fence: a table that is left out then needs another approval, of what is left', async () => {
  const { steps, isRenewing, release } = slowRenewal();
  const stubs = createStubSteps(['shop:a', 'shop:b'], steps);
  await env.withMigration(stubs, async (handle) => {
    await approve(handle);
    await waitUntil('the proofs are renewed', isRenewing);
    release('shop:b');
    await until(handle, ({ tables }) => tables[1]?.phase === 'mismatch');
    const { notices } = await until(handle, (status) => status.notices.length > 0);
    expect(notices[0]?.message).toContain('what was approved has changed');
    await handle.executeUpdate('cutOverWithout', { args: [{ by: 'bob', tables: ['shop:b'] }] });
    await approve(handle, 'cec');
    expect((await handle.result()).cutovers).toMatchObject([{ approvedBy: 'cec' }]);
  });
});

test('at the gate: proofs are renewed while it waits, and the digest stays as it was shown', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approvalExpiresMs: 12_000 });
  await env.withMigration(stubs, async (handle) => {
    const { evidenceDigest } = await until(handle, ({ canCutOver }) => canCutOver);
    const renewals = () => stubs.calls.filter(({ name }) => name === 'compareTouchedRows').length;
    await waitUntil('two renewals', () => renewals() >= 2);
    expect(await readStatus(handle)).toMatchObject({ canCutOver: true, evidenceDigest });
    await handle.executeUpdate('approveCutover', { args: [{ by: 'ann', digest: evidenceDigest }] });
    expect((await handle.result()).phase).toBe('done');
  });
});
