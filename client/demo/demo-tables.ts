import { WRITER_FAMILIES, type TableSpec } from '../../sandbox/index.ts';
import type { MigrateTablesInput } from '../../workflows/contract/requests/migrate-tables.ts';

/** What the demo moves: a table of 20 regions, one in a namespace, one with cells that expire. */
export const DEMO_TABLES = [
  { name: 'orders', regions: 20, rows: 4_000, families: [{ name: 'a', versions: 3 }, { name: 'b' }] },
  { name: 'shop:items', regions: 2, rows: 2_000, families: [{ name: 'a' }, { name: 'b' }] },
  { name: 'events', regions: 1, rows: 2_000, families: [...WRITER_FAMILIES] },
] as const satisfies TableSpec[];

export interface DemoWave {
  title: string;
  tables: string[];
  request: MigrateTablesInput;
  /** The worker is killed once while this wave copies. */
  killsWorker: boolean;
}

const COMMON: Pick<MigrateTablesInput, 'source' | 'target' | 'cutover' | 'acceptWarnings'> = {
  source: 'old',
  target: 'new',
  cutover: { maxWritePause: '30s', switchClients: 'switch-writers' },
  // End-of-life lines have bugs without a fix; every cell is compared before the cutover.
  acceptWarnings: ['bug.HBASE-29987'],
};

export const DEMO_WAVES: DemoWave[] = [
  {
    title: 'wave 1, by an intermediate path',
    tables: ['shop:items'],
    request: { ...COMMON, name: 'demo-staging', tables: ['shop:*'], copy: { via: 'staging', staging: 'staging' } },
    killsWorker: false,
  },
  {
    title: 'wave 2, straight to the target',
    tables: ['orders', 'events'],
    request: { ...COMMON, name: 'demo-direct', tables: ['orders', 'events'], copy: { via: 'direct' } },
    killsWorker: true,
  },
];
