import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WORKFLOW_TYPES } from '../../../workflows/contract/messages.ts';
import * as workflows from '../../../workflows/index.ts';

const page = readFileSync(new URL('../../../docs/plugin.md', import.meta.url), 'utf8');

test('plugin page: a worker that is built by it lacks no workflow type', () => {
  const lines = [...page.matchAll(/^export (.*) from 'temporal-hbase\/workflows';/gm)].map(([, what]) => what);
  expect(lines).toEqual(['*']);
  expect(Object.keys(workflows).toSorted()).toEqual(Object.values(WORKFLOW_TYPES).toSorted());
});
