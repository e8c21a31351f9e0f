import type {
  ExportChain,
  ExportedTableFile,
  ExportedTableRef,
  ExportId,
  ExportRecord,
  ImportEvent,
} from '../../workflows/contract/backup/export.ts';
import type { TableName } from '../../workflows/contract/names.ts';
import { digestOf } from '../digest.ts';
import { Failure } from '../failure.ts';
import type { FileStore } from '../hbase/cluster.ts';
import { createCataloguePaths } from './catalogue-paths.ts';
import { boundReads, type CatalogueStore, ensureFile, listNames, requireSound } from './catalogue-store.ts';
import { createExportPaths, type ExportPaths, toExportsFolder } from './export-paths.ts';
import { createLeases, type Leases } from './leases.ts';
import { parseExportedTable, parseExportRecord, parseImportEvent } from './parse-export.ts';

export interface ExportChainOptions {
  /** Of a cluster whose gateway reads the root. */
  files: FileStore;
  /** Full URI of the backup root. */
  rootUri: string;
  chain: string;
  nowMs: () => number;
}

/** One chain of exports in a backup root. Every file is created once (hazard 47). */
export interface ExportChainStore {
  readonly paths: ExportPaths;
  /** One export at a time; imports go side by side. */
  readonly leases: Leases;
  /** Oldest first, and everything that cannot be read. */
  readAll(): Promise<ExportChain>;
  /** Place in the chain that is free, whatever can be read of the others. */
  nextNumber(): Promise<number>;
  /** Returns its digest. The file of an attempt before that says the same is done. */
  writeTable(file: ExportedTableFile): Promise<string>;
  /** undefined when nobody has written it. */
  readWrittenTable(id: ExportId, table: TableName): Promise<{ file: ExportedTableFile; digest: string } | undefined>;
  /** @throws Failure `backup.damaged` when it is not what the record names. */
  readTable(
    record: Pick<ExportRecord, 'id'>,
    ref: Pick<ExportedTableRef, 'table' | 'digest'>,
  ): Promise<ExportedTableFile>;
  /** COMMIT POINT of an export; refused once the export's folder is gone. @throws Failure `backup.conflict`. */
  writeRecord(record: ExportRecord): Promise<void>;
  /** Again is harmless. */
  appendImport(event: ImportEvent): Promise<void>;
  /** Oldest first. */
  readImports(): Promise<{ imports: ImportEvent[]; damaged: ExportChain['damaged'] }>;
}

export function createExportChain({ files, rootUri, chain, nowMs }: ExportChainOptions): ExportChainStore {
  const paths = createExportPaths(rootUri, chain);
  const root = { ...createCataloguePaths(rootUri), leases: paths.leases };
  const nowIso = (): string => new Date(nowMs()).toISOString();
  const store: CatalogueStore = { files: boundReads(files), paths: root, nowIso };
  return {
    paths,
    leases: createLeases(store),
    readAll: () => readAll(store, { paths, chain }),
    nextNumber: async () => Math.max(0, ...(await listNumbers(store, paths))) + 1,
    writeTable: async (file) => {
      await ensureFile(store, { path: paths.table(file.id, file.table), content: JSON.stringify(file) });
      return digestOf(file);
    },
    readWrittenTable: async (id, table) => {
      const text = await store.files.read(paths.table(id, table));
      if (text === undefined) return undefined;
      const digest = digestOf(JSON.parse(text));
      return { file: requireSound(paths.table(id, table), parseExportedTable(text, digest)), digest };
    },
    readTable: async ({ id }, { table, digest }) => {
      const path = paths.table(id, table);
      const text = await store.files.read(path);
      if (text !== undefined) return requireSound(path, parseExportedTable(text, digest));
      throw new Failure('backup.damaged', `${path} is missing.`, { table });
    },
    writeRecord: (record) =>
      ensureFile(store, {
        path: paths.record(record.number),
        content: JSON.stringify(record),
        within: paths.data(record.id),
      }),
    appendImport: async (event) => {
      const path = `${paths.events}/${event.at.replace(/[-:.]/g, '')}~import~${event.runId}.json`;
      await ensureFile(store, { path, content: JSON.stringify(event) });
    },
    readImports: () => readImports(store, paths),
  };
}

/** Names of the folders, which are the chains' names but for what no path may contain. */
export async function listChainFolders(files: FileStore, rootUri: string): Promise<string[]> {
  const entries = await files.list(toExportsFolder(rootUri));
  return entries.filter(({ directory }) => directory).map(({ name }) => name);
}

async function readAll(
  store: CatalogueStore,
  { paths, chain }: { paths: ExportPaths; chain: string },
): Promise<ExportChain> {
  const numbers = await listNumbers(store, paths);
  const found = await Promise.all(
    numbers.map(async (number) => {
      const path = paths.record(number);
      const text = await store.files.read(path);
      const parsed = text === undefined ? { damage: 'it was listed and is gone' } : parseExportRecord(text);
      if ('damage' in parsed) return { path, why: parsed.damage };
      if (parsed.value.number === number && parsed.value.chain === chain) return parsed.value;
      return { path, why: `it is number ${parsed.value.number} of chain ${parsed.value.chain}` };
    }),
  );
  return {
    chain,
    exports: found.flatMap((one) => ('digest' in one ? [one] : [])),
    damaged: found.flatMap((one) => ('digest' in one ? [] : [one])),
  };
}

async function readImports(store: CatalogueStore, { events }: ExportPaths) {
  const found = await Promise.all(
    (await listNames(store, events)).map(async (name) => {
      const path = `${events}/${name}`;
      const parsed = parseImportEvent((await store.files.read(path)) ?? '');
      return 'value' in parsed ? parsed.value : { path, why: parsed.damage };
    }),
  );
  return {
    imports: found.flatMap((one) => ('upTo' in one ? [one] : [])),
    damaged: found.flatMap((one) => ('upTo' in one ? [] : [one])),
  };
}

async function listNumbers(store: CatalogueStore, { records }: ExportPaths): Promise<number[]> {
  const names = await listNames(store, records);
  return names
    .flatMap((name) => (/^\d{6,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
}
