import {
  type AuditResult,
  NOTE_KINDS,
  type Outcome,
  type RunRef,
  type Side,
} from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, defineActivity, sidesOf, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { inParallel } from '../proof/in-parallel.ts';
import { findByPrefix } from './find-by-prefix.ts';
import { findForeignChanges } from './find-foreign-changes.ts';
import { SETTLERS } from './settle-notes.ts';
import { startSettling } from './settling.ts';

type AuditInput = { run: RunRef; outcome: Outcome };

/**
 * Hazard 22: what the record still names, and what carries this run's name on both clusters, whatever the record
 * says. Differences that are not ours are listed apart and left alone.
 */
export const auditLeaks = defineActivity<'auditLeaks'>({
  name: 'auditLeaks',
  kind: 'read',
  summary: 'look for anything this run left',
  run: (input, world) =>
    keepAlive({ world, cluster: input.run.source, phase: 'looking for leaks' }, async () => {
      const sides = await Promise.all(sidesOf(input.run).map((side) => auditSide(input, side, world)));
      return {
        leaks: [...new Set(sides.flatMap(({ leaks }) => leaks))],
        foreign: [...new Set(sides.flatMap(({ foreign }) => foreign))],
        residues: sides.flatMap(({ residues }) => residues),
      };
    }),
});

async function auditSide(input: AuditInput, side: Side, world: StepWorld): Promise<AuditResult> {
  const [noted, named, foreign] = await Promise.all([
    auditNotes(input, side, world),
    findKeptSnapshots(input, side, world).then((kept) => findByPrefix(input.run, { side, kept }, world)),
    findForeignChanges(input.run, side, world),
  ]);
  return { leaks: [...noted.leaks, ...named], foreign, residues: noted.residues };
}

/** What a restore has replaced is kept as a snapshot, which the residues name. */
async function findKeptSnapshots({ run, outcome }: AuditInput, side: Side, { deps }: StepWorld): Promise<string[]> {
  if (outcome === 'undone') return [];
  const notes = await (await deps.runs(clusterOfSide(run, side))).open(run.runId).readNotes('restored-table');
  const values = notes.map(({ value }) => value);
  return (values as Partial<NoteValues['restored-table']>[]).flatMap(({ failsafe }) => failsafe ?? []);
}

/** A dry run of the settling: what it would still do is a leak, what it would keep is a residue. */
async function auditNotes({ run, outcome }: AuditInput, side: Side, world: StepWorld) {
  const cluster = clusterOfSide(run, side);
  const found = await inParallel({ items: NOTE_KINDS, limit: 4 }, async (kind) => {
    const settling = await startSettling({ run, side, kind, outcome, dryRun: true }, world);
    const { settled, kept } = await SETTLERS[kind](settling);
    return {
      leaks: settled.map(({ subject, action }) => `${cluster}: ${kind} ${subject}: ${action}`),
      residues: kept.map(({ subject, why, command }) => ({ cluster, what: `${kind} ${subject}: ${why}`, command })),
    };
  });
  return { leaks: found.flatMap(({ leaks }) => leaks), residues: found.flatMap(({ residues }) => residues) };
}
