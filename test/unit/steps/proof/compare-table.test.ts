import { describe, expect, it } from 'vitest';
import { compareInsideFence } from '../../../../activities/steps/proof/compare-inside-fence.ts';
import { compareTable } from '../../../../activities/steps/proof/compare-table.ts';
import { WINDOW_OVERLAP_MS } from '../../../../activities/steps/proof/compare-window.ts';
import type { CompareTableInput } from '../../../../workflows/contract/step-data.ts';

import type { Mutation } from '../../../model/writes.ts';
import { createStepsFixture, PEER_ID, type StepsFixture, TABLE, toRow } from '../steps-fixture.ts';

function compareInput({ run, table }: StepsFixture, change: Partial<CompareTableInput> = {}): CompareTableInput {
  return {
    run,
    table,
    level: 'cells',
    scope: 'table',
    method: 'agents',
    peerId: PEER_ID,
    showKeys: true,
    exact: false,
    ...change,
  };
}

async function replicatedFixture(rows = 20): Promise<StepsFixture> {
  const fixture = await createStepsFixture();
  await fixture.replicate(rows);
  return fixture;
}

/** Changes one side only, as no replication ever would. */
function mutateTarget(fixture: StepsFixture, mutation: Partial<Mutation> & { row: string }): void {
  fixture.new.mutate(TABLE, { family: 'd', qualifier: '61', type: 'put', value: 'ee', ...mutation });
}

async function windowFixture(): Promise<{ fixture: StepsFixture; input: CompareTableInput }> {
  const fixture = await replicatedFixture();
  await fixture.clock.runFor(2 * WINDOW_OVERLAP_MS);
  const input = compareInput(fixture, { scope: 'window', sinceMs: fixture.clock.nowMs() });
  await fixture.clock.runFor(1_000);
  return { fixture, input };
}

const byJob = (fixture: StepsFixture) => compareInput(fixture, { method: 'verify-replication' });

const inside = (fixture: StepsFixture, cells: number) => ({
  run: fixture.run,
  tables: [{ table: fixture.table, sinceMs: fixture.clock.nowMs(), cells }],
  level: 'cells' as const,
  fullInsideFenceCells: 1_000,
  showKeys: false,
});

describe('compareTable', () => {
  it('equal tables: says so, with rows and cells, and proven from the start of the compare', async () => {
    const fixture = await replicatedFixture();
    const startedMs = fixture.clock.nowMs();
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ result: 'equal', rowsSource: 20, rowsTarget: 20, cells: 20, differentRows: 0 });
    expect(verdict.provenUntilMs).toBeLessThanOrEqual(startedMs + 5_000);
    expect(verdict.provenUntilMs).toBeLessThan(fixture.clock.nowMs() + 1);
    expect(verdict).not.toHaveProperty('examplesFile');
  });

  it('one cell differs: named, and its key is in a private file', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3) });
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ result: 'different', differentRows: 1, exampleKeys: [toRow(3)] });
    expect(verdict.examplesFile).toContain('differences-run0001-shop.orders');
  });

  it('row keys are data: without showKeys only the file is named', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3) });
    const verdict = await fixture.call(compareTable, compareInput(fixture, { showKeys: false }));
    expect(verdict).not.toHaveProperty('exampleKeys');
    expect(JSON.stringify(verdict)).not.toContain(`"${toRow(3)}"`);
  });

  it('the same value with another timestamp: different', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3), value: `ab${toRow(3)}`, timestampMs: 12_345 });
    expect(await fixture.call(compareTable, compareInput(fixture))).toMatchObject({ result: 'different' });
  });

  it('extra target rows in a region that is empty on the source: found', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate(0);
    fixture.write('01', 'ab');
    await fixture.clock.runFor(5_000);
    for (const row of ['f1', 'f2', 'f3']) mutateTarget(fixture, { row });
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ result: 'different', differentRows: 3, rowsSource: 1, rowsTarget: 4 });
  });

  it('an empty source and a full target: every row is counted', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate(0);
    for (let i = 0; i < 12; i += 1) mutateTarget(fixture, { row: toRow(i) });
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ differentRows: 12, rowsSource: 0, rowsTarget: 12 });
  });

  it('rows on their way: healed by looking again, not called different', async () => {
    const fixture = await replicatedFixture();
    for (let i = 0; i < 100; i += 1) fixture.write(toRow(i), `cd${toRow(i)}`);
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ result: 'equal', differentRows: 0 });
    expect(verdict.recomparedRows).toBeGreaterThan(0);
  });

  it('a row that is written all the time: not called different', async () => {
    const fixture = await replicatedFixture();
    let writes = 0;
    const writeOn = (): void => {
      writes += 1;
      fixture.write(toRow(1), writes.toString(16).padStart(8, '0'));
      fixture.clock.after(50, writeOn);
    };
    writeOn();
    const verdict = await fixture.call(compareTable, compareInput(fixture));
    expect(verdict).toMatchObject({ result: 'equal', differentRows: 0 });
  });

  it('replication stands still: nothing is said about rows that differ, retryably', async () => {
    const fixture = await replicatedFixture();
    await fixture.settle(fixture.old.cluster.disablePeer(PEER_ID));
    fixture.write(toRow(1), 'ee');
    await expect(fixture.call(compareTable, compareInput(fixture))).rejects.toMatchObject({
      code: 'step.not-converged',
    });
  });

  it('counts: values are not looked at, rows are', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3) });
    const counted = await fixture.call(compareTable, compareInput(fixture, { level: 'rows' }));
    expect(counted).toMatchObject({ result: 'equal', method: 'counts' });
    mutateTarget(fixture, { row: 'fe01' });
    const more = await fixture.call(compareTable, compareInput(fixture, { level: 'rows' }));
    expect(more).toMatchObject({ result: 'different', differentRows: 1 });
  });

  it('the digest: a renewal of the same verdict keeps it', async () => {
    const fixture = await replicatedFixture();
    const first = await fixture.call(compareTable, compareInput(fixture));
    fixture.write(toRow(200), 'ab');
    await fixture.clock.runFor(5_000);
    const renewal = compareInput(fixture, { scope: 'window', sinceMs: first.provenUntilMs });
    const second = await fixture.call(compareTable, renewal);
    expect(second.digest).toBe(first.digest);
    mutateTarget(fixture, { row: toRow(200) });
    const third = await fixture.call(compareTable, renewal);
    expect(third).toMatchObject({ result: 'different' });
    expect(third.digest).not.toBe(first.digest);
  });
});

describe('compareTable, window', () => {
  it('only rows touched since then are compared', async () => {
    const { fixture, input } = await windowFixture();
    fixture.write(toRow(1), 'ee');
    await fixture.clock.runFor(5_000);
    expect(await fixture.call(compareTable, input)).toMatchObject({
      result: 'equal',
      scope: 'window',
      rowsSource: 1,
    });
  });

  it('many rows close together: digested as one span, and a difference among them is still found by its row', async () => {
    const { fixture, input } = await windowFixture();
    const rows = Array.from({ length: 200 }, (_, at) => `10${at.toString(16).padStart(4, '0')}`);
    for (const row of rows) fixture.write(row, 'ab');
    await fixture.clock.runFor(10_000);
    const asked: string[] = [];
    fixture.link.onCall = ({ verb }) => void asked.push(verb);
    expect(await fixture.call(compareTable, input)).toMatchObject({ result: 'equal', cells: 200 });
    expect(asked).not.toContain('digestRows');
    mutateTarget(fixture, { row: rows[150]! });
    expect(await fixture.call(compareTable, input)).toMatchObject({ result: 'different', exampleKeys: [rows[150]] });
  });

  it('an old cell that was deleted since then on one side only: found by its marker', async () => {
    const { fixture, input } = await windowFixture();
    mutateTarget(fixture, { row: toRow(4), type: 'delete-column' });
    expect(await fixture.call(compareTable, input)).toMatchObject({ result: 'different', differentRows: 1 });
  });

  it('a row that only the target got: found', async () => {
    const { fixture, input } = await windowFixture();
    mutateTarget(fixture, { row: 'fe02' });
    expect(await fixture.call(compareTable, input)).toMatchObject({ result: 'different', exampleKeys: ['fe02'] });
  });
});

describe('compareTable, verify-replication', () => {
  it('good rows only: believed, and the job leaves nothing', async () => {
    const fixture = await replicatedFixture();
    const verdict = await fixture.call(compareTable, byJob(fixture));
    expect(verdict).toMatchObject({ result: 'equal', method: 'verify-replication', rowsSource: 20 });
    expect(await fixture.settle(fixture.old.jobs.list('run0001'))).toEqual([]);
  });

  it('bad rows whose keys the log does not show: the agents compare', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3) });
    const verdict = await fixture.call(compareTable, byJob(fixture));
    expect(verdict).toMatchObject({ result: 'different', method: 'agents', exampleKeys: [toRow(3)] });
  });

  it('a job that saw nothing of a table that has rows: not believed', async () => {
    const fixture = await replicatedFixture();
    const jobs = fixture.old.jobs;
    const poll = jobs.poll.bind(jobs);
    Object.assign(fixture.deps, {
      jobs: async () => ({ ...jobs, poll: async (key: string) => ({ ...(await poll(key)), counters: {} }) }),
    });
    expect(await fixture.call(compareTable, byJob(fixture))).toMatchObject({ result: 'equal', method: 'agents' });
  });
});

describe('compareInsideFence', () => {
  it('small tables whole, larger ones by the rows touched', async () => {
    const fixture = await replicatedFixture();
    expect(await fixture.call(compareInsideFence, inside(fixture, 20))).toMatchObject([{ scope: 'table' }]);
    expect(await fixture.call(compareInsideFence, inside(fixture, 5_000))).toMatchObject([{ scope: 'window' }]);
  });

  it('a difference: said within seconds, since nothing is on its way', async () => {
    const fixture = await replicatedFixture();
    mutateTarget(fixture, { row: toRow(3) });
    const startedMs = fixture.clock.nowMs();
    expect(await fixture.call(compareInsideFence, inside(fixture, 20))).toMatchObject([{ result: 'different' }]);
    expect(fixture.clock.nowMs() - startedMs).toBeLessThan(5_000);
  });

  it('a bulk load while fenced: no cutover, although the cells look equal', async () => {
    const fixture = await replicatedFixture();
    const comparing = compareInsideFence.run(inside(fixture, 5_000), fixture.stepWorld);
    fixture.old.bulkLoad(TABLE, [{ row: 'aa', family: 'd', qualifier: '61', value: '61' }]);
    await expect(fixture.settle(comparing)).rejects.toMatchObject({ code: 'cutover.failed' });
  });

  it('a disabled table: nothing can be proven of it', async () => {
    const fixture = await replicatedFixture();
    await fixture.settle(fixture.old.cluster.disableTable(TABLE));
    await expect(fixture.call(compareInsideFence, inside(fixture, 20))).rejects.toMatchObject({
      code: 'cutover.failed',
    });
  });
});
