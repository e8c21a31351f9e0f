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
  const names = (await cluster.listSnapshots()).map(({ name }) => name).filter((name) => isOwnName(name, run.runId));
  const known = names.length === 0 ? [] : await listKnown(record, names);
  // A note that cannot be read may name any of them.
  if (known === undefined) return settling;
  const late = names.filter((name) => !known.some((one) => name === one || isFailsafeOf(name, one)));
  return { ...settling, notes: [...settling.notes, ...late.map(toNote)] };
}

/** undefined when a note cannot be read. */
async function listKnown(record: RunRecord, names: string[]): Promise<string[] | undefined> {
  // A restore that has ended well left what it had overwritten, and no record says so any more.
  if (!(await record.exists())) return names.filter(isKeptFailsafe);
  const notes = await record.readNotes();
  if (notes.some(({ value }) => typeof (value as { damaged?: unknown } | null)?.damaged === 'string')) return undefined;
  return notes.flatMap(({ kind, subject, value }) => {
    if (kind === 'restored-table') return [(value as { failsafe: string }).failsafe];
    return kind === 'snapshot' || kind === 'imported-snapshot' ? [subject] : [];
  });
}

function toNote(subject: string): Settling['notes'][number] {
  return { kind: 'snapshot', subject, at: '', value: { snapshot: subject, table: '' } };
}
