import type { ExportOverview, ExportReport, ImportReport } from '../../workflows/contract/backup/export.ts';
import { PLACE, write } from './backup-site.ts';
import type { Site } from './model-environment.ts';

/** A chain of exports of the cluster `old`, in a root on its own file system, which both clusters reach. */

export const EXPORT = { ...PLACE, tables: ['shop:*'], chain: 'shop' };
export const IMPORT = { root: PLACE.root, cluster: 'new', chain: 'shop' };
/** Above what an export keeps back of the slowest clock. */
const LATER_MS = 10_000;

export const exportOf = (site: Site, more: object = {}): Promise<ExportReport> =>
  site.run('exportTables', { ...EXPORT, ...more });
export const importOf = (site: Site, more: object = {}): Promise<ImportReport> =>
  site.run('importTables', { ...IMPORT, ...more });
export const list = async ({ run }: Site) => (await run<ExportOverview>('listExports', PLACE)).chains;

/** The servers' clocks go on: everything that was written is before the end of the next export. */
export function later({ source }: Site): void {
  source.state.traits.clockSkewMs += LATER_MS;
}

function remove(site: Site, row: string): void {
  site.source.mutate('shop:a', { row, family: 'd', qualifier: '61', type: 'delete-column' });
}

/** A base; a put, a delete and a back-dated put; an increment of that. */
export async function chain(site: Site, more: object = {}): Promise<[ExportReport, ExportReport]> {
  await site.addTables(['shop:a', 'shop:b']);
  later(site);
  const base = await exportOf(site, more);
  write(site.source, 'shop:a', ['30', 'aa']);
  remove(site, '10');
  const timestampMs = base.toMs - 60_000;
  site.source.mutate('shop:a', { row: '40', family: 'd', qualifier: '61', type: 'put', value: 'bb', timestampMs });
  later(site);
  return [base, await exportOf(site, more)];
}

export const dataFiles = ({ source }: Site): string[] =>
  [...source.state.fileSystem.nodes.keys()].filter((path) => path.includes('/exports/') && path.includes('part-m-'));
