import { sleep, workflowInfo } from '@temporalio/workflow';
import type { ExpiryPlan } from './contract/backup/plans.ts';
import type { EmptiedTrash, ExpiryInput, ExpiryReport } from './contract/backup/step-data.ts';
import { type Operation, runOperation } from './flow/operation.ts';
import { step } from './flow/step-proxies.ts';
import { failWith, rethrowable, toCause } from './flow/workflow-failure.ts';

/**
 * Lets backups go that no rule of a retention holds, and deletes the files that nobody needs any more (design §5). Alone
 * in the root: exports wait for it, and it for them. Whatever stops it, the next one finishes what it has begun.
 *
 * Input: one JSON object, e.g. `{"cluster": "old", "root": "backups", "keep": {"last": 7}}`; started without, it fails
 * at once and shows an example. With `"dryRun": true` it only answers what it would do. Query `status` answers
 * `OperationStatus`.
 *
 * @throws ApplicationFailure `root.unsafe` when something in the root is damaged or nobody's: nothing was deleted.
 */
export async function expireBackups(input?: unknown): Promise<ExpiryReport> {
  if ((input as { dryRun?: unknown } | null | undefined)?.dryRun === true) return preview(input);
  return runOperation<ExpiryPlan, ExpiryReport>({
    operation: 'expiry',
    input,
    plan: (workflowId) => step('planExpiry', { request: input, workflowId }, { summary: 'look at the root' }),
    work: expire,
  });
}

async function preview(request: unknown): Promise<ExpiryReport> {
  try {
    const { workflowId } = workflowInfo();
    return await step('previewExpiry', { request, workflowId }, { summary: 'see what would go' });
  } catch (error) {
    throw rethrowable(toCause(error));
  }
}

/** The order is what makes it safe, and proven: decisions, moves, a second look, marks, and only then deletion. */
async function expire(operation: Operation<ExpiryPlan>): Promise<ExpiryReport> {
  const { plan, ref, keeper } = operation;
  const { root, request, decisions: planned } = plan;
  const startedMs = Date.now();
  const input: ExpiryInput = { run: ref, root };
  keeper.update(request.set === undefined ? {} : { set: request.set });
  keeper.notice(
    `would expire ${planned.filter(({ action }) => action === 'expire').length} of ${planned.length} backups`,
  );
  keeper.enter('waiting-for-root');
  await step('holdRoot', { ...input, mode: 'exclusive', purpose: 'expiry' }, { summary: `be alone in ${root.name}` });
  keeper.enter('working');
  const { decisions } = await step('decideExpiry', { ...input, request }, { summary: 'decide which backups go' });
  const { putBack } = await step('reviewTrash', input, { summary: 'put back what is needed of older trash' });
  await moveAndWait(operation, input);
  keeper.enter('sealing');
  const emptied = await step('emptyTrash', input, { summary: 'look again, then delete what nobody needs' });
  requireNoStops(root.name, emptied.stops);
  return toReport(operation, { decisions, emptied, putBack, durationMs: Date.now() - startedMs });
}

/** Whoever exports without a lease is seen by the second look, if it comes late enough (hazard 39). */
async function moveAndWait({ plan, keeper }: Operation<ExpiryPlan>, input: ExpiryInput): Promise<void> {
  const { stops, inTrash } = await step('moveToTrash', input, { summary: 'move what nobody needs to the trash' });
  requireNoStops(plan.root.name, stops);
  if (inTrash.files + inTrash.manifests === 0) return;
  const seconds = Math.round(plan.graceMs / 1_000);
  keeper.notice(`${inTrash.files} files, ${inTrash.bytes} B, are in the trash; a second look follows in ${seconds} s`);
  await sleep(plan.graceMs);
}

const MOST_SHOWN = 50;

function requireNoStops(root: string, stops: string[]): void {
  if (stops.length === 0) return;
  const lines = stops.slice(0, MOST_SHOWN).map((stop) => `- ${stop}`);
  const rest = stops.length > MOST_SHOWN ? [`- and ${stops.length - MOST_SHOWN} more`] : [];
  throw failWith('root.unsafe', [`Nothing of ${root} is deleted while this is so:`, ...lines, ...rest].join('\n'));
}

function toReport(
  { plan: { root, request } }: Operation<ExpiryPlan>,
  { emptied, putBack, ...rest }: Pick<ExpiryReport, 'decisions' | 'putBack' | 'durationMs'> & { emptied: EmptiedTrash },
): ExpiryReport {
  return {
    root: root.name,
    ...(request.set === undefined ? {} : { set: request.set }),
    dryRun: false,
    ...rest,
    expired: emptied.expired,
    freed: emptied.freed,
    putBack: putBack + emptied.putBack,
    stops: [],
  };
}
