import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { WRITER_FAMILIES, type TableSpec } from '../../../sandbox/index.ts';

export const DEMO_SET = 'demo';
export const DEMO_ROOT = { cluster: 'new', root: 'backups' };

/** Where the mistake is made, and what goes on beside it. */
export const HIT_TABLE = 'orders';
export const DEMO_TABLES = [
  { name: HIT_TABLE, regions: 8, rows: 8_000, bytesPerRow: 400, families: [...WRITER_FAMILIES] },
  { name: 'shop:items', regions: 2, rows: 4_000, families: [...WRITER_FAMILIES] },
  { name: 'shop:archive', regions: 2, rows: 20_000, bytesPerRow: 400 },
] satisfies TableSpec[];

/** Rows of every sixteenth key. */
export const MISTAKEN_PREFIX = '3';

/** The first backup of the demo is soon, and there is another one each minute. */
const FIRST_BACKUP_SECONDS = 20;

/** As an operator would write it, but for its times. */
function formatBackups(offsetSeconds: number): string {
  return `# Written by the demo.
sets:
  ${DEMO_SET}:
    cluster: old
    tables: [orders, 'shop:*']
    root: ${DEMO_ROOT.root}
    schedule: { every: 1m, offset: ${offsetSeconds}s }
    keep: { last: 7, daily: 14, weekly: 8 }
    drill: { every: 7d, on: ${DEMO_ROOT.cluster} }
    pointInTime: { window: 1h, every: 1m }
    objective: { rpo: 10m, proven: 8d }
`;
}

export async function writeBackupsFile(stateDir: string): Promise<string> {
  const file = path.join(stateDir, 'backups.yaml');
  await writeFile(file, formatBackups((new Date().getUTCSeconds() + FIRST_BACKUP_SECONDS) % 60));
  return file;
}
