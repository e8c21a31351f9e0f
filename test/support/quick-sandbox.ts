import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

/** A limit makes Node start a thread for every call into the SDK's sandbox: a third of all time. */
export const NO_LIMIT_MS = undefined as never;

/** Stack traces of pending promises cost more than everything else, and no run of a test asks for them. */
export function dropPromiseTraces(): void {
  Reflect.set(globalHandlers, 'setPromiseHook', () => {});
}
