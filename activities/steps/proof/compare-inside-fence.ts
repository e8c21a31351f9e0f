import type { CompareInsideFenceInput, CompareTableInput } from '../../../workflows/contract/step-data.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import { keepAlive } from '../../keep-alive.ts';
import { readOldestClockMs } from '../cutover/read-clocks.ts';
import { BULK_LOAD_LOOKBACK_MS, requireNoBulkLoads } from './bulk-loads.ts';
import { compareFencedRows, type FencedTable } from './compare-fenced-rows.ts';
import { compareOneTable } from './compare-table.ts';
import { inParallel } from './in-parallel.ts';

const TABLES_AT_ONCE = 8;

/** The last proof before the mark (I3). The queues are drained, so a difference is real at once. */
export const compareInsideFence = defineActivity<'compareInsideFence'>({
  name: 'compareInsideFence',
  kind: 'wait',
  summary: 'compare all tables inside the fence',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.target, phase: 'comparing inside the fence' }, () =>
      compareAll(input, world),
    ),
});

async function compareAll(input: CompareInsideFenceInput, world: StepWorld): Promise<VerificationVerdict[]> {
  const source = await world.deps.cluster(input.run.source);
  const { tables } = input;
  const names = tables.map(({ table: { table } }) => table);
  const startMs = await readOldestClockMs(source);
  // The long look back goes on beside the compare; the last look then only reads WALs from after the roll.
  const [verdicts] = await Promise.all([
    compareTables(input, world),
    requireNoBulkLoads(source, { tables: names, sinceMs: startMs - BULK_LOAD_LOOKBACK_MS }),
  ]);
  await requireNoBulkLoads(source, { tables: names, sinceMs: startMs });
  return verdicts;
}

/** Small tables whole, the others by the rows that their WALs touch. */
async function compareTables(input: CompareInsideFenceInput, world: StepWorld): Promise<VerificationVerdict[]> {
  const { run, tables, window, fullInsideFenceCells } = input;
  const source = await world.deps.cluster(run.source);
  await inParallel({ items: tables, limit: TABLES_AT_ONCE }, (fenced) => requireReadable(source, fenced));
  const isByWals = ({ cells }: FencedTable): boolean => window !== undefined && cells > fullInsideFenceCells;
  const [whole, touched] = await Promise.all([
    inParallel({ items: tables.filter((fenced) => !isByWals(fenced)), limit: TABLES_AT_ONCE }, (fenced) =>
      compareOneTable(toExactCompare(input, fenced), world),
    ),
    window === undefined ? [] : compareFencedRows({ ...input, window, tables: tables.filter(isByWals) }, world),
  ]);
  return [...whole, ...touched];
}

function toExactCompare(input: CompareInsideFenceInput, { table, sinceMs, cells }: FencedTable): CompareTableInput {
  const { run, level, showKeys } = input;
  const exact = { run, table, level, showKeys, method: 'agents', peerId: '', exact: true } as const;
  return cells <= input.fullInsideFenceCells ? { ...exact, scope: 'table' } : { ...exact, scope: 'window', sinceMs };
}

/** A disabled table answers no reader: nothing could be proven of it, and nothing is cut over on hope. */
async function requireReadable(source: HBaseCluster, { table: { table } }: FencedTable): Promise<void> {
  if ((await source.readTable(table))?.enabled) return;
  const message = `${source.name}: ${table} is disabled, so its last writes cannot be compared.`;
  throw new Failure('cutover.failed', message, { cluster: source.name, table });
}
