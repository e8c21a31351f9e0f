import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadTables, startWriter, WRITER_FAMILIES, type StartedWriter } from '../../../sandbox/index.ts';
import { runProgramOrFail } from '../../../sandbox/run-program.ts';
import type { LedgerOp } from '../../../sandbox/writer/ledger.ts';
import { sharedSandbox } from '../support.ts';

const ROWS = 300;
const TABLES = ['writer_e2e:full', 'writer_e2e:plain'] as const;

let writer: StartedWriter;

beforeAll(async () => {
  const { clusters, stateDir } = sharedSandbox();
  const specs = [
    { name: TABLES[0], rows: ROWS, regions: 4, families: [...WRITER_FAMILIES] },
    { name: TABLES[1], families: [{ name: 'x' }] },
  ];
  await Promise.all([loadTables(clusters.old, specs), loadTables(clusters.new, specs.map(toEmpty))]);
  writer = await startWriter({
    stateDir,
    name: 'writer-e2e',
    cluster: clusters.old,
    other: clusters.new,
    rate: 200,
    tables: [{ name: TABLES[0], preloadedRows: ROWS }, { name: TABLES[1] }],
  });
});
afterAll(() => writer?.stop());

describe('the live writer', () => {
  test('check: what was written and deleted is what a reader sees', async () => {
    await writer.waitForAcknowledged(800);
    await writer.fence();
    const check = await writer.check(sharedSandbox().clusters.old);
    expect(check).toMatchObject({ lost: [], resurrected: [], unexpected: [], refused: 0, ambiguous: 0 });
    expect(check.acknowledged).toBeGreaterThan(800);
    const kinds = new Set((await writer.readLedger()).ops.map(({ kind }) => kind));
    expect([...kinds].toSorted()).toEqual(['DELETE_COLUMN', 'DELETE_ROW', 'DELETE_VERSION', 'INCREMENT', 'PUT']);
  });

  test('fence: while it lasts nothing is written', async () => {
    const before = await writer.readCounts();
    const { ops } = await writer.readLedger();
    expect(ops.filter(({ endedMs }) => endedMs === undefined)).toEqual([]);
    await runSwitch('--check');
    expect(await writer.readCounts()).toEqual(before);
  });

  test('check: a row that is gone is found by name', async () => {
    const { ops } = await writer.readLedger();
    const isOnly = ({ row }: LedgerOp) => ops.filter((other) => other.row === row).length === 1;
    const put = ops.find((op) => op.kind === 'PUT' && op.table === TABLES[1] && isOnly(op));
    if (put === undefined) throw new Error('the ledger has no row that was written once');
    await runShell(`deleteall '${put.table}', '${toName(put.row)}'\n`);
    const check = await writer.check(sharedSandbox().clusters.old);
    expect(check.lost).toMatchObject([{ table: put.table, row: toName(put.row) }]);
    expect(check.resurrected).toEqual([]);
  });

  test('switch-clients: moves every table, and the pause is known', async () => {
    await writer.unfence();
    expect(await runSwitch('new')).toContain('ok 2 tables on new');
    await writer.waitForAcknowledged(50);
    expect((await writer.readCounts()).cluster).toBe('new');
    const pauses = await writer.readPauses();
    expect(pauses.map(({ table, from, to }) => ({ table, from, to })).toSorted(byTable)).toEqual(
      TABLES.map((table) => ({ table, from: 'old', to: 'new' })),
    );
    for (const { pauseMs } of pauses) expect(pauseMs).toBeGreaterThanOrEqual(0);
  });

  test('switch-clients: with tables on its input it moves these only', async () => {
    await runSwitch('-', JSON.stringify({ runId: 'r', from: 'new', to: 'old', tables: [TABLES[1]] }));
    await writer.waitForAcknowledged(20);
    const last = new Map((await writer.readLedger()).ops.map(({ table, cluster }) => [table, cluster]));
    expect(last).toEqual(
      new Map([
        [TABLES[0], 'new'],
        [TABLES[1], 'old'],
      ]),
    );
  });

  test('readRefusals: a fence of HBase is a period with its reason, and nothing of it is applied', async () => {
    await writer.switchTo('old');
    await setReadOnly(true);
    await setReadOnly(false);
    await writer.waitForAcknowledged(50);
    const periods = (await writer.readRefusals()).filter(({ table }) => table === TABLES[1]);
    expect(periods.flatMap(({ messages }) => messages).join()).toMatch(/read.?only/i);
    expect(periods.at(-1)?.untilMs).toBeDefined();
  });

  test('startWriter: a name whose writer still runs is refused, and its ledger stays', async () => {
    const { clusters, stateDir } = sharedSandbox();
    const again = startWriter({ stateDir, name: 'writer-e2e', cluster: clusters.old, tables: [{ name: TABLES[1] }] });
    await expect(again).rejects.toMatchObject({ code: 'request.invalid' });
    expect((await writer.readLedger()).ops.length).toBeGreaterThan(0);
  });

  test('switch-clients: a killed writer whose pid is another process by now is no writer', async () => {
    await writer.kill();
    const pidFile = path.join(path.dirname(writer.ledgerFile), 'pid');
    await writeFile(pidFile, String(process.pid));
    expect(await runSwitch('--check')).toBe('');
  });

  test('kill: what was in flight becomes ambiguous, and the rest still holds', async () => {
    await writer.kill();
    const check = await writer.check(sharedSandbox().clusters.old);
    // Some were written while the tables were on the other cluster.
    expect(check.refused).toBeGreaterThan(0);
    expect(check.ambiguous).toBeLessThanOrEqual(TABLES.length);
  });
});

async function runSwitch(argument: string, input = ''): Promise<string> {
  const script = path.join(sharedSandbox().stateDir, 'switch-clients');
  return runProgramOrFail([script, argument], { timeoutMs: 60_000, input });
}

function runShell(input: string): Promise<string> {
  const hbase = path.join(sharedSandbox().clusters.old.binDir, 'hbase');
  return runProgramOrFail([hbase, 'shell', '-n'], { timeoutMs: 180_000, input });
}

function setReadOnly(isReadOnly: boolean): Promise<string> {
  return runShell(`alter '${TABLES[1]}', READONLY => '${isReadOnly}'\n`);
}

function toEmpty<T extends object>(spec: T): T & { rows: number } {
  return { ...spec, rows: 0 };
}

function toName(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}

function byTable(a: { table: string }, b: { table: string }): number {
  return a.table.localeCompare(b.table);
}
