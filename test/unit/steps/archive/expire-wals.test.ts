import { beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../../activities/catalogue/create-catalogue.ts';
import { createWalArchive, type WalArchive } from '../../../../activities/catalogue/wal-archive.ts';
import { expireWals } from '../../../../activities/steps/archive/expire-wals.ts';
import { readNeededBases } from '../../../../activities/steps/archive/read-chain.ts';
import type { ArchivePlan } from '../../../../workflows/contract/backup/archive.ts';
import { tickOf, writtenWal } from '../../catalogue/archive-fixture.ts';
import { writeBackup } from '../../catalogue/catalogue-fixture.ts';
import { createStepsFixture, type StepsFixture } from '../steps-fixture.ts';

const ROOT = { name: 'backups', uri: 'hdfs://old:8020/backups' };
const SET = 'nightly';
const TABLE = 'shop:orders';
const ID = '20261121T071500Z-run1';
const HOUR_MS = 3_600_000;

let fixture: StepsFixture;
let archive: WalArchive;
let bystander: WalArchive;

beforeEach(async () => {
  fixture = await createStepsFixture();
  const { files } = fixture.old.cluster;
  const open = (set: string) => createWalArchive({ files, rootUri: ROOT.uri, set, nowMs: () => 0 });
  [archive, bystander] = [open(SET), open('other')];
  const { runId, workflowId } = fixture.run;
  await archive.leases.acquire({ mode: 'exclusive', runId, workflowId, purpose: 'tick', turn: 1 });
});

/** The base of the fixture needs WALs from 990 on and leads to instants from 2,010 on. */
async function fill(): Promise<void> {
  const wals = [
    writtenWal('old.1', { firstMs: 1, lastMs: 900, table: TABLE }),
    writtenWal('crossing.2', { firstMs: 500, lastMs: 1_500, table: TABLE }),
    writtenWal('new.3', { firstMs: 1_600, lastMs: 9_000, table: TABLE }),
  ];
  for (const wal of wals) {
    await archive.writeWal(wal);
    await fixture.old.cluster.files.create(archive.paths.wal(wal), 'content');
    await bystander.writeWal(wal);
  }
  const about = { set: SET, tables: [TABLE], holder: 'h', windowMs: HOUR_MS };
  const first = await archive.appendTick(tickOf({ ...about, runId: 'r1' }));
  const covered = { coveredFromMs: 0, coveredToMs: 10_000, continues: first.name };
  await archive.appendTick(tickOf({ ...about, ...covered, runId: 'r2', at: '2026-11-21T07:30:00.000Z' }));
}

function planOf(windowMs: number): ArchivePlan {
  const cluster = { name: 'old', clusterId: 'c-1', version: '2.6.6', rootDir: 'hdfs://old:8020/hbase' };
  return {
    operation: 'archive',
    cluster,
    root: ROOT,
    set: SET,
    watched: [TABLE],
    request: { cluster: 'old', tables: [TABLE], root: 'backups', set: SET, windowMs },
    inventoryDigest: fixture.deps.inventory.digest,
  } as unknown as ArchivePlan;
}

const catalogue = () => createCatalogue({ files: fixture.old.cluster.files, rootUri: ROOT.uri, nowMs: () => 0 });
const expire = (windowMs: number) => fixture.call(expireWals, { run: fixture.run, plan: planOf(windowMs) });
const left = async () => (await archive.listWals()).wals.map(({ name }) => name);

describe('expireWals', () => {
  it('lets go of what the base of the window does not need, of this set alone', async () => {
    await fill();
    await writeBackup(catalogue(), ID);
    expect(await expire(1_000)).toEqual({ wals: 1, bytes: 10, horizonMs: 990 });
    expect(await left()).toEqual(['crossing.2', 'new.3']);
    expect(await archive.readHorizon()).toBe(990);
    const files = await fixture.old.cluster.files.list(`${archive.paths.wals}/rs1~2c16020~2c1`);
    expect(files.map(({ name }) => name)).toEqual(['crossing.2', 'new.3']);
    expect((await bystander.listWals()).wals).toHaveLength(3);
    expect((await archive.listTicks()).ticks).toHaveLength(2);
    expect(await expire(1_000)).toMatchObject({ wals: 0 });
  });

  it('without a base, what is before the window goes', async () => {
    await fill();
    expect(await expire(8_000)).toMatchObject({ wals: 2, horizonMs: 2_000 });
    expect(await left()).toEqual(['new.3']);
  });

  it('lets nothing go beside what cannot be read, nor without its lease', async () => {
    await fill();
    await fixture.old.cluster.files.create(`${archive.paths.index}/0000000000007~torn.json`, '{');
    expect(await expire(1)).toMatchObject({ wals: 0 });
    await archive.leases.release(fixture.run.runId);
    await expect(expire(1)).rejects.toMatchObject({ code: 'root.lease-lost' });
    expect(await left()).toHaveLength(3);
  });
});

describe('readNeededBases', () => {
  it('the base of the window, and every backup of a set whose archive cannot be read', async () => {
    await fill();
    const plan = { runId: 'hold_x', digest: 'd' } as never;
    await archive.ensureArchive({ formatVersion: 1, set: SET, clusterId: 'c-1', at: '2026-11-21T07:15:00.000Z', plan });
    await writeBackup(catalogue(), ID);
    const { files } = fixture.old.cluster;
    const { backups } = await catalogue().readAll();
    const read = (nowMs: number) => readNeededBases({ files, rootUri: ROOT.uri, backups, nowMs });
    expect([...(await read(10_000))]).toEqual([ID]);
    expect([...(await read(10_001 + HOUR_MS))]).toEqual([]);
    await files.create(`${archive.paths.ticks}/20261121T080000000Z~torn.json`, '{');
    expect([...(await read(10_001 + HOUR_MS))]).toEqual([ID]);
  });
});
