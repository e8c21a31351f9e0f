import type { PlannedTable } from '../../../workflows/contract/plan.ts';
import type { RunRef, Side } from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, type StepWorld } from '../../define-step.ts';
import type { TableDescription } from '../../hbase/cluster.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** What is not as the plan found it, and is not noted as ours: listed, never touched (I6). */
export async function findForeignChanges(run: RunRef, side: Side, { deps }: StepWorld): Promise<string[]> {
  // The target is what the run was to change.
  if (side === 'target') return [];
  const name = clusterOfSide(run, side);
  const [cluster, records] = await Promise.all([deps.cluster(name), deps.runs(name)]);
  const summary = (await records.list()).find(({ runId }) => runId === run.runId);
  const noted = new Set(summary?.notes.map(({ kind, subject }) => `${kind} ${subject}`));
  const found = await inParallel({ items: summary?.plan?.tables ?? [], limit: 8 }, async (planned) => {
    const now = await cluster.readTable(planned.table);
    return describeChanges({ planned, now, noted }).map((what) => `${name}: ${planned.table}: ${what}`);
  });
  return found.flat();
}

interface TableChangeQuestion {
  planned: PlannedTable;
  now: TableDescription | undefined;
  noted: ReadonlySet<string>;
}

function describeChanges({ planned, now, noted }: TableChangeQuestion): string[] {
  if (!now) return ['the table is gone'];
  const { table } = planned;
  const scopes = planned.families.filter(
    ({ name, scopeBefore }) => now.families.find((family) => family.name === name)?.scope !== scopeBefore,
  );
  return [
    ...(now.schemaDigest === planned.schemaDigest ? [] : ['the schema was changed']),
    ...(scopes.length > 0 && !noted.has(`scope ${table}`)
      ? [`REPLICATION_SCOPE of ${scopes.map(({ name }) => name).join(', ')} was changed`]
      : []),
    ...(now.readOnly !== planned.readOnlyBefore && !noted.has(`fence ${table}`) ? ['READONLY was changed'] : []),
  ];
}
