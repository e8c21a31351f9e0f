import { patched } from '@temporalio/workflow';
import type { CleanReport } from '../contract/runs.ts';
import type { AuditResult, Outcome, RunRef, SettledKind, SettledNotes, Side } from '../contract/step-data.ts';
import { PATCHES } from './patches.ts';
import { step } from './step-proxies.ts';
import { isStopped, toCause } from './workflow-failure.ts';

/**
 * Order of the undo (hazard 20): writes come back first, then the source stops keeping WALs, then what was made. Jobs
 * end before the files they write are removed. Kinds of one group do not meet and are settled together.
 */
export const UNDO_ORDER: readonly (readonly SettledKind[])[] = [
  ['fence'],
  ['guard'],
  ['peer', 'wal-holder'],
  ['scope', 'job'],
  ['restored-table', 'scratch'],
  ['snapshot', 'imported-snapshot', 'staging', 'root-export', 'root-scratch'],
  ['root-lease'],
  ['purge-hold'],
  ['target-table'],
  ['namespace', 'marker-table'],
];

/** Order of the completion: the fence, the target's tables and their namespaces stay. */
export const COMPLETION_ORDER: readonly (readonly SettledKind[])[] = [
  ['peer', 'wal-holder'],
  ['scope', 'snapshot', 'scratch'],
  ['imported-snapshot', 'staging', 'purge-hold', 'root-export', 'root-scratch'],
  ['marker-table', 'guard', 'job', 'root-lease'],
  ['fence', 'target-table', 'restored-table', 'namespace'],
];

/** What only runs on one cluster and a backup root note. WARNING: a migration's history has no step for these. */
const OPERATION_KINDS: ReadonlySet<SettledKind> = new Set<SettledKind>([
  'wal-holder',
  'restored-table',
  'scratch',
  'root-export',
  'root-scratch',
  'root-lease',
]);

/** Holders of WALs came to migrations later. */
function isOf({ source, target }: RunRef, kind: SettledKind): boolean {
  if (source === target || !OPERATION_KINDS.has(kind)) return true;
  return kind === 'wal-holder' && patched(PATCHES.settleHolders);
}

/** A run on one cluster has one record, which must not be settled twice at once. */
function sidesOf({ source, target }: RunRef): readonly Side[] {
  return source === target ? ['source'] : ['source', 'target'];
}

export interface SettleOptions {
  outcome: Outcome;
  dropTargetTables?: boolean;
  dryRun?: boolean;
}

export interface Settled {
  settled: CleanReport['settled'];
  residues: CleanReport['residues'];
  /** What could not be settled; the rest was, all the same. */
  failures: string[];
}

/** Settles everything the run noted on both sides, from the record alone. One kind that fails does not stop the next. */
export async function settleAll(run: RunRef, options: SettleOptions): Promise<Settled> {
  const total: Settled = { settled: [], residues: [], failures: [] };
  for (const kinds of options.outcome === 'undone' ? UNDO_ORDER : COMPLETION_ORDER) {
    const own = kinds.filter((kind) => isOf(run, kind));
    const pairs = own.flatMap((kind) => sidesOf(run).map((side) => ({ ...options, kind, side })));
    await Promise.all(pairs.map((pair) => settleSide(run, pair, total)));
  }
  return total;
}

/** Looks for what the run left, and releases the claims only when nothing is: `clean` needs the record otherwise. */
export async function auditAndClose(run: RunRef, outcome: Outcome): Promise<AuditResult> {
  const audit = await step('auditLeaks', { run, outcome }, { summary: 'look for anything that was left' });
  if (audit.leaks.length === 0) {
    await step('closeRun', { run, outcome }, { summary: `close the record of run ${run.runId}` });
  }
  return audit;
}

/** One entry for each command, since the audit and the settling name the same residues. */
export function uniqueResidues(residues: CleanReport['residues']): CleanReport['residues'] {
  return [...new Map(residues.map((row) => [`${row.cluster} ${row.what} ${row.command}`, row])).values()];
}

type SideOptions = SettleOptions & { kind: SettledKind; side: Side };

async function settleSide(run: RunRef, options: SideOptions, total: Settled): Promise<void> {
  const { kind, side, outcome } = options;
  const cluster = run[side];
  try {
    const word = outcome === 'undone' ? 'undo' : 'complete';
    take(await step('settleNotes', { run, ...options }, { summary: `${word} ${kind} on ${cluster}` }));
  } catch (error) {
    if (isStopped(error)) throw error;
    const { code, message } = toCause(error);
    total.failures.push(`${kind} on ${cluster}: ${code}: ${message}`);
  }

  function take({ settled, kept }: SettledNotes): void {
    total.settled.push(...settled.map((row) => ({ cluster, kind, ...row })));
    total.residues.push(
      ...kept.map(({ subject, why, command }) => ({ cluster, what: `${kind} ${subject}: ${why}`, command })),
    );
  }
}
