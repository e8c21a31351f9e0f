/** One field of a small input. */
export interface FieldRule {
  kind: 'text' | 'flag' | 'texts';
  optional?: true;
  about: string;
}

export interface SmallInput {
  fields: Record<string, FieldRule>;
  /** To paste into the Web UI. */
  example: object;
}

const PLACE = {
  cluster: { kind: 'text', about: 'Cluster whose gateway reads the root.' },
  root: { kind: 'text', about: 'Name of the storage root in the clusters file.' },
} as const satisfies Record<string, FieldRule>;
const BACKUP = { kind: 'text', about: 'Id of the backup, as `temporal-hbase backup list` shows it.' } as const;
const BY = { kind: 'text', optional: true, about: 'Who says so.' } as const;
const EXAMPLE = { cluster: 'old', root: 'backups', backup: '20261121T071500Z-k3x9' };

/**
 * Inputs of the workflows beside `migrateTables`, as data: the workflows check them without a schema library, which
 * would weigh on every sandbox, and `temporal-hbase input` prints them.
 */
export const SMALL_INPUTS = {
  checkClusters: {
    fields: {
      clusters: { kind: 'texts', optional: true, about: 'Clusters of the clusters file; all of them without.' },
    },
    example: { clusters: ['old'] },
  },
  findLeaks: {
    fields: { runId: { kind: 'text', optional: true, about: 'Only this run.' } },
    example: { runId: 'k3x9…' },
  },
  cleanRun: {
    fields: {
      runId: { kind: 'text', about: 'As `temporal-hbase leaks` names it.' },
      dryRun: { kind: 'flag', optional: true, about: 'Only list what would be done.' },
      dropTargetTables: { kind: 'flag', optional: true, about: 'Also drop target tables that the run created.' },
      force: { kind: 'flag', optional: true, about: 'Also when Temporal knows no workflow of the run.' },
    },
    example: { runId: 'k3x9…', dryRun: true },
  },
  liftFence: {
    fields: {
      cluster: { kind: 'text', about: 'The source of a finished migration.' },
      table: { kind: 'text', about: 'The table that is still fenced there.' },
    },
    example: { cluster: 'old', table: 'shop:orders' },
  },
  listBackups: {
    fields: { ...PLACE, set: { kind: 'text', optional: true, about: 'Only this set.' } },
    example: { cluster: 'old', root: 'backups' },
  },
  showBackup: { fields: { ...PLACE, backup: BACKUP }, example: EXAMPLE },
  verifyBackup: { fields: { ...PLACE, backup: BACKUP, by: BY }, example: EXAMPLE },
  listInstants: {
    fields: { ...PLACE, set: { kind: 'text', about: 'Whose WALs are archived.' } },
    example: { cluster: 'old', root: 'backups', set: 'shop' },
  },
  auditBackups: {
    fields: {
      cluster: PLACE.cluster,
      root: { ...PLACE.root, optional: true },
      since: { kind: 'text', optional: true, about: 'Nothing before it, ISO.' },
      after: { kind: 'text', optional: true, about: 'The `next` of the page before.' },
    },
    example: { cluster: 'old', root: 'backups', since: '2026-11-01T00:00:00Z' },
  },
  testAlert: {
    fields: {
      targets: { kind: 'texts', about: 'Alert targets of the clusters file.' },
      set: { kind: 'text', optional: true, about: 'Set that the message is about.' },
      by: BY,
    },
    example: { targets: ['on-call'], by: 'ann' },
  },
  listExports: {
    fields: { ...PLACE, chain: { kind: 'text', optional: true, about: 'Only this chain.' } },
    example: { cluster: 'old', root: 'backups' },
  },
  keepBackup: {
    fields: {
      ...PLACE,
      backup: BACKUP,
      reason: { kind: 'text', optional: true, about: 'Why it is kept; without, it may expire again.' },
      by: BY,
    },
    example: { ...EXAMPLE, reason: 'audit of 2026', by: 'ann' },
  },
} as const satisfies Record<string, SmallInput>;

const JSON_TYPES = {
  text: { type: 'string', minLength: 1 },
  flag: { type: 'boolean' },
  texts: { type: 'array', items: { type: 'string' } },
} as const;

/** JSON Schema of a small input, for editors. */
export function toJsonSchema({ fields }: SmallInput): object {
  const entries = Object.entries(fields);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, { kind, about }]) => [name, { ...JSON_TYPES[kind], description: about }]),
    ),
    required: entries.filter(([, { optional }]) => optional !== true).map(([name]) => name),
    additionalProperties: false,
  };
}
