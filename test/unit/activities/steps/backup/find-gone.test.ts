import { expect, it } from 'vitest';
import { findGone } from '../../../../../activities/steps/backup/find-gone.ts';
import { buildState, buildTable } from '../../../backup/build-backup.ts';

const since = '2026-11-21T00:00:00Z';
const table = (snapshot: string) => ({ tables: [buildTable({ table: 'shop:orders', snapshot, files: 1 })] });
const listing = (name: string, temporary = false) => ({
  files: [],
  manifests: [{ name, temporary, complete: true, modifiedMs: 0 }],
});

it.each([
  ['a backup whose expiry was decided and whose manifest has gone', { expiringSince: since }, listing('other'), true],
  ['one whose manifest somebody exports anew', { expiringSince: since }, listing('s1', true), true],
  ['one whose manifest still stands', { expiringSince: since }, listing('s1'), false],
  ['one that somebody keeps', { expiringSince: since, keptFor: 'audit' }, listing('other'), false],
  ['one that nobody decided about', {}, listing('other'), false],
])('%s is gone: %#', (_what, state, root, isGone) => {
  const backups = [buildState('2026-11-20T00:00:00Z', { ...state, record: table('s1') })];
  expect(findGone({ backups, damaged: [] }, root)).toEqual(isGone ? backups : []);
});
