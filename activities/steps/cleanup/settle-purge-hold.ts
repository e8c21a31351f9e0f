import type { NoteValues } from '../../run-record/note-values.ts';
import type { Look } from './settling.ts';

/** Tombstones may be purged again once everything has been drained (hazard 14). */
export const lookAtPurgeHold: Look<NoteValues['purge-hold']> = async ({ value }, { cluster }) => {
  const { table, attribute, before } = value;
  const now = await cluster.readTable(table);
  if (!now || (now.attributes[attribute] ?? null) === before) return { state: 'settled' };
  const act = () => cluster.alterTable(table, { attributes: { [attribute]: before } });
  return { state: 'there', action: `${attribute} as before`, act };
};
