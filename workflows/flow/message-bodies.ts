import type {
  Approval,
  CancelMigration,
  CutOverWithout,
  Rejection,
  Remark,
  Resume,
  RetryTable,
} from '../contract/messages.ts';

/** The one JSON object a message carries. */
export interface Body<B> {
  /** Shown in descriptions and refusals; can be pasted. */
  example: string;
  /** undefined: not of this shape. */
  read(raw: unknown): B | undefined;
}

type Fields = Record<string, unknown>;

/** Bodies are small and of one shape, so that a schema library stays out of the sandbox. */
export const readBody = {
  approval: body<Approval>(
    { by: 'your name', digest: 'evidenceDigest of status' },
    (raw) => hasText(raw, 'by', 'digest') && (raw['notAfter'] === undefined || isTime(raw['notAfter'])),
  ),
  rejection: body<Rejection>(
    { by: 'your name', reason: 'why' },
    (raw) => hasText(raw, 'by') && mayHaveText(raw, 'reason'),
  ),
  retryTable: body<RetryTable>({ table: 'shop:orders' }, (raw) => hasText(raw, 'table')),
  cutOverWithout: body<CutOverWithout>(
    { by: 'your name', tables: ['shop:orders'] },
    (raw) => hasText(raw, 'by') && isTextList(raw['tables']),
  ),
  cancelMigration: body<CancelMigration>(
    { dropTargetTables: false },
    (raw) => mayHaveText(raw, 'by') && ['undefined', 'boolean'].includes(typeof raw['dropTargetTables']),
  ),
  resume: body<Resume>({ by: 'your name', code: 'disk' }, (raw) => mayHaveText(raw, 'by') && mayHaveText(raw, 'code')),
  remark: body<Remark>({ by: 'your name' }, (raw) => mayHaveText(raw, 'by')),
};

function body<B extends object>(example: B, isOfShape: (raw: Fields) => boolean): Body<B> {
  return {
    example: JSON.stringify(example),
    read: (raw) => {
      // An empty box of the Web UI sends nothing at all.
      const fields = raw === undefined || raw === null ? {} : raw;
      return isRecord(fields) && isOfShape(fields) ? (fields as B) : undefined;
    },
  };
}

function isRecord(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function hasText(raw: Fields, ...names: string[]): boolean {
  return names.every((name) => isText(raw[name]));
}

function mayHaveText(raw: Fields, name: string): boolean {
  return raw[name] === undefined || isText(raw[name]);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isTime(value: unknown): boolean {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}
