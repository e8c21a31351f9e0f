export { startSandbox, type SandboxOptions, type StartedSandbox } from './sandbox.ts';
export type { SandboxCluster, SandboxDescription, SandboxStatus } from './state.ts';
export { downSandbox, readSandboxStatus, upSandbox, type DownResult, type UpResult } from './up-sandbox.ts';
export type { StartedHBaseCluster } from './hbase/cluster.ts';
export type { StartedSshServer } from './ssh/start-ssh-server.ts';
export type { StartedTemporal } from './temporal/start-temporal.ts';
export { DEFAULT_HBASE_PAIR, HBASE_PAIRS, isHBasePair, type HBasePair } from './versions.ts';
export { checkLedger, type LedgerCheck, type LedgerCheckOptions } from './writer/check-ledger.ts';
export { compareWithDeleted, deleteRows, type ComparedRows, type DeletedRows } from './writer/delete-rows.ts';
export type { Finding } from './writer/compare-row.ts';
export { loadTables, WRITER_FAMILIES, type FamilySpec, type TableSpec } from './writer/load-tables.ts';
export {
  startWriter,
  type StartedWriter,
  type WriterCluster,
  type WriterCounts,
  type WriterOptions,
  type WriterTable,
} from './writer/start-writer.ts';
export type { RefusalPeriod, WritePause } from './writer/write-pauses.ts';
export { startWorkerProcess, type StartedWorkerProcess, type WorkerProcessOptions } from './worker-process.ts';
export { installTemporal, type InstalledTemporal } from './temporal/install-temporal.ts';
export { installTestServer, type TestServerOptions } from './temporal/install-test-server.ts';
