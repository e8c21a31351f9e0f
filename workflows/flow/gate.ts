import { condition, patched } from '@temporalio/workflow';
import type { Approval } from '../contract/messages.ts';
import { cutOver } from './cut-over.ts';
import { untilHealed } from './holds.ts';
import { hasCutOverBefore } from './marks.ts';
import { PATCHES } from './patches.ts';
import { isProven, waveTables } from './readiness.ts';
import { retryTable } from './retry-table.ts';
import { untilNotPaused, type Run } from './run.ts';
import { dropLeftOut, hasLeftOut, reopenHalted } from './ship.ts';
import { toIso } from './keeper.ts';
import { step } from './step-proxies.ts';
import { renewProofs } from './verify.ts';
import type { Watch } from './watch.ts';
import { failWith } from './workflow-failure.ts';

/**
 * Evidence → approval → renewed proof → cutover, again and again until a cutover reaches the mark. Every failed attempt
 * needs a new approval.
 *
 * @throws ApplicationFailure `gate.expired` when nobody approves in time.
 */
export async function passGate(run: Run, watch: Watch): Promise<void> {
  for (;;) {
    await untilProven(run, watch);
    await watch.lookNow();
    if (!isProven(run.keeper.status)) continue;
    const digest = await untilHealed(run.keeper, 'seal the evidence', () => sealEvidence(run));
    const approval = await waitForApproval(run, digest);
    const isGood = approval !== undefined && (await isStillProven(run, watch));
    if (isGood && patched(PATCHES.marksDecide) && (await hasCutOverBefore(run))) return;
    if (isGood && (await cutOver(run, approval)) === 'cut-over') return;
    run.inbox.approval = undefined;
    run.keeper.update({ approvalExpiresAt: undefined });
  }
}

/** Acts on retries and left-out tables until every table of the wave is proven and nothing forbids the cutover. */
async function untilProven(run: Run, watch: Watch): Promise<void> {
  const { keeper, inbox } = run;
  const hasWork = (): boolean => inbox.retries.length > 0 || hasLeftOut(run);
  for (;;) {
    await untilNotPaused(run);
    const table = inbox.retries.shift();
    const hasDropped = await dropLeftOut(run);
    if (table !== undefined) await retryTable(run, table);
    await reopenHalted(run);
    if (hasDropped || table !== undefined) await watch.restart(table);
    else if (isProven(keeper.status)) return;
    else {
      keeper.enter('awaiting-approval');
      await condition(() => hasWork() || isProven(keeper.status));
    }
  }
}

/** The digest over what an approver sees: not over times, or it would be stale before it is pasted (hazard 36). */
async function sealEvidence(run: Run): Promise<string> {
  const { plan, keeper } = run;
  const schemas = new Map(plan.tables.map(({ table, schemaDigest }) => [table, schemaDigest]));
  const evidence = {
    plan: plan.digest,
    tables: waveTables(keeper.status).map(({ table, verification }) => ({
      table,
      schemaDigest: schemas.get(table),
      result: verification?.result,
      method: verification?.method,
    })),
    leftOut: keeper.status.tables.flatMap(({ table, leftOutBy }) =>
      leftOutBy === undefined ? [] : [{ table, leftOutBy }],
    ),
  };
  const { digest } = await step('sealEvidence', { evidence }, { summary: 'digest of what an approver sees' });
  return digest;
}

/** undefined: what was to be approved has changed meanwhile. */
async function waitForApproval(run: Run, digest: string): Promise<Approval | undefined> {
  const { keeper, inbox, plan } = run;
  const { approval, approvalExpiresMs } = plan.request.cutover;
  openGate(run, digest);
  // After a failed attempt a person decides: a cutover that fails by itself must not be tried for ever.
  if (approval === 'automatic' && run.epoch === 0) inbox.approval ??= { by: 'automatic', digest };
  const remainingMs = Math.max(0, Date.parse(keeper.status.approvalExpiresAt ?? '') - Date.now());
  const isAnswered = (): boolean => isApproved(run, digest) || !isProven(keeper.status) || hasLeftOut(run);
  const inTime = await condition(isAnswered, remainingMs, {
    summary: `approval expires after ${approvalExpiresMs} ms`,
  });
  closeGate(run);
  if (!inTime)
    throw failWith('gate.expired', `Nobody approved the cutover of run ${plan.runId} within ${approvalExpiresMs} ms.`);
  return isProven(keeper.status) && isApproved(run, digest) ? inbox.approval : undefined;
}

function openGate({ keeper, plan }: Run, digest: string): void {
  const expiresAt = keeper.status.approvalExpiresAt ?? toIso(Date.now() + plan.request.cutover.approvalExpiresMs);
  keeper.enter('awaiting-approval');
  keeper.update({ evidenceDigest: digest, canCutOver: true, approvalExpiresAt: expiresAt });
  keeper.block({
    code: 'approval',
    message: `every table is proven equal; waiting for an approval until ${expiresAt}`,
    fix: 'send approveCutover with the evidence digest',
  });
}

function closeGate({ keeper }: Run): void {
  keeper.update({ canCutOver: false });
  keeper.unblock('approval');
}

/** A pause, or a rejection that is not resumed, holds an approval back as well. */
function isApproved({ inbox, keeper }: Run, digest: string): boolean {
  return inbox.approval?.digest === digest && !keeper.isBlockedBy('paused', 'rejected');
}

/** One renewal, so that the fence only has to prove what was written since, and one look that must succeed. */
async function isStillProven(run: Run, watch: Watch): Promise<boolean> {
  run.keeper.enter('verifying');
  const isWhole = run.recompareWhole;
  if (isWhole) await watch.lookNow();
  if ((await renewProofs(run)) && isWhole) await watch.forgetUnlogged();
  await watch.lookNow();
  return isProven(run.keeper.status);
}
