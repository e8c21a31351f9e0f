import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '@temporalio/client';
import { Failure } from '../activities/failure.ts';

/** What a busy server needs to get over it; the client itself tries again only what never reached the server. */
const PAUSES_MS = [100, 300, 1_000, 3_000];

const DEADLINE_EXCEEDED = 4;
const FAILED_PRECONDITION = 9;

interface Look {
  /** For the error, e.g. `the schedule "hbase-backup/nightly"`. */
  what: string;
  /** Between one look and the next. */
  pausesMs?: readonly number[];
}

/**
 * Looks again where a server answers that it is not ready yet, as it does of a schedule or workflow that was started a
 * moment ago, or while many are asked for at once. Only for what may be done twice.
 *
 * @throws Failure `temporal.unreachable` saying what could not be read and why, when it stays so.
 */
export async function lookAgain<T>({ what, pausesMs = PAUSES_MS }: Look, look: () => Promise<T>): Promise<T> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await look();
    } catch (error) {
      const why = findPassingReason(error);
      if (why === undefined) throw error;
      const pauseMs = pausesMs[looks - 1];
      if (pauseMs === undefined) {
        const message = `Temporal does not answer about ${what}, asked ${looks} times: ${why}`;
        throw new Failure('temporal.unreachable', message, {}, { cause: error });
      }
      await sleep(pauseMs);
    }
  }
}

/** undefined for an error that another look would not change. */
function findPassingReason(error: unknown): string | undefined {
  if (!(error instanceof ServiceError)) return undefined;
  const { code, message } = toStatus(error);
  const isNotReady = code === FAILED_PRECONDITION && /not ready|not scheduled/i.test(message);
  return isNotReady || code === DEADLINE_EXCEEDED ? message : undefined;
}

function toStatus({ cause, message }: ServiceError): { code?: unknown; message: string } {
  if (!(cause instanceof Error)) return { message };
  return { message: cause.message, ...('code' in cause ? { code: cause.code } : {}) };
}
