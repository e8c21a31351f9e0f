import type { FamilyDescription, TableChange, TableDescription } from '../../hbase/cluster.ts';
import type { SnapshotDescription } from '../../hbase/backup-verbs.ts';
import { defineStep, type StepWorld } from '../../define-step.ts';
import type { ReadyScratchInput } from '../../../workflows/contract/backup/archive.ts';
import { Failure } from '../../failure.ts';
import { QUIET_ATTRIBUTES } from '../backup/publish-scratch.ts';

/** Gives a scratch table the descriptor of its base again, so that what is published from it has it too. */
export const readyScratch = defineStep<'readyScratch'>({
  name: 'readyScratch',
  kind: 'change',
  summary: 'give the scratch table the descriptor of its base',
  on: ({ run }) => run.source,
  plan: ({ run, scratch }) => ({
    cluster: run.source,
    table: scratch,
    summary: `make ${scratch} what its base was`,
    command: `alter '${scratch}', REPLICATION_SCOPE and switches as in the base`,
    undo: 'drop the scratch table',
    doneWhen: 'scopes and switches are those of the base',
  }),
  observe: async (input, { deps }) => {
    const { found, base } = await read(input, deps);
    return findChange(found, base) === undefined
      ? { done: true, result: {} }
      : { done: false, why: `${input.scratch} is still quiet` };
  },
  apply: async (input, { deps }) => {
    const { found, base } = await read(input, deps);
    const change = findChange(found, base);
    if (change) await (await deps.cluster(input.run.source)).alterTable(input.scratch, change);
  },
});

async function read({ run, scratch, snapshot }: ReadyScratchInput, deps: StepWorld['deps']) {
  const cluster = await deps.cluster(run.source);
  const [found, base] = await Promise.all([cluster.readTable(scratch), cluster.describeSnapshot({ name: snapshot })]);
  if (found && base) return { found, base };
  const what = found ? `snapshot ${snapshot}` : scratch;
  throw new Failure('hbase.not-found', `${what} is gone from ${cluster.name}.`, { cluster: cluster.name });
}

/** READONLY is not given back: neither a snapshot nor clients could do with it. */
function findChange(found: TableDescription, base: SnapshotDescription): TableChange | undefined {
  const scopes = base.families.filter(({ name, scope }) => scopeOf(found.families, name) !== scope);
  const attributes = Object.keys(QUIET_ATTRIBUTES).filter((name) => found.attributes[name] !== base.attributes[name]);
  if (scopes.length === 0 && attributes.length === 0) return undefined;
  return {
    ...(scopes.length === 0 ? {} : { scopes: Object.fromEntries(scopes.map(({ name, scope }) => [name, scope])) }),
    ...(attributes.length === 0
      ? {}
      : { attributes: Object.fromEntries(attributes.map((name) => [name, base.attributes[name] ?? null])) }),
  };
}

function scopeOf(families: readonly FamilyDescription[], wanted: string): number {
  return families.find(({ name }) => name === wanted)?.scope ?? 0;
}
