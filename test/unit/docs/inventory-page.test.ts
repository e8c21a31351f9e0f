import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseInventory } from '../../../activities/inventory/load-inventory.ts';
import { KNOWN_FIELDS } from '../../../activities/inventory/schema.ts';

const PAGE = readFileSync(new URL('../../../docs/inventory.md', import.meta.url), 'utf8');
const examples = [...PAGE.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-docs-'));
  mkdirSync(join(folder, '.ssh'));
  writeFileSync(join(folder, '.ssh', 'id_ed25519'), 'k', { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(examples.map((yaml, index): [number, string] => [index + 1, yaml]))(
  'docs/inventory.md: example %i loads',
  (_, yaml) => {
    const text = yaml.replaceAll('~/.ssh', join(folder, '.ssh'));
    expect([...parseInventory(join(folder, 'clusters.yaml'), text).clusters.keys()]).toEqual(['old', 'new']);
  },
);

test('docs/inventory.md: the complete example has every key of a cluster, and the page explains each', () => {
  const complete = examples.at(-1) ?? '';
  const keys = ['clusters.*', 'clusters.*.ssh', 'commands.*', 'storageRoots.*', 'alerts.*'].flatMap(
    (shape) => KNOWN_FIELDS[shape] ?? [],
  );
  expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(complete))).toEqual([]);
  expect(keys.filter((key) => !new RegExp(`^\\| \`[^|]*\\b${key}\\b`, 'm').test(PAGE))).toEqual([]);
});
