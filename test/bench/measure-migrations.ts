import { loadTables } from '../../sandbox/index.ts';
import type { Bench } from './bench.ts';
import { migrateByHand } from './by-hand.ts';

const ONE_TABLE = { regions: 4, rows: 50_000, bytesPerRow: 600 };
const SMALL_TABLE = { rows: 200 };
const BY_HAND = 2;
const TWENTY = 20;

/** We go first, so that cold servers are ours to pay. */
export async function measureOneTable({ sandbox, migrator, note }: Bench): Promise<number> {
  note('one table of 50,000 rows: loading it twice');
  await loadTables(
    sandbox.clusters.old,
    ['ours1:rows', 'hand1:rows'].map((name) => ({ name, ...ONE_TABLE })),
  );
  const ours = await migrator.migrate('bench-one', ['ours1:rows']);
  note(`one table by us: ${seconds(ours.durationMs)}`);
  const byHandMs = await migrateByHand(sandbox, 'hand1:rows');
  note(`one table by hand: ${seconds(byHandMs)}`);
  return ours.durationMs / byHandMs;
}

/** The script's steps do not depend on each other's tables, so two tables tell what twenty would take. */
export async function measureTwentyTables({ sandbox, migrator, note }: Bench): Promise<number> {
  note('twenty tables of 200 rows: loading them, and two more');
  const ours = Array.from({ length: TWENTY }, (_, at) => `ours20:rows${at}`);
  const byHand = Array.from({ length: BY_HAND }, (_, at) => `hand2${at}:rows`);
  await loadTables(
    sandbox.clusters.old,
    [...ours, ...byHand].map((name) => ({ name, ...SMALL_TABLE })),
  );
  const { durationMs } = await migrator.migrate('bench-twenty', ['ours20:*']);
  note(`twenty tables by us, in one wave: ${seconds(durationMs)}`);
  let byHandMs = 0;
  for (const table of byHand) byHandMs += await migrateByHand(sandbox, table);
  const scale = TWENTY / BY_HAND;
  note(`${BY_HAND} tables by hand: ${seconds(byHandMs)}; × ${scale} = ${seconds(byHandMs * scale)} for twenty`);
  return durationMs / (byHandMs * scale);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
