import { defineActivity } from '../../define-step.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import { mintRetryNames } from '../plan/mint-names.ts';

/** Names for another try at one table; the result in the history is what every later step uses (hazards 34). */
export const mintRetry = defineActivity<'mintRetry'>({
  name: 'mintRetry',
  kind: 'read',
  summary: 'mint the names of another try',
  run: async ({ run, table, attempt }, { deps }) => {
    const names = mintRetryNames(run.runId, { table, attempt });
    const record = (await deps.runs(run.source)).open(run.runId);
    const value: NoteValues['snapshot'] = { snapshot: names.snapshot, table };
    await record.note('snapshot', names.snapshot, value);
    return names;
  },
});
