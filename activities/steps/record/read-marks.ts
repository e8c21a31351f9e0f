import type { RunMarks, RunRef } from '../../../workflows/contract/step-data.ts';
import { defineActivity, sidesOf, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { RunNote } from '../../run-record/run-record.ts';

/** The marks decide, never memory: a reset rebuilds a workflow without them, and their files stay. */
export const readMarks = defineActivity<'readMarks'>({
  name: 'readMarks',
  kind: 'read',
  summary: 'read the marks of the run',
  run: ({ run }, world) =>
    keepAlive({ world, cluster: run.source, phase: 'reading the marks' }, (alive) => readAll(run, alive)),
});

async function readAll(run: RunRef, { deps }: StepWorld): Promise<RunMarks> {
  const records = await Promise.all(sidesOf(run).map(async (side) => (await deps.runs(run[side])).open(run.runId)));
  const source = (await deps.runs(run.source)).open(run.runId);
  const [marks, notes] = await Promise.all([source.readMarks(), source.readNotes()]);
  const all = await Promise.all(records.map((record) => record.readNotes()));
  const subjects = (kind: RunNote['kind']): string[] =>
    notes.filter((note) => note.kind === kind).map(({ subject }) => subject);
  const guards = notes.filter(({ kind }) => kind === 'guard') as (RunNote & { value: Partial<NoteValues['guard']> })[];
  return {
    marks,
    guarded: guards.map(({ subject, value }) => value.epoch ?? Number(subject)).filter(Number.isSafeInteger),
    fenced: subjects('fence'),
    peerIds: subjects('peer'),
    isEmpty: all.flat().length === 0,
  };
}
