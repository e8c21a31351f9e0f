import type { BackedUpTable, BackupRecord, DrillResult } from '../../../workflows/contract/backup/record.ts';
import type { RestoreRequest } from '../../../workflows/contract/backup/requests.ts';
import { splitTableName, type TableName } from '../../../workflows/contract/names.ts';
import { type Finding, findBlocking } from '../../../workflows/contract/plan.ts';
import { Failure } from '../../failure.ts';
import type { ClusterFacts, TableDescription } from '../../hbase/cluster.ts';
import { doesPeerMatch } from '../../hbase/peer-match.ts';
import { findingIf, toGigabytes } from '../plan/preflight/facts.ts';
import { isBefore, parseVersion } from '../plan/preflight/versions.ts';
import type { NamedTable } from './name-restored.ts';

/** The cluster that tables come to. */
export interface ArrivalFacts {
  cluster: string;
  facts: ClusterFacts;
  /** Of the clusters file. */
  protectedClusters: readonly string[];
  otherClusters: readonly string[];
  tables: Pick<BackedUpTable, 'table' | 'families' | 'bytes'>[];
}

/** The same for a restore or a drill. */
export interface ImportFacts extends ArrivalFacts {
  record: BackupRecord;
}

export interface RestoreFacts extends Omit<ImportFacts, 'tables'> {
  request: RestoreRequest;
  /** Of the backup. */
  lastDrill?: DrillResult | undefined;
  namespaces: string[];
  tables: (NamedTable & { found: TableDescription | undefined })[];
}

/** Every reason why these tables should not come back there, before anything is written. Pure. */
export function judgeRestore(known: RestoreFacts): Finding[] {
  const { tables } = known;
  return [
    ...judgeImport({ ...known, tables: tables.map(({ backedUp }) => backedUp) }),
    ...judgeDrill(known),
    ...judgeNamespaces(known),
    ...tables.flatMap((table) => [...judgeExisting(table, known), ...judgePeers(table, known)]),
  ];
}

/** Nobody gets such a backup without naming it; whoever does may want it all the same. */
function judgeDrill({ cluster, record, lastDrill }: RestoreFacts): Finding[] {
  return findingIf(lastDrill?.result === 'different', () => ({
    code: 'restore.disproved',
    level: 'warn',
    cluster,
    message: `The last drill of ${record.id}, at ${lastDrill?.finishedAt ?? ''}, found: ${lastDrill?.differences[0] ?? 'differences'}.`,
    fix: 'Take another backup: `temporal-hbase backup list` shows them; or drill it again.',
  }));
}

/** What a restore and a drill have in common. */
export function judgeImport(known: ImportFacts): Finding[] {
  return [...judgeArrival(known), ...judgeLine(known)];
}

/** Whatever the tables come from. */
export function judgeArrival(known: ArrivalFacts): Finding[] {
  return [...judgeCluster(known), ...judgeSpace(known), ...known.tables.flatMap((table) => judgeTable(table, known))];
}

/** @throws Failure `preflight.failed` with every error, and every warning that was not accepted. */
export function requireAcceptable(
  findings: Finding[],
  { what, cluster, acceptWarnings }: { what: string; cluster: string; acceptWarnings: string[] },
): void {
  const blocking = findBlocking(findings, acceptWarnings);
  if (blocking.length === 0) return;
  const lines = blocking.map(({ level, code, message, fix }) => `- ${level} ${code}: ${message} ${fix}`);
  const warnings = [...new Set(blocking.filter(({ level }) => level === 'warn').map(({ code }) => code))];
  const accept = warnings.length > 0 ? [`To accept the warnings: "acceptWarnings": ${JSON.stringify(warnings)}`] : [];
  const text = [`${what} on ${cluster} cannot be started as it is:`, ...lines, ...accept].join('\n');
  const problems = blocking.map(({ code, table, message, fix }) => ({
    field: [code, table ?? ''].join(' ').trim(),
    message,
    fix,
  }));
  throw new Failure('preflight.failed', text, { cluster }, { problems });
}

function judgeCluster({ cluster, protectedClusters, otherClusters }: ArrivalFacts): Finding[] {
  const open = otherClusters.filter((name) => !protectedClusters.includes(name));
  return findingIf(protectedClusters.includes(cluster), () => ({
    code: 'cluster.protected',
    level: 'error',
    cluster,
    message: `${cluster} is protected in the clusters file: nothing is restored onto it.`,
    fix: open.length === 0 ? 'Name another cluster there.' : `Take another cluster: ${open.join(', ')}.`,
  }));
}

function judgeLine({ cluster, record, facts }: ImportFacts): Finding[] {
  const older = parseVersion(facts.version).major < parseVersion(record.cluster.version).major;
  return findingIf(older, () => ({
    code: 'restore.older-line',
    level: 'warn',
    cluster,
    message: `The backup is of HBase ${record.cluster.version}, and ${cluster} is ${facts.version}: it may not read the files.`,
    fix: 'Restore onto a cluster of the same line, or try a drill there first: `temporal-hbase backup drill`.',
  }));
}

function judgeSpace({ cluster, facts, tables }: ArrivalFacts): Finding[] {
  const bytes = tables.reduce((sum, table) => sum + table.bytes, 0) * Number(facts.settings['dfs.replication'] ?? 3);
  return findingIf(facts.freeBytes < bytes, () => ({
    code: 'disk.target-full',
    level: 'error',
    cluster,
    message: `${cluster} has ${toGigabytes(facts.freeBytes)} free; the tables need ${toGigabytes(bytes)}.`,
    fix: 'Free space, or restore fewer tables.',
  }));
}

/** A codec that is missing shows when regions do not open: 2.2 and later refuse it before (hbase.md §3.2). */
const EVERYWHERE = new Set(['NONE', 'GZ']);

function judgeTable({ table, families }: ArrivalFacts['tables'][number], { cluster, facts }: ArrivalFacts): Finding[] {
  const about = { cluster, table };
  const isOld = isBefore(facts.version, '2.0.0');
  const codecs = [...new Set(families.map(({ compression }) => compression.toUpperCase()))];
  const special = codecs.filter((codec) => !EVERYWHERE.has(codec));
  return [
    ...findingIf(!isOld && families.some(({ dataBlockEncoding }) => dataBlockEncoding === 'PREFIX_TREE'), () => ({
      ...about,
      code: 'family.prefix-tree',
      level: 'error',
      message: `${table} is encoded as PREFIX_TREE, which HBase 2 cannot read.`,
      fix: 'Restore it onto a cluster of line 1.',
    })),
    ...findingIf(special.length > 0, () => ({
      ...about,
      code: 'restore.codec',
      level: 'info',
      message: `${table} needs the codec ${special.join(', ')} on every server of ${cluster}.`,
      fix: 'Try `hbase org.apache.hadoop.hbase.util.CompressionTest` there when in doubt.',
    })),
    ...findingIf(
      families.some(({ attributes }) => attributes['ENCRYPTION'] !== undefined),
      () => ({
        ...about,
        code: 'family.encrypted',
        level: 'warn',
        message: `${table} is encrypted: ${cluster} can only read it with the same master key.`,
        fix: 'Give it the same key provider and master key.',
      }),
    ),
  ];
}

export function judgeNamespaces({
  tables,
  namespaces,
  cluster,
}: Pick<RestoreFacts, 'namespaces' | 'cluster'> & { tables: { as: TableName }[] }): Finding[] {
  const wanted = new Set(tables.map(({ as }) => splitTableName(as).namespace));
  const missing = [...wanted].filter((namespace) => !namespaces.includes(namespace));
  return missing.map((namespace) => ({
    code: 'namespace.created',
    level: 'info',
    cluster,
    message: `Namespace ${namespace} does not exist on ${cluster} and will be created.`,
    fix: 'Nothing to do; create it yourself if it needs properties or quotas.',
  }));
}

function judgeExisting({ as, found, backedUp }: RestoreFacts['tables'][number], known: RestoreFacts): Finding[] {
  const { cluster, request } = known;
  if (!found) return [];
  const about = { cluster, table: as };
  const inPlace = as === backedUp.table;
  return [
    ...findingIf(!request.overwrite, () => ({
      ...about,
      code: 'restore.exists',
      level: 'error',
      message: `${as} exists on ${cluster}.`,
      fix: inPlace
        ? 'Say "overwrite": true, which keeps a snapshot of it, or give new names by "as".'
        : 'Give other names by "as", or drop the table first.',
    })),
    ...findingIf(request.overwrite && !inPlace, () => ({
      ...about,
      code: 'restore.other-name',
      level: 'error',
      message: `${as} exists on ${cluster}, and the backup is of ${backedUp.table}: HBase only restores in place by the same name.`,
      fix: `Drop ${as} first, or give other names by "as".`,
    })),
    ...findingIf(request.overwrite && inPlace && found.schemaDigest !== backedUp.schemaDigest, () => ({
      ...about,
      code: 'restore.schema-differs',
      level: 'info',
      message: `${as} was altered since the backup; it gets back the schema it had then.`,
      fix: 'Nothing to do; alter it again after the restore if need be.',
    })),
  ];
}

/** Hazard 50: what a restore brings is not in any WAL, while what clients write afterwards is shipped. */
function judgePeers({ as }: RestoreFacts['tables'][number], { facts, cluster }: RestoreFacts): Finding[] {
  const peers = facts.peers.filter((peer) => doesPeerMatch(peer, as)).map(({ id }) => id);
  return findingIf(peers.length > 0, () => ({
    code: 'restore.replicated',
    level: 'warn',
    cluster,
    table: as,
    message: `Peer ${peers.join(', ')} of ${cluster} replicates ${as}: it ships later writes, and never what is restored.`,
    fix: 'Take the table out of the peer and copy it to the other side afterwards, or accept that they differ.',
  }));
}
