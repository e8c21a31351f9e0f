import type { ClusterConfig } from '../../inventory/inventory.ts';

export interface CopierCall {
  copier: ClusterConfig['copier'];
  from: string;
  to: string;
  mappers: number;
  bandwidthMb: number;
  queue?: string | undefined;
}

/**
 * Arguments of `hadoop`. DistCp with `-update` copies the folder's CONTENTS and skips what is there; so does
 * JindoDistCp, whose jar is the first option of the clusters file.
 */
export function toCopierArgs(call: CopierCall): string[] {
  return call.copier.kind === 'distcp' ? toDistCpArgs(call) : toJindoArgs(call);
}

function toDistCpArgs({ copier, from, to, mappers, bandwidthMb, queue }: CopierCall): string[] {
  return [
    'distcp',
    ...(queue === undefined ? [] : [`-Dmapreduce.job.queuename=${queue}`]),
    // Checksums of unlike file systems cannot be compared, and DistCp fails on that.
    '-update',
    ...(needsSkip(from, to) ? ['-skipcrccheck'] : []),
    '-m',
    String(mappers),
    ...(bandwidthMb > 0 ? ['-bandwidth', String(bandwidthMb)] : []),
    ...copier.options,
    from,
    to,
  ];
}

function toJindoArgs({ copier, from, to, mappers, bandwidthMb }: CopierCall): string[] {
  const [jar = 'jindo-distcp-tool.jar', ...options] = copier.options;
  return [
    'jar',
    jar,
    '--src',
    from,
    '--dest',
    to,
    '--update',
    '--parallelism',
    String(mappers),
    ...(bandwidthMb > 0 ? ['--bandWidth', String(bandwidthMb)] : []),
    ...options,
  ];
}

function needsSkip(from: string, to: string): boolean {
  return from.split(':')[0] !== to.split(':')[0];
}

/** DistCp's negative codes as a shell shows them, modulo 256 (hbase.md §4.5). */
const DISTCP_EXIT: Record<number, string> = {
  255: 'arguments not accepted, or the source is missing',
  254: 'two sources have the same name',
  253: 'a file system without ACLs',
  252: 'a file system without extended attributes',
  25: 'unknown error, see the log',
};

export function toDistCpMeaning(exitCode: number): string | undefined {
  return DISTCP_EXIT[exitCode];
}
