import {
  CancellationScope,
  CancelledFailure,
  defineQuery,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OperationKind, OperationPlan } from '../contract/backup/plans.ts';
import type { OperationStatus } from '../contract/backup/status.ts';
import { METRICS } from '../contract/metrics.ts';
import type { Outcome, RunRef } from '../contract/step-data.ts';
import { setHoldBoard } from './held-steps.ts';
import { toOperationDetails } from './operation-details.ts';
import { recordMetric } from './metrics.ts';
import { OperationKeeper } from './operation-keeper.ts';
import { auditAndClose, settleAll, uniqueResidues } from './settle.ts';
import { step } from './step-proxies.ts';
import { failWith, isCancelled, rethrowable, toCause } from './workflow-failure.ts';

/** A run on one cluster and one backup root, as its parts share it. */
export interface Operation<P extends OperationPlan> {
  readonly plan: P;
  readonly ref: RunRef;
  readonly keeper: OperationKeeper;
}

export interface OperationSpec<P extends OperationPlan, R> {
  operation: OperationKind;
  /** As the user gave it; the plan step judges it. */
  input: unknown;
  /** Looks only, mints every name. */
  plan(workflowId: string): Promise<P>;
  work(operation: Operation<P>): Promise<R>;
}

/**
 * The frame of every operation: plan → open the record → work → complete, audit and close. Whatever stops it undoes what
 * it made, from its record alone. Query `status` answers `OperationStatus`.
 *
 * @throws ApplicationFailure with a code of the failure table; `details[1]` is the status.
 */
export async function runOperation<P extends OperationPlan, R>(spec: OperationSpec<P, R>): Promise<R> {
  const keeper = startKeeper(spec);
  try {
    const plan = await spec.plan(keeper.status.workflowId);
    const operation = startOperation(plan, keeper);
    const result = await orUndo(operation, () => openAndWork(operation, spec));
    await CancellationScope.nonCancellable(() => settle(operation, 'completed'));
    keeper.enter('done');
    countRun(keeper.status, 'completed');
    return result;
  } catch (error) {
    throw toEnding(keeper, error);
  }
}

function startKeeper({ operation, input }: { operation: OperationKind; input: unknown }): OperationKeeper {
  const { cluster, root, set } = (input ?? {}) as { cluster?: unknown; root?: unknown; set?: unknown };
  const place = { cluster: toName(cluster), root: toName(root), ...(typeof set === 'string' ? { set } : {}) };
  const start = { operation, workflowId: workflowInfo().workflowId, ...place };
  const keeper = new OperationKeeper(start, (status) => setCurrentDetails(toOperationDetails(status)));
  setHoldBoard(keeper.createHoldBoard());
  setHandler(defineQuery<OperationStatus>('status'), () => keeper.status, {
    description: 'Where this operation is, as JSON.',
  });
  return keeper;
}

function toName(value: unknown): string {
  return typeof value === 'string' ? value : '?';
}

function startOperation<P extends OperationPlan>(plan: P, keeper: OperationKeeper): Operation<P> {
  const { runId, workflowId, cluster, inventoryDigest } = plan;
  keeper.update({ runId, cluster: cluster.name, root: plan.root.name });
  return { plan, keeper, ref: { runId, workflowId, source: cluster.name, target: cluster.name, inventoryDigest } };
}

async function openAndWork<P extends OperationPlan, R>(operation: Operation<P>, spec: OperationSpec<P, R>): Promise<R> {
  const { plan } = operation;
  await step('openRun', { plan }, { summary: `open the record of run ${plan.runId}` });
  return spec.work(operation);
}

async function orUndo<R>(operation: Operation<OperationPlan>, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    await CancellationScope.nonCancellable(() => settle(operation, 'undone'));
    throw error;
  }
}

/** From the record alone; what cannot be settled stays in it, for `clean`. */
export async function settle({ ref, keeper }: Operation<OperationPlan>, outcome: Outcome): Promise<void> {
  keeper.enter(outcome === 'undone' ? 'undoing' : 'completing');
  const { residues, failures } = await settleAll(ref, { outcome });
  const { leaks, residues: audited } = await auditAndClose(ref, outcome);
  keeper.update({ leaks, residues: uniqueResidues([...audited, ...residues]) });
  if (leaks.length === 0) return;
  const causes = failures.length === 0 ? '' : ` Not settled: ${failures.join('; ')}.`;
  throw failWith('run.leaks', `Run ${ref.runId} left: ${leaks.join('; ')}.${causes}`);
}

function countRun({ operation, set = '' }: OperationStatus, outcome: string): void {
  recordMetric(METRICS.runs, 1, { operation, set, outcome });
}

function toEnding(keeper: OperationKeeper, error: unknown): Error {
  if (isCancelled(error)) {
    keeper.enter('cancelled');
    countRun(keeper.status, 'cancelled');
    return new CancelledFailure('It was cancelled; everything it had made was undone.', [keeper.status]);
  }
  const cause = toCause(error);
  keeper.update({ failure: { code: cause.code, message: cause.message } });
  keeper.enter('failed');
  countRun(keeper.status, cause.code === 'backup.partial' ? 'partial' : 'failed');
  return rethrowable(cause, keeper.status, ...cause.more);
}
