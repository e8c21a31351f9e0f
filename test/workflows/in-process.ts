import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';

/**
 * The same sandbox without a thread for each worker: a thread that loads the SDK costs more than most tests. As in
 * `test/model/temporal/sandbox.ts`, without what costs most there: stack traces of pending promises, which no test asks
 * for, and a limit that makes Node start a thread for every call into the sandbox.
 */
export const IN_PROCESS = { debugMode: true };

Reflect.set(globalHandlers, 'setPromiseHook', () => {});

const create = ReusableVMWorkflowCreator.create.bind(ReusableVMWorkflowCreator);
const noLimitMs = undefined as never;
type Given = Parameters<typeof create>;
const createWithoutLimit = (...[bundle, , ...others]: Given) => create(bundle, noLimitMs, ...others);
Reflect.set(ReusableVMWorkflowCreator, 'create', createWithoutLimit);
