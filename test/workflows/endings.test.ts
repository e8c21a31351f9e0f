import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { CleanReport } from '../../workflows/contract/runs.ts';
import type { RunOverview } from '../../workflows/contract/step-data.ts';
import { waitUntil } from '../support/wait-until.ts';
import { isWritable, listOurs, requestFor, startModelEnvironment, type ModelEnvironment } from './model-environment.ts';
import { approve, readFailure, readStatus, until } from './smoke-harness.ts';

const test = inOrder.concurrent;

let env: ModelEnvironment;
beforeAll(async () => {
  env = await startModelEnvironment();
});
afterAll(() => env.stop());

test('ending: without input it fails at once and shows an example; with a wrong one it names every problem', async () => {
  await env.withWorld(async ({ start, source, target }) => {
    const empty = await readFailure(await start(undefined));
    expect(empty.type).toBe('request.invalid');
    expect(empty.message).toContain('"source": "old"');
    const wrong = await readFailure(await start({ source: 'old', target: 'old', tables: [], colour: 'red' }));
    expect(wrong.type).toBe('request.invalid');
    expect(wrong.message).toMatch(/tables[\s\S]*colour|colour[\s\S]*tables/);
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
  });
});

test('ending: cancelled before the mark, everything is undone and the source takes writes', async () => {
  await env.withWorld(async ({ addTables, start, source, target }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    await until(handle, ({ canCutOver }) => canCutOver);
    await handle.executeUpdate('cancelMigration', { args: [{ by: 'ann', dropTargetTables: true }] });
    expect((await readFailure(handle)).type).toBe('cancelled');
    expect(isWritable(source, 'shop:a')).toBe(true);
    expect(target.state.tables.has('shop:a')).toBe(false);
    expect(source.state.tables.get('shop:a')?.families.get('d')?.scope).toBe(0);
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
  });
});

test('ending: past the mark a cancel is refused and the run completes', async () => {
  await env.withWorld(async ({ addTables, start, target }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a'], { switchClients: undefined }));
    await approve(handle);
    await until(handle, ({ blockers }) => blockers.some(({ code }) => code === 'clients'));
    await expect(handle.executeUpdate('cancelMigration', { args: [{}] })).rejects.toThrow();
    await handle.cancel();
    await handle.executeUpdate('clientsSwitched', { args: [{ by: 'ann' }] });
    expect(await handle.result()).toMatchObject({ phase: 'done' });
    expect(isWritable(target, 'shop:a')).toBe(true);
  });
});

test('ending: a table that another run holds is refused by name, and the same run is not started twice', async () => {
  await env.withWorld(async ({ addTables, start }) => {
    await addTables(['shop:a', 'shop:b']);
    const first = await start(requestFor(['shop:a']), 'first-run');
    await expect(start(requestFor(['shop:a']), 'first-run')).rejects.toThrow(/already started/i);
    await until(first, ({ canCutOver }) => canCutOver);
    const refused = await readFailure(await start(requestFor(['shop:*'])));
    expect(['run.claimed', 'preflight.failed']).toContain(refused.type);
    expect(refused.message).toContain('first-run');
    await first.signal('cancelMigration', {});
    await readFailure(first);
  });
});

test('ending: a failure inside the fence gives writes back and asks again', async () => {
  await env.withWorld(async ({ addTables, start, source, target }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    // A row that nobody shipped: the compare inside the fence has to find it.
    await until(handle, ({ canCutOver }) => canCutOver);
    target.mutate('shop:a', { row: '77', family: 'd', qualifier: '61', type: 'put', value: 'ee' });
    await approve(handle);
    const status = await until(
      handle,
      ({ cutovers, phase, tables }) =>
        cutovers.some(({ outcome }) => outcome === 'unfenced') ||
        (phase === 'awaiting-approval' && tables[0]?.phase === 'mismatch'),
    );
    expect(status.tables[0]?.verification?.result).toBe('different');
    expect(isWritable(source, 'shop:a')).toBe(true);
    // Another copy under a peer of its own repairs it.
    await handle.executeUpdate('retryTable', { args: [{ table: 'shop:a' }] });
    await until(handle, ({ canCutOver }) => canCutOver);
    await approve(handle);
    expect(await handle.result()).toMatchObject({ phase: 'done' });
    expect(target.state.tables.get('shop:a')?.rows.keys()).not.toContain('77');
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
  });
});

test('ending: a living run is not cleaned; terminated, findLeaks names it and cleanRun undoes it', async () => {
  await env.withWorld(async ({ addTables, start, run, launch, source, target }) => {
    await addTables(['shop:a']);
    const handle = await start(requestFor(['shop:a']));
    const { runId } = await until(handle, ({ canCutOver }) => canCutOver);
    const living = await launch('cleanRun', { runId, force: true });
    expect(await readFailure(living)).toMatchObject({ type: 'run.active' });
    expect(await run<RunOverview[]>('findLeaks', {})).toMatchObject([{ workflow: 'running' }]);
    expect([...source.state.peers.keys()]).toEqual([`thb_${runId}`, `thb_${runId}_w1`]);
    await handle.terminate('by the test');
    const overviews = await run<RunOverview[]>('findLeaks', {});
    expect(overviews).toMatchObject([{ run: { runId }, workflow: 'ended' }]);
    expect(overviews[0]?.notes.map(({ kind }) => kind)).toContain('peer');
    const dry = await run<CleanReport>('cleanRun', { runId, dryRun: true });
    expect(dry.settled.map(({ kind }) => kind)).toContain('peer');
    expect([...source.state.peers.keys()]).toEqual([`thb_${runId}`, `thb_${runId}_w1`]);
    const report = await run<CleanReport>('cleanRun', { runId, dropTargetTables: true });
    expect(report).toMatchObject({ outcome: 'undone', leaks: [] });
    expect([...listOurs(source), ...listOurs(target)]).toEqual([]);
    expect(await run<RunOverview[]>('findLeaks', {})).toEqual([]);
  });
});

test('ending: a table that fails is quarantined; retried or left out by a person', async () => {
  await env.withWorld(async ({ addTables, start, faults, source, target }) => {
    await addTables(['shop:a', 'shop:b', 'shop:c']);
    // Somebody creates tables of these names on the target while the first is being copied.
    const block = (table: string): void => {
      if (target.state.tables.has(table)) return;
      target.state.namespaces.add('shop');
      void target.cluster.createTable({ table, families: [{ name: 'other' }], splitKeys: [] });
      target.mutate(table, { row: '01', family: 'other', qualifier: '61', type: 'put', value: 'aa' });
    };
    faults.decide = ({ verb, args }) => {
      if (verb === 'takeSnapshot' && args[1] !== 'shop:a' && !hasDropped) block(String(args[1]));
      return { kind: 'none' };
    };
    let hasDropped = false;
    const handle = await start(requestFor(['shop:a', 'shop:b', 'shop:c']));
    const status = await until(
      handle,
      ({ tables }) => tables.filter(({ phase }) => phase === 'quarantined').length === 2,
    );
    expect(status.blockers.map(({ code }) => code)).toContain('table-quarantined');
    hasDropped = true;
    await target.cluster.disableTable('shop:b');
    await target.cluster.deleteTable('shop:b');
    await handle.executeUpdate('retryTable', { args: [{ table: 'shop:b' }] });
    await handle.executeUpdate('cutOverWithout', { args: [{ by: 'ann', tables: ['shop:c'] }] });
    await approve(handle);
    const report = await handle.result();
    expect(report.tables.map(({ table, phase }) => [table, phase])).toEqual(
      expect.arrayContaining([
        ['shop:a', 'cut-over'],
        ['shop:b', 'cut-over'],
      ]),
    );
    expect(isWritable(source, 'shop:c')).toBe(true);
    expect(target.state.tables.get('shop:c')?.rows.keys()).toEqual(['01']);
  });
});

// Alone: it keeps both cores busy.
inOrder(
  'ending: 100 tables stay within 4,000 events, a child within 400',
  async () => {
    const names = Array.from({ length: 100 }, (_, at) => `shop:t${String(at).padStart(3, '0')}`);
    await env.withWorld(async ({ addTables, start }) => {
      await addTables(names);
      const handle = await start({
        ...requestFor(['shop:*'], { approval: 'automatic', maxWritePause: '10m' }),
        copy: { parallelTables: 16 },
      });
      await waitUntil('the run ends', async () => (await readStatus(handle)).phase === 'done', 220_000);
      expect((await handle.fetchHistory()).events?.length).toBeLessThanOrEqual(4_000);
      const child = env.temporal.client.workflow.getHandle(`${handle.workflowId}/${names[0]}`);
      expect((await child.fetchHistory()).events?.length).toBeLessThanOrEqual(400);
    });
  },
  240_000,
);
