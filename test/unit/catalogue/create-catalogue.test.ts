import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sealRecord } from '../../../activities/catalogue/seal.ts';
import { createTestCatalogue, filesOf, OWN, recordOf, tableOf, toId, writeBackup } from './catalogue-fixture.ts';

const ID = toId(1);
const AT = '2026-11-21T08:00:00.000Z';

describe('the root', () => {
  it('a second cluster: is refused with the owner, and stays allowed once it was', async () => {
    const { catalogue } = createTestCatalogue();
    expect(await catalogue.readRoot()).toBeUndefined();
    await catalogue.ensureRoot({ clusterId: 'c-1', allowOther: false });
    const refused = catalogue.ensureRoot({ clusterId: 'c:2/..', allowOther: false });
    await expect(refused).rejects.toMatchObject({
      code: 'root.other-cluster',
      message: expect.stringContaining('c-1'),
    });
    await catalogue.ensureRoot({ clusterId: 'c:2/..', allowOther: true });
    await catalogue.ensureRoot({ clusterId: 'c:2/..', allowOther: false });
    await catalogue.ensureRoot({ clusterId: 'c-1', allowOther: false });
    expect((await catalogue.readRoot())?.clusterIds).toEqual(['c-1', 'c:2/..']);
  });

  it.each(['{', '{"formatVersion":2,"clusterId":"c-1","at":"2026-11-21T08:00:00Z"}'])(
    'root.json %s: is unusable, with its path',
    async (text) => {
      const { catalogue } = createTestCatalogue(new Map([[`${OWN}/root.json`, text]]));
      const failure = { code: 'root.unusable', message: expect.stringContaining(`${OWN}/root.json`) };
      await expect(catalogue.ensureRoot({ clusterId: 'c-1', allowOther: true })).rejects.toMatchObject(failure);
    },
  );
});

describe('writing a backup', () => {
  it('a crash at any file: leaves no backup, and the whole one only after the last', async () => {
    const whole = createTestCatalogue();
    const record = recordOf(ID, { tables: [tableOf(filesOf(ID, 'a', 60_000)), tableOf(filesOf(ID, 'b'))] });
    await whole.catalogue.writeFiles(filesOf(ID, 'a', 60_000));
    await whole.catalogue.writeFiles(filesOf(ID, 'b'));
    await whole.catalogue.writeRecord(record);
    const written = [...whole.files.contents];
    expect(written.at(-1)?.[0]).toBe(`${OWN}/backups/${ID}/record.json`);
    expect(written).toHaveLength(5);
    for (let count = 0; count < written.length; count += 1) {
      const { catalogue } = createTestCatalogue(new Map(written.slice(0, count)));
      expect(await catalogue.readAll()).toEqual({ backups: [], damaged: [] });
      expect(await catalogue.listUnfinished()).toEqual(count === 0 ? [] : [ID]);
      await expect(catalogue.readOne(ID)).rejects.toMatchObject({ code: 'backup.unknown' });
    }
    const { backups } = await whole.catalogue.readAll();
    expect(backups).toEqual([{ record, damaged: [], partial: false }]);
    expect((await whole.catalogue.readFiles(record, record.tables[0]!)).files).toHaveLength(60_000);
  });

  it('a record whose file list is absent or another: is refused and not written', async () => {
    const { catalogue, files } = createTestCatalogue();
    await expect(catalogue.writeRecord(recordOf(ID))).rejects.toMatchObject({ code: 'backup.damaged' });
    await catalogue.writeFiles(filesOf(ID, 'shop:orders', 3));
    await expect(catalogue.writeRecord(recordOf(ID))).rejects.toMatchObject({ code: 'backup.damaged' });
    expect(files.contents.has(`${OWN}/backups/${ID}/record.json`)).toBe(false);
  });

  it('a record that is not sealed, or has no table: is refused', async () => {
    const { catalogue } = createTestCatalogue();
    await catalogue.writeFiles(filesOf(ID));
    for (const bad of [{ ...recordOf(ID), set: 'other' }, recordOf(ID, { tables: [] }), recordOf('../../x')]) {
      await expect(catalogue.writeRecord(bad)).rejects.toMatchObject({ code: 'internal' });
    }
  });

  it('the same again: is done; another record of the id: is a conflict and changes nothing', async () => {
    const { catalogue } = createTestCatalogue();
    const record = await writeBackup(catalogue, ID);
    expect(await catalogue.writeFiles({ ...filesOf(ID), files: filesOf(ID).files.toReversed() })).toBe(
      record.tables[0]?.filesDigest,
    );
    await catalogue.writeRecord(record);
    const other = recordOf(ID, { finishedAt: AT });
    await expect(catalogue.writeRecord(other)).rejects.toMatchObject({ code: 'backup.conflict' });
    expect((await catalogue.readOne(ID)).state.record).toEqual(record);
  });

  it('a record that comes after the undo: does not bring the backup back', async () => {
    const { catalogue, files } = createTestCatalogue();
    await catalogue.writeFiles(filesOf(ID));
    // The undo comes between the check of the lists and the creation of the record.
    const late = createTestCatalogue(files.contents, ({ create }) => ({
      create: async (path, content, options) => {
        await catalogue.removeUnfinished(ID);
        return create(path, content, options);
      },
    }));
    await expect(late.catalogue.writeRecord(recordOf(ID))).rejects.toMatchObject({ code: 'hbase.not-found' });
    expect([...files.contents.keys()]).toEqual([]);
  });

  it('the undo of a backup with a record: is refused', async () => {
    const { catalogue } = createTestCatalogue();
    await writeBackup(catalogue, ID);
    await expect(catalogue.removeUnfinished(ID)).rejects.toMatchObject({ code: 'internal' });
    expect(await catalogue.listUnfinished()).toEqual([]);
  });
});

describe('damage', () => {
  const path = `${OWN}/backups/${ID}/record.json`;
  const whole = JSON.stringify(recordOf(ID));

  it.each([
    ['torn', whole.slice(0, 300), 'no JSON'],
    ['empty', '', 'no JSON'],
    ['changed', whole.replace('nightly', 'weekly'), 'digest'],
    ['of a newer version', JSON.stringify(sealRecord({ ...recordOf(ID), formatVersion: 2 } as never)), 'formatVersion'],
    ['of another backup', JSON.stringify(recordOf(toId(2))), toId(2)],
  ])('a record that is %s: is named with its reason, and the others are read', async (_what, text, why) => {
    const { catalogue, files } = createTestCatalogue();
    await writeBackup(catalogue, toId(3));
    files.contents.set(path, text);
    const { backups, damaged } = await catalogue.readAll();
    expect(backups.map(({ record }) => record.id)).toEqual([toId(3)]);
    expect(damaged).toEqual([{ id: ID, path, why: expect.stringContaining(why) }]);
    await expect(catalogue.readOne(ID)).rejects.toMatchObject({ code: 'backup.damaged' });
  });

  it('a record that is gone though events stand: is a loss, unless it has expired', async () => {
    const { catalogue, files } = createTestCatalogue();
    await writeBackup(catalogue, ID);
    await catalogue.appendEvent(ID, { at: AT, by: 'me', kind: 'keep', reason: 'audit' });
    files.contents.delete(path);
    expect((await catalogue.readAll()).damaged).toEqual([{ id: ID, path, why: expect.stringContaining('gone') }]);
    await catalogue.appendEvent(ID, { at: AT, by: 'me', kind: 'expired' });
    expect((await catalogue.readAll()).damaged).toEqual([]);
  });

  it('a damaged event: is named, and the backup stays restorable', async () => {
    const { catalogue, files } = createTestCatalogue();
    await writeBackup(catalogue, ID);
    await catalogue.appendEvent(ID, { at: AT, by: 'me', kind: 'keep', reason: 'audit' });
    const [event = ''] = [...files.contents.keys()].filter((name) => name.includes('/events/'));
    expect(event).toMatch(/\/20261121T080000000Z~keep~[0-9a-f]{8}\.json$/);
    const text = files.contents.get(event) ?? '';
    for (const bad of ['{', text.replace('audit', 'lawsuit'), text.replace('"keep"', '"hold"')]) {
      files.contents.set(event, bad);
      const { backups, damaged } = await catalogue.readAll();
      expect(backups).toHaveLength(1);
      expect(damaged).toEqual([{ id: ID, path: event, why: expect.any(String) }]);
      expect((await catalogue.readOne(ID)).damagedEvents).toEqual(damaged);
    }
  });

  it('a file list that is missing, torn or changed: is refused with its path', async () => {
    const { catalogue, files } = createTestCatalogue();
    const record = await writeBackup(catalogue, ID);
    const [list = ''] = [...files.contents.keys()].filter((name) => name.includes('/tables/'));
    const text = files.contents.get(list) ?? '';
    for (const bad of [undefined, text.slice(0, 50), text.replace('"bytes":1', '"bytes":2')]) {
      if (bad === undefined) files.contents.delete(list);
      else files.contents.set(list, bad);
      const failure = { code: 'backup.damaged', message: expect.stringContaining(list) };
      await expect(catalogue.readFiles(record, record.tables[0]!)).rejects.toMatchObject(failure);
    }
  });

  it('a field that a newer version added: survives, and belongs to the digest', async () => {
    const { catalogue, files } = createTestCatalogue();
    const newer = sealRecord({ ...recordOf(ID), namespaceQuota: { limit: 7 } } as never);
    files.contents.set(path, JSON.stringify(newer));
    expect((await catalogue.readAll()).backups[0]?.record).toMatchObject({ namespaceQuota: { limit: 7 } });
    files.contents.set(path, JSON.stringify(newer).replace('"limit":7', '"limit":8'));
    expect((await catalogue.readAll()).damaged).toHaveLength(1);
  });
});

describe('events', () => {
  it('a retry: appends nothing twice', async () => {
    const { catalogue } = createTestCatalogue();
    const event = { at: AT, by: 'me', kind: 'keep', reason: 'audit' } as const;
    await catalogue.appendEvent(ID, event);
    await catalogue.appendEvent(ID, { kind: 'keep', reason: 'audit', by: 'me', at: AT });
    expect((await catalogue.readEvents(ID)).events.map((named) => named.event)).toEqual([event]);
  });

  it('a worker whose clock is behind: cannot keep before the release that it answers', async () => {
    const { catalogue } = createTestCatalogue();
    await writeBackup(catalogue, ID);
    await catalogue.appendEvent(ID, { at: AT, by: 'a', kind: 'release' });
    const kept = await catalogue.appendEvent(ID, {
      at: '2026-11-21T07:00:00.000Z',
      by: 'b',
      kind: 'keep',
      reason: 'r',
    });
    expect(kept.at).toBe('2026-11-21T08:00:00.001Z');
    expect((await catalogue.readOne(ID)).state.keptFor).toBe('r');
  });

  it('an id that is none: is refused before it becomes a path', async () => {
    const { catalogue } = createTestCatalogue();
    await expect(catalogue.appendEvent('..', { at: AT, by: 'me', kind: 'release' })).rejects.toMatchObject({
      code: 'backup.unknown',
    });
    await expect(catalogue.removeUnfinished('../leases')).rejects.toMatchObject({ code: 'backup.unknown' });
  });
});

describe('expiry', () => {
  it('an expired backup: is no longer listed, goes record first, and its events stay', async () => {
    const { catalogue, files } = createTestCatalogue();
    await writeBackup(catalogue, ID);
    await expect(catalogue.removeExpired(ID)).rejects.toMatchObject({ code: 'internal' });
    await catalogue.appendEvent(ID, { at: AT, by: 'me', kind: 'expire', reason: 'no rule holds it' });
    expect((await catalogue.readAll()).backups[0]?.expiringSince).toBe(AT);
    await catalogue.appendEvent(ID, { at: AT, by: 'me', kind: 'expired' });
    expect((await catalogue.readAll()).backups).toEqual([]);
    const removed: string[] = [];
    const watched = createTestCatalogue(files.contents, ({ remove }) => ({
      remove: (path, options) => {
        removed.push(path);
        return remove(path, options);
      },
    }));
    await watched.catalogue.removeExpired(ID);
    expect(removed[0]).toBe(`${OWN}/backups/${ID}/record.json`);
    expect([...files.contents.keys()].every((path) => path.startsWith(`${OWN}/events/${ID}/`))).toBe(true);
    expect(await catalogue.readAll()).toEqual({ backups: [], damaged: [] });
  });
});

it('1,000 backups: are read in order, a few requests at a time', async () => {
  const { catalogue, files } = createTestCatalogue();
  for (let number = 1_000; number > 0; number -= 1) {
    await writeBackup(catalogue, toId(number));
    if (number % 3 === 0) await catalogue.appendEvent(toId(number), { at: AT, by: 'me', kind: 'keep', reason: 'r' });
  }
  let underWay = 0;
  let most = 0;
  const watched = createTestCatalogue(files.contents, ({ read }) => ({
    read: async (path) => {
      most = Math.max(most, ++underWay);
      await setImmediate();
      underWay -= 1;
      return read(path);
    },
  }));
  const { backups, damaged } = await watched.catalogue.readAll();
  expect(damaged).toEqual([]);
  expect(backups.map(({ record }) => record.id)).toEqual(Array.from({ length: 1_000 }, (_, index) => toId(index + 1)));
  expect(backups.filter(({ keptFor }) => keptFor === 'r')).toHaveLength(333);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(8);
});
