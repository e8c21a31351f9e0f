import type { TableName } from '../../../workflows/contract/names.ts';
import type { StepContext } from '../../step-context.ts';
import { Failure } from '../../failure.ts';
import type { WalRows } from '../../hbase/backup-verbs.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { inParallel } from './in-parallel.ts';
import { toUnreadable, type WindowWal } from './window-wals.ts';

const WALS_AT_ONCE = 4;
/** Of one answer of the agent: some MB of text at most. */
const PAGE_ROWS = 20_000;

export interface TouchedReading {
  ctx: StepContext;
  cluster: HBaseCluster;
  wals: readonly WindowWal[];
  tables: TableName[];
  sinceMs: number;
  /** Rows of one page; the next page of the WAL waits for it. A row may come again. */
  take(table: TableName, rows: string[]): Promise<void>;
  /** One WAL was read. */
  done(wal: WindowWal): void;
}

/** Every row that the entries of these WALs touch, page by page, several WALs at once. */
export async function readTouched(reading: TouchedReading): Promise<void> {
  await inParallel({ items: reading.wals, limit: WALS_AT_ONCE }, (wal) => readWal(reading, wal));
}

async function readWal(reading: TouchedReading, wal: WindowWal): Promise<void> {
  const { ctx, cluster, tables, sinceMs, take, done } = reading;
  const { path: uri = '', bytes } = wal;
  const page = { uri, bytes, tables, sinceMs, limit: PAGE_ROWS };
  for (let fromEntry: number | undefined = 0; fromEntry !== undefined;) {
    ctx.signal.throwIfAborted();
    const read: WalRows = await cluster.readWalRows({ ...page, fromEntry }).catch((error: unknown) => {
      throw nameWal(error, reading, wal);
    });
    for (const { table, rows } of read.tables) await take(table, rows);
    fromEntry = read.nextEntry;
  }
  done(wal);
}

/** A connection that was lost says nothing about the WAL. */
function nameWal(error: unknown, { cluster }: TouchedReading, wal: WindowWal): unknown {
  const isAboutFile = error instanceof Failure && ['hbase.failed', 'hdfs.failed'].includes(error.code);
  return isAboutFile ? toUnreadable(cluster, wal, error.message) : error;
}
