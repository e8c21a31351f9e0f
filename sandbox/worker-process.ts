import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, removeRecord, signal, startRecorded, stopProcess, type ProcessRecord } from './processes.ts';
import { readLogTail } from './read-log-tail.ts';
import { waitUntil } from './wait-until.ts';
import { Failure } from '../activities/failure.ts';

export interface WorkerProcessOptions {
  stateDir: string;
  /** `environment` of the sandbox: where Temporal and the clusters file are. */
  environment: Readonly<Record<string, string>>;
  /** Names its process and log, unique among the sandbox's workers. @default `worker` */
  name?: string;
}

/** A worker in a process of its own, as an operator runs one. */
export interface StartedWorkerProcess extends AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** SIGTERM: what runs is reported, remote jobs go on. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 30_000;
const READY_LINE = 'polling "';

/** The command line beside us: sources in a checkout, compiled in the package. */
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../client/main.ts' : '../client/main.js', import.meta.url),
);

/** Starts `temporal-hbase worker` and returns when it polls. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<StartedWorkerProcess> {
  const { stateDir, environment, name = 'worker' } = options;
  const logFile = path.join(stateDir, 'logs', `${name}-${Date.now()}.log`);
  const record = startRecorded(stateDir, {
    what: name,
    command: process.execPath,
    args: [PROGRAM, 'worker', '--log', 'json'],
    cwd: stateDir,
    env: { ...environment },
    logFile,
  });
  await waitUntil(() => hasStarted(record, logFile), { what: 'the worker to poll', timeoutMs: READY_TIMEOUT_MS });
  const stop = () => endProcess(stateDir, record);
  return {
    pid: record.pid,
    logFile,
    stop,
    async kill() {
      signal(record, 'SIGKILL');
      await stop();
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function hasStarted(record: ProcessRecord, logFile: string): Promise<true | undefined> {
  const log = await readLogTail(logFile);
  if (log.includes(READY_LINE)) return true;
  if (!isAlive(record)) throw new Failure('sandbox.failed', `the worker ended at its start:\n${log}`);
  return undefined;
}

async function endProcess(stateDir: string, record: ProcessRecord): Promise<void> {
  await stopProcess(record, STOP_GRACE_MS);
  await removeRecord(stateDir, record);
}
