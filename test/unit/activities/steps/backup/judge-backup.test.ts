import { describe, expect, it } from 'vitest';
import { type BackupFacts, judgeBackup, requireSound } from '../../../../../activities/steps/backup/judge-backup.ts';
import type { RootState } from '../../../../../activities/steps/backup/read-root.ts';
import { createModelFixture, tableSpec } from '../../../../model/model-fixture.ts';

const ROOT = 'hdfs://new:8020/backups';
const GIB = 2 ** 30;

async function factsOf(
  state: Partial<RootState>,
  change: { uri?: string; allowOtherCluster?: boolean; isUnmeasured?: boolean } = {},
) {
  const { old, settle } = createModelFixture();
  await old.cluster.createNamespace('shop');
  await settle(old.cluster.createTable(tableSpec('shop:orders', 0)));
  const facts = await old.cluster.readFacts();
  const { uri = ROOT, allowOtherCluster = false } = change;
  const request = {
    cluster: 'old',
    tables: ['shop:*'],
    root: 'backups',
    set: 'shop',
    allowOtherCluster,
  } as unknown as BackupFacts['request'];
  const { clusterId, version, rootDir } = facts;
  return {
    request,
    root: { name: 'backups', uri },
    place: { name: 'old', clusterId, version, rootDir },
    facts,
    tables: [(await old.cluster.readTable('shop:orders'))!],
    state: { clusterIds: [], ...(change.isUnmeasured === true ? {} : { freeBytes: GIB }), ...state },
  } satisfies BackupFacts;
}

const errorsOf = (facts: BackupFacts) =>
  judgeBackup(facts)
    .filter(({ level }) => level === 'error')
    .map(({ code }) => code);

describe('judgeBackup', () => {
  it('a root that is new, writable and large enough: nothing is against it', async () => {
    expect(errorsOf(await factsOf({}))).toEqual([]);
  });

  it('`hbase backup` is configured: is said, and nothing is against it', async () => {
    const known = await factsOf({});
    known.facts.settings['hbase.backup.enable'] = 'true';
    expect(judgeBackup(known).map(({ code, level }) => `${level} ${code}`)).toEqual(['info cluster.hbase-backup']);
  });

  it.each([
    ['a closed port', 'Call From old to new:9999 failed on connection exception: Connection refused'],
    ['an unknown host', 'UnknownHostException: no-such-host'],
    ['another scheme', 'No FileSystem for scheme "nosuch"'],
    ['a read-only mount', 'Read-only file system'],
  ])('%s: is told as the file system has it, with the fix', async (_what, unwritable) => {
    const facts = await factsOf({ unwritable });
    expect(errorsOf(facts)).toEqual(['root.unwritable']);
    const [finding] = judgeBackup(facts);
    expect(finding?.message).toBe(`${ROOT} cannot be written from old: ${unwritable}`);
    expect(finding?.fix).toContain('scheme, host, port and the rights');
    expect(() => requireSound([finding!], facts.request)).toThrow(
      expect.objectContaining({
        code: 'root.unusable',
        problems: [expect.objectContaining({ field: 'root.unwritable' })],
      }),
    );
  });

  it('a full root: is told before a byte is copied; one of unknown size is tried', async () => {
    expect(errorsOf(await factsOf({ freeBytes: 63 * 1024 * 1024 }))).toEqual(['root.full']);
    expect(errorsOf(await factsOf({}, { isUnmeasured: true }))).toEqual([]);
  });

  it('a root inside of hbase.rootdir, or around it: is refused', async () => {
    const { place } = await factsOf({});
    const around = place.rootDir.slice(0, place.rootDir.lastIndexOf('/'));
    for (const uri of [`${place.rootDir}/backups`, place.rootDir, around]) {
      expect(errorsOf(await factsOf({}, { uri }))).toEqual(['root.inside-hbase']);
    }
  });

  it('a root with backups of another cluster: is refused unless told', async () => {
    expect(errorsOf(await factsOf({ clusterIds: ['another'] }))).toEqual(['root.other-cluster']);
    expect(errorsOf(await factsOf({ clusterIds: ['another'] }, { allowOtherCluster: true }))).toEqual([]);
  });

  it('everything at once: is told at once, and by the root when only the root is to blame', async () => {
    const facts = await factsOf({ unwritable: 'read-only', freeBytes: 1, clusterIds: ['another'] });
    expect(errorsOf(facts)).toHaveLength(3);
    expect(() => requireSound(judgeBackup(facts), facts.request)).toThrow(
      expect.objectContaining({ code: 'root.unusable', problems: expect.objectContaining({ length: 3 }) }),
    );
  });
});
