import type { NoteValues } from '../../run-record/note-values.ts';
import { isOwnName } from './own-names.ts';
import { dropTable } from './settle-target-table.ts';
import type { Look } from './settling.ts';

export const lookAtMarkerTable: Look<NoteValues['marker-table']> = async ({ subject: table }, { cluster, run }) => {
  if (!(await cluster.readTable(table))) return { state: 'settled' };
  // A note is a file that anybody may edit; only a table with our own name is ever dropped.
  if (!isOwnName(table, run.runId)) {
    return { state: 'kept', why: 'it has no name of this run', command: `disable '${table}'; drop '${table}'` };
  }
  return { state: 'there', action: 'drop it', act: () => dropTable(cluster, table) };
};
