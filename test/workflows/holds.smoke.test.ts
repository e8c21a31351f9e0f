import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { readFailure, readStatus, startSmokeEnvironment, until, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps, failAs, failForNow, type StepStubs } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

test('pause: no new phase begins until resume', async () => {
  let isPaused = false;
  const waitForPeerQueues = async (): Promise<unknown> => {
    await waitUntil('the migration is paused', () => isPaused);
    return { changed: false };
  };
  const stubs = createStubSteps(['shop:a'], { waitForPeerQueues }, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    await waitUntil('the peer is added', () => stubs.names().includes('waitForPeerQueues'));
    await handle.executeUpdate('pause', { args: [{ by: 'ann' }] });
    isPaused = true;
    const { blockers } = await readStatus(handle);
    expect(blockers).toMatchObject([{ code: 'paused', message: 'paused by ann' }]);
    // The watch starts with the phase that is held back.
    await waitUntil('the watch looks', () => stubs.names().includes('watchRun'));
    expect(stubs.names()).not.toContain('setReplicationScope');
    await handle.signal('resume');
    expect((await handle.result()).phase).toBe('done');
  });
});

test('past the mark: what fails is held, shown, and tried again on resume', async () => {
  let opens = 0;
  const openTarget = async (): Promise<unknown> => {
    opens += 1;
    if (opens === 1) throw failAs('hbase.denied', 'no right to alter');
    return { changed: true };
  };
  const stubs = createStubSteps(['shop:a'], { openTarget }, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, (status) => status.blockers.length > 0 && status.phase === 'cutting-over');
    expect(blockers).toMatchObject([{ code: 'held', message: 'open the target: hbase.denied: no right to alter' }]);
    await handle.signal('resume');
    expect((await handle.result()).phase).toBe('done');
  });
});

const HELD_BEFORE_THE_MARK = [
  'createMarkerTable',
  'addPeer',
  'waitForPeerQueues',
  'enablePeer',
  'waitForCatchUp',
  'sealEvidence',
] as const;

test.each(HELD_BEFORE_THE_MARK)(
  'before the mark: what no retry heals in %s holds, and resume goes on',
  async (name) => {
    let isHealed = false;
    const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic' });
    const works = stubs.activities[`hbase.${name}`]!;
    stubs.activities[`hbase.${name}`] = async (input) => {
      if (!isHealed) throw failAs('ssh.auth', 'gw1 refuses the key');
      return works(input);
    };
    await env.withMigration(stubs, async (handle) => {
      const { blockers } = await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
      expect(blockers.find(({ code }) => code === 'held')).toMatchObject({
        message: expect.stringContaining('ssh.auth: gw1 refuses the key'),
        fix: expect.stringContaining('resume'),
      });
      isHealed = true;
      await handle.signal('resume');
      expect(await handle.result()).toMatchObject({ phase: 'done', blockers: [] });
    });
  },
);

test('before the mark: what holds is undone by cancelMigration, and by nobody else', async () => {
  const enablePeer = async (): Promise<never> => {
    throw failAs('peer.changed', 'somebody disabled it');
  };
  const stubs = createStubSteps(['shop:a'], { enablePeer });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
    expect(stubs.names()).not.toContain('settle peer source');
    await handle.executeUpdate('cancelMigration', { args: [{ by: 'ann' }] });
    expect(await readFailure(handle)).toMatchObject({ type: 'cancelled' });
  });
  expect(stubs.names()).toContain('settle peer source');
});

test('the claim: another run that holds a table ends it by itself, a gateway that refuses holds it', async () => {
  const causes = [failAs('ssh.auth', 'gw1 refuses the key'), failAs('run.claimed', 'held by run x')];
  const claimRun = async (): Promise<never> => {
    throw causes.shift()!;
  };
  const stubs = createStubSteps(['shop:a'], { claimRun });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
    await handle.signal('resume');
    expect(await readFailure(handle)).toMatchObject({ type: 'run.claimed' });
  });
});

test('a step that fails again and again: is shown after bounded attempts, and tried again by itself', async () => {
  let attempts = 0;
  const addPeer = async (): Promise<unknown> => {
    attempts += 1;
    if (attempts <= 12) throw failForNow('ssh.unreachable', 'gw1:22 refused');
    return { changed: true };
  };
  const stubs = createStubSteps(['shop:a'], { addPeer }, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
    expect(attempts).toBe(12);
    expect(blockers).toMatchObject([
      {
        code: 'held',
        message: expect.stringMatching(/ssh\.unreachable: gw1:22 refused; it fails since .*, next try 2/),
      },
    ]);
    // Nobody says anything.
    expect(await handle.result()).toMatchObject({ phase: 'done', blockers: [] });
  });
});

test("a table's step that fails again and again: is a blocker of the migration, and resume reaches it", async () => {
  let isHealed = false;
  const exportSnapshot: StepStubs['exportSnapshot'] = async ({ table }) => {
    if (!isHealed && table === 'shop:b') throw failForNow('job.unknown', 'yarn does not answer');
    return { jobId: 'j', copiedBytes: 1, checksum: 'compared' };
  };
  const stubs = createStubSteps(['shop:a', 'shop:b'], { exportSnapshot }, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
    expect(blockers).toMatchObject([
      { code: 'held', table: 'shop:b', message: expect.stringContaining('job.unknown: yarn does not answer') },
    ]);
    isHealed = true;
    await handle.signal('resume');
    expect(await handle.result()).toMatchObject({ phase: 'done', blockers: [] });
  });
});

test('undo: a kind that cannot be settled does not stop the others, and is named', async () => {
  const stubs = createStubSteps(['shop:a'], {
    enablePeer: async () => {
      throw failAs('hbase.denied', 'no right');
    },
    settleNotes: async ({ kind }) => {
      if (kind === 'peer') throw failAs('hbase.denied', 'no right to remove');
      return { settled: [], kept: [] };
    },
    auditLeaks: async () => ({ leaks: ['old: peer thb_x'], foreign: [], residues: [] }),
  });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, (status) => status.blockers.some(({ code }) => code === 'held'));
    await handle.signal('cancelMigration');
    const failure = await readFailure(handle);
    expect(failure).toMatchObject({ type: 'run.leaks', message: expect.stringContaining('no right to remove') });
    expect(failure.details?.[1]).toMatchObject({ phase: 'failed', leaks: ['old: peer thb_x'] });
  });
  expect(stubs.names()).toContain('settle target-table target');
});

test('bootstrapTable: started by hand without its input it fails at once and says who starts it', async () => {
  await env.withWorkflow(createStubSteps([]), { type: 'bootstrapTable', args: [] }, async (handle) => {
    const failure = await readFailure(handle);
    expect(failure).toMatchObject({ type: 'request.invalid', message: expect.stringContaining('migrateTables') });
  });
});

test('bootstrapTable: a defect of ours fails the table, and is not repeated for ever', async () => {
  const args = [{ run: {}, table: { table: 'shop:a' } }];
  const stubs = createStubSteps([], { takeSnapshot: async () => ({ changed: true, bytes: 1 }) });
  await env.withWorkflow(stubs, { type: 'bootstrapTable', args }, async (handle) => {
    expect(await readFailure(handle)).toMatchObject({ type: 'internal' });
  });
});
