import path from 'node:path';

import { Failure } from '../activities/failure.ts';
import { defaultStateDir } from './folders.ts';
import { startParts, type SandboxOptions } from './sandbox.ts';
import { clearStateDir, lockStateDir, readStatus, type SandboxDescription, type SandboxStatus } from './state.ts';
import { DEFAULT_HBASE_PAIR } from './versions.ts';

export interface UpResult {
  /** False when the same sandbox ran already. */
  changed: boolean;
  /** What was still running of a broken sandbox and has been stopped, e.g. `temporal (pid 123)`. */
  cleared: string[];
  description: SandboxDescription;
}

/** Starts the one sandbox of a state folder; it outlives this process until `downSandbox`. */
export async function upSandbox(options: SandboxOptions = {}): Promise<UpResult> {
  const stateDir = toStateDir(options);
  await using _lock = await lockStateDir(stateDir);
  const status = await readStatus(stateDir);
  if (status.state === 'running' && status.description !== undefined) {
    assertSameSandbox(status.description, options);
    return { changed: false, cleared: [], description: status.description };
  }
  const cleared = (await clearStateDir(stateDir)).map(({ what, pid }) => `${what} (pid ${pid})`);
  try {
    const { description } = await startParts({ ...options, stateDir });
    return { changed: true, cleared, description };
  } catch (error) {
    await clearStateDir(stateDir);
    throw error;
  }
}

export interface DownResult {
  /** False when nothing was there. */
  changed: boolean;
  /** What was running, e.g. `temporal (pid 123)`. */
  stopped: string[];
}

/** Stops the sandbox, or what is left of it, and removes its data. */
export async function downSandbox(options: { stateDir?: string } = {}): Promise<DownResult> {
  const stateDir = toStateDir(options);
  await using lock = await lockStateDir(stateDir);
  const { state } = await readStatus(stateDir);
  const stopped = await clearStateDir(stateDir);
  await lock.forget();
  return { changed: state !== 'absent', stopped: stopped.map(({ what, pid }) => `${what} (pid ${pid})`) };
}

/** Looks, and changes nothing. */
export function readSandboxStatus(options: { stateDir?: string } = {}): Promise<SandboxStatus> {
  return readStatus(toStateDir(options));
}

function toStateDir({ stateDir }: { stateDir?: string }): string {
  return stateDir === undefined ? defaultStateDir() : path.resolve(stateDir);
}

function assertSameSandbox(running: SandboxDescription, options: SandboxOptions): void {
  const wanted = {
    pair: options.pair ?? DEFAULT_HBASE_PAIR,
    regionServers: options.regionServers ?? 1,
    multiwal: options.multiwal ?? false,
    yarn: options.yarn ?? false,
  };
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  const different = names.filter((name) => running[name] !== wanted[name]);
  if (different.length === 0) return;
  const list = different.map((name) => `${name} is ${running[name]}, asked for ${wanted[name]}`).join('; ');
  throw new Failure('sandbox.failed', `Another sandbox runs in ${running.stateDir}: ${list}. Stop it first.`);
}
