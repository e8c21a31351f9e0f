import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { HeldWal, WalRowsPage } from '../../../activities/hbase/backup-verbs.ts';
import type { HBaseCluster } from '../../../activities/hbase/cluster.ts';
import type { Gateway } from '../../../activities/ssh/gateway.ts';
import { type BackupVerbSubject, openTable, runScript, waitForHolder, withBackupRoot } from './backup-roots.ts';

/** Reversed, as clients set it who want the newest row first; beyond what a number of JavaScript can tell. */
export const REVERSED_TIME = '9223370276854775807';
export const BACK_DATED_TIME = '1000';
/** A row each for: an ordinary put, a back-dated one, one from the future, and the delete of one version. */
export const ODD_ROWS = ['11', '22', '33', '44'];

export interface WalRowsSubject {
  cluster: HBaseCluster;
  /** With family `a`; row 44 has a cell. */
  table: string;
  holder: string;
  /** After everything but the odd writes. */
  sinceMs: number;
  /** Writes `ODD_ROWS`, the delete without a time of its own. */
  writeOddly(): Promise<void>;
  sleep(ms: number): Promise<void>;
}

/** What `readWalRows` promises, on the model and on real clusters of any line. The holder is there and has its queues. */
export async function proveWalRows(subject: WalRowsSubject): Promise<void> {
  const { cluster, holder, writeOddly, sleep } = subject;
  await writeOddly();
  const open = await listWals(cluster, holder);
  expect(await readRows(subject, { wals: open })).toEqual(ODD_ROWS);

  await cluster.rollWals();
  const written = new Set(open.map(({ name }) => name));
  let closed: HeldWal[] = [];
  for (let look = 0; look < 600; look += 1) {
    closed = (await listWals(cluster, holder)).filter((wal) => wal.closed && written.has(wal.name));
    if (closed.length === written.size) break;
    await sleep(100);
  }
  expect(closed.map(({ name }) => name).toSorted()).toEqual([...written].toSorted());
  expect(await readRows(subject, { wals: closed })).toEqual(ODD_ROWS);
  expect(await readRows(subject, { wals: closed, limit: 1 })).toEqual(ODD_ROWS);
  expect(await readRows(subject, { wals: closed, tables: [] })).toEqual([]);
  expect(await readRows(subject, { wals: closed, sinceMs: Date.UTC(2200, 0) })).toEqual([]);
  const [wal] = closed;
  const gone = { ...wal!, path: `${wal!.path}9` };
  await expect(readRows(subject, { wals: [gone] })).rejects.toMatchObject({ code: /^(hdfs|hbase)\.failed$/ });
}

export function defineWalRowsTest(open: () => BackupVerbSubject): void {
  test('the rows that a WAL touches: deletes of one version, back-dated puts and those from the future', async () => {
    const { cluster, gateway } = open();
    await withBackupRoot(cluster, async ({ namespace, table, rootUri }) => {
      const holder = `rows_${namespace}`;
      await cluster.putRow(table, { row: '44', family: 'a', qualifier: 'q', value: '01' });
      await cluster.rollWals();
      await cluster.addHolder(holder);
      try {
        await waitForHolder(cluster, holder);
        await proveWalRows({
          cluster,
          table,
          holder,
          // Clusters and tests share one clock.
          sinceMs: Date.now(),
          writeOddly: () => writeOddly(gateway, table),
          sleep: (ms) => setTimeout(ms),
        });
        const uri = `${rootUri}/no.wal`;
        await cluster.files.create(uri, 'no WAL'.repeat(100));
        const page = { uri, bytes: 600, tables: [table], sinceMs: 0, fromEntry: 0, limit: 10 };
        await expect(cluster.readWalRows(page)).rejects.toMatchObject({ code: 'hbase.failed' });
      } finally {
        await cluster.removePeer(holder);
      }
    });
  });
}

/** Puts and a delete with times that a client may set, or the server sets for it; as applications write them. */
export async function writeOddly(gateway: Gateway, table: string): Promise<void> {
  const put = (row: string, time: string): string =>
    `put = c::Put.new(['${row}'].pack('H*').to_java_bytes); put.addColumn(b['a'], b['q']${time}, b['v']); t.put(put)`;
  await runScript(gateway, [
    ...openTable(table),
    put('11', ''),
    put('22', `, ${BACK_DATED_TIME}`),
    put('33', `, ${REVERSED_TIME}`),
    "delete = c::Delete.new(['44'].pack('H*').to_java_bytes); delete.addColumn(b['a'], b['q']); t.delete(delete)",
    'connection.close',
  ]);
}

async function listWals(cluster: HBaseCluster, holder: string): Promise<HeldWal[]> {
  return (await cluster.listHeldWals(holder)).flatMap(({ wals }) => wals);
}

interface Reading extends Partial<Pick<WalRowsPage, 'tables' | 'sinceMs' | 'limit'>> {
  wals: HeldWal[];
}

async function readRows({ cluster, table, sinceMs }: WalRowsSubject, { wals, ...given }: Reading): Promise<string[]> {
  const rows = new Set<string>();
  for (const { path, bytes } of wals) {
    const page = { uri: path!, bytes, tables: [table], sinceMs, limit: 1_000, ...given };
    for (let fromEntry: number | undefined = 0; fromEntry !== undefined;) {
      const read = await cluster.readWalRows({ ...page, fromEntry });
      for (const touched of read.tables) for (const row of touched.rows) rows.add(row);
      fromEntry = read.nextEntry;
    }
  }
  return [...rows].toSorted();
}
