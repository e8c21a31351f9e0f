import { describe, expect, it } from 'vitest';
import { readValues } from '../../../model/model-fixture.ts';
import { createStepsFixture, RUN_ID, type StepsFixture, TABLE } from '../steps-fixture.ts';
import { note, notesOf, settle } from './settle-support.ts';

const FAILSAFE = `thb_${RUN_ID}_failsafe_shop_orders`;
const OLD = 'aa';
const RESTORED = 'bb';

const noteRestored = (fixture: StepsFixture, before: 'absent' | 'exists', enabledBefore = true) =>
  note(fixture, 'old', {
    kind: 'restored-table',
    subject: TABLE,
    value: { table: TABLE, before, enabledBefore, failsafe: FAILSAFE },
  });

/** Overwritten, with what it was in the failsafe. */
async function overwrite(fixture: StepsFixture): Promise<void> {
  const { cluster } = fixture.old;
  fixture.write('10', OLD);
  await noteRestored(fixture, 'exists');
  await fixture.settle(cluster.disableTable(TABLE));
  await fixture.settle(cluster.takeSnapshot(FAILSAFE, TABLE));
  await fixture.settle(cluster.enableTable(TABLE));
  fixture.write('10', RESTORED);
}

const read = async ({ old }: StepsFixture) => (await readValues(old.cluster, TABLE, '10'))[0];
const isEnabled = async ({ old }: StepsFixture) => (await old.cluster.readTable(TABLE))?.enabled;
const snapshots = async ({ old }: StepsFixture) => (await old.cluster.listSnapshots()).map(({ name }) => name);

describe('settleNotes: what a restore has published', () => {
  it('a table that the run made: dropped by the undo, left by the completion', async () => {
    const fixture = await createStepsFixture();
    await noteRestored(fixture, 'absent');
    await settle(fixture, 'restored-table', { outcome: 'completed' });
    expect(await isEnabled(fixture)).toBe(true);
    await noteRestored(fixture, 'absent');
    await settle(fixture, 'restored-table');
    expect(await isEnabled(fixture)).toBeUndefined();
  });

  it('a table that was overwritten: what it was comes back, and the failsafe goes', async () => {
    const fixture = await createStepsFixture();
    await overwrite(fixture);
    await settle(fixture, 'restored-table');
    expect([await read(fixture), await isEnabled(fixture), await snapshots(fixture)]).toEqual([OLD, true, []]);
    expect(await notesOf(fixture, 'old', 'restored-table')).toEqual([]);
  });

  it('another attempt of the undo does not take back what clients have written since', async () => {
    const fixture = await createStepsFixture();
    await overwrite(fixture);
    await settle(fixture, 'restored-table');
    fixture.write('10', 'cc');
    await noteRestored(fixture, 'exists');
    expect(await settle(fixture, 'restored-table')).toEqual({ settled: [], kept: [] });
    expect(await read(fixture)).toBe('cc');
  });

  it('a table that was only disabled so far is enabled, unless it was disabled before', async () => {
    for (const enabledBefore of [true, false]) {
      const fixture = await createStepsFixture();
      await noteRestored(fixture, 'exists', enabledBefore);
      await fixture.settle(fixture.old.cluster.disableTable(TABLE));
      await settle(fixture, 'restored-table');
      expect(await isEnabled(fixture)).toBe(enabledBefore);
    }
  });

  it('completed: the failsafe is kept, with the command that removes it', async () => {
    const fixture = await createStepsFixture();
    await overwrite(fixture);
    const { kept } = await settle(fixture, 'restored-table', { outcome: 'completed' });
    expect(kept.map(({ command }) => command)).toEqual([`delete_snapshot '${FAILSAFE}'`]);
    expect([await read(fixture), await snapshots(fixture)]).toEqual([RESTORED, [FAILSAFE]]);
  });

  it('a failsafe that is not whole is not restored from, and stays', async () => {
    const fixture = await createStepsFixture();
    await overwrite(fixture);
    const { nodes } = fixture.old.state.fileSystem;
    for (const path of nodes.keys()) if (path.startsWith('/hbase/archive/data/shop/')) nodes.delete(path);
    await expect(settle(fixture, 'restored-table')).rejects.toMatchObject({ code: 'hbase.failed' });
    expect([await read(fixture), await isEnabled(fixture), await snapshots(fixture)]).toEqual([
      RESTORED,
      true,
      [FAILSAFE],
    ]);
  });
});

describe('settleNotes: what a drill has made', () => {
  it.each(['completed', 'undone'] as const)('%s: its namespace goes with every table in it', async (outcome) => {
    const fixture = await createStepsFixture();
    const namespace = `thb_drill_${RUN_ID}`;
    await note(fixture, 'old', { kind: 'scratch', subject: namespace, value: { namespace } });
    await fixture.settle(fixture.old.cluster.createNamespace(namespace));
    for (const table of ['a', 'b']) {
      const spec = { table: `${namespace}:${table}`, families: [{ name: 'd' }], splitKeys: [] };
      await fixture.settle(fixture.old.cluster.createTable(spec));
    }
    await settle(fixture, 'scratch', { outcome });
    expect(await fixture.old.cluster.listNamespaces()).not.toContain(namespace);
    expect((await fixture.old.cluster.listTables()).filter((table) => table.startsWith('thb_drill'))).toEqual([]);
  });

  it('a namespace without the name of this run is left, whatever the note says', async () => {
    const fixture = await createStepsFixture();
    await note(fixture, 'old', { kind: 'scratch', subject: 'shop', value: { namespace: 'shop' } });
    expect((await settle(fixture, 'scratch')).kept).toHaveLength(1);
    expect(await fixture.old.cluster.listTables()).toContain(TABLE);
  });
});
