import { Failure } from '../../activities/failure.ts';
import { parseDuration } from '../../workflows/contract/requests/duration.ts';
import { BackupClient } from '../backup-client.ts';
import { requireWorker } from '../connect.ts';
import { defineCommand } from '../define-command.ts';
import { formatAudit } from '../render/audit.ts';

interface AuditFlags {
  cluster: string;
  root?: string;
  set?: string;
  since?: string;
  lines?: boolean;
}

/** The audit is not whole. */
const UNSOUND = 16;

export const backupAuditCommand = defineCommand<AuditFlags>({
  brief: 'Say who backed up, restored, proved, kept and expired what, and when, from the roots alone',
  examples: [
    'temporal-hbase backup audit --cluster old --root backups --since 30d',
    'temporal-hbase backup audit --cluster old --since 2026-11-01T00:00:00Z --lines > audit.jsonl',
  ],
  flags: {
    cluster: { kind: 'parsed', parse: String, brief: 'Cluster whose gateway reads the roots', placeholder: 'cluster' },
    root: {
      kind: 'parsed',
      parse: String,
      brief: 'Storage root of the clusters file; every one of them without',
      placeholder: 'root',
      optional: true,
    },
    set: { kind: 'parsed', parse: String, brief: 'Only this set', placeholder: 'set', optional: true },
    since: {
      kind: 'parsed',
      parse: String,
      brief: 'Nothing before this time, or older than this',
      placeholder: '30d',
      optional: true,
    },
    lines: { kind: 'boolean', brief: 'JSON Lines: one object a line', optional: true, withNegated: false },
  },
  async run({ flags, context, output }) {
    const { cluster, root, set } = flags;
    const since = flags.since === undefined ? undefined : toSince(flags.since, context.nowMs());
    await using connected = await context.connect(flags);
    await requireWorker(connected);
    const client = new BackupClient({ client: connected.client, taskQueue: connected.target.taskQueue });
    const found = await client.readAudit({
      cluster,
      ...(root === undefined ? {} : { root }),
      ...(since === undefined ? {} : { since }),
    });
    const audit = { ...found, entries: found.entries.filter((entry) => set === undefined || entry.set === set) };
    output.document(audit);
    const lines = flags.lines === true ? audit.entries.map((entry) => JSON.stringify(entry)) : formatAudit(audit);
    for (const line of lines) output.line(line);
    if (flags.lines === true) for (const { root: of, why } of audit.unread) output.note(`cannot read ${of}: ${why}`);
    return audit.unread.length === 0 ? 0 : UNSOUND;
  },
});

/** An age such as `30d`, or a time with its zone. */
function toSince(given: string, nowMs: number): string {
  const ageMs = parseDuration(given);
  const ms = ageMs === undefined ? Date.parse(given) : nowMs - ageMs;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  const message = `--since ${JSON.stringify(given)} is neither an age nor a time, such as 30d or 2026-11-01T00:00:00Z.`;
  throw new Failure('request.invalid', message);
}
