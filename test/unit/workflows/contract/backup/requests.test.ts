import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  backupRequestJsonSchema,
  exampleBackup,
  parseBackupRequest,
} from '../../../../../workflows/contract/backup/requests/back-up-tables.ts';
import {
  exampleExpiry,
  expiryRequestJsonSchema,
  parseExpiryRequest,
} from '../../../../../workflows/contract/backup/requests/expire-backups.ts';
import {
  exampleExport,
  exportRequestJsonSchema,
  parseExportRequest,
} from '../../../../../workflows/contract/backup/requests/export-tables.ts';
import {
  exampleImport,
  importRequestJsonSchema,
  parseImportRequest,
} from '../../../../../workflows/contract/backup/requests/import-tables.ts';
import { parseInstant } from '../../../../../workflows/contract/backup/requests/instant.ts';
import {
  exampleRestore,
  parseRestoreRequest,
  restoreRequestJsonSchema,
} from '../../../../../workflows/contract/backup/requests/restore-tables.ts';
import {
  drillRequestJsonSchema,
  exampleDrill,
  parseDrillRequest,
} from '../../../../../workflows/contract/backup/requests/test-restore.ts';
import type { Parsed } from '../../../../../workflows/contract/requests/parse-request.ts';

const KINDS = [
  { noun: 'backup request', parse: parseBackupRequest, example: exampleBackup, schema: backupRequestJsonSchema },
  { noun: 'restore request', parse: parseRestoreRequest, example: exampleRestore, schema: restoreRequestJsonSchema },
  { noun: 'drill request', parse: parseDrillRequest, example: exampleDrill, schema: drillRequestJsonSchema },
  { noun: 'expiry request', parse: parseExpiryRequest, example: exampleExpiry, schema: expiryRequestJsonSchema },
  { noun: 'export request', parse: parseExportRequest, example: exampleExport, schema: exportRequestJsonSchema },
  { noun: 'import request', parse: parseImportRequest, example: exampleImport, schema: importRequestJsonSchema },
];

const problemsOf = (parsed: Parsed<unknown>) => ('problems' in parsed ? parsed.problems : []);
const fieldsOf = (parsed: Parsed<unknown>): string[] => problemsOf(parsed).map(({ field }) => field);
const requestOf = <Request>(parsed: Parsed<Request>): Request => {
  if ('problems' in parsed) throw new Error(parsed.message);
  return parsed.request;
};

describe.each(KINDS)('a $noun', ({ noun, parse, example, schema }) => {
  it.each([undefined, null, {}, []])('an empty input %j: is answered with an example that parses', (input) => {
    const parsed = parse(input);
    const message = 'message' in parsed ? parsed.message : '';
    expect(message).toContain(noun);
    expect(JSON.parse(message.slice(message.indexOf('{')))).toEqual(example);
    expect(problemsOf(parse(example))).toEqual([]);
  });

  it('an unknown field: names the nearest known one', () => {
    expect(problemsOf(parse({ ...example, rooot: 'backups' }))).toMatchObject([
      { field: 'rooot', fix: 'Did you mean "root"?' },
    ]);
  });

  it('a command line instead of a root: is refused', () => {
    expect(fieldsOf(parse({ ...example, root: 'hdfs://x/$(id)' }))).toEqual(['root']);
  });

  it('any JSON: is answered without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (input) => void parse(input)));
    const fields = Object.keys((schema() as { properties: object }).properties);
    const anything = fc.dictionary(fc.constantFrom(...fields), fc.jsonValue());
    fc.assert(fc.property(anything, (changed) => void parse({ ...example, ...changed })));
  });

  it('the JSON schema: names every required field of the example, and allows no other field', () => {
    const { required, properties } = schema() as { required: string[]; properties: object };
    expect(Object.keys(example)).toEqual(expect.arrayContaining(required));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(example)));
    expect(schema()).toMatchObject({ additionalProperties: false });
  });
});

describe('parseBackupRequest', () => {
  const smallest = { cluster: 'old', tables: ['default:t', 'shop:*'], root: 'backups' };

  it('the smallest request: gets every default, and a set by its tables', () => {
    expect(requestOf(parseBackupRequest(smallest))).toEqual({
      cluster: 'old',
      tables: ['t', 'shop:*'],
      root: 'backups',
      set: 'old-default-t-and-1-more',
      cause: 'manual',
      tags: {},
      copy: { mappers: 4, bandwidthMb: 0, parallelTables: 4 },
      digests: false,
      allowOtherCluster: false,
    });
  });

  it('several mistakes: are all reported, each with field, value and rule', () => {
    const input = { ...smallest, cluster: 'Old', tables: [], set: '../x', tags: { 'a b': 'c' }, copy: { mapers: 1 } };
    expect(problemsOf(parseBackupRequest(input))).toMatchObject([
      { field: 'cluster', message: expect.stringContaining('"Old" must be lower-case') },
      { field: 'tables', message: '[] must name at least one table or pattern' },
      { field: 'set', message: expect.stringContaining('"../x" must be letters') },
      { field: 'tags', message: expect.stringContaining('{"a b":"c"} must be names and texts') },
      { field: 'copy.mapers', fix: 'Did you mean "mappers"?' },
    ]);
  });

  it('one table by two spellings: is refused', () => {
    expect(fieldsOf(parseBackupRequest({ ...smallest, tables: ['t', 'default:t'] }))).toEqual(['tables']);
  });
});

describe('parseRestoreRequest', () => {
  const smallest = { cluster: 'old', root: 'backups' };

  it('the smallest request: is the newest of all tables under their own names, replacing none', () => {
    expect(requestOf(parseRestoreRequest(smallest))).toEqual({
      ...smallest,
      tags: {},
      tables: [],
      as: {},
      overwrite: false,
      copy: { mappers: 4, bandwidthMb: 0, parallelTables: 4 },
      acceptWarnings: [],
    });
  });

  it.each([
    ['2026-11-21T07:15:00Z', '2026-11-21T07:15:00.000Z'],
    ['2026-11-21T07:15Z', '2026-11-21T07:15:00.000Z'],
    ['2026-11-21T07:15:00.5+01:00', '2026-11-21T06:15:00.500Z'],
    ['2026-02-28T23:30:00-03:30', '2026-03-01T03:00:00.000Z'],
  ])('the instant %s: is %s', (to, iso) => {
    expect(requestOf(parseRestoreRequest({ ...smallest, to })).toMs).toBe(Date.parse(iso));
  });

  it.each([
    ['2026-11-21T07:15:00', 'has no time zone; add "Z"'],
    ['2026-11-21T07:15', 'has no time zone; add "Z"'],
    ['2026-11-21', 'must be a time with its zone'],
    ['yesterday', 'must be a time with its zone'],
    ['2026-11-21 07:15:00Z', 'must be a time with its zone'],
    [1_795_245_300_000, 'must be a time with its zone'],
    ['2026-02-30T07:15:00Z', 'is no time that exists'],
    ['2026-11-21T24:00:00Z', 'is no time that exists'],
    ['2026-11-21T07:60:00Z', 'is no time that exists'],
    ['2026-11-21T07:15:00+25:00', 'is no time that exists'],
  ])('the instant %j: is refused, since it %s', (to, rule) => {
    expect(problemsOf(parseRestoreRequest({ ...smallest, to }))).toMatchObject([
      { field: 'to', message: expect.stringContaining(`${JSON.stringify(to)} ${rule}`) },
    ]);
  });

  it('an id beside a set or tags: is refused, also when another field is wrong', () => {
    const input = { ...smallest, backup: '20261121T071500Z-k3x9', set: 'shop', tags: { a: 'b' }, to: 'now' };
    expect(fieldsOf(parseRestoreRequest(input))).toEqual(['to', 'set', 'tags']);
  });

  it('an empty list of tables: is refused rather than read as all', () => {
    expect(fieldsOf(parseRestoreRequest({ ...smallest, tables: [] }))).toEqual(['tables']);
  });

  it.each(['hbase', 'SYSTEM', 'backup', 'a:b', ''])('the namespace %j to restore into: is refused', (namespace) => {
    expect(fieldsOf(parseRestoreRequest({ ...smallest, as: { namespace } }))).toEqual(['as.namespace']);
  });
});

describe('parseDrillRequest', () => {
  it('an id beside a set: is refused', () => {
    const input = { cluster: 'lab', root: 'backups', set: 'shop', backup: '20261121T071500Z-k3x9' };
    expect(fieldsOf(parseDrillRequest(input))).toEqual(['set']);
  });
});

describe('parseExpiryRequest', () => {
  const withKeep = (keep: unknown) => parseExpiryRequest({ cluster: 'old', root: 'backups', keep });

  it('rules: are filled up with those that hold nothing, durations in ms', () => {
    expect(requestOf(withKeep({ last: 7, daily: 14, within: '30d', timezone: 'Europe/Berlin' }))).toEqual({
      cluster: 'old',
      root: 'backups',
      dryRun: false,
      keep: {
        last: 7,
        daily: 14,
        weekly: 0,
        monthly: 0,
        yearly: 0,
        withinMs: 30 * 86_400_000,
        timezone: 'Europe/Berlin',
      },
    });
  });

  it('a grace: is in ms, and of at most a week', () => {
    const withGrace = (grace: string) =>
      parseExpiryRequest({ cluster: 'old', root: 'backups', keep: { last: 1 }, grace });
    expect(requestOf(withGrace('90s'))).toMatchObject({ graceMs: 90_000 });
    expect(fieldsOf(withGrace('8d'))).toEqual(['grace']);
  });

  it.each([{}, { last: 0 }, { last: 0, daily: 0, within: '0s' }, { timezone: 'UTC' }])(
    'the rules %j: are refused, since they keep nothing',
    (keep) => {
      expect(problemsOf(withKeep(keep))).toMatchObject([
        { field: 'keep', message: expect.stringContaining('keeps nothing') },
      ]);
    },
  );

  it('wrong rules: are each reported, and no guess is added to them', () => {
    const keep = { last: -1, wekly: 3, within: '30x', timezone: 'Mars/Base', daily: 1.5 };
    expect(problemsOf(withKeep(keep)).map(({ field }) => field)).toEqual([
      'keep.last',
      'keep.daily',
      'keep.within',
      'keep.timezone',
      'keep.wekly',
    ]);
  });

  it.each(['+02:00', '', 'Berlin', 2])('the time zone %j: is refused', (timezone) => {
    expect(fieldsOf(withKeep({ last: 1, timezone }))).toEqual(['keep.timezone']);
  });
});

describe('parseInstant', () => {
  it('any instant in any zone: is what it says', () => {
    const from = Date.parse('1970-01-02T00:00:00Z');
    const to = Date.parse('2999-12-30T00:00:00Z');
    const anyInstant = fc.integer({ min: from, max: to });
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: -14 * 60, max: 14 * 60 }), (ms, offsetMinutes) => {
        const local = new Date(ms + offsetMinutes * 60_000).toISOString().replace('Z', '');
        const two = (part: number): string => String(Math.trunc(Math.abs(part))).padStart(2, '0');
        const zone = `${offsetMinutes < 0 ? '-' : '+'}${two(offsetMinutes / 60)}:${two(offsetMinutes % 60)}`;
        expect(parseInstant(`${local}${zone}`)).toEqual({ ms });
      }),
    );
  });
});

describe('parseExportRequest', () => {
  it('one version, or all of them with raw, unless it says how many', () => {
    const versions = (more: object) => requestOf(parseExportRequest({ ...exampleExport, ...more })).versions;
    expect([versions({}), versions({ raw: true }), versions({ raw: true, versions: 3 })]).toEqual([
      1, 2_147_483_647, 3,
    ]);
  });

  it('every problem at once', () => {
    const wrong = { versions: 0, families: ['a,b'], to: '2026-11-21', chain: '../x', raw: 'yes' };
    expect(fieldsOf(parseExportRequest({ ...exampleExport, ...wrong })).toSorted()).toEqual(
      ['chain', 'families.0', 'raw', 'to', 'versions'].toSorted(),
    );
    expect(
      fieldsOf(parseExportRequest({ ...exampleExport, families: ['d', 'd'], tables: ['a', 'default:a'] })),
    ).toEqual(['tables', 'families']);
  });
});

describe('parseImportRequest', () => {
  it('no tables is a slip, and a name has its rules', () => {
    const wrong = { tables: [], upTo: 'latest', as: { namespace: 'hbase' } };
    expect(fieldsOf(parseImportRequest({ ...exampleImport, ...wrong })).toSorted()).toEqual([
      'as.namespace',
      'tables',
      'upTo',
    ]);
  });
});
