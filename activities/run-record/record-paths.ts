import { createHash } from 'node:crypto';
import type { RunId, TableName } from '../../workflows/contract/names.ts';
import type { NoteKind } from './run-record.ts';

/** HDFS limits a path component to 255 bytes; the temporary file of a create adds to the name. */
const LONGEST_NAME = 200;

/** Where everything of a run stands below the state folder. WARNING: older runs are found by these; never change one. */
export function createRecordPaths(stateDir: string) {
  const run = (runId: RunId): string => `${stateDir}/runs/${runId}`;
  return {
    claims: `${stateDir}/claims`,
    runs: `${stateDir}/runs`,
    claim: (table: TableName) => `${stateDir}/claims/${encodePathName(table)}.json`,
    run,
    plan: (runId: RunId) => `${run(runId)}/plan.json`,
    closed: (runId: RunId) => `${run(runId)}/closed.json`,
    jobs: (runId: RunId) => `${run(runId)}/jobs`,
    mark: (runId: RunId, epoch: number) => `${run(runId)}/mark-${epoch}.json`,
    seen: (runId: RunId, name: string) => `${run(runId)}/seen/${encodePathName(name)}.json`,
    allNotes: (runId: RunId) => `${run(runId)}/notes`,
    notes: (runId: RunId, kind: NoteKind) => `${run(runId)}/notes/${kind}`,
    note: (runId: RunId, kind: NoteKind, subject: string) =>
      `${run(runId)}/notes/${kind}/${encodePathName(subject)}.json`,
  };
}

export type RecordPaths = ReturnType<typeof createRecordPaths>;

/**
 * A name as one path component, without collisions: HDFS allows no colon, and `~` marks what was encoded, so
 * `shop:orders` is `shop~3aorders`. Too long ones end in their digest.
 */
export function encodePathName(name: string): string {
  const encoded = Buffer.from(name).reduce((text, byte) => text + encodeByte(byte), '');
  if (encoded.length <= LONGEST_NAME) return encoded;
  return `${encoded.slice(0, LONGEST_NAME - 66)}~~${createHash('sha256').update(name).digest('hex')}`;
}

/** The name behind a file of the record; a shortened one stays as it is. */
export function decodePathName(file: string): string {
  const encoded = file.replace(/\.json$/, '');
  if (encoded.includes('~~')) return encoded;
  const bytes = encoded.replace(/~([0-9a-f]{2})/g, '%$1');
  return decodeURIComponent(bytes);
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte);
  // A dot is encoded too: `..` would be another folder, and hidden files are skipped by Hadoop's listings.
  return /[A-Za-z0-9_-]/.test(char) ? char : `~${byte.toString(16).padStart(2, '0')}`;
}
