import { loadTables, startWriter } from '../../sandbox/index.ts';
import type { Bench } from './bench.ts';

const REGIONS = 20;
const ROWS = 500;
/** Operations a second: ten times as fine as the figure that is asked for needs. */
const RATE = 100;

/** What a client of a table of 20 regions saw, for each of `cutovers` migrations. */
export async function measureWritePause(bench: Bench, cutovers: number): Promise<number[]> {
  const names = Array.from({ length: cutovers }, (_, at) => `pause:rows${at}`);
  bench.note(`${cutovers} cutovers of a table of ${REGIONS} regions: loading the tables`);
  await loadTables(
    bench.sandbox.clusters.old,
    names.map((name) => ({ name, regions: REGIONS, rows: ROWS })),
  );
  const pausesMs: number[] = [];
  for (const name of names) pausesMs.push(await cutOverOne(bench, name));
  return pausesMs;
}

async function cutOverOne({ sandbox, migrator, note }: Bench, name: string): Promise<number> {
  const { clusters, stateDir } = sandbox;
  await using writer = await startWriter({
    stateDir,
    name: name.replace(':', '-'),
    cluster: clusters.old,
    other: clusters.new,
    tables: [{ name, preloadedRows: ROWS }],
    rate: RATE,
  });
  const { report, durationMs } = await migrator.migrate(name.replace(':', '-'), [name]);
  await writer.waitForAcknowledged(1);
  await writer.stop();
  const [pause, ...more] = await writer.readPauses();
  if (pause === undefined || more.length > 0)
    throw new Error(`${name}: the writer moved ${more.length} times too often`);
  const steps = report.cutovers.at(-1)?.steps.map((step) => `${step.name} ${step.durationMs ?? '?'}`) ?? [];
  note(`${name}: writes paused ${pause.pauseMs} ms of ${Math.round(durationMs)} ms (${steps.join(', ')})`);
  return pause.pauseMs;
}
