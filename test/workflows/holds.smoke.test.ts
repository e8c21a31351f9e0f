import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { WatchEvent } from '../../workflows/contract/step-data.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  approve,
  readFailure,
  readStatus,
  startSmokeEnvironment,
  until,
  type SmokeEnvironment,
} from './smoke-harness.ts';
import { createStubSteps, failAs, failForNow, untilCancelled, watchSeeing, type StepStubs } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

test('watch: a full disk holds new copies until resume', async () => {
  const disk: WatchEvent = { key: 'disk', kind: 'disk-hold', message: 'disk full at noon' };
  const stubs = createStubSteps(['shop:a'], {
    watchRun: watchSeeing(disk),
    // The watch must have been heard before the copies begin: then it looks a second time.
    setReplicationScope: async (_, seen) => {
      await waitUntil('the watch looks again', () => seen.names().filter((name) => name === 'watchRun').length > 1);
      return { changed: true };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    const { blockers, phase } = await until(handle, (status) => status.phase === 'copying');
    expect(blockers).toMatchObject([{ code: 'disk', message: 'disk full at noon' }]);
    expect(phase).toBe('copying');
    expect(stubs.names()).not.toContain('takeSnapshot');
    await handle.executeUpdate('resume', { args: [{ by: 'ann' }] });
    await approve(handle);
    await handle.result();
  });
});

test('watch: a bulk load blocks the gate until the table is copied again', async () => {
  const bulk: WatchEvent = { key: 'b1', kind: 'bulk-load', table: 'shop:a', message: '2 files bulk loaded' };
  const stubs = createStubSteps(['shop:a', 'shop:b'], { watchRun: watchSeeing(bulk) });
  await env.withMigration(stubs, async (handle) => {
    const { canCutOver, blockers } = await until(handle, ({ phase }) => phase === 'awaiting-approval');
    expect(canCutOver).toBe(false);
    expect(blockers).toMatchObject([{ code: 'bulk-load', table: 'shop:a' }]);
    await handle.executeUpdate('retryTable', { args: [{ table: 'shop:a' }] });
    await approve(handle);
    expect((await handle.result()).phase).toBe('done');
  });
  expect(stubs.names()).toContain('mintRetry');
});

test('watch: unlogged writes force whole compares before the fence', async () => {
  const unlogged: WatchEvent = { key: 'u1', kind: 'unlogged-writes', message: '7 unlogged writes' };
  const stubs = createStubSteps(['shop:a'], { watchRun: watchSeeing(unlogged) }, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    await handle.result();
  });
  const scopes = stubs.calls.filter(({ name }) => name === 'compareTable').map(({ input }) => input['scope']);
  expect(scopes).toEqual(['table', 'table']);
});

test('watch: unlogged writes cost one whole compare, and another one only when more were written', async () => {
  const unlogged: WatchEvent = { key: 'unlogged-writes', kind: 'unlogged-writes', message: '7 unlogged writes' };
  let drains = 0;
  const stubs = createStubSteps(['shop:a'], {
    watchRun: async (input) => {
      const told = watchSeeing(...(input.unloggedFrom?.['rs1'] === 7 ? [] : [unlogged]));
      const event = await told(input);
      return input.once === true ? { ...event, unlogged: { rs1: 7 } } : event;
    },
    proveDrained: async () => {
      if (drains++ === 0) throw failAs('hbase.denied', 'no right to roll');
      return { rolled: [], passes: [], sentinels: 1, durationMs: 1 };
    },
  });
  await env.withMigration(stubs, async (handle) => {
    await approve(handle);
    await until(handle, ({ cutovers, canCutOver }) => cutovers.length === 1 && canCutOver);
    await approve(handle);
    await handle.result();
  });
  const scopes = stubs.calls.filter(({ name }) => name === 'compareTable').map(({ input }) => input['scope']);
  expect(scopes).toEqual(['table', 'table', 'window']);
});

test('watch: without it nothing is cut over, and resume starts it again', async () => {
  let looks = 0;
  const stubs = createStubSteps(
    ['shop:a'],
    {
      watchRun: (input) => {
        looks += 1;
        if (looks === 1) throw failAs('hbase.denied', 'no right to look');
        return watchSeeing()(input);
      },
    },
    { approval: 'automatic' },
  );
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, ({ phase }) => phase === 'awaiting-approval');
    expect(blockers).toMatchObject([{ code: 'watch' }]);
    await handle.signal('resume');
    expect((await handle.result()).phase).toBe('done');
  });
});

test('watch: blind to one thing, it shuts the gate until it sees again, and nobody has to say so', async () => {
  let isBlind = true;
  const blind: WatchEvent = { key: 'watch-blind:writes', kind: 'watch-blind', message: 'nobody has seen bulk loads' };
  const stubs = createStubSteps(
    ['shop:a'],
    {
      watchRun: async (input) => {
        if (!input.seen.includes(blind.key)) return watchSeeing(...(isBlind ? [blind] : []))(input);
        await waitUntil('it sees again', () => !isBlind);
        return { ...blind, gone: true };
      },
    },
    { approval: 'automatic' },
  );
  await env.withMigration(stubs, async (handle) => {
    const { blockers, canCutOver } = await until(handle, ({ phase }) => phase === 'awaiting-approval');
    expect(canCutOver).toBe(false);
    expect(blockers).toMatchObject([{ code: 'watch-blind', message: 'nobody has seen bulk loads' }]);
    isBlind = false;
    expect(await handle.result()).toMatchObject({ phase: 'done', blockers: [] });
  });
});

test('watch: two peers changed, one set right again: the other one goes on to block', async () => {
  const widened = (id: string): WatchEvent => ({
    key: `peer-changed:${id}:widened`,
    kind: 'peer-changed',
    message: id,
  });
  let isRight = false;
  const stubs = createStubSteps(['shop:a'], {
    watchRun: async (input) => {
      if (input.seen.length < 2) return watchSeeing(widened('p1'), widened('p2'))(input);
      await waitUntil('p1 is right again', () => isRight);
      if (input.seen.includes(widened('p1').key)) return { ...widened('p1'), gone: true };
      return untilCancelled();
    },
  });
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, ({ blockers: all }) => all.some(({ message }) => message === 'p1 p2'));
    expect(blockers).toHaveLength(1);
    isRight = true;
    await until(handle, ({ blockers: all }) => all.some(({ message }) => message === 'p2'));
    await handle.signal('cancelMigration', {});
    await readFailure(handle);
  });
});

test('watch: a schema that is set back costs one whole compare of that table, and no copy', async () => {
  const changed: WatchEvent = {
    key: 'schema-changed:old:shop:a',
    kind: 'schema-changed',
    table: 'shop:a',
    message: 'changed',
  };
  let isBack = false;
  const stubs = createStubSteps(
    ['shop:a', 'shop:b'],
    {
      watchRun: async (input) => {
        if (isBack && !input.seen.includes(changed.key)) return watchSeeing()(input);
        if (!input.seen.includes(changed.key)) return watchSeeing(changed)(input);
        await waitUntil('it is changed back', () => isBack);
        return { ...changed, gone: true };
      },
    },
    { approval: 'automatic' },
  );
  await env.withMigration(stubs, async (handle) => {
    const { blockers } = await until(handle, ({ phase }) => phase === 'awaiting-approval');
    expect(blockers).toMatchObject([{ code: 'schema-changed', table: 'shop:a' }]);
    isBack = true;
    await handle.result();
  });
  expect(stubs.names().filter((name) => name === 'takeSnapshot')).toHaveLength(2);
  const compared = stubs.calls.filter(({ name }) => name === 'compareTable').map(({ input }) => input);
  const scopes = compared.map(({ scope, table }) => `${(table as { table: string }).table} ${String(scope)}`);
  expect(scopes.slice(2).toSorted()).toEqual(['shop:a table', 'shop:b window']);
});

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
