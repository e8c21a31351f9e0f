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
