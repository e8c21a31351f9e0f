import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf requests are sent. Set once around an attempt of a step; every verb below finds it. */
export interface RequestScope {
  /** Operation id for the agent's refusals: `<workflow>/<activity>/<attempt>`. */
  operation: string;
  /** A change that the agent has not begun by then is refused (hazard 27). Default 30,000. */
  validityMs?: number;
  /**
   * When it is aborted, requests that have not begun are withdrawn. Waiting for a read ends at once; a change is waited
   * for until the agent says whether it was made, since whoever cancelled looks at the cluster next.
   */
  signal?: AbortSignal;
  /**
   * When the attempt is given up, on the clock of `performance.now()`. No request is waited for beyond it, and no change
   * begins after it: its step would be told by a bare time-out, and the next attempt would meet it.
   */
  endsMs?: number;
  /** What is asked and not answered yet, for the frame of the step, which tells of a cluster that stays silent. */
  waits?: Set<Wait>;
}

/** One request without a reply. */
export interface Wait {
  readonly cluster: string;
  readonly verb: string;
  readonly sinceMs: number;
}

const scopes = new AsyncLocalStorage<RequestScope>();
/** What belongs to the process, not to a step: made once and used by every step after. */
const WORKER_SCOPE: RequestScope = { operation: 'worker' };

/** Runs `work` so that every request it sends belongs to `scope`. */
export function withRequestScope<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

/** For what several steps share: the cancellation of the one that came first must not reach the others. */
export function withWorkerScope<T>(work: () => T): T {
  return scopes.run(WORKER_SCOPE, work);
}

/** For what has to be done because of a cancellation: it keeps the operation id and is not cancelled itself. */
export function withoutCancellation<T>(work: () => T): T {
  const { signal: _signal, ...rest } = getRequestScope();
  return scopes.run(rest, work);
}

export function getRequestScope(): RequestScope {
  return scopes.getStore() ?? { operation: 'unscoped' };
}

/** Notes the request for the frame of the step that sends it, for as long as it has no reply. */
export async function whileWaiting<T>(
  { cluster, verb }: { cluster: string; verb: string },
  work: () => Promise<T>,
): Promise<T> {
  const wait: Wait = { cluster, verb, sinceMs: Date.now() };
  const { waits } = getRequestScope();
  waits?.add(wait);
  try {
    return await work();
  } finally {
    waits?.delete(wait);
  }
}
