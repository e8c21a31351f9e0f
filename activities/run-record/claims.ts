import pLimit from 'p-limit';
import type { ClusterName, RunId, TableName } from '../../workflows/contract/names.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { parseClaim, type ClaimFile } from './record-files.ts';
import { decodePathName, type RecordPaths } from './record-paths.ts';

/** Reading is many small requests to one agent: a few at a time. */
export const READERS = 8;

export interface Claimant {
  runId: RunId;
  workflowId: string;
}

export interface ClaimStore {
  cluster: ClusterName;
  files: FileStore;
  paths: RecordPaths;
  nowIso: () => string;
}

/** Who holds a table; `damage` when the claim cannot be read, which holds the table all the same. */
export type TableClaim = { table: TableName; path: string } & ({ holder: ClaimFile } | { damage: string });

/**
 * Claims all tables or none (hazards 30). A claim this run made before is adopted, so a retry goes on.
 *
 * @throws Failure `run.claimed` naming every table that another run holds, with its workflow.
 */
export async function claimAll(store: ClaimStore, claimant: Claimant, tables: TableName[]): Promise<void> {
  const refused: TableClaim[] = [];
  // Sorted, so that of two runs that want the same tables one gets all of them.
  for (const table of tables.toSorted()) {
    const other = await claimOne(store, claimant, table);
    if (other) refused.push(other);
  }
  if (refused.length === 0) return;
  await releaseClaims(store, claimant.runId);
  throw toClaimedFailure(store.cluster, refused);
}

async function claimOne(store: ClaimStore, claimant: Claimant, table: TableName): Promise<TableClaim | undefined> {
  const content = JSON.stringify({ ...claimant, table, at: store.nowIso() });
  for (;;) {
    if (await store.files.create(store.paths.claim(table), content)) return undefined;
    const found = await readClaimAt(store, store.paths.claim(table));
    if (found) return 'holder' in found && found.holder.runId === claimant.runId ? undefined : found;
    // It was released between the two looks: try again.
  }
}

/** Every claim on the cluster, of all runs. */
export async function listClaims(store: ClaimStore): Promise<TableClaim[]> {
  const limit = pLimit(READERS);
  const names = (await store.files.list(store.paths.claims)).map(({ name }) => name);
  const paths = names.filter((name) => name.endsWith('.json')).map((name) => `${store.paths.claims}/${name}`);
  const claims = await Promise.all(paths.map((path) => limit(() => readClaimAt(store, path))));
  return claims.filter((claim) => claim !== undefined);
}

async function readClaimAt(store: ClaimStore, path: string): Promise<TableClaim | undefined> {
  const text = await store.files.read(path);
  if (text === undefined) return undefined;
  const parsed = parseClaim(text);
  if ('damage' in parsed) {
    return { table: decodePathName(path.slice(path.lastIndexOf('/') + 1)), path, damage: parsed.damage };
  }
  return { table: parsed.value.table, path, holder: parsed.value };
}

/** Removes every claim that this run holds, and no other. */
export async function releaseClaims(store: ClaimStore, runId: RunId): Promise<void> {
  for (const claim of await listClaims(store)) {
    if ('holder' in claim && claim.holder.runId === runId) await store.files.remove(claim.path);
  }
}

function toClaimedFailure(cluster: ClusterName, refused: TableClaim[]): Failure {
  const lines = refused.map((claim) =>
    'holder' in claim
      ? `${claim.table} is held by workflow ${claim.holder.workflowId} (run ${claim.holder.runId}) since ${claim.holder.at}`
      : `${claim.table} has a claim that cannot be read, ${claim.path}: ${claim.damage}`,
  );
  const problems = refused.map(({ table }, index) => ({ field: table, message: lines[index] ?? '' }));
  return new Failure('run.claimed', `On cluster ${cluster}: ${lines.join('; ')}.`, { cluster }, { problems });
}
