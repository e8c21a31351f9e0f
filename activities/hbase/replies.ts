import * as z from 'zod';
import { Failure } from '../failure.ts';

/** What the agent may answer, by verb. A reply of another shape is a defect, not a state of the cluster. */
const text = z.string();
const count = z.number().int();
const texts = z.array(text);
const fields = z.record(text, text);

const tableFamilies = z.object({ table: text, families: texts });
const peer = z.object({
  id: text,
  clusterKey: text,
  enabled: z.boolean(),
  replicateAll: z.boolean(),
  tables: z.array(tableFamilies),
  namespaces: texts,
  excludeTables: z.array(tableFamilies),
  excludeNamespaces: texts,
  serial: z.boolean(),
  endpoint: text.optional(),
});
const family = z.object({
  name: text,
  scope: count,
  maxVersions: count,
  minVersions: count,
  ttlSeconds: count,
  keepDeletedCells: text,
  compression: text,
  dataBlockEncoding: text,
  bloomFilter: text,
  mob: z.boolean(),
  encryption: text.optional(),
  attributes: fields,
});
const wal = z.object({ name: text, group: text, startedMs: count });
const rowDigest = z.object({ row: text, cells: count, digest: text });

export const replies = {
  nothing: z.undefined(),
  flag: z.boolean(),
  texts,
  optionalText: text.optional(),
  unlogged: z.array(z.object({ server: text, mutations: count.optional(), why: text.optional() })),
  surroundings: z.object({
    quotas: texts,
    grants: texts,
    hasLabels: z.boolean(),
    encryptionZone: text.optional(),
    spaceLeftBytes: count.optional(),
    unread: z.array(z.object({ what: text, why: text })),
  }),
  peerLags: z.array(z.object({ server: text, peer: text, lagMs: count, queuedWals: count })),
  probedPorts: z.array(z.object({ host: text, port: count, why: text.optional() })),
  peers: z.array(peer),
  facts: z.object({
    clusterId: text,
    version: text,
    hadoopVersion: text,
    javaVersion: text,
    jrubyVersion: text,
    clusterKey: text,
    rootDir: text,
    defaultFs: text,
    homeDir: text,
    activeMaster: text,
    backupMasters: texts,
    liveServers: texts,
    deadServers: texts,
    regionsInTransition: count,
    regions: count,
    balancerOn: z.boolean().optional(),
    capacityBytes: count,
    freeBytes: count,
    usedBytes: count,
    walBytes: count,
    peers: z.array(peer),
    settings: fields,
    abilities: texts,
  }),
  clocks: z.array(z.object({ server: text, clockMs: count, exact: z.boolean(), reportEveryMs: count.optional() })),
  table: z
    .object({
      table: text,
      enabled: z.boolean(),
      readOnly: z.boolean(),
      durability: text,
      families: z.array(family),
      coprocessors: texts,
      regions: count,
      sizeBytes: count,
      attributes: fields,
    })
    .optional(),
  regions: z.array(
    z.object({ encodedName: text, startKey: text, endKey: text, server: text.optional(), online: z.boolean() }),
  ),
  fence: z.object({ regions: count, rejected: count, writable: texts, unknown: texts }),
  tableLocks: z.array(z.object({ table: text, waitsFor: texts })),
  snapshots: z.array(z.object({ name: text, table: text, createdAtMs: count, ttlSeconds: count })),
  snapshotFiles: z
    .object({ files: count, bytes: count, references: count, mobFiles: count, missing: count })
    .optional(),
  snapshotFileList: z
    .array(z.object({ path: text, bytes: count, missing: z.boolean(), kind: z.enum(['hfile', 'reference', 'mob']) }))
    .optional(),
  snapshot: z
    .object({
      name: text,
      table: text,
      createdAtMs: count,
      readOnly: z.boolean(),
      durability: text,
      families: z.array(family),
      coprocessors: texts,
      attributes: fields,
      regions: z.array(z.object({ encodedName: text, startKey: text, endKey: text })),
    })
    .optional(),
  heldWals: z.array(
    z.object({
      queue: text,
      server: text,
      live: z.boolean(),
      recovered: z.boolean(),
      wals: z.array(wal.extend({ closed: z.boolean(), path: text.optional(), bytes: count })),
    }),
  ),
  copy: z.object({ bytes: count, sha256: text, created: z.boolean() }),
  walRange: z.object({
    entries: count,
    firstMs: count.optional(),
    lastMs: count.optional(),
    tables: z.array(
      z.object({
        table: text,
        edits: count,
        firstMs: count,
        lastMs: count,
        bulkLoadFiles: count,
        opened: texts,
        closed: texts,
      }),
    ),
  }),
  walRows: z.object({
    tables: z.array(z.object({ table: text, rows: texts })),
    entries: count,
    nextEntry: count.optional(),
  }),
  root: z.object({
    manifests: z.array(z.object({ name: text, temporary: z.boolean(), complete: z.boolean(), modifiedMs: count })),
    files: z.array(z.object({ path: text, bytes: count, modifiedMs: count })),
  }),
  queues: z.object({
    liveServers: texts,
    crashingServers: texts,
    queues: z.array(z.object({ queue: text, server: text, recovered: z.boolean(), wals: z.array(wal) })),
    hfileRefs: count,
    newestWals: z.array(wal.extend({ server: text })),
    bytes: count,
  }),
  bulkLoads: z.array(z.object({ table: text, files: count, lastAtMs: count })),
  row: z.array(z.object({ family: text, qualifier: text, timestampMs: count, value: text })).optional(),
  rangeDigest: z.object({ rows: count, cells: count, digest: text, lastRow: text.optional(), done: z.boolean() }),
  rowDigests: z.array(rowDigest),
  touchedRows: z.object({ rows: texts, nextRow: text.optional() }),
  files: z.array(z.object({ name: text, directory: z.boolean(), bytes: count, modifiedMs: count })),
  measure: z.object({ bytes: count, files: count, capacityBytes: count, freeBytes: count }),
} as const;

/** Checks a reply against its shape. @throws Failure `internal`, since agent and caller are one version. */
export function parseReplyOf<S extends z.ZodType>(
  schema: S,
  { verb, value }: { verb: string; value: unknown },
): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure('internal', `${verb}: the agent answered in an unexpected shape: ${z.prettifyError(parsed.error)}`);
}
