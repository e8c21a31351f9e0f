import type {
  Outcome,
  RunRef,
  SettledKind,
  SettledNotes,
  SettleNotesInput,
} from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { NoteKind, RunNote, RunRecord } from '../../run-record/run-record.ts';
import { inParallel } from '../proof/in-parallel.ts';

/** One kind of things on one side, and all that is needed to settle them. */
export interface Settling {
  run: RunRef;
  kind: SettledKind;
  outcome: Outcome;
  dropTargetTables: boolean;
  dryRun: boolean;
  cluster: HBaseCluster;
  jobs: Jobs;
  record: RunRecord;
  /** Marks are on the source only. */
  sourceRecord: RunRecord;
  world: StepWorld;
  notes: RunNote[];
}

/** What is to be done about one noted thing, as seen now. */
export type Finding =
  /** Nothing is left to do; `action` when there is something to say about it. */
  | { state: 'settled'; action?: string }
  /** `proven`: `act` itself waits for the proof, and no second look could tell more. */
  | { state: 'there'; action: string; proven?: true; act(): Promise<unknown> }
  /** Left on purpose, with the command that removes it. `label` is done first when given. */
  | { state: 'kept'; why: string; command: string; label?(): Promise<void> };

/** Looks at one noted thing; changes nothing by itself. */
export type Look<V> = (note: { subject: string; value: V }, settling: Settling) => Promise<Finding>;

const AT_ONCE = 8;

export async function startSettling(input: SettleNotesInput, world: StepWorld): Promise<Settling> {
  const { run, side, kind, outcome } = input;
  const { deps } = world;
  const name = clusterOfSide(run, side);
  const [cluster, jobs, records, sourceRecords] = await Promise.all([
    deps.cluster(name),
    deps.jobs(name),
    deps.runs(name),
    deps.runs(run.source),
  ]);
  const record = records.open(run.runId);
  return {
    run,
    kind,
    outcome,
    dropTargetTables: input.dropTargetTables ?? false,
    dryRun: input.dryRun ?? false,
    cluster,
    jobs,
    record,
    sourceRecord: sourceRecords.open(run.runId),
    world,
    notes: kind === 'job' ? [] : await record.readNotes(kind),
  };
}

/** Settles every note of one kind. The note goes only when a second look finds nothing left. */
export async function settleEach<K extends NoteKind>(
  settling: Settling,
  look: Look<NoteValues[K]>,
): Promise<SettledNotes> {
  const settled = await inParallel({ items: settling.notes, limit: AT_ONCE }, (note) =>
    settleOne(settling, note, look),
  );
  return mergeSettled(settled);
}

async function settleOne<V>(settling: Settling, note: RunNote, look: Look<V>): Promise<SettledNotes> {
  const { subject } = note;
  const damage = findDamage(note);
  if (damage !== undefined) return toKept(subject, { why: damage, command: 'look at the file, then remove it' });
  const known = { subject, value: note.value as V };
  const finding = await look(known, settling);
  if (finding.state === 'kept') {
    if (!settling.dryRun) await finding.label?.();
    return toKept(subject, finding);
  }
  if (!settling.dryRun) {
    if (finding.state === 'there') {
      await finding.act();
      if (!finding.proven) requireSettled(settling, { subject, after: await look(known, settling) });
    }
    await settling.record.removeNote(note.kind, subject);
  }
  return finding.action === undefined ? NOTHING : { settled: [{ subject, action: finding.action }], kept: [] };
}

const NOTHING: SettledNotes = { settled: [], kept: [] };

function toKept(subject: string, { why, command }: { why: string; command: string }): SettledNotes {
  return { settled: [], kept: [{ subject, why, command }] };
}

/** A note that cannot be read says nothing about the old value, and guessing would be worse than leaving. */
function findDamage({ value }: RunNote): string | undefined {
  const damaged = (value as { damaged?: unknown } | null)?.damaged;
  return typeof damaged === 'string' ? `its note is damaged: ${damaged}` : undefined;
}

function requireSettled({ kind, cluster }: Settling, { subject, after }: { subject: string; after: Finding }): void {
  if (after.state !== 'there') return;
  const message = `${cluster.name}: ${kind} ${subject} is still there: "${after.action}" had no effect yet.`;
  throw new Failure('step.not-converged', message, { cluster: cluster.name });
}

export function mergeSettled(all: readonly SettledNotes[]): SettledNotes {
  return { settled: all.flatMap(({ settled }) => settled), kept: all.flatMap(({ kept }) => kept) };
}
