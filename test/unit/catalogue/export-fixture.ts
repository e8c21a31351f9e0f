import { sealExportRecord } from '../../../activities/catalogue/parse-export.ts';
import type { ExportedTableFile, ExportRecord } from '../../../workflows/contract/backup/export.ts';

export const toExportId = (number: number): string => `20261121T${String(number).padStart(6, '0')}Z-run${number}`;

export function recordOf(number: number, changes: Partial<Omit<ExportRecord, 'digest'>> = {}): ExportRecord {
  return sealExportRecord({
    formatVersion: 1,
    chain: 'shop',
    number,
    id: toExportId(number),
    runId: `run${number}`,
    workflowId: `export-${number}`,
    kind: 'base',
    cluster: { name: 'old', clusterId: 'c-1', version: '2.6.1' },
    startedAt: '2026-11-21T07:15:00.000Z',
    finishedAt: '2026-11-21T07:16:00.000Z',
    fromMs: 0,
    toMs: number * 100,
    versions: 1,
    families: [],
    raw: false,
    tables: [{ table: 'shop:a', rows: 1, bytes: 2, files: 1, digest: 'd' }],
    rows: 1,
    bytes: 2,
    files: 1,
    warnings: [],
    ...changes,
  });
}

/** The one that goes on from `before`. */
export function after(before: ExportRecord, changes: Partial<Omit<ExportRecord, 'digest'>> = {}): ExportRecord {
  const { digest: continues, toMs: fromMs } = before;
  return recordOf(before.number + 1, { kind: 'increment', continues, fromMs, ...changes });
}

export function tableFileOf(changes: Partial<ExportedTableFile> = {}): ExportedTableFile {
  return {
    formatVersion: 1,
    id: toExportId(1),
    table: 'shop:a',
    folder: 'shop~3aa~1',
    families: [
      { name: 'd', maxVersions: 3, ttlSeconds: 60, compression: 'NONE', dataBlockEncoding: 'NONE', attributes: {} },
    ],
    attributes: {},
    schemaDigest: 's',
    regions: [
      { startKey: '', endKey: '80' },
      { startKey: '80', endKey: '' },
    ],
    lineage: { table: 'shop:a', families: ['d'], descriptor: 'x', regions: ['r1', 'r2'] },
    rows: 1,
    bytes: 2,
    files: [{ name: 'part-m-00000', bytes: 2 }],
    ...changes,
  };
}
