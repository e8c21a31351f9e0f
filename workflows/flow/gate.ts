import { condition, patched, workflowInfo } from '@temporalio/workflow';
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
 * needs a new approval. An approval that nobody gives closes the gate and undoes nothing.
 */
export async function passGate(run: Run, watch: Watch): Promise<void> {
  const { keeper, inbox } = run;
  for (;;) {
    await untilProven(run, watch);
    await watch.lookNow();
    if (!isProven(keeper.status)) continue;
    if (keeper.isBlockedBy(EXPIRED)) {
      await condition(() => !keeper.isBlockedBy(EXPIRED) || hasWork(run) || !isProven(keeper.status));
      continue;
    }
    const sealed = await untilHealed(keeper, 'seal the evidence', () => sealEvidence(run));
    const approval = await waitForApproval(run, sealed.digest);
    if (approval !== undefined && (await tryCutover(run, { watch, sealed, approval }))) return;
    inbox.approval = undefined;
    keeper.update({ approvalExpiresAt: undefined });
  }
}

/**
 * One more renewal, which takes seconds since the proofs were renewed at the gate, then the cutover. From the check on
 * nothing waits until the attempt is open: no message can come in between and be answered without being obeyed.
 */
async function tryCutover(run: Run, approved: Approved): Promise<boolean> {
  const { keeper } = run;
  // Before the proofs: clients of a run that was reset past its mark write to the target, which then differs for ever.
  if (patched(PATCHES.marksDecide) && (await hasCutOverBefore(run))) return true;
  await proveAgain(run, approved.watch);
  const why = whyLapsed(run, approved);
  if (why === undefined) return (await cutOver(run, approved.approval)) === 'cut-over';
  keeper.notice(`the approval of ${approved.approval.by} has lapsed: ${why}; it needs a new one`);
  return false;
}

/** Whatever was said or seen since the approval, and speaks against the cutover that was approved. */
function whyLapsed(run: Run, { sealed, approval }: Approved): string | undefined {
  const { keeper, inbox } = run;
  const { paused, blockers, tables } = keeper.status;
  if (inbox.approval !== approval || paused) {
    const said = blockers.filter(({ code }) => code === 'rejected' || code === 'paused');
    return said.length === 0 ? 'it was taken back' : said.map(({ message }) => message).join(', ');
  }
  if (inbox.retries.length > 0) return `${inbox.retries.join(', ')} will be copied again`;
  if (toEvidence(run) !== sealed.evidence || hasLeftOut(run) || !isProven(keeper.status)) {
    const left = tables.filter(({ leftOutBy }) => leftOutBy !== undefined).map(({ table }) => `without ${table}`);
    const seen = blockers.map(({ code, table = '', message }) => `${code} ${table}: ${message}`);
    return `what was approved has changed: ${[...left, ...seen].join('; ')}`;
  }
  if (approval.notAfter !== undefined && Date.parse(approval.notAfter) < Date.now())
    return `it was good until ${approval.notAfter}`;
  return undefined;
}

/** What an approver saw, and its digest. */
interface Sealed {
  digest: string;
  evidence: string;
}

interface Approved {
  watch: Watch;
  sealed: Sealed;
  approval: Approval;
}

/** Blocker of a gate that nobody has passed in time. */
const EXPIRED = 'approval-expired';

function hasWork(run: Run): boolean {
  return run.inbox.retries.length > 0 || hasLeftOut(run);
}

/** Acts on retries and left-out tables until every table of the wave is proven and nothing forbids the cutover. */
async function untilProven(run: Run, watch: Watch): Promise<void> {
  const { keeper, inbox } = run;
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
      await condition(() => hasWork(run) || isProven(keeper.status));
    }
  }
}

async function sealEvidence(run: Run): Promise<Sealed> {
  const evidence = toEvidence(run);
  const input = { evidence: JSON.parse(evidence) as object };
  const { digest } = await step('sealEvidence', input, { summary: 'digest of what an approver sees' });
  return { digest, evidence };
}

/** What an approver sees: without times, or its digest would be stale before it is pasted (hazard 36). */
function toEvidence({ plan, keeper }: Run): string {
  const { tables, cutovers } = keeper.status;
  const schemas = new Map(plan.tables.map(({ table, schemaDigest }) => [table, schemaDigest]));
  return JSON.stringify({
    plan: plan.digest,
    tables: waveTables(keeper.status).map(({ table, verification }) => ({
      table,
      schemaDigest: schemas.get(table),
      result: verification?.result,
      method: verification?.method,
    })),
    leftOut: tables.flatMap(({ table, leftOutBy }) => (leftOutBy === undefined ? [] : [{ table, leftOutBy }])),
    // An approval is for one attempt: sent again after that has failed, it is none for the next.
    failedAttempts: cutovers.length,
  });
}

/** undefined: what was to be approved has changed meanwhile, or nobody approved in time. */
async function waitForApproval(run: Run, digest: string): Promise<Approval | undefined> {
  const { keeper, inbox, plan } = run;
  openGate(run, digest);
  // After a failed attempt a person decides: a cutover that fails by itself must not be tried for ever.
  if (plan.request.cutover.approval === 'automatic' && run.epoch === 0) inbox.approval ??= { by: 'automatic', digest };
  const untilMs = Date.parse(keeper.status.approvalExpiresAt ?? '');
  const isAnswered = (): boolean => isApproved(run, digest) || !isProven(keeper.status) || hasLeftOut(run);
  while (!(await condition(isAnswered, toWaitMs(run, untilMs), { summary: 'renews the proofs, or expires' }))) {
    if (!patched(PATCHES.gateHolds)) {
      closeGate(run);
      throw failWith('gate.expired', `Nobody approved the cutover of run ${plan.runId} in time.`);
    }
    if (Date.now() >= untilMs) {
      closeGate(run);
      expire(run);
      return undefined;
    }
    await renewWhileOpen(run);
  }
  closeGate(run);
  return isProven(keeper.status) && isApproved(run, digest) ? inbox.approval : undefined;
}

/**
 * The longer ago the last proof, the longer the way from an approval to the fence. So proofs are renewed while the gate
 * is open: every hour, or 24 times before the approval expires. Each renewal of a table stays in the history as a few
 * events, so a wide wave renews less often: at most a thousand compares for one opening of the gate, and none in a
 * history that is long already. Where unlogged writes force whole compares (hazard 19) only the last one is made.
 */
function toWaitMs(run: Run, untilMs: number): number {
  const { approvalExpiresMs } = run.plan.request.cutover;
  const leftMs = Math.max(0, untilMs - Date.now());
  if (run.recompareWhole || workflowInfo().historyLength > LONG_HISTORY) return leftMs;
  const mostRenewals = Math.max(4, Math.floor(MOST_COMPARES / waveTables(run.keeper.status).length));
  const everyMs = Math.max(Math.min(HOUR_MS, approvalExpiresMs / 24), approvalExpiresMs / mostRenewals);
  return Math.min(leftMs, Math.ceil(everyMs));
}

const HOUR_MS = 3_600_000;
const MOST_COMPARES = 1_000;
const LONG_HISTORY = 20_000;

/** The gate stays open, and its digest as it is, while every verdict is as it was. */
async function renewWhileOpen(run: Run): Promise<void> {
  const { keeper } = run;
  const renewal = renewProofs(run);
  await Promise.race([renewal, condition(() => !isProven(keeper.status))]);
  if (!isProven(keeper.status)) closeGate(run);
  await renewal;
}

function expire({ keeper, plan }: Run): void {
  const { approvalExpiresAt } = keeper.status;
  keeper.block({
    code: EXPIRED,
    message: `nobody approved run ${plan.runId} until ${approvalExpiresAt}; nothing was undone, the peer ships on`,
    fix: 'send resume to open the gate again, or cancelMigration to undo everything',
  });
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
async function proveAgain(run: Run, watch: Watch): Promise<void> {
  run.keeper.enter('verifying');
  const isWhole = run.recompareWhole;
  if (isWhole) await watch.lookNow();
  if ((await renewProofs(run)) && isWhole) await watch.forgetUnlogged();
  await watch.lookNow();
}
