import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

/** Promises of steps that nobody waits for: in a real worker such a rejection ends the whole process. */
const seen: unknown[] = [];
let collecting = false;

export function collectUnhandled(): void {
  if (collecting) return;
  collecting = true;
  // The SDK's own handler throws, and the test runner's only reports at the end.
  Reflect.set(ReusableVMWorkflowCreator, 'unhandledRejectionHandlerHasBeenSet', true);
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => seen.push(error));
}

/** What came since the last call, by message and the place it came from. */
export function takeUnhandled(): string[] {
  const lines = seen.splice(0).map((error) => {
    const { stack = String(error) } = error as Error;
    const [message, ...frames] = stack.split('\n');
    const place = frames.find((frame) => frame.includes('/activities/') || frame.includes('/workflows/')) ?? '';
    return `P: a rejection that nobody handles ends the worker: ${message}${place.trim()}`;
  });
  return [...new Set(lines)];
}
