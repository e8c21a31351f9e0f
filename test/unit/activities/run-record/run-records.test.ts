import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../../activities/digest.ts';
import type { HBaseCluster } from '../../../../activities/hbase/cluster.ts';
import { decodePathName, encodePathName } from '../../../../activities/run-record/record-paths.ts';
import { createRunRecords } from '../../../../activities/run-record/run-records.ts';
import type { MigrationPlan } from '../../../../workflows/contract/plan.ts';
import { createMemoryFiles } from '../../../support/memory-files.ts';

function planOf(runId: string, tables: string[]): MigrationPlan {
  const plan = {
    formatVersion: 1,
    runId,
    workflowId: `workflow-${runId}`,
    peerId: `thb_${runId}`,
    markerTable: `thb_${runId}_marker`,
    tables: tables.map((table) => ({ table, snapshot: `thb_${runId}_t` })),
  };
  return { ...plan, digest: digestOf(plan) } as unknown as MigrationPlan;
}

async function createRecords() {
  const files = createMemoryFiles();
  const cluster = { name: 'old', files } as unknown as HBaseCluster;
  return { files, records: await createRunRecords({ cluster, stateDir: '/state', nowMs: () => 0 }) };
}

async function openRun(records: Awaited<ReturnType<typeof createRecords>>['records'], plan: MigrationPlan) {
  const record = records.open(plan.runId);
  await record.open(plan);
  return record;
}

describe('keepFirst', () => {
  it('what was seen first: stays for every later look, and goes with the record', async () => {
    const { files, records } = await createRecords();
    const record = await openRun(records, planOf('run001', ['t']));
    expect(await record.keepFirst('counters', async () => ({ rs1: 5 }))).toEqual({ rs1: 5 });
    expect(await record.keepFirst('counters', async () => ({ rs1: 9 }))).toEqual({ rs1: 5 });
    expect(await record.readNotes()).toEqual([]);
    await record.close('completed');
    expect([...files.contents.keys()]).toEqual([]);
  });
});

describe('claims', () => {
  it('a table of another run: is refused with its holder, and the own part is rolled back', async () => {
    const { files, records } = await createRecords();
    await (await openRun(records, planOf('run001', ['shop:b']))).claimTables(['shop:b']);
    const second = await openRun(records, planOf('run002', ['shop:a', 'shop:b']));
    const failure = await second.claimTables(['shop:a', 'shop:b']).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'run.claimed', message: expect.stringContaining('workflow-run001') });
    expect([...files.contents.keys()].filter((path) => path.includes('/claims/'))).toEqual([
      '/state/claims/shop~3ab.json',
    ]);
  });

  it('a retry: adopts the claims of its own run', async () => {
    const { records } = await createRecords();
    const record = await openRun(records, planOf('run001', ['t']));
    await record.claimTables(['t']);
    await expect(record.claimTables(['t'])).resolves.toBeUndefined();
  });

  it('a damaged claim: holds the table and is named', async () => {
    const { files, records } = await createRecords();
    files.contents.set('/state/claims/t.json', '{');
    const record = await openRun(records, planOf('run001', ['t']));
    const failure = await record.claimTables(['t']).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'run.claimed', message: expect.stringContaining('/state/claims/t.json') });
  });

  it('closing: releases the run’s claims only, and removes its record', async () => {
    const { files, records } = await createRecords();
    await (await openRun(records, planOf('run001', ['a']))).claimTables(['a']);
    const second = await openRun(records, planOf('run002', ['b']));
    await second.claimTables(['b']);
    await second.close('undone');
    await second.close('undone');
    expect([...files.contents.keys()].toSorted()).toEqual(['/state/claims/a.json', '/state/runs/run001/plan.json']);
  });
});

describe('notes', () => {
  it('a second note of a subject: leaves the first old value and returns it', async () => {
    const { records } = await createRecords();
    const record = await openRun(records, planOf('run001', ['t']));
    await record.note('scope', 'shop:t', { cf: 0 });
    expect(await record.note('scope', 'shop:t', { cf: 1 })).toEqual({ cf: 0 });
    expect(await record.readNotes()).toMatchObject([{ kind: 'scope', subject: 'shop:t', value: { cf: 0 } }]);
  });

  it('a damaged note: is reported with its subject, never dropped', async () => {
    const { files, records } = await createRecords();
    files.contents.set('/state/runs/run001/notes/peer/thb_1.json', 'x');
    const notes = await records.open('run001').readNotes();
    expect(notes).toMatchObject([{ kind: 'peer', subject: 'thb_1', value: { damaged: expect.any(String) } }]);
    await expect(records.open('run001').note('peer', 'thb_1', {})).rejects.toMatchObject({ code: 'hdfs.failed' });
  });

  it('a removed note: is gone, and removing it again is no error', async () => {
    const { records } = await createRecords();
    const record = await openRun(records, planOf('run001', ['t']));
    await record.note('peer', 'p', {});
    await record.removeNote('peer', 'p');
    await record.removeNote('peer', 'p');
    expect(await record.readNotes()).toEqual([]);
  });

  it('a note that comes after the record was closed: does not bring it back', async () => {
    const { files, records } = await createRecords();
    const record = await openRun(records, planOf('run001', ['t']));
    await record.close('undone');
    await expect(record.note('peer', 'late', {})).rejects.toMatchObject({ code: 'hbase.not-found' });
    await expect(record.keepFirst('counters', async () => 1)).rejects.toMatchObject({ code: 'hbase.not-found' });
    expect([...files.contents.keys()]).toEqual([]);
  });
});

describe('the mark', () => {
  it('two rivals: the first wins and both are told so', async () => {
    const { records } = await createRecords();
    const record = records.open('run001');
    expect(await record.setMark(1, 'unfence', 'guard')).toMatchObject({ decision: 'unfence', by: 'guard' });
    expect(await record.setMark(1, 'cut-over', 'workflow')).toMatchObject({ decision: 'unfence', by: 'guard' });
    expect(await record.readMark(2)).toBeUndefined();
  });

  it('a damaged mark: decides nothing', async () => {
    const { files, records } = await createRecords();
    files.contents.set('/state/runs/run001/mark-1.json', '{"decision":"maybe"}');
    await expect(records.open('run001').setMark(1, 'cut-over', 'w')).rejects.toMatchObject({ code: 'hdfs.failed' });
  });
});

describe('list', () => {
  it('a run: is summed up from its record alone', async () => {
    const { records } = await createRecords();
    const plan = planOf('run001', ['t']);
    const record = await openRun(records, plan);
    await record.claimTables(['t']);
    await record.note('peer', 'thb_run001', {});
    await record.setMark(2, 'unfence', 'guard');
    expect(await records.list()).toMatchObject([
      { runId: 'run001', workflowId: 'workflow-run001', plan, claims: ['t'], marks: [{ epoch: 2 }], cluster: 'old' },
    ]);
  });

  it('a run whose plan was changed by hand: is listed without it', async () => {
    const { files, records } = await createRecords();
    await openRun(records, planOf('run001', ['t']));
    const path = '/state/runs/run001/plan.json';
    files.contents.set(path, (files.contents.get(path) ?? '').replace('"t"', '"other"'));
    const [run] = await records.list();
    expect(run).toMatchObject({ runId: 'run001', notes: [] });
    expect(run?.plan).toBeUndefined();
  });

  it('a claim without a record: is listed under its run', async () => {
    const { files, records } = await createRecords();
    await (await openRun(records, planOf('run001', ['t']))).claimTables(['t']);
    files.contents.delete('/state/runs/run001/plan.json');
    expect(await records.list()).toMatchObject([{ runId: 'run001', workflowId: 'workflow-run001', claims: ['t'] }]);
  });

  it('opening another plan under the same run id: is refused', async () => {
    const { records } = await createRecords();
    await openRun(records, planOf('run001', ['t']));
    await expect(openRun(records, planOf('run001', ['u']))).rejects.toMatchObject({ code: 'run.claimed' });
  });
});

describe('encodePathName', () => {
  it('any two names: never share a path, and short ones can be read back', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(encodePathName(a) === encodePathName(b)).toBe(a === b);
        expect(encodePathName(a)).toMatch(/^[A-Za-z0-9_~-]{0,255}$/);
        if (encodePathName(a).length < 200) expect(decodePathName(`${encodePathName(a)}.json`)).toBe(a);
      }),
    );
  });

  it('a long name: is cut and keeps its difference', () => {
    const long = `${'x'.repeat(300)}:`;
    expect(encodePathName(`${long}a`)).not.toBe(encodePathName(`${long}b`));
    expect(encodePathName(long).length).toBeLessThanOrEqual(200);
  });
});
