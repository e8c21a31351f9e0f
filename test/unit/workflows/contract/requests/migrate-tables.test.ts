import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../../workflows/contract/failures.ts';
import type { MigrationRequest } from '../../../../../workflows/contract/plan.ts';
import {
  exampleRequest,
  migrationRequestJsonSchema,
  parseMigrationRequest,
} from '../../../../../workflows/contract/requests/migrate-tables.ts';
import { parseDuration } from '../../../../../workflows/contract/requests/duration.ts';

const smallest = { source: 'old', target: 'new', tables: ['shop:orders'] };

function requestOf(input: unknown): MigrationRequest {
  const parsed = parseMigrationRequest(input);
  if ('problems' in parsed) throw new Error(parsed.message);
  return parsed.request;
}
function problemsOf(input: unknown): Problem[] {
  const parsed = parseMigrationRequest(input);
  return 'problems' in parsed ? parsed.problems : [];
}
const fieldsOf = (input: unknown): string[] => problemsOf(input).map(({ field }) => field);

describe('parseMigrationRequest', () => {
  it('the smallest request: gets every default', () => {
    expect(requestOf(smallest)).toEqual({
      ...smallest,
      name: 'old-to-new-shop-orders',
      copy: { via: 'direct', mappers: 4, bandwidthMb: 0, parallelTables: 4 },
      cutover: { approval: 'required', approvalExpiresMs: 86_400_000, maxWritePauseMs: 30_000, fence: 'readonly' },
      verify: { level: 'cells', fullInsideFenceCells: 20_000, agentCompareCells: 5_000_000, showKeys: false },
      acceptWarnings: [],
    });
  });

  it('the example: is a valid request', () => {
    expect(problemsOf(exampleRequest)).toEqual([]);
  });

  it.each([undefined, null, {}, []])('an empty input %j: is answered with an example that parses', (input) => {
    const parsed = parseMigrationRequest(input);
    const example = 'message' in parsed ? parsed.message.slice(parsed.message.indexOf('{')) : '';
    expect(problemsOf(JSON.parse(example))).toEqual([]);
  });

  it('an unknown field: names the nearest known one, at every depth', () => {
    const problems = problemsOf({ ...smallest, tabels: [], cutover: { maxWritesPause: '1s' } });
    expect(problems.map(({ field, fix }) => [field, fix])).toEqual([
      ['cutover.maxWritesPause', 'Did you mean "maxWritePause"?'],
      ['tabels', 'Did you mean "tables"?'],
    ]);
  });

  it('several mistakes: are all reported, each with field, value and rule', () => {
    const problems = problemsOf({ source: 'Old!', target: 'new', tables: ['a b'], copy: { mappers: 0 } });
    expect(problems.map(({ field }) => field)).toEqual(['source', 'tables.0', 'copy.mappers']);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('"Old!" must be lower-case letters'),
      expect.stringContaining('"a b" must be a legal HBase table name'),
      '0 must be a whole number from 1 to 1000',
    ]);
  });

  it('a missing field: says so', () => {
    expect(problemsOf({ source: 'old', tables: ['t'] })[0]?.message).toMatch(/^is missing; must be the name of/);
  });

  it('durations: become milliseconds', () => {
    const { cutover } = requestOf({ ...smallest, cutover: { maxWritePause: '1m30s', approvalExpires: '2d' } });
    expect(cutover).toMatchObject({ maxWritePauseMs: 90_000, approvalExpiresMs: 172_800_000 });
  });

  it.each(['30', '30 s', '', '-5s', '100ms', '2h', 30])('the write pause %j: is refused', (maxWritePause) => {
    expect(fieldsOf({ ...smallest, cutover: { maxWritePause } })).toEqual(['cutover.maxWritePause']);
  });

  it.each(['hbase:meta', 'SYSTEM.CATALOG', 'SYSTEM:STATS', 'backup:system'])('the system table %s: is refused', (t) => {
    expect(fieldsOf({ ...smallest, tables: [t] })).toEqual(['tables.0']);
  });

  it('a source that is the target: is refused', () => {
    expect(fieldsOf({ ...smallest, target: 'old' })).toEqual(['target']);
  });

  it('one table by two spellings: is refused, and the canonical one is kept', () => {
    expect(fieldsOf({ ...smallest, tables: ['t', 'default:t'] })).toEqual(['tables']);
    expect(requestOf({ ...smallest, tables: ['default:t'] }).tables).toEqual(['t']);
  });

  it('a command fence without a command: is refused', () => {
    expect(fieldsOf({ ...smallest, cutover: { fence: 'command' } })).toEqual(['cutover.fenceCommand']);
  });

  it('a staging root without staging: is refused', () => {
    expect(fieldsOf({ ...smallest, copy: { staging: 's3' } })).toEqual(['copy.staging']);
  });

  it('a command line instead of a name: is refused', () => {
    expect(fieldsOf({ ...smallest, cutover: { switchClients: 'sh -c "rm -rf /"' } })).toEqual([
      'cutover.switchClients',
    ]);
  });

  it('any JSON: is answered without throwing', () => {
    fc.assert(fc.property(fc.jsonValue(), (input) => void parseMigrationRequest(input)));
  });
});

describe('migrationRequestJsonSchema', () => {
  it('the schema: describes the input, with durations as text', () => {
    expect(migrationRequestJsonSchema()).toMatchObject({
      required: ['source', 'target', 'tables'],
      properties: { cutover: { properties: { maxWritePause: { type: 'string' } } } },
    });
  });
});

describe('parseDuration', () => {
  it('a sum of parts: is what its parts are', () => {
    const unit = fc.constantFrom(['ms', 1] as const, ['s', 1_000] as const, ['m', 60_000] as const);
    const part = fc.tuple(fc.nat(10_000), unit);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.map(([count, [name]]) => `${count}${name}`).join('');
        expect(parseDuration(text)).toBe(parts.reduce((sum, [count, [, ms]]) => sum + count * ms, 0));
      }),
    );
  });
});
