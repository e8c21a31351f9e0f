import { Failure } from '../../failure.ts';
import type { NoteKind, RunRecord } from '../../run-record/run-record.ts';

/**
 * Notes are written before the change, so what stands under a name of ours without a note is somebody else's: it is
 * neither adopted nor, later, removed.
 *
 * @throws Failure `peer.changed` for a peer, else `preflight.failed`.
 */
export async function requireNoted(record: RunRecord, kind: NoteKind, subject: string): Promise<void> {
  const isNoted = (await record.readNotes(kind)).some((note) => note.subject === subject);
  if (isNoted) return;
  const { cluster } = record;
  const message = `The ${kind} ${subject} exists on ${cluster}, and this run did not make it: it is left as it is.`;
  throw new Failure(kind === 'peer' ? 'peer.changed' : 'preflight.failed', message, { cluster });
}
