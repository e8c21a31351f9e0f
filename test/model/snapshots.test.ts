import { describe, expect, it } from 'vitest';
import type { JobSpec, JobState } from '../../activities/jobs/jobs.ts';
import { createModelFixture, put, readValues, tableSpec, type ModelFixture } from './model-fixture.ts';

async function setUp(): Promise<ModelFixture> {
  const fixture = createModelFixture();
  await fixture.settle(fixture.old.cluster.createTable(tableSpec('a', 1)));
  put(fixture.old, 'a', ['10', '01']);
  put(fixture.old, 'a', ['90', '02']);
  await fixture.settle(fixture.old.cluster.takeSnapshot('s1', 'a'));
  return fixture;
}

const exportJob = (generation: number, extra: string[] = []): JobSpec => ({
  key: `run1/export/a/${generation}`,
  timeLimitMs: 60_000,
  kind: 'tool',
  className: 'org.apache.hadoop.hbase.snapshot.ExportSnapshot',
  args: ['-snapshot', 's1', '-copy-to', 'hdfs://new:8020/hbase', ...extra],
  settings: {},
  runIn: 'shared',
});

async function finish(fixture: ModelFixture, job: JobSpec): Promise<JobState> {
  await fixture.settle(fixture.old.jobs.ensure(job));
  await fixture.clock.runFor(10_000);
  return fixture.old.jobs.poll(job.key);
}

describe('snapshots in the model', () => {
  it('an exported snapshot restores the cells, with scope, as of the snapshot', async () => {
    const fixture = await setUp();
    put(fixture.old, 'a', ['11', '03']);
    expect(await finish(fixture, exportJob(1))).toMatchObject({ phase: 'exited', exitCode: 0, percent: 100 });
    await fixture.settle(fixture.new.cluster.cloneSnapshot('s1', 'a'));
    expect(await readValues(fixture.new.cluster, 'a', '90')).toEqual(['02']);
    expect(await readValues(fixture.new.cluster, 'a', '11')).toEqual([]);
    expect((await fixture.new.cluster.readTable('a'))?.families[0]?.scope).toBe(1);
  });

  it('a killed export leaves its folder, a plain rerun fails, -overwrite goes on and skips files', async () => {
    const fixture = await setUp();
    await fixture.settle(fixture.old.jobs.ensure(exportJob(1)));
    // Killed between the first file and the last.
    await fixture.clock.runUntil(() => fixture.old.jobs.running().length > 0 && hasCopiedOne(fixture));
    fixture.old.jobs.kill(exportJob(1).key);
    await fixture.clock.runFor(1_000);
    expect(await fixture.old.jobs.poll(exportJob(1).key)).toMatchObject({ phase: 'lost' });
    const plain = await finish(fixture, exportJob(2));
    expect(plain).toMatchObject({ exitCode: 1 });
    expect(plain.log).toContain('may be in-progress');
    const again = await finish(fixture, exportJob(3, ['-overwrite']));
    expect(again).toMatchObject({ exitCode: 0, counters: { FILES_SKIPPED: 1, FILES_COPIED: 1 } });
    expect((await finish(fixture, exportJob(4))).log).toContain('already exists in the destination');
  });

  it('restore refuses an enabled table, and clone a missing namespace', async () => {
    const { old, settle } = await setUp();
    await expect(settle(old.cluster.restoreSnapshot('s1'))).rejects.toThrow('TableNotDisabledException');
    await expect(settle(old.cluster.cloneSnapshot('s1', 'shop:a'))).rejects.toThrow('NamespaceNotFound');
  });

  it('restore brings back READONLY and scope of the snapshot', async () => {
    const { old, settle } = await setUp();
    await settle(old.cluster.alterTable('a', { scopes: { d: 0 } }));
    await settle(old.cluster.disableTable('a'));
    await settle(old.cluster.restoreSnapshot('s1'));
    await settle(old.cluster.enableTable('a'));
    expect((await old.cluster.readTable('a'))?.families[0]?.scope).toBe(1);
  });

  it('a snapshot of an enabled READONLY table hangs with the lock held until it is bypassed', async () => {
    const { old, settle, clock } = await setUp();
    await settle(old.cluster.alterTable('a', { readOnly: true }));
    let ended = false;
    const hanging = old.cluster.takeSnapshot('s2', 'a').finally(() => {
      ended = true;
    });
    const unfence = old.cluster.alterTable('a', { readOnly: false });
    hanging.catch(() => {});
    await clock.runFor(3_600_000);
    expect(ended).toBe(false);
    old.bypassProcedures();
    await settle(unfence);
    await expect(hanging).rejects.toThrow('bypassed');
  });

  it('a claim lets a job start once, and another input for its key is refused', async () => {
    const fixture = await setUp();
    await finish(fixture, exportJob(1));
    await finish(fixture, exportJob(1));
    expect(fixture.old.jobs.starts.get(exportJob(1).key)).toBe(1);
    await expect(fixture.settle(fixture.old.jobs.ensure(exportJob(1, ['-overwrite'])))).rejects.toThrow(
      'another input',
    );
  });
});

function hasCopiedOne(fixture: ModelFixture): boolean {
  return [...fixture.new.state.fileSystem.nodes.keys()].some((path) => path.startsWith('/hbase/archive/'));
}
