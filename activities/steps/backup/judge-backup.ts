import type { OperationCluster, RootRef } from '../../../workflows/contract/backup/plans.ts';
import type { BackupRequest } from '../../../workflows/contract/backup/requests.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import { Failure } from '../../failure.ts';
import type { ClusterFacts, TableDescription } from '../../hbase/cluster.ts';
import { findingIf, isHBaseBackupOn } from '../plan/preflight/facts.ts';
import type { RootState } from './read-root.ts';

export interface BackupFacts {
  request: BackupRequest;
  root: RootRef;
  place: OperationCluster;
  facts: ClusterFacts;
  tables: TableDescription[];
  state: RootState;
}

/** Less than this is full: a manifest and a record may not fit any more. */
const FULL_BYTES = 64 * 1024 * 1024;

/** Every reason why a backup cannot be made, or should not be trusted, before anything is started. */
export function judgeBackup(known: BackupFacts): Finding[] {
  return [...judgeRoot(known), ...judgeCluster(known), ...known.tables.flatMap((table) => judgeTable(table, known))];
}

/** @throws Failure `root.unusable` when only the root is to blame, else `preflight.failed`, with every error. */
export function requireSound(findings: Finding[], { cluster, root }: Pick<BackupRequest, 'cluster' | 'root'>): void {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return;
  const lines = errors.map(({ code, message, fix }) => `- ${code}: ${message} ${fix}`);
  const code = errors.every((finding) => finding.code.startsWith('root.')) ? 'root.unusable' : 'preflight.failed';
  const text = [`${cluster} cannot be backed up into ${root} as it is:`, ...lines].join('\n');
  const problems = errors.map(({ code: field, message, fix }) => ({ field, message, fix }));
  throw new Failure(code, text, { cluster }, { problems });
}

export interface RootFacts extends Pick<BackupFacts, 'root' | 'place' | 'state'> {
  request: Pick<BackupRequest, 'cluster' | 'allowOtherCluster'>;
}

export function judgeRoot({ request, root, place, state }: RootFacts): Finding[] {
  const about = { level: 'error', cluster: request.cluster } as const;
  const inside = isInside(root.uri, place.rootDir) || isInside(place.rootDir, root.uri);
  const others = state.clusterIds.filter((id) => id !== place.clusterId);
  return [
    ...findingIf(inside, () => ({
      ...about,
      code: 'root.inside-hbase',
      message: `${root.uri} and hbase.rootdir ${place.rootDir} are one in the other.`,
      fix: 'Take a folder outside of every hbase.rootdir: cleaners of HBase delete what they do not know.',
    })),
    ...findingIf(state.unwritable !== undefined, () => ({
      ...about,
      code: 'root.unwritable',
      message: `${root.uri} cannot be written from ${place.name}: ${state.unwritable ?? ''}`,
      fix: 'Check scheme, host, port and the rights of the gateway user.',
    })),
    ...findingIf(state.freeBytes !== undefined && state.freeBytes < FULL_BYTES, () => ({
      ...about,
      code: 'root.full',
      message: `${root.uri} has ${state.freeBytes} bytes left.`,
      fix: 'Free space, or expire backups: `temporal-hbase backup expire`.',
    })),
    ...findingIf(
      others.length > 0 && state.clusterIds.length > 0 && !state.clusterIds.includes(place.clusterId),
      () => ({
        ...about,
        level: request.allowOtherCluster ? 'info' : 'error',
        code: 'root.other-cluster',
        message: `${root.uri} holds backups of cluster ${others.join(', ')}; this one is ${place.clusterId}.`,
        fix: 'Take a root of its own, or say "allowOtherCluster": true.',
      }),
    ),
  ];
}

function judgeCluster({ request: { cluster }, facts }: BackupFacts): Finding[] {
  return [
    ...findingIf(facts.settings['hbase.snapshot.enabled'] === 'false', () => ({
      level: 'error',
      cluster,
      code: 'snapshot.disabled',
      message: `hbase.snapshot.enabled is false on ${cluster}.`,
      fix: 'Set it to true and restart the master.',
    })),
    ...findingIf(isHBaseBackupOn(facts), () => ({
      level: 'info',
      cluster,
      code: 'cluster.hbase-backup',
      message: `${cluster} has HBase's own backup configured: its tables, sessions and WALs are left alone.`,
      fix: 'Nothing to do: both can be used side by side.',
    })),
  ];
}

function judgeTable({ table, readOnly, enabled, families }: TableDescription, { request }: BackupFacts): Finding[] {
  const about = { cluster: request.cluster, table };
  return [
    ...findingIf(readOnly && enabled, () => ({
      ...about,
      level: 'warn',
      code: 'table.read-only',
      message: `${table} is READONLY: a snapshot of it never ends on 2.6.1, so it is left out unless that changes.`,
      fix: 'A fence of a finished migration: `temporal-hbase unfence`.',
    })),
    ...findingIf(
      families.some(({ mob }) => mob),
      () => ({
        ...about,
        level: 'warn',
        code: 'table.mob',
        message: `${table} has MOB files, which an export is not proven for: it is left out.`,
        fix: 'Back it up by another tool.',
      }),
    ),
  ];
}

export function isInside(uri: string, folder: string): boolean {
  return `${uri}/`.startsWith(`${folder.replace(/\/+$/, '')}/`);
}
