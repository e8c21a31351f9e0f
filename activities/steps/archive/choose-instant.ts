import type { RestorableInterval } from '../../../workflows/contract/backup/archive.ts';
import type { PlannedInstant } from '../../../workflows/contract/backup/plans.ts';
import type { BackupRecord, BackupState, Catalogue } from '../../../workflows/contract/backup/record.ts';
import type { RestoreRequest } from '../../../workflows/contract/backup/requests.ts';
import type { TableName } from '../../../workflows/contract/names.ts';
import type { Problem } from '../../../workflows/contract/failures.ts';
import { createWalArchive, listArchives } from '../../catalogue/wal-archive.ts';
import { Failure } from '../../failure.ts';
import type { FileStore } from '../../hbase/cluster.ts';
import { nameRestored } from '../backup/name-restored.ts';
import { judgeInstant } from '../backup/wal-chain.ts';
import { type ReadChain, readChain } from './read-chain.ts';

export interface InstantWish {
  request: RestoreRequest & { toMs: number };
  files: FileStore;
  rootUri: string;
  catalogue: Catalogue;
  nowMs: number;
}

export interface ChosenInstant {
  record: BackupRecord;
  instant: Omit<PlannedInstant, 'namespace'>;
}

/** So many intervals are named in a failure. */
const NAMED_INTERVALS = 20;

/**
 * The newest base of the set from which everything that was written up to the instant is archived.
 *
 * @throws Failure `restore.instant` with the reason, and every interval that can be restored as problems.
 */
export async function chooseInstant(wish: InstantWish): Promise<ChosenInstant> {
  const { request } = wish;
  const { set, chain } = await readArchiveOf(wish);
  if (chain.damaged.length > 0) throw toDamage(chain);
  const candidates = chain.backups
    .filter((state) => isWanted(state, request))
    .toSorted((a, b) => b.record.endMs - a.record.endMs);
  for (const { record } of candidates) {
    const tables = nameRestored(record, request).tables.map(({ backedUp }) => backedUp.table);
    if (tables.length === 0) continue;
    const answer = judgeInstant(chain, { tables, toMs: request.toMs, backup: record.id });
    if ('refused' in answer) continue;
    const bytes = answer.wals.reduce((sum, wal) => sum + wal.bytes, 0);
    const { fromMs, wals } = answer;
    return { record, instant: { set, toMs: request.toMs, fromMs, wals: wals.length, bytes } };
  }
  throw refuse(wish, { chain, newest: candidates.find(({ record }) => record.endMs <= request.toMs) ?? candidates[0] });
}

/** A set without an archive is told by name, with those that have one. */
async function readArchiveOf({ request, files, rootUri, catalogue, nowMs }: InstantWish) {
  const named = catalogue.backups.find(({ record }) => record.id === request.backup)?.record.set;
  const sets = await listArchives(files, rootUri);
  const set = request.set ?? named ?? (sets.length === 1 ? sets[0] : undefined);
  const known = `Archived are the WALs of: ${sets.join(', ') || 'no set'}.`;
  if (set === undefined)
    throw new Failure('restore.instant', `Name the set, since none or several have WALs. ${known}`);
  const archive = createWalArchive({ files, rootUri, set, nowMs: () => nowMs });
  const about = await archive.readArchive();
  if (!about) throw new Failure('restore.instant', `No WALs are archived for set ${set}. ${known}`);
  const chain = await readChain(archive, { clusterId: about.clusterId, backups: catalogue.backups });
  return { set, chain };
}

function isWanted({ record }: BackupState, { backup, set, tags }: RestoreRequest): boolean {
  return (
    (backup === undefined || record.id === backup) &&
    (set === undefined || record.set === set) &&
    Object.entries(tags).every(([key, value]) => record.tags[key] === value)
  );
}

function refuse(
  { request }: InstantWish,
  { chain, newest }: { chain: ReadChain; newest: BackupState | undefined },
): Failure {
  const instant = new Date(request.toMs).toISOString();
  const last = chain.ticks.at(-1)?.tick;
  const tables = newest
    ? nameRestored(newest.record, request).tables.map(({ backedUp }) => backedUp.table)
    : (last?.tables ?? []);
  const answer = judgeInstant(chain, { tables, toMs: request.toMs });
  const why = 'refused' in answer ? answer.refused : 'no backup that was asked for leads there';
  const choices = 'refused' in answer ? answer.choices : [];
  const problems = choices.flatMap(({ table, intervals }) => intervals.map((interval) => toProblem(table, interval)));
  const lines = problems.slice(0, NAMED_INTERVALS).map(({ field, message }) => `- ${field}: ${message}`);
  const offer =
    lines.length === 0 ? 'No instant can be restored yet.' : ['It can be restored to:', ...lines].join('\n');
  const text = `Nothing can be restored to ${instant}: ${why}. ${offer}`;
  return new Failure('restore.instant', text, {}, { problems: problems.slice(0, NAMED_INTERVALS) });
}

function toProblem(table: TableName, { fromMs, toMs, endsBy }: RestorableInterval): Problem {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return { field: table, message: `${from} to ${to} (${endsBy})` };
}

function toDamage({ damaged }: ReadChain): Failure {
  const problems = damaged.slice(0, NAMED_INTERVALS).map(({ path, why }) => ({ field: path, message: why }));
  const message = `${damaged.length} files of the archive cannot be read, so nobody knows what can be replayed; first ${damaged[0]?.path ?? ''}.`;
  return new Failure('backup.damaged', message, {}, { problems });
}
