import type { ExportedTableFile, ImportRequest } from '../../../workflows/contract/backup/export.ts';
import type { TableName } from '../../../workflows/contract/names.ts';
import type { Finding } from '../../../workflows/contract/plan.ts';
import type { TableDescription } from '../../hbase/cluster.ts';
import { type ArrivalFacts, judgeArrival, judgeNamespaces } from '../backup/judge-restore.ts';
import { doesPeerMatch } from '../../hbase/peer-match.ts';
import { findingIf } from '../plan/preflight/facts.ts';
import { findUncarried } from './recreate-table.ts';

export interface ImportedTableFacts {
  as: TableName;
  /** Of the newest export that is applied. */
  exported: ExportedTableFile;
  found: (TableDescription & { hasRows: boolean }) | undefined;
}

export interface ImportJudgement extends Omit<ArrivalFacts, 'tables'> {
  request: ImportRequest;
  /** None when all were exported. */
  families: string[];
  namespaces: string[];
  tables: ImportedTableFacts[];
}

/** Every reason why these tables should not be imported there, before anything is written. Pure. */
export function judgeTableImport(known: ImportJudgement): Finding[] {
  const { tables } = known;
  return [
    ...judgeArrival({ ...known, tables: tables.map(({ exported }) => exported) }),
    ...judgeNamespaces(known),
    ...tables.flatMap((table) => [
      ...(table.found ? judgeExisting(table, known) : judgeAbsent(table, known)),
      ...judgePeers(table, known),
    ]),
  ];
}

function judgeExisting({ as, exported, found }: ImportedTableFacts, known: ImportJudgement): Finding[] {
  const { cluster, request } = known;
  if (!found) return [];
  const about = { cluster, table: as };
  const there = new Set(found.families.map(({ name }) => name));
  const missing = namesOf(exported, known).filter((name) => !there.has(name));
  return [
    ...findingIf(found.hasRows && !request.intoExisting, () => ({
      ...about,
      code: 'import.has-data',
      level: 'error',
      message: `${as} on ${cluster} holds data.`,
      fix: 'Give other names by "as", or say "intoExisting": true: what is imported then stays, whatever becomes of the run.',
    })),
    ...findingIf(!found.enabled || found.readOnly, () => ({
      ...about,
      code: 'import.not-writable',
      level: 'error',
      message: `${as} on ${cluster} is ${found.enabled ? 'READONLY' : 'disabled'}.`,
      fix: 'Make it writable, or give other names by "as".',
    })),
    ...findingIf(missing.length > 0, () => ({
      ...about,
      code: 'import.family',
      level: 'error',
      message: `${as} on ${cluster} has no family ${missing.join(', ')}.`,
      fix: 'Add it, or give other names by "as".',
    })),
    ...findingIf(true, () => ({
      ...about,
      code: 'import.exists',
      level: 'info',
      message: `${as} exists: newer cells and delete markers in it hide what is imported, since timestamps are kept.`,
      fix: 'Drop it first, or give other names by "as", if it should be just what was exported.',
    })),
  ];
}

function judgeAbsent({ as, exported }: ImportedTableFacts, { cluster }: ImportJudgement): Finding[] {
  const uncarried = findUncarried(exported);
  return findingIf(uncarried.length > 0, () => ({
    code: 'import.attributes',
    level: 'info',
    cluster,
    table: as,
    message: `${as} is made without what the exported table had set: ${uncarried.join(', ')}.`,
    fix: 'Set it yourself afterwards where it is wanted.',
  }));
}

function namesOf({ families }: ExportedTableFile, { families: exported }: ImportJudgement): string[] {
  const names = families.map(({ name }) => name);
  return exported.length === 0 ? names : names.filter((name) => exported.includes(name));
}

function judgePeers({ as }: ImportedTableFacts, { facts, cluster }: ImportJudgement): Finding[] {
  const peers = facts.peers.filter((peer) => doesPeerMatch(peer, as)).map(({ id }) => id);
  return findingIf(peers.length > 0, () => ({
    code: 'import.replicated',
    level: 'warn',
    cluster,
    table: as,
    message: `Peer ${peers.join(', ')} of ${cluster} replicates ${as}: it ships what is imported where a family has the scope.`,
    fix: 'Take the table out of the peer, or accept it.',
  }));
}
