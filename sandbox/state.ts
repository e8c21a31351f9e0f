import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../activities/failure.ts';
import { tryFileLock, type FileLock } from './file-lock.ts';
import { isAlive, listRecordedProcesses, stopRecordedProcesses, type ProcessRecord } from './processes.ts';
import { stopSessionProcesses } from './session-processes.ts';
import { killSshServer } from './ssh/cut-connections.ts';
import type { HBasePair } from './versions.ts';

/** Only a folder with this file is ever emptied. */
const MARKER = '.temporal-hbase-sandbox';

/** One cluster, as other processes may use it. */
export interface SandboxCluster {
  name: 'old' | 'new';
  /** Folder with `hbase`, `hadoop`, `hdfs` and `yarn`, configured for this cluster. */
  binDir: string;
  /** `host:port:/znode`. */
  clusterKey: string;
  /** `hdfs://…/hbase`. */
  rootDir: string;
  /** `127.0.0.1:<port>` of its gateways, in order of preference. */
  gateways: string[];
}

/** Everything another process needs to use a running sandbox. */
export interface SandboxDescription {
  pair: HBasePair;
  regionServers: number;
  multiwal: boolean;
  yarn: boolean;
  /** ISO 8601. */
  startedAt: string;
  stateDir: string;
  /** The clusters file, with clusters `old` and `new`. */
  clustersFile: string;
  /** A shell file that exports `environment`. */
  envFile: string;
  /** TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_UI_URL, TEMPORAL_HBASE_CLUSTERS. */
  environment: Record<string, string>;
  /** Temporal's Web UI. */
  uiUrl: string;
  clusters: { old: SandboxCluster; new: SandboxCluster };
}

export interface SandboxStatus {
  /** `broken`: some of its processes have ended, or a start was interrupted. */
  state: 'absent' | 'running' | 'broken';
  description?: SandboxDescription;
  processes: (ProcessRecord & { alive: boolean })[];
}

/** Makes the folder, or refuses one that holds somebody's files. */
export async function claimStateDir(stateDir: string): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const names = await readdir(stateDir);
  if (names.length > 0 && !names.includes(MARKER)) {
    throw new Failure('sandbox.failed', `${stateDir} holds files that no sandbox made; name an empty folder instead.`);
  }
  await chmod(stateDir, 0o700);
  await writeFile(path.join(stateDir, MARKER), 'Everything in this folder belongs to a temporal-hbase sandbox.\n');
}

/** Keeps others from starting or stopping a sandbox in this folder. The lock stands beside it, to survive its removal. */
export async function lockStateDir(stateDir: string): Promise<FileLock> {
  const lock = await tryFileLock(toLockFile(stateDir));
  if (lock !== undefined) return lock;
  throw new Failure(
    'sandbox.failed',
    `Another process is using the sandbox of ${stateDir}; see ${toLockFile(stateDir)}.`,
  );
}

export function toLockFile(stateDir: string): string {
  return `${stateDir}.lock`;
}

export async function writeDescription(description: SandboxDescription): Promise<void> {
  const file = toDescriptionFile(description.stateDir);
  await writeFile(`${file}.tmp`, `${JSON.stringify(description, null, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

/** Looks at the records and at the processes themselves; changes nothing. */
export async function readStatus(stateDir: string): Promise<SandboxStatus> {
  const description = await readDescription(stateDir);
  const records = await listRecordedProcesses(stateDir);
  const processes = records.map((record) => ({ ...record, alive: isAlive(record) }));
  if (description === undefined) return { state: processes.length === 0 ? 'absent' : 'broken', processes };
  const isWhole = processes.length > 0 && processes.every(({ alive, what }) => alive || !isPart(what));
  return { state: isWhole ? 'running' : 'broken', description, processes };
}

/** Stops whatever was started from this folder, by whichever process, and empties it. Returns what still ran. */
export async function clearStateDir(stateDir: string): Promise<ProcessRecord[]> {
  const servers = (await listRecordedProcesses(stateDir)).filter(({ what }) => what.startsWith('ssh/'));
  await Promise.all(servers.map(killSshServer));
  const stopped = await stopRecordedProcesses(stateDir);
  await stopSessionProcesses(stateDir);
  const names = await readdir(stateDir).catch(ignoreMissing);
  if (names?.includes(MARKER)) await rm(stateDir, { recursive: true, force: true, maxRetries: 5 });
  return stopped;
}

/** What every sandbox has; writers and workers come and go. */
function isPart(what: string): boolean {
  return what === 'temporal' || what.startsWith('ssh/') || what.startsWith('hbase/');
}

async function readDescription(stateDir: string): Promise<SandboxDescription | undefined> {
  const text = await readFile(toDescriptionFile(stateDir), 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : (JSON.parse(text) as SandboxDescription);
}

function toDescriptionFile(stateDir: string): string {
  return path.join(stateDir, 'sandbox.json');
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  return undefined;
}
