import { countWholeBytes, parseCounters } from './job-log.ts';
import type { JobState } from './jobs.ts';

/** A job as its host sees it: what `launch.sh` prints. */
export interface HostState extends Omit<JobState, 'key' | 'host' | 'applicationId'> {
  pid?: string;
  pidStart?: string;
  bootId: string;
  /** Ids that YARN may know the job under, from its log. */
  applicationIds: string[];
}

const PHASES = ['absent', 'starting', 'running', 'exited', 'lost'] as const;

/** Header lines `name=value`, an empty line, the new log bytes, and for an ended job the end of its log. */
export function parseHostState(output: Buffer): HostState | undefined {
  const end = output.indexOf('\n\n');
  const fields = new Map(
    output
      .subarray(0, Math.max(0, end))
      .toString('utf8')
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const phase = PHASES.find((known) => known === fields.get('phase'));
  const bootId = fields.get('boot');
  if (phase === undefined || bootId === undefined) return undefined;
  const body = output.subarray(end + 2);
  const number = (name: string): number => Number(fields.get(name) ?? 0);
  const chunk = body.subarray(0, number('chunk'));
  const tail = body.subarray(number('chunk'), number('chunk') + number('tail'));
  const ended = phase === 'exited' || phase === 'lost';
  // More will come only while the job runs.
  const wholeBytes = ended ? chunk.length : countWholeBytes(chunk);
  return {
    phase,
    bootId,
    ...textFields(fields),
    ...numberFields(fields),
    applicationIds: (fields.get('applications') ?? '').split(' ').filter(Boolean),
    log: chunk.subarray(0, wholeBytes).toString('utf8'),
    logOffset: number('from') + wholeBytes,
    counters: parseCounters(tail.toString('utf8')),
  };
}

function textFields(
  fields: Map<string, string>,
): Partial<Pick<HostState, 'pid' | 'pidStart' | 'startedAt' | 'finishedAt'>> {
  const names = ['pid', 'pidStart', 'startedAt', 'finishedAt'] as const;
  return Object.fromEntries(names.flatMap((name) => (fields.has(name) ? [[name, fields.get(name)]] : [])));
}

function numberFields(fields: Map<string, string>): Partial<Pick<HostState, 'exitCode' | 'percent'>> {
  const names = ['exitCode', 'percent'] as const;
  return Object.fromEntries(names.flatMap((name) => (fields.get(name) ? [[name, Number(fields.get(name))]] : [])));
}
