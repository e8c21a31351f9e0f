import type { CleanReport, CleanRunInput } from './contract/runs.ts';
import type { AuditResult, Outcome, RunOverview, SettledKind } from './contract/step-data.ts';
import { auditAndClose, settleAll, uniqueResidues } from './flow/settle.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import { whyNotToClean } from './contract/living-run.ts';
import { checkInput } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { failWith, rethrowable, toCause } from './flow/workflow-failure.ts';

const FINAL_DRAIN_LIMIT_MS = 3_600_000;

/**
 * Ends a run that has lost its workflow, from its record alone. The mark decides: `cut-over` is completed forward,
 * anything else is undone. Look first with `dryRun`. Never for a run whose workflow still lives, nor, without `force`,
 * for one of which Temporal knows nothing.
 *
 * @throws ApplicationFailure `run.unknown` without a record, `run.active` while its workflow lives or may live,
 * `run.leaks` when something could not be removed.
 */
export async function cleanRun(input?: CleanRunInput): Promise<CleanReport> {
  return clean(checkInput(input, SMALL_INPUTS.cleanRun)).catch((error: unknown) => {
    throw rethrowable(toCause(error));
  });
}

async function clean({
  runId,
  dryRun = false,
  dropTargetTables = false,
  force = false,
}: Cleaning): Promise<CleanReport> {
  const overview = await readRun(runId);
  requireEnded(overview, { force: force || dryRun });
  const { run } = overview;
  const outcome = dryRun ? readDecision(overview) : await decide(overview);
  if (outcome === 'completed' && !dryRun) await finishForward(overview);
  const { settled, residues, failures } = await settleAll(run, { outcome, dropTargetTables, dryRun });
  const audit = dryRun ? NOTHING : await auditAndClose(run, outcome);
  if (audit.leaks.length > 0 || (failures.length > 0 && !dryRun)) {
    throw failWith('run.leaks', `Run ${runId} left: ${[...audit.leaks, ...failures].join('; ')}.`, audit);
  }
  return {
    runId,
    workflowId: run.workflowId,
    outcome,
    dryRun,
    settled,
    residues: uniqueResidues([...audit.residues, ...residues]),
    leaks: failures,
    foreign: audit.foreign,
  };
}

/** What a dry run may not look for: everything it would remove is still there. */
const NOTHING: AuditResult = { leaks: [], foreign: [], residues: [] };

async function readRun(runId: string): Promise<RunOverview> {
  const runs = await step('listRuns', { runId }, { summary: `record of run ${runId}` });
  const found = runs.find(({ run }) => run.runId === runId);
  if (found === undefined) throw failWith('run.unknown', `No cluster has a record of run ${runId}.`);
  return found;
}

/** A workflow that goes on would meet what is missing now, and make what no record names. */
function requireEnded(overview: RunOverview, { force }: { force: boolean }): void {
  const why = whyNotToClean(overview);
  if (why !== undefined && !(force && overview.workflow === 'unknown')) throw failWith('run.active', why);
}

function readDecision({ marks }: RunOverview): Outcome {
  return marks.some(({ decision }) => decision === 'cut-over') ? 'completed' : 'undone';
}

/** A guard or a workflow that still breathes may compete: whoever sets the mark of an open attempt first decides. */
async function decide(overview: RunOverview): Promise<Outcome> {
  const { run, marks } = overview;
  for (const epoch of openEpochs(overview)) {
    const { decision } = await step(
      'setMark',
      { run, epoch, decision: 'unfence', by: 'clean' },
      { summary: `set the mark of attempt ${epoch}: unfence` },
    );
    if (decision === 'cut-over') return 'completed';
  }
  return readDecision({ ...overview, marks });
}

/** Attempts that have a guard and no mark yet; a guard is noted by its epoch. */
function openEpochs({ notes, marks }: RunOverview): number[] {
  const marked = new Set(marks.map(({ epoch }) => epoch));
  const guarded = notes.filter(({ kind }) => kind === 'guard').map(({ subject }) => Number(/\d+$/.exec(subject)?.[0]));
  return guarded.filter((epoch) => Number.isSafeInteger(epoch) && !marked.has(epoch));
}

/** The run stopped past its mark: the target opens, and every write is proven to have arrived, before the peer goes. */
async function finishForward({ run, plan, notes }: RunOverview): Promise<void> {
  const onSource = (wanted: SettledKind): string[] =>
    notes.filter(({ side, kind }) => side === 'source' && kind === wanted).map(({ subject }) => subject);
  const peerIds = onSource('peer');
  // Peers are the first that a completion removes, after this very proof.
  if (plan === undefined || peerIds.length === 0) return;
  const { markerTable } = plan;
  const fenced = new Set(onSource('fence'));
  const tables = plan.tables.map(({ table }) => table).filter((table) => fenced.has(table));
  await step('openTarget', { run, markerTable, tables }, { summary: `open ${run.target} for writes` });
  const sentinel = `${run.runId}-clean`;
  await step(
    'proveDrained',
    { run, peerIds, markerTable, sentinel, timeLimitMs: FINAL_DRAIN_LIMIT_MS },
    { summary: 'prove that every write has arrived', kind: 'change' },
  );
}

interface Cleaning {
  runId: string;
  dryRun?: boolean | undefined;
  dropTargetTables?: boolean | undefined;
  force?: boolean | undefined;
}
