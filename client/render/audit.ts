import type { AuditPage } from '../../workflows/contract/backup/audit.ts';
import { formatColumns } from './columns.ts';

/** A line for each, oldest first, and what could not be read. */
export function formatAudit({ entries, unread }: AuditPage): string[] {
  const rows = entries.map(({ at, action, set = '?', backup, by, detail, bad }) => [
    at.slice(0, 19),
    action,
    set,
    backup,
    by,
    `${bad === true ? 'BAD ' : ''}${toLine(detail)}`,
  ]);
  return [
    ...(rows.length === 0 ? ['nothing was done'] : formatColumns([HEADER, ...rows])),
    ...unread.map(({ root, path = '', why }) => `CANNOT READ ${root} ${path}: ${toLine(why)}`),
  ];
}

const HEADER = ['AT', 'ACTION', 'SET', 'BACKUP', 'BY', 'DETAIL'];

function toLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
