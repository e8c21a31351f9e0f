import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { dropPromiseTraces, NO_LIMIT_MS } from '../support/quick-sandbox.ts';

/** The same sandbox without a thread for each worker: a thread that loads the SDK costs more than most tests. */
export const IN_PROCESS = { debugMode: true };

dropPromiseTraces();

const create = ReusableVMWorkflowCreator.create.bind(ReusableVMWorkflowCreator);
type Given = Parameters<typeof create>;
const createWithoutLimit = (...[bundle, , ...others]: Given) => create(bundle, NO_LIMIT_MS, ...others);
Reflect.set(ReusableVMWorkflowCreator, 'create', createWithoutLimit);
