import type { HoldRootInput } from '../../../workflows/contract/backup/step-data.ts';
import type { StepResult } from '../../../workflows/contract/step-data.ts';
import { type LeaseHolder, type Leases, toTurn } from '../../catalogue/leases.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { digestOf } from '../../digest.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { createEndedHolders, type EndedHolder, takeOverTick } from '../archive/take-over.ts';
import { openLeases } from './open-leases.ts';

const POLL_MS = 2_000;

/** Two that give up for each other come apart by waiting unlike long, each time anew. */
const SPREAD_MS = 1_500;

/**
 * Exports and expiry never meet in a root (hazard 39). Waits without end, and says meanwhile who holds it and since
 * when; the note comes first, so that `clean` frees what a dead run holds.
 */
export const holdRoot = defineActivity<'holdRoot'>({
  name: 'holdRoot',
  kind: 'wait',
  summary: 'hold the backup root',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: `waiting for ${input.root.name}` }, (alive) =>
      hold(input, alive),
    ),
});

async function hold(input: HoldRootInput, { deps, ctx }: StepWorld): Promise<StepResult> {
  const { run, root, mode, purpose, archive, chain } = input;
  const record = (await deps.runs(run.source)).open(run.runId);
  const note: NoteValues['root-lease'] = {
    rootUri: root.uri,
    ...(archive === undefined ? {} : { archive }),
    ...(chain === undefined ? {} : { chain }),
  };
  const subject = [root.name, archive, chain === undefined ? undefined : `chain ${chain}`].filter(Boolean).join(' ');
  await record.note('root-lease', subject, note);
  const leases = await openLeases(deps, { cluster: run.source, ...note });
  const { runId, workflowId } = run;
  // A creation that comes late, after the release, would hold the root for ever.
  const within = record.notePath('root-lease', subject);
  const ended = createEndedHolders({ deps, ctx });
  const takeOver = async (dead: EndedHolder[], archived: { set: string; leases: Leases }): Promise<boolean> => {
    const taken = await Promise.all(dead.map((holder) => takeOverTick(holder, archived, { deps, ctx })));
    return taken.includes(true);
  };
  for (let tries = 1; ; tries += 1) {
    ctx.signal.throwIfAborted();
    const answer = await leases.acquire({ mode, runId, workflowId, purpose, within, turn: toTurn(ctx.operation) });
    if (answer.held) return { changed: true };
    const dead = await ended.find(answer.heldBy);
    ctx.progress({ phase: `waiting for ${root.name}: ${describe(answer.heldBy, dead)}` });
    if (archive !== undefined && (await takeOver(dead, { set: archive, leases }))) continue;
    await ctx.sleep(POLL_MS + spread({ runId, tries }));
  }
}

function spread(waiting: { runId: string; tries: number }): number {
  return Number.parseInt(digestOf(waiting).slice(0, 8), 16) % SPREAD_MS;
}

/** By when it was taken; the command for one whose workflow has ended and will never release it. */
function describe(holders: LeaseHolder[], dead: LeaseHolder[]): string {
  const ended = new Set(dead.map(({ path }) => path));
  return holders
    .map(({ workflowId, runId, purpose, since, path }) => {
      const command = ended.has(path) ? `, whose workflow has ended: temporal-hbase clean ${runId}` : '';
      return `${purpose || runId} (${workflowId}) since ${since}${command}`;
    })
    .join(', ');
}
