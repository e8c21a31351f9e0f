import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Failure } from '../activities/failure.ts';
import { isAlive, readStartTime } from './processes.ts';

export interface FileLock extends AsyncDisposable {
  release(): Promise<void>;
}

interface Owner {
  pid: number;
  /** With the pid it names one process for ever; a pid alone is reused. */
  startTime: string;
}

/**
 * Takes a lock that other processes see, or returns `undefined` when a living process holds it. The lock of a process
 * that is gone is taken over.
 */
export async function tryFileLock(file: string): Promise<FileLock | undefined> {
  await mkdir(path.dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify({ pid: process.pid, startTime: readStartTime(process.pid) }));
  try {
    while (!(await tryLink(mine, file))) {
      if (!(await removeIfStale(file))) return undefined;
    }
  } finally {
    await rm(mine, { force: true });
  }
  const release = () => rm(file, { force: true });
  return { release, [Symbol.asyncDispose]: release };
}

/** Runs `work` under the lock, waiting for its holder as long as it lives. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    await using lock = await tryFileLock(file);
    if (lock !== undefined) return await work();
    await delay(50);
  }
}

/** True while a living process holds the lock. */
export async function isLocked(file: string): Promise<boolean> {
  const owner = await readOwner(file);
  return owner !== undefined && isAlive(owner);
}

/** A hard link appears whole or not at all, so that nobody reads a half-written owner. */
async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Moves a dead owner's lock away. What was moved is read again: another process may have taken it over meanwhile. */
async function removeIfStale(file: string): Promise<boolean> {
  const owner = await readOwner(file);
  if (owner === undefined) return true;
  if (isAlive(owner)) return false;
  const moved = `${file}.${randomUUID()}`;
  try {
    await rename(file, moved);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    throw error;
  }
  const taken = await readOwner(moved);
  if (taken !== undefined && isAlive(taken)) await tryLink(moved, file);
  await rm(moved, { force: true });
  return true;
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isOwner(owner)) return owner;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Failure('sandbox.failed', `${file} is no lock file of the sandbox; remove it if nothing runs there.`);
}

function isOwner(value: unknown): value is Owner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'startTime' in value &&
    typeof value.startTime === 'string'
  );
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
