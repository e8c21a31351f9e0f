import { Failure } from '../../failure.ts';
import { drain, type DrainOptions } from './drain.ts';

/**
 * Without a marker table: how long it takes until everything written by now has left the queues, WAL by WAL, the roll
 * included; undefined when it takes longer. The upper bound of the lag.
 */
export async function measureDrain(
  options: Omit<DrainOptions, 'sentinel' | 'markerTable'>,
): Promise<number | undefined> {
  try {
    return (await drain({ ...options, sentinel: '' })).durationMs;
  } catch (error) {
    if (error instanceof Failure && error.code === 'cutover.failed') return undefined;
    throw error;
  }
}
