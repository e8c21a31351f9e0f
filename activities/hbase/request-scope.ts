import { AsyncLocalStorage } from 'node:async_hooks';

/** On whose behalf requests are sent. Set once around an attempt of a step; every verb below finds it. */
export interface RequestScope {
  /** Operation id for the agent's refusals, e.g. `<workflow>/<activity>/<attempt>`. */
  operation: string;
  /** A change that the agent has not begun by then is refused (hazard 27). Default 30,000. */
  validityMs?: number;
  /** When it is aborted, requests that have not begun are withdrawn and waiting ends. */
  signal?: AbortSignal;
}

const scopes = new AsyncLocalStorage<RequestScope>();

/** Runs `work` so that every request it sends belongs to `scope`. */
export function withRequestScope<T>(scope: RequestScope, work: () => T): T {
  return scopes.run(scope, work);
}

export function getRequestScope(): RequestScope {
  return scopes.getStore() ?? { operation: 'unscoped' };
}
