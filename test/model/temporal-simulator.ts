/** A Temporal server and its workers without a server: see `temporal/server.ts`. */
export { createTemporalSimulator, type SimHandle, type TemporalSimulator } from './temporal/server.ts';
export { getSandbox, type WorkflowSandbox } from './temporal/sandbox.ts';
export type { SimWorker } from './temporal/worker.ts';
