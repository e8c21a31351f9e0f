import { createHash } from 'node:crypto';
import type {
  CreateTableSpec,
  FamilyDescription,
  FamilySpec,
  FenceGuardCheck,
  FenceProbe,
  RegionInfo,
  TableChange,
  TableDescription,
  TableLocks,
} from '../../activities/hbase/cluster.ts';
import { Failure } from '../../activities/failure.ts';
import { splitTableName } from '../../workflows/contract/names.ts';
import { createRowStore, FOREVER_SECONDS } from './rows.ts';
import { openRegion } from './servers.ts';
import { withTableLock } from './table-lock.ts';
import {
  hbaseFailed,
  liveServers,
  mintRegionName,
  notFound,
  pause,
  requireTable,
  type ClusterState,
  type FamilyState,
  type RegionState,
  type TableState,
} from './state.ts';

/** Descriptors, states and regions: the Admin's table calls. None of them is idempotent. */

export async function createTable(
  state: ClusterState,
  { table: name, families, splitKeys, attributes = {} }: CreateTableSpec,
): Promise<void> {
  requireNamespace(state, name);
  if (state.tables.has(name)) throw hbaseFailed(state, `TableExistsException: ${name}`);
  const table = buildTable(name, families.map(toFamily));
  table.attributes = { ...attributes };
  table.regions = buildRegions(state, splitKeys);
  state.tables.set(name, table);
  openAll(state, table);
  await pause(state, [50, 300]);
}

export function requireNamespace(state: ClusterState, table: string): void {
  const { namespace } = splitTableName(table);
  if (!state.namespaces.has(namespace)) throw notFound(state, `NamespaceNotFoundException: ${namespace}`);
}

export function buildTable(name: string, families: FamilyState[]): TableState {
  return {
    name,
    enabled: true,
    families: new Map(families.map((family) => [family.name, family])),
    readOnly: false,
    attributes: {},
    durability: 'USE_DEFAULT',
    coprocessors: [],
    regions: [],
    rows: createRowStore(),
    lock: Promise.resolve(),
    queued: [],
  };
}

function toFamily({ name, scope = 0, maxVersions = 1, ttlSeconds, attributes }: FamilySpec): FamilyState {
  const stored = attributes === undefined ? {} : { attributes };
  return { name, scope, maxVersions, ttlSeconds: ttlSeconds ?? FOREVER_SECONDS, ...stored };
}

export function buildRegions(state: ClusterState, splitKeys: string[]): RegionState[] {
  const starts = ['', ...splitKeys.toSorted()];
  return starts.map((startKey, i) => ({
    encodedName: mintRegionName(state),
    startKey,
    endKey: starts[i + 1] ?? '',
    server: undefined,
    readOnly: false,
    scopes: {},
    hasReferences: false,
  }));
}

export function openAll(state: ClusterState, table: TableState): void {
  const live = liveServers(state);
  if (live.length === 0) return;
  table.regions.forEach((region, i) => openRegion(table, region, live[i % live.length]!.name));
  state.wakeShippers();
}

export async function enableTable(state: ClusterState, name: string): Promise<void> {
  const table = requireTable(state, name);
  await withTableLock(table, { what: 'enable', enabled: true }, async () => {
    if (table.enabled) throw hbaseFailed(state, `TableNotDisabledException: ${name} is already enabled`);
    await pause(state, [50, 600]);
    table.enabled = true;
    openAll(state, table);
  });
}

export async function disableTable(state: ClusterState, name: string, guard?: FenceGuardCheck): Promise<void> {
  const table = requireTable(state, name);
  requireNoMark(state, guard);
  await withTableLock(table, { what: 'disable', enabled: false }, async () => {
    if (!table.enabled) throw hbaseFailed(state, `TableNotEnabledException: ${name} is already disabled`);
    table.enabled = false;
    for (const region of table.regions) {
      await pause(state, [5, 60]);
      region.server = undefined;
    }
  });
}

export async function deleteTable(state: ClusterState, name: string): Promise<void> {
  const table = requireTable(state, name);
  await withTableLock(table, { what: 'delete' }, async () => {
    if (table.enabled) throw hbaseFailed(state, `TableNotDisabledException: ${name}`);
    await pause(state, [20, 200]);
    state.tables.delete(name);
    state.wakeShippers();
  });
}

export interface AlterRequest {
  table: string;
  change: TableChange;
  guard?: FenceGuardCheck | undefined;
}

/** The descriptor changes at once, regions take it over one after another when they reopen. */
export async function alterTable(state: ClusterState, { table: name, change, guard }: AlterRequest): Promise<void> {
  const table = requireTable(state, name);
  // As an agent does: a fence that is queued already is waited for.
  if (guard && table.queued.some(({ readOnly }) => readOnly === true)) return table.lock;
  // Compared when it is sent. What waits for the lock is the master's, and is carried out whatever is decided meanwhile.
  requireNoMark(state, guard);
  await withTableLock(table, { what: 'modify', readOnly: change.readOnly }, async () => {
    applyChange(state, table, change);
    if (!table.enabled) return;
    await reopenRegions(state, table);
  });
}

/** Somebody else's exclusive lock of a table. */
export function holdLock(state: ClusterState, name: string, lastsMs: number): Promise<void> {
  return withTableLock(requireTable(state, name), { what: 'a lock of somebody else' }, () =>
    state.clock.sleep(lastsMs),
  );
}

export interface GiveBack {
  table: string;
  readOnly: boolean;
  enable: boolean;
}

/** As the agent does it: behind whatever is queued, until nothing is. */
export async function giveBack(state: ClusterState, { table: name, readOnly, enable }: GiveBack): Promise<void> {
  for (;;) {
    const table = requireTable(state, name);
    if ((lastSaid(table, 'readOnly') ?? table.readOnly) !== readOnly) {
      await alterTable(state, { table: name, change: { readOnly } });
    } else if (enable && !(lastSaid(table, 'enabled') ?? table.enabled)) await enableTable(state, name);
    else if (table.queued.length === 0) return;
    else await table.lock;
  }
}

function lastSaid({ queued }: TableState, what: 'readOnly' | 'enabled'): boolean | undefined {
  return queued.map((work) => work[what]).findLast((said) => said !== undefined);
}

export function readTableLocks(state: ClusterState, names: string[]): TableLocks[] {
  return names.map((name) => {
    const others = (state.tables.get(name)?.queued ?? []).filter(({ readOnly }) => readOnly !== true);
    return {
      table: name,
      waitsFor: others.map(({ what }, at) => `${what} ${at === 0 ? 'holds' : 'waits for'} its lock`),
    };
  });
}

function requireNoMark(state: ClusterState, guard: FenceGuardCheck | undefined): void {
  if (!guard || !state.fileSystem.nodes.has(guard.markPath)) return;
  throw new Failure('cutover.unfenced-by-guard', `${state.name}: the mark ${guard.markPath} exists: too late to fence`);
}

function applyChange(state: ClusterState, table: TableState, change: TableChange): void {
  if (change.readOnly !== undefined) table.readOnly = change.readOnly;
  for (const [name, scope] of Object.entries(change.scopes ?? {})) requireFamily(state, table, name).scope = scope;
  for (const [name, ttlSeconds] of Object.entries(change.ttlSeconds ?? {})) {
    requireFamily(state, table, name).ttlSeconds = ttlSeconds;
  }
  for (const [key, value] of Object.entries(change.attributes ?? {})) {
    if (value === null) delete table.attributes[key];
    else table.attributes[key] = value;
  }
}

function requireFamily(state: ClusterState, table: TableState, name: string): FamilyState {
  const family = table.families.get(name);
  if (!family) throw hbaseFailed(state, `InvalidFamilyOperationException: ${table.name} has no family ${name}`);
  return family;
}

async function reopenRegions(state: ClusterState, table: TableState): Promise<void> {
  const waiting = [...table.regions];
  while (waiting.length > 0) {
    await pause(state, [10, 120]);
    const [region] = waiting.splice(state.random.between(0, waiting.length - 1), 1);
    // Offline after a crash: it takes over the descriptor when it opens.
    if (region?.server !== undefined) openRegion(table, region, region.server);
  }
  while (table.enabled && table.regions.some((region) => region.server === undefined)) await pause(state, [200, 400]);
  state.wakeShippers();
}

export function probeFence(state: ClusterState, name: string): FenceProbe {
  const table = requireTable(state, name);
  const unknown = table.regions.filter((region) => region.server === undefined);
  const open = table.regions.filter((region) => region.server !== undefined);
  const rejected = table.enabled ? open.filter((region) => region.readOnly).length : table.regions.length;
  const writable = table.enabled ? open.filter((region) => !region.readOnly) : [];
  return {
    regions: table.regions.length,
    rejected,
    writable: writable.map((region) => region.encodedName),
    unknown: table.enabled ? unknown.map((region) => region.encodedName) : [],
  };
}

export function describeRegions(table: TableState): RegionInfo[] {
  return table.regions.map(({ encodedName, startKey, endKey, server }) => ({
    encodedName,
    startKey,
    endKey,
    ...(server === undefined ? {} : { server }),
    online: server !== undefined,
  }));
}

export function describeTable(table: TableState): TableDescription {
  const families = [...table.families.values()].map(describeFamily);
  return {
    table: table.name,
    enabled: table.enabled,
    readOnly: table.readOnly,
    durability: table.durability,
    families,
    coprocessors: [...table.coprocessors],
    regions: table.regions.length,
    sizeBytes: table.rows.keys().length * 100,
    attributes: { ...table.attributes },
    schemaDigest: digestSchema(table),
  };
}

function describeFamily({ name, scope, maxVersions, ttlSeconds, attributes = {} }: FamilyState): FamilyDescription {
  return {
    name,
    scope,
    maxVersions,
    minVersions: 0,
    ttlSeconds,
    keepDeletedCells: 'FALSE',
    compression: 'NONE',
    dataBlockEncoding: 'NONE',
    bloomFilter: 'ROW',
    mob: false,
    attributes: { ...attributes },
  };
}

export const PURGE_HOLD_ATTRIBUTE = 'hbase.hstore.time.to.purge.deletes';
const SWITCHES = new Set([PURGE_HOLD_ATTRIBUTE, 'COMPACTION_ENABLED', 'READONLY']);

function digestSchema(table: TableState): string {
  const families = [...table.families.values()].map((family) => ({ ...family, scope: undefined }));
  const attributes = Object.entries(table.attributes).filter(([key]) => !SWITCHES.has(key));
  const sorted = attributes.toSorted(([a], [b]) => a.localeCompare(b));
  const parts = [families, sorted, table.durability, table.coprocessors];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
