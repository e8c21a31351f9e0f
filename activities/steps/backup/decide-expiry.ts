import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import type { ExpiryRequest, RetentionDecision } from '../../../workflows/contract/backup/requests.ts';
import type { DecideExpiryInput } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity } from '../../define-step.ts';
import { readNeededBases } from '../archive/read-chain.ts';
import { changeEach, type HeldRoot, type SeenRoot, withHeldRoot } from './held-root.ts';
import { decideRetention } from './retention.ts';

/** Decisions come before any move, so that everybody sees what goes, and a crash leaves nothing half expired unseen. */
export const decideExpiry = defineActivity<'decideExpiry'>({
  name: 'decideExpiry',
  kind: 'change',
  summary: 'decide which backups go, and write it down',
  plan: ({ run, root }) => ({
    cluster: run.source,
    summary: `write an event for every backup in ${root.name} that the retention lets go`,
    command: 'create, if absent, .temporal-hbase/events/<backup>/<time>~expire~<digest>.json',
    undo: 'none: `backup keep` keeps one of them all the same, until its files have gone',
    doneWhen: 'each of them has the event',
  }),
  run: (input, world) =>
    withHeldRoot({ input, world, phase: `deciding in ${input.root.name}` }, (held) => decide(input, held)),
});

async function decide(input: DecideExpiryInput, held: HeldRoot): Promise<{ decisions: RetentionDecision[] }> {
  const { backups, damaged } = await held.catalogue.readAll();
  const nowMs = held.world.deps.nowMs();
  const decisions = await decideInSet(held, { backups, request: input.request, nowMs });
  const begun = new Set(
    backups.filter(({ expiringSince }) => expiringSince !== undefined).map(({ record }) => record.id),
  );
  // A damaged event may be one that keeps its backup; nothing is deleted beside it anyway.
  const fresh = damaged.length > 0 ? [] : decisions.filter(({ id, action }) => action === 'expire' && !begun.has(id));
  const at = new Date(nowMs).toISOString();
  const { workflowId } = input.run;
  const { by = 'expireBackups' } = input.request;
  const setOf = new Map(backups.map(({ record }) => [record.id, record.set]));
  await changeEach(held, { items: fresh, phase: 'deciding' }, ({ id, reason }) => {
    const set = setOf.get(id);
    const about = { at, by, workflowId, reason, ...(set === undefined ? {} : { set }) };
    return held.catalogue.appendEvent(id, { kind: 'expire', ...about });
  });
  return { decisions };
}

/**
 * Decides about the backups that are asked for; what the point-in-time window needs stays (hazard 48).
 *
 * @throws Failure `request.invalid` for a retention that nobody can follow.
 */
export async function decideInSet(
  { cluster: { files }, rootUri }: Pick<SeenRoot, 'cluster' | 'rootUri'>,
  {
    backups,
    request: { set, keep },
    nowMs,
  }: { backups: readonly BackupState[]; request: ExpiryRequest; nowMs: number },
): Promise<RetentionDecision[]> {
  const asked = backups.filter(({ record }) => set === undefined || record.set === set);
  const neededBases = await readNeededBases({ files, rootUri, backups, nowMs });
  return decideRetention(asked, { policy: keep, nowMs, neededBases });
}
