import type { ExpiryReport } from '../../workflows/contract/backup/step-data.ts';
import { formatColumns } from './columns.ts';
import { formatBytes } from './quantities.ts';

/** Each backup with what becomes of it and why, oldest first, and what was or would be freed. */
export function formatExpiry({ decisions, dryRun, expired, freed, putBack, stops }: ExpiryReport): string[] {
  const rows = decisions.map(({ id, action, reason }) => [action, id, reason]);
  const others = expired.filter((id) => decisions.every((decision) => decision.id !== id));
  const what = `${expired.length} backups, ${freed.files} files, ${formatBytes(freed.bytes)}`;
  return [
    ...(rows.length === 0 ? ['no backup to decide about'] : formatColumns(rows)),
    ...others.map((id) => `expire  ${id}  its expiry had begun`),
    dryRun ? `would free ${what}; nothing was changed` : `freed ${what}`,
    ...(putBack === 0 ? [] : [`put back ${putBack} files that are needed`]),
    ...stops.map((stop) => `STOPS EXPIRY: ${stop}`),
  ];
}
