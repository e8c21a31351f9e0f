import { splitTableName } from '../../../workflows/contract/names.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { Look } from './settling.ts';

/** Removed only after an undo, only if this run created it, and only when it is empty. */
export const lookAtNamespace: Look<NoteValues['namespace']> = async ({ subject: namespace }, settling) => {
  const { cluster, outcome } = settling;
  if (outcome === 'completed') return { state: 'settled' };
  if (!(await cluster.listNamespaces()).includes(namespace)) return { state: 'settled' };
  const tables = (await cluster.listTables()).filter((table) => splitTableName(table).namespace === namespace);
  const command = `drop_namespace '${namespace}'`;
  if (tables.length > 0) return { state: 'kept', why: `it holds ${tables.slice(0, 5).join(', ')}`, command };
  return { state: 'there', action: 'remove it', act: () => cluster.deleteNamespace(namespace) };
};
