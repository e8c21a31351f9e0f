import { describe, expect, it } from 'vitest';
import { auditLeaks } from '../../../../activities/steps/cleanup/audit-leaks.ts';
import { closeRun } from '../../../../activities/steps/cleanup/close-run.ts';
import { fenceTables } from '../../../../activities/steps/cutover/fence-tables.ts';
import { createStepsFixture, MARKER, PEER_ID, TABLE } from '../steps-fixture.ts';
import { fenceInput, note, noteScope, settle, SNAPSHOT } from './settle-support.ts';

describe('auditLeaks and closeRun', () => {
  it('everything settled: clean, and closing releases the claims', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    await noteScope(fixture);
    for (const cluster of ['old', 'new'] as const) {
      await note(fixture, cluster, { kind: 'marker-table', subject: MARKER, value: { table: MARKER } });
    }
    for (const kind of ['peer', 'scope', 'marker-table'] as const) {
      await settle(fixture, kind);
      await settle(fixture, kind, { side: 'target' });
    }
    const { run } = fixture;
    expect(await fixture.call(auditLeaks, { run, outcome: 'undone' })).toEqual({
      leaks: [],
      foreign: [],
      residues: [],
    });
    await fixture.call(closeRun, { run, outcome: 'undone' });
    const runs = await fixture.deps.runs('old');
    expect(await fixture.settle(runs.list())).toEqual([]);
  });

  it('what carries our name and was never noted: a leak all the same', async () => {
    const fixture = await createStepsFixture();
    await fixture.settle(fixture.new.cluster.takeSnapshot(`hbase-failsafe-${SNAPSHOT}-17`, TABLE));
    await fixture.settle(fixture.old.cluster.takeSnapshot('thb_run00012_other', TABLE));
    const { leaks } = await fixture.call(auditLeaks, { run: fixture.run, outcome: 'undone' });
    expect(leaks).toContain(`new: snapshot hbase-failsafe-${SNAPSHOT}-17`);
    expect(leaks).toContain(`old: table ${MARKER}`);
    expect(leaks.join()).not.toContain('run00012');
  });

  it('what the record still names: a leak with what would be done', async () => {
    const fixture = await createStepsFixture();
    await fixture.replicate();
    const { leaks } = await fixture.call(auditLeaks, { run: fixture.run, outcome: 'undone' });
    expect(leaks).toContain(`old: peer ${PEER_ID}: disable and remove the peer`);
  });

  it('a completed run: the lasting fence is a residue, not a leak', async () => {
    const fixture = await createStepsFixture();
    await fixture.call(fenceTables, fenceInput(fixture));
    const { residues, leaks } = await fixture.call(auditLeaks, { run: fixture.run, outcome: 'completed' });
    expect(residues).toMatchObject([{ cluster: 'old', command: `temporal-hbase unfence old ${TABLE}` }]);
    expect(leaks.join()).not.toContain('fence');
  });

  it('a change that is not ours: listed apart, untouched', async () => {
    const fixture = await createStepsFixture();
    await fixture.settle(fixture.old.cluster.alterTable(TABLE, { readOnly: true }));
    const { foreign } = await fixture.call(auditLeaks, { run: fixture.run, outcome: 'undone' });
    expect(foreign).toContain(`old: ${TABLE}: READONLY was changed`);
  });
});
