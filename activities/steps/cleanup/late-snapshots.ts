import type { RunRecord } from '../../run-record/run-record.ts';
import { isFailsafeOf, isKeptFailsafe, isOwnName } from './own-names.ts';
import type { Settling } from './settling.ts';

/**
 * A snapshot whose request was given up may land after its note was settled, also when the whole record has gone. It
 * carries the id of its run, and no other run mints such a name: so it is settled like one that is noted.
 */
export async function withLateSnapshots(settling: Settling): Promise<Settling> {
  const { cluster, kind, record, run } = settling;
  if (kind !== 'snapshot') return settling;
  // The notes first: imported ones are settled at the same time, and a note goes after its snapshot.
  const known = await listKnown(record);
  if (known === undefined) return settling;
  const names = (await cluster.listSnapshots()).map(({ name }) => name).filter((name) => isOwnName(name, run.runId));
  const late = names.filter((name) => !known.some((isMeant) => isMeant(name)));
  return { ...settling, notes: [...settling.notes, ...late.map(toNote)] };
}

/** undefined when a note cannot be read: it may name any of them. */
async function listKnown(record: RunRecord): Promise<((name: string) => boolean)[] | undefined> {
  // A restore that has ended well left what it had overwritten, and no record says so any more.
  if (!(await record.exists())) return [isKeptFailsafe];
  const notes = await record.readNotes();
  if (notes.some(({ value }) => typeof (value as { damaged?: unknown } | null)?.damaged === 'string')) return undefined;
  const known = notes.flatMap(({ kind, subject, value }) => {
    if (kind === 'restored-table') return [(value as { failsafe: string }).failsafe];
    return kind === 'snapshot' || kind === 'imported-snapshot' ? [subject] : [];
  });
  return known.map((one) => (name: string) => name === one || isFailsafeOf(name, one));
}

function toNote(subject: string): Settling['notes'][number] {
  return { kind: 'snapshot', subject, at: '', value: { snapshot: subject, table: '' } };
}
