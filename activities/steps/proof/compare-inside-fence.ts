import type { CompareInsideFenceInput, CompareTableInput } from '../../../workflows/contract/steps.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { compareOneTable } from './compare-table.ts';
import { inParallel } from './in-parallel.ts';

const TABLES_AT_ONCE = 8;

type FencedTable = CompareInsideFenceInput['tables'][number];

/** The last proof before the mark (I3). The queues are drained, so a difference is real at once. */
export const compareInsideFence = defineActivity<'compareInsideFence'>({
  name: 'compareInsideFence',
  kind: 'wait',
  summary: 'compare all tables inside the fence',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.target, phase: 'comparing inside the fence' }, () =>
      inParallel({ items: input.tables, limit: TABLES_AT_ONCE }, async (fenced) => {
        await requireReadable(input, { fenced, world });
        return compareOneTable(toExactCompare(input, fenced), world);
      }),
    ),
});

function toExactCompare(input: CompareInsideFenceInput, { table, sinceMs, cells }: FencedTable): CompareTableInput {
  const { run, level, showKeys } = input;
  const exact = { run, table, level, showKeys, method: 'agents', peerId: '', exact: true } as const;
  return cells <= input.fullInsideFenceCells ? { ...exact, scope: 'table' } : { ...exact, scope: 'window', sinceMs };
}

/** A disabled table answers no reader: nothing could be proven of it, and nothing is cut over on hope. */
async function requireReadable(
  { run }: CompareInsideFenceInput,
  { fenced, world }: { fenced: FencedTable; world: StepWorld },
): Promise<void> {
  const { table } = fenced.table;
  const cluster = await world.deps.cluster(run.source);
  if ((await cluster.readTable(table))?.enabled) return;
  const message = `${run.source}: ${table} is disabled, so its last writes cannot be compared; fence it by readonly.`;
  throw new Failure('cutover.failed', message, { cluster: run.source, table });
}
