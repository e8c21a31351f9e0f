import type { Finding } from '../../../../workflows/contract/plan.ts';
import { judgeDiskUse } from '../../../hbase/disk-use.ts';
import { findingIf, toGigabytes, type PreflightFacts } from './facts.ts';

/** hbase.md §9: 29 (source holds WALs), 31 (target holds the copy and, until a major compaction, twice). */
export function checkSpace(facts: PreflightFacts): Finding[] {
  const waveBytes = facts.tables.reduce((sum, { source }) => sum + source.sizeBytes, 0);
  return [...checkSource(facts, waveBytes), ...checkTarget(facts, waveBytes), ...checkStaging(facts, waveBytes)];
}

function checkSource({ source }: PreflightFacts, waveBytes: number): Finding[] {
  const { freeBytes } = source.facts;
  const { percent, holds } = judgeDiskUse({ ...source.facts, needBytes: waveBytes });
  return findingIf(holds.length > 0, () => ({
    code: 'disk.source-nearly-full',
    level: 'warn',
    cluster: source.name,
    message:
      `${source.name} is ${percent} % full with ${toGigabytes(freeBytes)} free: ` +
      'it keeps every WAL until the copy is done, and a full disk stops it.',
    fix: 'Free space, or move fewer tables at once.',
  }));
}

function checkTarget({ target, source }: PreflightFacts, waveBytes: number): Finding[] {
  const { freeBytes, settings } = target.facts;
  // Store files of the source count once; the target writes each block as often as it replicates.
  const copyBytes = waveBytes * Number(settings['dfs.replication'] ?? 3);
  const message = `${target.name} has ${toGigabytes(freeBytes)} free; the tables of ${source.name} need ${toGigabytes(copyBytes)}`;
  const fix = 'Free space on the target, or move fewer tables at once.';
  const place = { cluster: target.name, fix };
  return [
    ...findingIf(freeBytes < copyBytes, () => ({
      code: 'disk.target-full',
      level: 'error',
      message: `${message}.`,
      ...place,
    })),
    ...findingIf(freeBytes >= copyBytes && freeBytes < 2 * copyBytes, () => ({
      code: 'disk.target-tight',
      level: 'warn',
      message: `${message}, and twice that until a major compaction.`,
      ...place,
    })),
  ];
}

function checkStaging({ staging, source }: PreflightFacts, waveBytes: number): Finding[] {
  if (!staging) return [];
  return findingIf(staging.freeBytes > 0 && staging.freeBytes < waveBytes, () => ({
    code: 'disk.staging-full',
    level: 'error',
    cluster: source.name,
    message: `${staging.uri} has ${toGigabytes(staging.freeBytes)} free; the copy needs ${toGigabytes(waveBytes)}.`,
    fix: 'Free space there, or name another storage root.',
  }));
}
