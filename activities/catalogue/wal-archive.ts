import type { ArchivedWal, ArchiveTick, HeldName, TableLineage } from '../../workflows/contract/backup/archive.ts';
import type { PeerId } from '../../workflows/contract/names.ts';
import { digestOf } from '../digest.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { createCataloguePaths } from './catalogue-paths.ts';
import { boundReads, type CatalogueStore, ensureFile, listNames, requireSound } from './catalogue-store.ts';
import { createLeases, type Leases } from './leases.ts';
import { type ArchiveFile, parseArchive, parseHolder, parseLineage, parseTick, parseWal } from './parse-archive.ts';
import type { Parsed } from './parse-catalogue.ts';
import { createWalArchivePaths, toArchivesFolder, type WalArchivePaths } from './wal-archive-paths.ts';

export interface WalArchiveOptions {
  /** Of a cluster whose gateway reads the root. */
  files: FileStore;
  /** Full URI of the backup root. */
  rootUri: string;
  set: string;
  nowMs: () => number;
}

export interface NamedTick {
  name: string;
  tick: ArchiveTick;
}

/** A file of the archive that cannot be read: what it said is unknown, so no instant across it is restored. */
export interface DamagedFile {
  path: string;
  why: string;
}

/**
 * How far a holder has come. `noted` before the peer is made, `held` once every server keeps its WALs for it,
 * `released` when everything it holds is safe, before the peer is removed.
 */
export type HolderStage = 'noted' | 'held' | 'released';
export interface ArchiveHolder {
  number: number;
  id: PeerId;
  stages: ReadonlySet<HolderStage>;
}

/** The WALs of one set in a backup root, and what its ticks have seen. Every file is created once (hazard 47). */
export interface WalArchive {
  readonly paths: WalArchivePaths;
  /** One tick at a time. */
  readonly leases: Leases;
  /** The first one stays and is answered. @throws Failure `root.other-cluster` when it is another cluster's. */
  ensureArchive(file: ArchiveFile): Promise<ArchiveFile>;
  readArchive(): Promise<ArchiveFile | undefined>;
  /** Oldest first. */
  listHolders(): Promise<ArchiveHolder[]>;
  markHolder(holder: { number: number; id: PeerId; by: string }, stage: HolderStage): Promise<void>;
  readWal(wal: HeldName): Promise<ArchivedWal | undefined>;
  writeWal(wal: ArchivedWal): Promise<void>;
  /** Those that began at or before `untilMs`, oldest first. */
  listWals(untilMs?: number): Promise<{ wals: ArchivedWal[]; damaged: DamagedFile[] }>;
  /** Returns the name. A tick that the same run has written before stays. */
  appendTick(tick: ArchiveTick): Promise<NamedTick>;
  /** Oldest first. */
  listTicks(): Promise<{ ticks: NamedTick[]; damaged: DamagedFile[] }>;
  /** undefined for an archive without ticks. @throws Failure `backup.damaged`. */
  readLastTick(): Promise<NamedTick | undefined>;
  /** Returns the digest. */
  writeLineage(tables: TableLineage[]): Promise<string>;
  readLineage(digest: string): Promise<TableLineage[]>;
  /** Written before anything of the time before it goes. */
  raiseHorizon(ms: number): Promise<void>;
  /** 0 when nothing has gone. */
  readHorizon(): Promise<number>;
  /** The index goes first: a WAL without it is nobody's, an index without its WAL would be a lie. */
  removeWal(wal: HeldName): Promise<void>;
  removeTick(name: string): Promise<void>;
  /** Everything but the notes of the holders. */
  removeAll(): Promise<void>;
}

export function createWalArchive({ files, rootUri, set, nowMs }: WalArchiveOptions): WalArchive {
  const paths = createWalArchivePaths(rootUri, set);
  const nowIso = (): string => new Date(nowMs()).toISOString();
  const root = { ...createCataloguePaths(rootUri), leases: paths.leases };
  const store: CatalogueStore = { files: boundReads(files), paths: root, nowIso };
  return {
    paths,
    leases: createLeases(store),
    ensureArchive: (file) => ensureArchive(store, paths, file),
    readArchive: () => readArchive(store, paths),
    listHolders: () => listHolders(store, paths),
    markHolder: async ({ number, id, by }, stage) => {
      const path = `${paths.holders}/${String(number).padStart(6, '0')}~${stage}.json`;
      await store.files.create(path, JSON.stringify({ formatVersion: 1, id, at: nowIso(), by }));
    },
    readWal: async (wal) => {
      const path = paths.entry(wal);
      const text = await store.files.read(path);
      return text === undefined ? undefined : requireSound(path, parseWal(text));
    },
    writeWal: (wal) => ensureFile(store, { path: paths.entry(wal), content: JSON.stringify(wal) }),
    listWals: (untilMs) => listWals(store, paths, untilMs),
    appendTick: (tick) => appendTick(store, paths, tick),
    listTicks: () => listTicks(store, paths),
    readLastTick: async () => {
      const name = (await listTickNames(store, paths)).at(-1);
      return name === undefined ? undefined : { name, tick: await readTick(store, paths, name) };
    },
    writeLineage: async (tables) => {
      const content = { formatVersion: 1, tables };
      const digest = digestOf(content);
      await ensureFile(store, { path: paths.lineage(digest), content: JSON.stringify(content) });
      return digest;
    },
    readLineage: async (digest) => {
      const path = paths.lineage(digest);
      const text = await store.files.read(path);
      if (text === undefined) throw new Failure('backup.damaged', `${path} is missing.`);
      return requireSound(path, parseLineage(text)).tables;
    },
    raiseHorizon: async (ms) => {
      await store.files.create(`${paths.horizons}/${toHorizonName(ms)}`, JSON.stringify({ at: nowIso() }));
    },
    readHorizon: async () => {
      const newest = (await listNames(store, paths.horizons)).at(-1);
      return newest === undefined ? 0 : Number.parseInt(newest, 10);
    },
    removeWal: async (wal) => {
      await store.files.remove(paths.entry(wal));
      await store.files.remove(paths.wal(wal));
    },
    removeTick: async (name) => {
      await store.files.remove(paths.tick(name));
    },
    removeAll: async () => {
      for (const folder of [paths.ticks, paths.index, paths.wals])
        await store.files.remove(folder, { recursive: true });
    },
  };
}

/** Sets that have an archive in the root. */
export async function listArchives(files: FileStore, rootUri: string): Promise<string[]> {
  const folder = toArchivesFolder(rootUri);
  const names = (await files.list(folder)).map(({ name }) => name);
  const sets = await Promise.all(
    names.map(async (name) => {
      const path = `${folder}/${name}/archive.json`;
      const text = await files.read(path);
      return text === undefined ? undefined : requireSound(path, parseArchive(text)).set;
    }),
  );
  return sets.filter((set) => set !== undefined);
}

async function ensureArchive(store: CatalogueStore, paths: WalArchivePaths, file: ArchiveFile): Promise<ArchiveFile> {
  await store.files.create(paths.archive, JSON.stringify(file));
  const standing = await readArchive(store, paths);
  if (!standing) throw new Failure('root.unusable', `${paths.archive} was written and is not there.`);
  if (standing.clusterId === file.clusterId) return standing;
  const message = `${paths.archive} is the archive of cluster id ${standing.clusterId}, and this one is ${file.clusterId}: give the set another name.`;
  throw new Failure('root.other-cluster', message);
}

async function readArchive(store: CatalogueStore, paths: WalArchivePaths): Promise<ArchiveFile | undefined> {
  const text = await store.files.read(paths.archive);
  return text === undefined ? undefined : requireSound(paths.archive, parseArchive(text));
}

async function listHolders(store: CatalogueStore, { holders }: WalArchivePaths): Promise<ArchiveHolder[]> {
  const byNumber = new Map<number, { id: PeerId; stages: Set<HolderStage> }>();
  for (const name of await listNames(store, holders)) {
    const [, number, stage] = /^(\d+)~(noted|held|released)\.json$/.exec(name) ?? [];
    const path = `${holders}/${name}`;
    const text = await store.files.read(path);
    if (number === undefined || text === undefined) continue;
    const { id } = requireSound(path, parseHolder(text));
    const known = byNumber.get(Number(number)) ?? { id, stages: new Set() };
    byNumber.set(Number(number), { ...known, stages: known.stages.add(stage as HolderStage) });
  }
  return [...byNumber].map(([number, holder]) => ({ number, ...holder })).toSorted((a, b) => a.number - b.number);
}

async function listWals(
  store: CatalogueStore,
  { index }: WalArchivePaths,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<{ wals: ArchivedWal[]; damaged: DamagedFile[] }> {
  const names = (await listNames(store, index)).filter((name) => Number.parseInt(name, 10) <= untilMs);
  const found = await readAll(store, { folder: index, names, parse: parseWal });
  return { wals: found.flatMap(({ value }) => value ?? []), damaged: found.flatMap(({ damaged }) => damaged ?? []) };
}

async function listTicks(store: CatalogueStore, paths: WalArchivePaths) {
  const names = (await listTickNames(store, paths)).map((name) => `${name}.json`);
  const found = await readAll(store, { folder: paths.ticks, names, parse: parseTick });
  return {
    ticks: found.flatMap(({ name, value }) => (value ? [{ name: name.replace(/\.json$/, ''), tick: value }] : [])),
    damaged: found.flatMap(({ damaged }) => damaged ?? []),
  };
}

async function readAll<T>(
  store: CatalogueStore,
  { folder, names, parse }: { folder: string; names: string[]; parse: (text: string) => Parsed<T> },
): Promise<{ name: string; value?: T; damaged?: DamagedFile }[]> {
  return Promise.all(
    names.map(async (name) => {
      const path = `${folder}/${name}`;
      const text = await store.files.read(path);
      // It was listed: an expiry has removed it meanwhile.
      if (text === undefined) return { name };
      const parsed = parse(text);
      return 'value' in parsed ? { name, value: parsed.value } : { name, damaged: { path, why: parsed.damage } };
    }),
  );
}

async function listTickNames(store: CatalogueStore, { ticks }: WalArchivePaths): Promise<string[]> {
  return (await listNames(store, ticks)).map((name) => name.replace(/\.json$/, ''));
}

async function readTick(store: CatalogueStore, paths: WalArchivePaths, name: string): Promise<ArchiveTick> {
  const path = paths.tick(name);
  const text = await store.files.read(path);
  if (text === undefined) throw new Failure('backup.damaged', `${path} was listed and is gone.`);
  return requireSound(path, parseTick(text));
}

async function appendTick(store: CatalogueStore, paths: WalArchivePaths, tick: ArchiveTick): Promise<NamedTick> {
  const names = await listTickNames(store, paths);
  const mine = names.find((name) => name.endsWith(`~${tick.runId}`));
  if (mine !== undefined) return { name: mine, tick: await readTick(store, paths, mine) };
  const newestMs = readTickMs(names.at(-1) ?? '');
  const at = newestMs >= Date.parse(tick.at) ? new Date(newestMs + 1).toISOString() : tick.at;
  const name = `${at.replace(/[-:.]/g, '')}~${tick.runId}`;
  const appended = { ...tick, at };
  await ensureFile(store, { path: paths.tick(name), content: JSON.stringify(appended) });
  return { name, tick: appended };
}

/** NaN for what is no name of a tick. */
function readTickMs(name: string): number {
  return Date.parse(name.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z~.*$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}

function toHorizonName(ms: number): string {
  return `${String(Math.floor(ms)).padStart(13, '0')}.json`;
}
