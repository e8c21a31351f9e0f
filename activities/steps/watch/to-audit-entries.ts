import type { AuditEntry } from '../../../workflows/contract/backup/audit.ts';
import type { BackupEvent, BackupRecord } from '../../../workflows/contract/backup/record.ts';
import { formatBytes, formatDuration } from '../../../workflows/contract/quantities.ts';
import type { BackupHistory } from '../../catalogue/read-catalogue.ts';

/** What was done to one backup, in order. */
export function toAuditEntries({ id, record, events }: BackupHistory, root: string): AuditEntry[] {
  const set = record?.set ?? events.map(({ event }) => event).find((event) => event.kind === 'expire')?.set;
  const about = { root, backup: id, ...(set === undefined ? {} : { set }) };
  return [
    ...(record === undefined ? [] : [{ ...about, ...fromRecord(record) }]),
    ...events.map(({ event }) => ({ ...about, ...fromEvent(event) })),
  ];
}

type Told = Omit<AuditEntry, 'root' | 'backup' | 'set'>;

function fromRecord(record: BackupRecord): Told {
  const { finishedAt, startedAt, workflowId, by, owner, tables, failed, bytes, cause, cluster } = record;
  const lacks = failed.length === 0 ? '' : `; lacks ${failed.map(({ table }) => table).join(', ')}`;
  const whose = owner === undefined ? '' : `, owner ${owner}`;
  const detail = `${tables.length} tables of ${cluster.name}, ${formatBytes(bytes)}, begun ${startedAt}, ${cause}${whose}${lacks}`;
  const action = 'backup' as const;
  return { at: finishedAt, action, by: by ?? workflowId, workflowId, detail, ...(failed.length > 0 ? BAD : {}) };
}

const BAD = { bad: true } as const;

function fromEvent(event: BackupEvent): Told {
  const { at, by, workflowId, kind } = event;
  const detail = describe(event);
  const told = { at, action: kind, by, detail, ...(workflowId === undefined ? {} : { workflowId }) };
  return isBad(event) ? { ...told, ...BAD } : told;
}

function isBad(event: BackupEvent): boolean {
  return (
    (event.kind === 'proof' && event.drill.result === 'different') ||
    (event.kind === 'audit' && event.damaged.length > 0)
  );
}

function describe(event: BackupEvent): string {
  switch (event.kind) {
    case 'proof': {
      const { result, cluster, restoreMs, differences } = event.drill;
      const what = result === 'equal' ? 'equal to what was recorded' : `different: ${differences.join('; ')}`;
      return `drill on ${cluster}, restored in ${formatDuration(restoreMs)}, ${what}`;
    }
    case 'keep':
    case 'expire':
      return event.reason;
    case 'release':
      return 'may expire again';
    case 'audit':
      return event.damaged.length === 0 ? 'every file is sound' : `damaged: ${event.damaged.join('; ')}`;
    case 'restore': {
      const { cluster, tables, to, accepted = [] } = event;
      const instant = to === undefined ? '' : `, to ${to}`;
      const agreed = accepted.length === 0 ? '' : `; agreed to: ${accepted.join(', ')}`;
      return `${tables.join(', ')} on ${cluster}${instant}${agreed}`;
    }
    case 'expired':
      return 'its files have gone';
    default:
      return event satisfies never;
  }
}
