import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { CLUSTER_NAME, TABLE_NAME } from '../../workflows/contract/names.ts';
import {
  isAlive,
  listRecordedProcesses,
  removeRecord,
  signal,
  startRecorded,
  stopProcess,
  type ProcessRecord,
} from '../processes.ts';
import { readLogTail } from '../read-log-tail.ts';
import { waitUntil } from '../wait-until.ts';
import { checkLedger, type LedgerCheck } from './check-ledger.ts';
import { parseLedger, type Ledger } from './ledger.ts';
import { toScriptCommand, type ScriptCluster } from './run-script.ts';
import { toWritersDir } from './switch-script.ts';
import { listRefusalPeriods, listWritePauses, type RefusalPeriod, type WritePause } from './write-pauses.ts';

const READY_TIMEOUT_MS = 180_000;
const REQUEST_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 30_000;

export interface WriterCluster extends ScriptCluster {
  /** `host:port:/znode`. */
  clusterKey: string;
}

export interface WriterOptions {
  /** The sandbox's folder; its switch script finds the writer there. */
  stateDir: string;
  /** Names its folder and process, unique among the sandbox's writers. @default `writer` */
  name?: string;
  /** Where it starts to write; its client program and version are of this cluster. */
  cluster: WriterCluster;
  /** Where it can be switched to. */
  other?: WriterCluster;
  tables: readonly WriterTable[];
  /** Operations a second, all tables together. @default 100 */
  rate?: number;
  /** Same seed, same choices. @default 42 */
  seed?: number;
}

export interface WriterTable {
  name: string;
  /** How many rows `loadTables` put there; some are then touched and deleted, so by one writer only. @default 0 */
  preloadedRows?: number;
}

/** Counts since its start, at most 100 ms old. */
export interface WriterCounts {
  acknowledged: number;
  refused: number;
  ambiguous: number;
  /** Name of the cluster it writes to; both, with a comma, while its tables are apart. */
  cluster: string;
}

/** A live writer in a process of its own, with a ledger of every operation it tried. */
export interface StartedWriter extends AsyncDisposable {
  readonly name: string;
  readonly ledgerFile: string;
  readonly logFile: string;
  readonly pid: number;
  readCounts(): Promise<WriterCounts>;
  readLedger(): Promise<Ledger>;
  /** What its clients saw at each switch, per table. */
  readPauses(): Promise<WritePause[]>;
  /** When its writes failed, per table, and why. */
  readRefusals(): Promise<RefusalPeriod[]>;
  /** Waits until so many more operations have been acknowledged. */
  waitForAcknowledged(count: number, timeoutMs?: number): Promise<void>;
  /** Operations a second; 0 pauses it. */
  setRate(rate: number): Promise<void>;
  /** Moves tables (default: all) to the named cluster, as the switch script does; returns once each was written there. */
  switchTo(cluster: string, tables?: readonly string[]): Promise<void>;
  /** Holds all writes back; returns when none is in flight. */
  fence(): Promise<void>;
  unfence(): Promise<void>;
  /** Compares the ledger with what a cluster holds. Stop the writer first: a running one is ahead of any look. */
  check(cluster: ScriptCluster): Promise<LedgerCheck>;
  /** Ends it after the operation in flight. Idempotent. */
  stop(): Promise<void>;
  /** kill -9: the operations in flight become ambiguous. */
  kill(): Promise<void>;
}

/** Starts a writer and returns after its first acknowledged operation (at rate 0: once it is connected). */
export async function startWriter(options: WriterOptions): Promise<StartedWriter> {
  const name = options.name ?? 'writer';
  assertNames(name, options);
  await refuseLiveName(name, options);
  const folder = path.join(toWritersDir(options.stateDir), name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'config'), formatConfig(options));
  await writeFile(path.join(folder, 'rate'), String(options.rate ?? 100));
  const logFile = path.join(options.stateDir, 'logs', `writer-${name}.log`);
  const [command, ...args] = toScriptCommand(options.cluster, 'writer.rb');
  const record = startRecorded(options.stateDir, {
    what: toWhat(name),
    command,
    args: [...args, folder],
    cwd: folder,
    logFile,
  });
  const writer = createHandle({ name, folder, logFile, record, stateDir: options.stateDir });
  try {
    await waitUntilWriting(writer, { record, isIdle: options.rate === 0 });
    return writer;
  } catch (error) {
    await writer.kill();
    throw error;
  }
}

function toWhat(name: string): string {
  return `writer/${name}`;
}

/** Two writers in one folder would mix their ledgers, and so hide losses. */
async function refuseLiveName(name: string, { stateDir }: WriterOptions): Promise<void> {
  const live = (await listRecordedProcesses(stateDir)).find(
    (record) => record.what === toWhat(name) && isAlive(record),
  );
  if (live === undefined) return;
  throw new Failure('request.invalid', `Writer ${name} runs already (pid ${live.pid}); stop it or take another name.`);
}

/** They become part of paths and of a file of lines. */
function assertNames(name: string, { tables }: WriterOptions): void {
  const illegal = tables.find((table) => !TABLE_NAME.test(table.name));
  if (CLUSTER_NAME.test(name) && illegal === undefined) return;
  throw new Failure('request.invalid', `Writer ${JSON.stringify(name)}: illegal name of it or of its tables.`);
}

function formatConfig({ cluster, other, tables, seed }: WriterOptions): string {
  const clusters = other === undefined ? [cluster] : [cluster, other];
  return [
    `start\t${cluster.name}`,
    `seed\t${seed ?? 42}`,
    ...clusters.map((each) => `cluster\t${each.name}\t${each.clusterKey}`),
    ...tables.map(({ name, preloadedRows }) => `table\t${name}\t${preloadedRows ?? 0}`),
    '',
  ].join('\n');
}

interface Handle {
  name: string;
  folder: string;
  logFile: string;
  record: ProcessRecord;
  stateDir: string;
}

function createHandle(handle: Handle): StartedWriter {
  const { name, folder, logFile, record } = handle;
  const ledgerFile = path.join(folder, 'ledger');
  const readLedger = async () => parseLedger(await readFile(ledgerFile, 'utf8'));
  const stop = () => stopWriter(handle);
  const writer: StartedWriter = {
    name,
    ledgerFile,
    logFile,
    pid: record.pid,
    readCounts: () => readCounts(folder),
    readLedger,
    readPauses: async () => listWritePauses(await readLedger()),
    readRefusals: async () => listRefusalPeriods(await readLedger()),
    waitForAcknowledged: (count, timeoutMs = 60_000) => waitForAcknowledged(handle, { count, timeoutMs }),
    setRate: (rate) => tell(folder, { file: 'rate', text: String(rate) }),
    switchTo: (cluster, tables = []) => request(handle, ['switch', cluster, ...tables]),
    fence: () => request(handle, ['fence']),
    unfence: () => request(handle, ['unfence']),
    check: (cluster) => checkLedger({ ledger: ledgerFile, cluster }),
    stop,
    kill: async () => {
      signal(record, 'SIGKILL');
      await stop();
    },
    [Symbol.asyncDispose]: stop,
  };
  return writer;
}

async function waitUntilWriting(
  writer: StartedWriter,
  { record, isIdle }: { record: ProcessRecord; isIdle: boolean },
): Promise<void> {
  const ready = async () => {
    await assertAlive(record, writer.logFile);
    const counts = await writer.readCounts();
    return isIdle || counts.acknowledged > 0 ? true : undefined;
  };
  const describe = () => readLogTail(writer.logFile);
  await waitUntil(ready, { what: `the first write of ${writer.name}`, timeoutMs: READY_TIMEOUT_MS, describe });
}

async function waitForAcknowledged(
  { name, folder, logFile, record }: Handle,
  { count, timeoutMs }: { count: number; timeoutMs: number },
): Promise<void> {
  const before = await readCounts(folder);
  const reached = async () => {
    await assertAlive(record, logFile);
    return (await readCounts(folder)).acknowledged >= before.acknowledged + count ? true : undefined;
  };
  await waitUntil(reached, { what: `${count} more acknowledged writes of ${name}`, timeoutMs });
}

/** The protocol of the switch script: a request with an id, answered with the same id. */
async function request({ name, folder, logFile, record }: Handle, words: readonly string[]): Promise<void> {
  const id = randomUUID();
  await tell(folder, { file: 'request', text: [id, ...words].join(' ') });
  const answered = async () => {
    await assertAlive(record, logFile);
    const [answerId, result, ...rest] = (await readFile(path.join(folder, 'answer'), 'utf8')).trim().split(' ');
    if (answerId !== id) return undefined;
    if (result === 'ok') return true;
    throw new Failure('sandbox.failed', `${name} cannot ${words.join(' ')}: ${rest.join(' ')}`);
  };
  await waitUntil(answered, { what: `${name} to ${words.join(' ')}`, timeoutMs: REQUEST_TIMEOUT_MS });
}

async function stopWriter({ folder, record, stateDir }: Handle): Promise<void> {
  // Gone already when the whole sandbox was stopped first.
  if (isAlive(record)) await tell(folder, { file: 'stop', text: 'stop' });
  await waitUntil(() => (isAlive(record) ? undefined : true), {
    what: 'the writer to end',
    timeoutMs: STOP_GRACE_MS,
  }).catch(() => stopProcess(record, 1000));
  await removeRecord(stateDir, record);
}

async function assertAlive(record: ProcessRecord, logFile: string): Promise<void> {
  if (!isAlive(record)) throw new Failure('sandbox.failed', `The writer has ended.\n${await readLogTail(logFile)}`);
}

async function readCounts(folder: string): Promise<WriterCounts> {
  const [, acknowledged, refused, ambiguous, cluster] = (await readFile(path.join(folder, 'status'), 'utf8')).split(
    '\t',
  );
  return {
    acknowledged: Number(acknowledged),
    refused: Number(refused),
    ambiguous: Number(ambiguous),
    cluster: (cluster ?? '').trim(),
  };
}

/** By rename, so that the writer never reads half a word. */
async function tell(folder: string, { file, text }: { file: string; text: string }): Promise<void> {
  const temp = path.join(folder, `.${file}.${process.pid}`);
  await writeFile(temp, text);
  await rename(temp, path.join(folder, file));
}
