import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { WatchEvent } from '../../workflows/contract/step-data.ts';
import { waitUntil } from '../support/wait-until.ts';
import { approve, readFailure, startSmokeEnvironment, until, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps, failAs, untilCancelled, watchSeeing } from './stub-steps.ts';

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
  const compares = stubs.names().filter((name) => name.startsWith('compareT'));
  expect(compares).toEqual(['compareTable', 'compareTable', 'compareTouchedRows']);
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
  const whole = stubs.calls.filter(({ name }) => name === 'compareTable').map(({ input }) => input['table']);
  expect(whole.slice(2)).toMatchObject([{ table: 'shop:a' }]);
  const renewed = stubs.calls.filter(({ name }) => name === 'compareTouchedRows').map(({ input }) => input['tables']);
  expect(renewed).toMatchObject([[{ table: { table: 'shop:b' } }]]);
});
