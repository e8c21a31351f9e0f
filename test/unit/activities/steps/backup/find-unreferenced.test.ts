import { describe, expect, it } from 'vitest';
import { findUnreferenced } from '../../../../../activities/steps/backup/find-unreferenced.ts';
import { judgeTrash } from '../../../../../activities/steps/backup/judge-trash.ts';
import {
  createRootNeeds,
  isExportedFile,
  type NeedSource,
  type RootNeeds,
} from '../../../../../activities/steps/backup/root-needs.ts';
import type { BackupState, DamagedBackup } from '../../../../../workflows/contract/backup/record.ts';
import { buildState, buildTable } from '../../../backup/build-backup.ts';

const REGION = '0123456789abcdef0123456789abcdef';
const hfile = (name: string): string => `archive/data/shop/orders/${REGION}/d/${name}`;
const [A, B, C] = ['aaaa', 'bbbb', 'cccc'].map(hfile) as [string, string, string];

interface World {
  archive: string[];
  /** Final manifests and what they need; temporary ones have the prefix `.tmp/`. */
  manifests: Record<string, string[] | 'torn' | 'gone'>;
  /** By start: the snapshot, the file list, and more of its state. */
  backups: Record<string, { snapshot: string; files: string[] | 'gone' } & Partial<BackupState>>;
  damaged?: DamagedBackup[];
}

/** Two backups: the old one of A and B is going, the new one has B and C. */
const world: World = {
  archive: [A, B, C],
  manifests: { s1: [A, B], s2: [B, C] },
  backups: {
    '2026-11-20T00:00:00Z': { snapshot: 's1', files: [A, B], expiringSince: '2026-11-21T00:00:00Z' },
    '2026-11-21T00:00:00Z': { snapshot: 's2', files: [B, C] },
  },
};
const [OLD, NEW] = Object.keys(world.backups) as [string, string];

function readNeeds({ archive, manifests, backups, damaged = [] }: World, expiring?: ReadonlySet<string>): RootNeeds {
  const states = Object.entries(backups).map(([start, { snapshot, files, ...state }]) =>
    buildState(start, {
      ...state,
      record: { tables: [buildTable({ table: 'shop:orders', snapshot, files: files === 'gone' ? 2 : files.length })] },
    }),
  );
  const needs = createRootNeeds({
    listing: {
      files: archive.map((path) => ({ path, bytes: 10, modifiedMs: 0 })),
      manifests: Object.entries(manifests).map(([name, found]) => ({
        name: name.replace('.tmp/', ''),
        temporary: name.startsWith('.tmp/'),
        complete: found !== 'torn',
        modifiedMs: 0,
      })),
    },
    catalogue: { backups: states, damaged },
    ...(expiring === undefined ? {} : { expiring }),
  });
  const read = (source: NeedSource): string[] | 'torn' | 'gone' =>
    'table' in source
      ? backups[source.record.startedAt]!.files
      : manifests[`${source.manifest.temporary ? '.tmp/' : ''}${source.manifest.name}`]!;
  for (const source of needs.sources) {
    const found = read(source);
    if (found === 'gone') needs.add(source, { unknown: 'it is gone' });
    else if (found !== 'torn') needs.add(source, { paths: found });
    else needs.add(source, { unknown: 'its data manifest ends too early' });
  }
  return needs;
}

const stopsOf = (changed: Partial<World>): string[] => {
  const { stops, files, manifests, bytes } = findUnreferenced(readNeeds({ ...world, ...changed }));
  if (stops.length > 0) expect({ files, manifests, bytes }).toEqual({ files: [], manifests: [], bytes: 0 });
  return stops;
};

describe('findUnreferenced', () => {
  it('a file that two backups share: stays; what only the going one needs goes with its manifest', () => {
    expect(findUnreferenced(readNeeds(world))).toEqual({
      stops: [],
      manifests: ['s1'],
      files: [{ path: A, bytes: 10 }],
      bytes: 10,
    });
  });

  it('a dry run: answers the same for a backup whose expiry is only thought of', () => {
    const backups = { ...world.backups, [OLD]: { snapshot: 's1', files: [A, B] } };
    const expiring = new Set([buildState(OLD).record.id]);
    expect(findUnreferenced(readNeeds({ ...world, backups }, expiring)).files).toEqual([{ path: A, bytes: 10 }]);
    expect(findUnreferenced(readNeeds({ ...world, backups })).files).toEqual([]);
  });

  it('a backup that was kept since: loses nothing', () => {
    const backups = { ...world.backups, [OLD]: { ...world.backups[OLD]!, keptFor: 'audit' } };
    expect(findUnreferenced(readNeeds({ ...world, backups }))).toMatchObject({ stops: [], manifests: [], files: [] });
  });

  it('a file that no backup ever named: goes too', () => {
    const archive = [...world.archive, hfile('dddd')];
    expect(findUnreferenced(readNeeds({ ...world, archive })).files.map(({ path }) => path)).toEqual([
      A,
      hfile('dddd'),
    ]);
  });

  it('a file of a kept list that the manifest does not name: stays, and the other way round', () => {
    const manifests = { ...world.manifests, s2: [A, C] };
    expect(findUnreferenced(readNeeds({ ...world, manifests })).files).toEqual([]);
  });

  it('an unfinished export: keeps what its manifest names, and stops nothing', () => {
    const manifests = { ...world.manifests, '.tmp/s3': [A] };
    expect(findUnreferenced(readNeeds({ ...world, manifests }))).toEqual({
      stops: [],
      manifests: ['s1'],
      files: [],
      bytes: 0,
    });
  });

  it('the manifest of a going backup: may be torn, missing, or stand in .tmp again', () => {
    expect(stopsOf({ manifests: { ...world.manifests, s1: 'torn' } })).toEqual([]);
    expect(stopsOf({ manifests: { s2: [B, C] } })).toEqual([]);
    expect(stopsOf({ manifests: { ...world.manifests, '.tmp/s1': [A] } })).toEqual([]);
  });

  it.each([
    ['a manifest that nobody names', { manifests: { ...world.manifests, x: [A] } }, /^manifest x belongs to no backup/],
    ['a torn manifest of a kept backup', { manifests: { ...world.manifests, s2: 'torn' } }, /^manifest s2 cannot be/],
    ['a torn unfinished one', { manifests: { ...world.manifests, '.tmp/y': 'torn' } }, /^manifest \.tmp\/y cannot be/],
    ['one that goes while it is read', { manifests: { ...world.manifests, '.tmp/y': 'gone' } }, /y cannot be read/],
    [
      'a kept backup without manifest',
      { manifests: { s1: [A, B] } },
      /^manifest s2, of shop:orders in .* is not there/,
    ],
    [
      'a damaged entry',
      { damaged: [{ id: 'x', path: 'x/record.json', why: 'no JSON' }] },
      /^x\/record\.json of backup/,
    ],
    ['a link in the archive', { archive: [A, B, C, hfile('orders=0123-aaaa')] }, /is no file that an export writes$/],
    ['a strange file', { archive: [A, B, C, 'archive/data/x/y'] }, /is no file that an export writes$/],
    ['a needed path of another form', { manifests: { ...world.manifests, s2: [`/${B}`, C] } }, /is needed, and is no/],
  ] as [string, Partial<World>, RegExp][])('%s: stops deletion for the whole root', (_, changed, reason) => {
    expect(stopsOf(changed)).toEqual([expect.stringMatching(reason)]);
  });

  it('a file list that is missing, or shorter than its record says: stops deletion', () => {
    const gone = { ...world.backups, [NEW]: { snapshot: 's2', files: 'gone' as const } };
    expect(stopsOf({ backups: gone })).toEqual([expect.stringMatching(/^the file list of shop:orders of .* is gone$/)]);
    const needs = readNeeds(world);
    needs.add(needs.sources[0]!, { paths: [B] });
    expect(findUnreferenced(needs).stops).toEqual([expect.stringContaining('has 1 files, and the record says 2')]);
  });

  it('a source that was never read: stops deletion', () => {
    const { listing, ...rest } = readNeeds(world);
    const fresh = createRootNeeds({ listing, catalogue: { backups: [], damaged: [] } });
    expect(rest.sources).toHaveLength(2);
    expect(findUnreferenced(fresh).stops).toEqual(
      expect.arrayContaining(['manifest s1 was not read', 'manifest s2 was not read']),
    );
  });

  it('a thousand strange files: are twenty lines and their number', () => {
    const archive = Array.from({ length: 1_000 }, (_, index) => `archive/data/x/${index}`);
    const stops = stopsOf({ archive: [...world.archive, ...archive] });
    expect(stops).toHaveLength(21);
    expect(stops.at(-1)).toBe('and 980 more of this kind');
  });

  it('an empty root: has nothing to delete', () => {
    expect(stopsOf({ archive: [], manifests: {}, backups: {} })).toEqual([]);
  });
});

describe('judgeTrash', () => {
  const moved: World = { ...world, archive: [B, C], manifests: { s2: [B, C] } };
  const trash = { manifests: ['s1'], files: [A] };

  it('what nobody needs: may be deleted', () => {
    const nothing = { manifests: [], files: [] };
    expect(judgeTrash(readNeeds(moved), trash)).toEqual({ stops: [], putBack: nothing, remove: trash });
  });

  it('what an export needs that began meanwhile: goes back', () => {
    const manifests = { ...moved.manifests, '.tmp/x': [A] };
    expect(judgeTrash(readNeeds({ ...moved, manifests }), trash)).toEqual({
      stops: [],
      putBack: { manifests: [], files: [A] },
      remove: { manifests: ['s1'], files: [] },
    });
  });

  it('a backup that was kept since: comes back whole, and its manifest in the trash is no loss', () => {
    const backups = { ...world.backups, [OLD]: { ...world.backups[OLD]!, keptFor: 'audit' } };
    expect(judgeTrash(readNeeds({ ...moved, backups }), trash)).toEqual({
      stops: [],
      putBack: trash,
      remove: { manifests: [], files: [] },
    });
  });

  it('a file that a later export has copied again: is not put back over it', () => {
    const again = { ...moved, archive: [A, B, C], manifests: { ...moved.manifests, '.tmp/x': [A] } };
    expect(judgeTrash(readNeeds(again), trash)).toMatchObject({ putBack: { files: [] }, remove: { files: [A] } });
  });

  it('anything unknown: deletes nothing, and what is needed goes back all the same', () => {
    const manifests = { ...moved.manifests, foreign: [A] };
    expect(judgeTrash(readNeeds({ ...moved, manifests }), trash)).toEqual({
      stops: [expect.stringContaining('manifest foreign belongs to no backup')],
      putBack: { manifests: [], files: [A] },
      remove: { manifests: [], files: [] },
    });
  });
});

describe('isExportedFile', () => {
  it.each([
    'archive/data/default/t/0123/d/8f11e',
    'archive/data/shop/a.b-c/0123/ü x/8f11e_SeqId_12_',
    'archive/data/shop/t/0123/d/8f11e_del',
    'archive/data/shop/t/0123/d/8f11e20261121aa_0123',
  ])('%s: is one', (path) => {
    expect(isExportedFile(path)).toBe(true);
  });

  it.each([
    '',
    'archive/data/default/t/0123/d/8f11e.0123',
    'archive/data/default/t/0123/d/t=0123-8f11e',
    'archive/data/default/t/0123/8f11e',
    'archive/data/default/t/0123/d/e/8f11e',
    'data/default/t/0123/d/8f11e',
    'hdfs://x/archive/data/default/t/0123/d/8f11e',
    'archive/data/default/t/0123/d/.8f11e.crc',
  ])('%j: is none', (path) => {
    expect(isExportedFile(path)).toBe(false);
  });
});
