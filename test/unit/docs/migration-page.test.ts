import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { migrationRequestJsonSchema } from '../../../workflows/contract/requests/migrate-tables.ts';

const PAGE = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8');
const CHECKS = new URL('../../../activities/steps/plan/preflight/', import.meta.url);

test('docs/migration.md: the preflight table has every code, and no other', () => {
  const sources = readdirSync(CHECKS).map((name) => readFileSync(new URL(name, CHECKS), 'utf8'));
  const inCode = sources.flatMap((text) =>
    [...text.matchAll(/code: '([a-z-]+\.[a-z-]+)'/g)].map(([, code = '']) => code),
  );
  const section = /## Preflight\n(.*?)\n### /s.exec(PAGE)?.[1] ?? '';
  const inPage = [...section.matchAll(/^\| `([a-z-]+\.[a-z-]+)` \|/gm)].map(([, code = '']) => code);
  expect(inPage.toSorted()).toEqual([...new Set(inCode)].toSorted());
});

interface Schema {
  properties?: Record<string, Schema>;
  default?: unknown;
}

const listFields = ({ properties = {} }: Schema, prefix = ''): [field: string, schema: Schema][] =>
  Object.entries(properties).flatMap(([name, schema]): [string, Schema][] =>
    schema.properties ? listFields(schema, `${prefix}${name}.`) : [[`${prefix}${name}`, schema]],
  );

test.each(listFields(migrationRequestJsonSchema() as Schema))(
  'docs/migration.md: the field %s and its default',
  (field, schema) => {
    const row = new RegExp(`^\\| .*\`${field.replace('.', '\\.')}\`.*$`, 'm').exec(PAGE)?.[0];
    expect(row).toBeDefined();
    // Defaults of durations are milliseconds in the schema and text on the page.
    if (typeof schema.default !== 'number' || !/approvalExpires|maxWritePause|blockerAfter/.test(field)) {
      if (schema.default !== undefined) expect(row).toContain(`| \`${formatDefault(schema.default)}\` |`);
    }
  },
);

const formatDefault = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
