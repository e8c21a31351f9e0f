import type { CheckedExports, ImportInput } from '../../../workflows/contract/backup/export.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { findDamage } from './check-files.ts';
import { openChain } from './open-chain.ts';
import { requireExport } from './require-export.ts';

/** So many files are named in a failure. */
const NAMED_FILES = 20;

/** Under the run's lease, so that what is seen here is still there when it is read. */
export const checkExports = defineActivity<'checkExports'>({
  name: 'checkExports',
  kind: 'job',
  summary: 'look at every file that is to be imported',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: `checking chain ${input.plan.request.chain}` }, (alive) =>
      check(input, alive),
    ),
});

async function check({ run, plan }: ImportInput, { deps, ctx }: StepWorld): Promise<CheckedExports> {
  const { root, request, imported, exports } = plan;
  const place = { cluster: run.source, rootUri: root.uri, chain: request.chain };
  const [cluster, store] = await Promise.all([deps.cluster(run.source), openChain(deps, place)]);
  await store.leases.requireHeld(run.runId, 'export');
  const wanted = new Set(imported.map(({ from }) => from));
  const checked: CheckedExports = { files: 0, bytes: 0 };
  const damaged: string[] = [];
  for (const applied of exports) {
    ctx.signal.throwIfAborted();
    const record = await requireExport(store, applied);
    const tables = record.tables.filter(({ table }) => wanted.has(table));
    await inParallel({ items: tables, limit: 8 }, async (ref) => {
      const file = await store.readTable(record, ref);
      checked.files += file.files.length;
      checked.bytes += file.bytes;
      damaged.push(...(await findDamage({ files: cluster.files, paths: store.paths }, record, file)));
    });
    ctx.progress({ phase: `checked ${applied.id}` });
  }
  if (damaged.length === 0) return checked;
  const problems = damaged.slice(0, NAMED_FILES).map((message) => ({ field: request.chain, message }));
  const message = `Chain ${request.chain} in ${root.name} is damaged: ${damaged[0]}, ${damaged.length} in all; nothing was imported.`;
  throw new Failure('backup.damaged', message, {}, { problems });
}
