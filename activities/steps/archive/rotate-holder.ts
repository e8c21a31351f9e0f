import { defineActivity } from '../../define-step.ts';
import type { StepResult } from '../../../workflows/contract/step-data.ts';
import type { RecordTickInput } from '../../../workflows/contract/backup/archive.ts';
import { keepAlive } from '../../keep-alive.ts';
import { listStanding, openTick, releaseHolder, type TickWorld } from './tick-world.ts';

/** The holder goes only when everything that it holds is archived, or held by the one that goes on (hazard 44). */
export const rotateHolder = defineActivity<'rotateHolder'>({
  name: 'rotateHolder',
  kind: 'change',
  summary: 'let go of what is archived',
  plan: ({ plan, holders }) => ({
    cluster: plan.cluster.name,
    summary: `remove the holder ${holders.oldest ?? ''}`,
    command: `Admin.removeReplicationPeer('${holders.oldest ?? ''}')`,
    undo: 'none: what it held is archived, or held by the next one',
    doneWhen: 'peer and queues are gone',
  }),
  run: (input, world) =>
    keepAlive({ world, cluster: input.plan.cluster.name, phase: 'rotating holders' }, (alive) =>
      openTick(input, alive).then((tick) => rotate(tick, input)),
    ),
});

async function rotate(tick: TickWorld, { holders, wals }: RecordTickInput): Promise<StepResult> {
  const { oldest, next } = holders;
  const holder = (await listStanding(tick.archive)).find(({ id }) => id === oldest);
  if (!holder || next === undefined) return { changed: false };
  const [queues, held] = await Promise.all([holder.id, next].map((id) => tick.cluster.listHeldWals(id)));
  const safe = new Set([...(held ?? []).flatMap((queue) => queue.wals.map(({ name }) => name)), ...wals.lost]);
  const open = (queues ?? []).flatMap(({ server, wals: all }) =>
    all.filter(({ name }) => !safe.has(name)).map(({ name, startedMs }) => ({ server, name, startedMs })),
  );
  const entries = await Promise.all(open.map((wal) => tick.archive.readWal(wal)));
  const unsafe = open.filter((_, index) => entries[index] === undefined);
  if (unsafe.length > 0) return { changed: false, detail: `${unsafe[0]?.name ?? ''} is not archived yet` };
  await releaseHolder(tick, holder);
  return { changed: true };
}
