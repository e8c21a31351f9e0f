import path from 'node:path';

import { Connection } from '@temporalio/client';

import { Failure } from '../../activities/failure.ts';
import { findFreePorts } from '../free-ports.ts';
import { isAlive, removeRecord, signal, startRecorded, stopProcess, type ProcessRecord } from '../processes.ts';
import { readLogTail } from '../read-log-tail.ts';
import { waitUntil } from '../wait-until.ts';
import { installTemporal, type InstallOptions } from './install-temporal.ts';

const READY_TIMEOUT_MS = 60_000;
/** Stopped right after its start, the server takes up to ten seconds. */
const STOP_GRACE_MS = 30_000;

export interface TemporalOptions extends InstallOptions {
  stateDir: string;
  /** Keeps workflows over a restart. @default `temporal-<server version>.db` in the state folder */
  dbFile?: string;
}

/** A Temporal server with Web UI on 127.0.0.1, for one machine and one user: nothing of it is protected. */
export interface StartedTemporal extends AsyncDisposable {
  /** `127.0.0.1:<port>`, for TEMPORAL_ADDRESS. */
  readonly address: string;
  readonly namespace: 'default';
  /** The Web UI, e.g. `http://127.0.0.1:23456`. */
  readonly uiUrl: string;
  readonly pid: number;
  readonly logFile: string;
  /** kill -9, as a fault; the database stays. */
  kill(): Promise<void>;
  /** Starts again on the same ports and database, and waits until it is usable. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the server and returns once a client can use it and its UI answers. */
export async function startTemporal(options: TemporalOptions): Promise<StartedTemporal> {
  const installed = await installTemporal(options);
  const [port, uiPort] = await findFreePorts(2);
  if (port === undefined || uiPort === undefined) throw new Failure('internal', 'Two ports were asked for.');
  const dbFile = options.dbFile ?? path.join(options.stateDir, `temporal-${installed.serverVersion}.db`);
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  const launch = () => launchServer({ program: installed.path, stateDir: options.stateDir, dbFile, port, uiPort });
  let server = await launch();
  const stop = () => stopServer(options.stateDir, server);
  return {
    address,
    namespace: 'default',
    uiUrl,
    logFile: toLogFile(options.stateDir),
    get pid() {
      return server.pid;
    },
    kill: async () => {
      signal(server, 'SIGKILL');
      await stop();
    },
    restart: async () => {
      await stop();
      server = await launch();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function stopServer(stateDir: string, server: ProcessRecord): Promise<void> {
  await stopProcess(server, STOP_GRACE_MS);
  await removeRecord(stateDir, server);
}

interface Launch {
  program: string;
  stateDir: string;
  dbFile: string;
  port: number;
  uiPort: number;
}

async function launchServer(launch: Launch): Promise<ProcessRecord> {
  const server = startRecorded(launch.stateDir, {
    what: 'temporal',
    command: launch.program,
    args: toServerArguments(launch),
    cwd: launch.stateDir,
    env: withoutTemporalVariables(),
    logFile: toLogFile(launch.stateDir),
  });
  try {
    await waitForServer(server, launch);
    return server;
  } catch (error) {
    await stopServer(launch.stateDir, server);
    throw error;
  }
}

function toServerArguments({ dbFile, port, uiPort }: Launch): string[] {
  const flags = [
    ['--ip', '127.0.0.1'],
    ['--port', String(port)],
    ['--ui-port', String(uiPort)],
    ['--db-filename', dbFile],
    ['--log-level', 'warn'],
    // By default tasks load 20 times a second per shard: each activity costs 100 ms. With this, 10 to 17 ms.
    ['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000'],
    // A database file with default settings takes 20 workflows a second; with these it is as fast as memory.
    ['--sqlite-pragma', 'journal_mode=wal'],
    ['--sqlite-pragma', 'synchronous=1'],
  ];
  return ['server', 'start-dev', ...flags.flat()];
}

/** The user's own settings would change address, namespace or TLS of this server. */
function withoutTemporalVariables(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => name.startsWith('TEMPORAL_'));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function toLogFile(stateDir: string): string {
  return path.join(stateDir, 'logs', 'temporal.log');
}

async function waitForServer(server: ProcessRecord, { stateDir, port, uiPort }: Launch): Promise<void> {
  const logFile = toLogFile(stateDir);
  const ready = async () => {
    if (!isAlive(server)) {
      throw new Failure('sandbox.failed', `Temporal ended while starting.\n${await readLogTail(logFile)}`);
    }
    await assertWebUi(uiPort);
    await assertNamespace(`127.0.0.1:${port}`);
    return true;
  };
  await waitUntil(ready, { what: 'Temporal', timeoutMs: READY_TIMEOUT_MS, describe: () => readLogTail(logFile) });
}

/** The UI answers 503 in its first second, so a connection to its port proves nothing. */
async function assertWebUi(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/namespaces/default`, {
    signal: AbortSignal.timeout(5000),
  });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`the Web UI answers ${response.status}`);
}

async function assertNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '5s' });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}
