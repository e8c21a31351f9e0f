import { mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';

import { Failure } from '../activities/failure.ts';
import { tryFileLock, withFileLock, type FileLock } from './file-lock.ts';
import { defaultCacheDir, temporarySandboxesDir } from './folders.ts';
import { startHBaseCluster, type StartedHBaseCluster } from './hbase/cluster.ts';
import { createReporter, reportWhile, type OnProgress } from './hbase/progress.ts';
import { startReaper } from './reaper.ts';
import { SESSION_VARIABLE } from './session-processes.ts';
import { startSshServer, type StartedSshServer } from './ssh/start-ssh-server.ts';
import {
  claimStateDir,
  clearStateDir,
  lockStateDir,
  toLockFile,
  writeDescription,
  type SandboxCluster,
  type SandboxDescription,
} from './state.ts';
import { startTemporal, type StartedTemporal } from './temporal/start-temporal.ts';
import { DEFAULT_HBASE_PAIR, parseHBasePair, type HBasePair } from './versions.ts';
import { writeClustersFile } from './clusters-file.ts';
import { writeSwitchScript } from './writer/switch-script.ts';

export interface SandboxOptions {
  /** HBase lines of the clusters `old` and `new`. @default `2.4.17:2.6.1` */
  pair?: HBasePair;
  /** Of each cluster. @default 1 */
  regionServers?: number;
  /** Several WALs a server. @default false */
  multiwal?: boolean;
  /** MapReduce on YARN instead of inside the driver. @default false */
  yarn?: boolean;
  /** sshd per cluster, to test fail-over between gateway hosts. @default 1 */
  gateways?: number;
  /** Holds all data, logs and records. @default a fresh temporary folder, removed at the end */
  stateDir?: string;
  /** Downloads and builds. @default `${XDG_CACHE_HOME:-~/.cache}/temporal-hbase` */
  cacheDir?: string;
  /** Never use a Temporal command line of this machine, for tests. @default false */
  pinnedTemporal?: boolean;
  onProgress?: OnProgress;
}

/** Two real HBase clusters, their gateways and a real Temporal server, all on 127.0.0.1. */
export interface StartedSandbox extends AsyncDisposable {
  /** What another process needs to use it. */
  readonly description: SandboxDescription;
  readonly stateDir: string;
  readonly clustersFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly clusters: { readonly old: StartedHBaseCluster; readonly new: StartedHBaseCluster };
  readonly gateways: { readonly old: readonly StartedSshServer[]; readonly new: readonly StartedSshServer[] };
  readonly temporal: StartedTemporal;
  /** Stops everything that was started from its folder, and removes the folder. */
  stop(): Promise<void>;
}

/**
 * Starts a sandbox that lives until it is disposed of, or this process ends. What an earlier, crashed process left in the folder, or in any
 * temporary sandbox folder, is stopped and removed first.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<StartedSandbox> {
  const { stateDir, lock } = await takeStateDir(options.stateDir);
  await clearStateDir(stateDir);
  const reaper = startReaper(stateDir);
  const stop = async () => {
    await clearStateDir(stateDir);
    reaper.dismiss();
    await lock.forget();
  };
  try {
    const started = await startParts({ ...options, stateDir });
    return { ...started, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export type SandboxParts = Omit<StartedSandbox, 'stop' | keyof AsyncDisposable>;

/** Starts everything into a cleared folder whose lock the caller holds; on failure the caller clears it. */
export async function startParts(options: SandboxOptions & { stateDir: string }): Promise<SandboxParts> {
  const { stateDir } = options;
  await claimStateDir(stateDir);
  await mkdir(path.join(stateDir, 'storage'), { recursive: true });
  const [temporal, gateways, clusters] = await settleAll([
    startTemporalPart(options),
    startGateways(options),
    startClusters(options),
  ]);
  const names = {
    old: toSandboxCluster('old', clusters.old, gateways.old),
    new: toSandboxCluster('new', clusters.new, gateways.new),
  };
  const switchScript = await writeSwitchScript(stateDir);
  const clustersFile = await writeClustersFile({ stateDir, clusters: names, gateways, switchScript });
  const environment = {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_UI_URL: temporal.uiUrl,
    TEMPORAL_HBASE_CLUSTERS: clustersFile,
  };
  const envFile = await writeEnvFile(stateDir, environment);
  const description: SandboxDescription = {
    pair: options.pair ?? DEFAULT_HBASE_PAIR,
    regionServers: options.regionServers ?? 1,
    multiwal: options.multiwal ?? false,
    yarn: options.yarn ?? false,
    startedAt: new Date().toISOString(),
    stateDir,
    clustersFile,
    envFile,
    environment,
    uiUrl: temporal.uiUrl,
    clusters: names,
  };
  await writeDescription(description);
  return { description, stateDir, clustersFile, environment, clusters, gateways, temporal };
}

/** A start that fails must not leave another one half-way behind our back: all end before the first error is thrown. */
async function settleAll<const T extends readonly Promise<unknown>[]>(work: T): Promise<AwaitedAll<T>> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

type AwaitedAll<T extends readonly unknown[]> = { -readonly [K in keyof T]: Awaited<T[K]> };

async function startTemporalPart(options: SandboxOptions & { stateDir: string }): Promise<StartedTemporal> {
  const report = createReporter('Temporal', options.onProgress);
  const starting = startTemporal({
    stateDir: options.stateDir,
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    pinnedOnly: options.pinnedTemporal ?? false,
    onProgress: report,
  });
  const temporal = await reportWhile(report, 'starting', starting);
  report(`ready at ${temporal.address}, Web UI ${temporal.uiUrl}`);
  return temporal;
}

async function startClusters(options: SandboxOptions & { stateDir: string }): Promise<StartedSandbox['clusters']> {
  const lines = parseHBasePair(options.pair ?? DEFAULT_HBASE_PAIR);
  const start = (name: 'old' | 'new', line: typeof lines.source) =>
    startHBaseCluster({
      name,
      line,
      stateDir: options.stateDir,
      cacheDir: options.cacheDir ?? defaultCacheDir(),
      regionServers: options.regionServers ?? 1,
      multiwal: options.multiwal ?? false,
      yarn: options.yarn ?? false,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
  const [old, fresh] = await settleAll([start('old', lines.source), start('new', lines.target)]);
  return { old, new: fresh };
}

/** All gateways take one key and share one known_hosts file, as an operator's machine would have it. */
async function startGateways(options: SandboxOptions & { stateDir: string }): Promise<StartedSandbox['gateways']> {
  const { stateDir } = options;
  const count = options.gateways ?? 1;
  const keyFile = path.join(stateDir, 'client_key');
  const all: StartedSshServer[] = [];
  for (const name of ['old', 'new'].flatMap((cluster) => Array.from({ length: count }, (_, i) => `${cluster}-${i}`))) {
    const environment = { [SESSION_VARIABLE]: stateDir };
    all.push(await startSshServer({ stateDir, name: `ssh-${name}`, keyFile, environment, ...toProgress(options) }));
  }
  const knownHostsFile = path.join(stateDir, 'known_hosts');
  await writeFile(knownHostsFile, all.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey}\n`).join(''));
  const shared = all.map((server) => ({ ...server, knownHostsFile }));
  return { old: shared.slice(0, count), new: shared.slice(count) };
}

function toProgress({ onProgress }: SandboxOptions): { onProgress?: OnProgress } {
  return onProgress === undefined ? {} : { onProgress };
}

function toSandboxCluster(
  name: 'old' | 'new',
  cluster: StartedHBaseCluster,
  gateways: readonly StartedSshServer[],
): SandboxCluster {
  return {
    name,
    binDir: cluster.binDir,
    clusterKey: cluster.clusterKey,
    rootDir: cluster.rootDir,
    gateways: gateways.map(({ host, port }) => `${host}:${port}`),
  };
}

async function writeEnvFile(stateDir: string, environment: Record<string, string>): Promise<string> {
  const file = path.join(stateDir, 'env');
  const lines = Object.entries(environment).map(([name, value]) => `export ${name}=${quoteForShell(value)}\n`);
  await writeFile(file, lines.join(''));
  return file;
}

function quoteForShell(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

async function takeStateDir(wanted: string | undefined): Promise<{ stateDir: string; lock: FileLock }> {
  if (wanted !== undefined) {
    const stateDir = path.resolve(wanted);
    return { stateDir, lock: await lockStateDir(stateDir) };
  }
  const parent = temporarySandboxesDir();
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await assertOwned(parent);
  return withFileLock(path.join(parent, 'parent.lock'), async () => {
    await clearAbandoned(parent);
    const stateDir = await mkdtemp(path.join(parent, 'sandbox-'));
    await claimStateDir(stateDir);
    return { stateDir, lock: await lockStateDir(stateDir) };
  });
}

/** Its name is easy to guess: another user of the machine may have made it first. */
async function assertOwned(folder: string): Promise<void> {
  if ((await stat(folder)).uid === userInfo().uid) return;
  throw new Failure('sandbox.failed', `${folder} belongs to another user; set TMPDIR to a folder of your own.`);
}

/** A temporary sandbox lives as long as the process that holds its lock. */
async function clearAbandoned(parent: string): Promise<void> {
  const names = (await readdir(parent, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of names) {
    const stateDir = path.join(parent, name);
    await using lock = await tryFileLock(toLockFile(stateDir));
    if (lock === undefined) continue;
    await clearStateDir(stateDir);
    await lock.forget();
  }
}
