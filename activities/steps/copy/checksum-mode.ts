import type { CopyResult } from '../../../workflows/contract/step-data.ts';
import { isBefore } from '../plan/preflight/versions.ts';

export interface ChecksumQuestion {
  /** HBase of the gateway that runs the export. */
  hbaseVersion: string;
  /** Hadoop on both sides. */
  hadoopVersions: string[];
  fromRoot: string;
  toRoot: string;
}

export interface ChecksumMode {
  checksum: CopyResult['checksum'];
  /** Switches and settings ExportSnapshot needs for it. */
  args: string[];
  settings: Record<string, string>;
}

/**
 * How equality of a copied file is decided. Before 2.5.9 and 2.6.1 ExportSnapshot looks at the length only; from then
 * on it refuses file systems whose checksums are of different types, unless they can be combined (hbase.md §3.3).
 */
export function decideChecksum(question: ChecksumQuestion): ChecksumMode {
  const bothHdfs = [question.fromRoot, question.toRoot].every((root) => root.startsWith('hdfs://'));
  // Every line takes files of unlike file systems for different ones otherwise, and copies them again each time.
  if (!bothHdfs) return { checksum: 'length-only', args: ['-no-checksum-verify'], settings: {} };
  if (!comparesChecksums(question.hbaseVersion)) return { checksum: 'length-only', args: [], settings: {} };
  const composable = question.hadoopVersions.every((version) => !isBefore(version, '3.1.1'));
  // Block sizes may differ between clusters, and then only combined checksums can be compared.
  if (composable) {
    return { checksum: 'composite-crc', args: [], settings: { 'dfs.checksum.combine.mode': 'COMPOSITE_CRC' } };
  }
  return { checksum: 'file-checksum', args: [], settings: {} };
}

function comparesChecksums(version: string): boolean {
  if (isBefore(version, '2.5.9')) return false;
  return !(version.startsWith('2.6.') && isBefore(version, '2.6.1'));
}
