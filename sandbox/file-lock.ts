import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Failure } from '../activities/failure.ts';
import { isAlive, readStartTime } from './processes.ts';

export interface FileLock extends AsyncDisposable {
  /** Idempotent. */
  release(): Promise<void>;
  /** Instead of a release, when what it guards is gone: leaves no file behind. */
  forget(): Promise<void>;
}

interface Owner {
  pid: number;
  /** With the pid it names one process for ever; a pid alone is reused. */
  startTime: string;
}

/**
 * Takes a lock that other processes see, or returns `undefined` when a living process holds it. The lock of a process
 * that is gone is taken over.
 *
 * The lock is a file `<file>.<number>`; the highest number counts. It is taken by creating the next number, and let go
 * by saying so in one's own file, so the highest is never removed: no look that came before can take for free what
 * somebody took meanwhile. Lower numbers are litter.
 */
export async function tryFileLock(file: string): Promise<FileLock | undefined> {
  await mkdir(path.dirname(file), { recursive: true });
  const mine = `${file}.${randomUUID()}`;
  await writeFile(mine, JSON.stringify({ pid: process.pid, startTime: readStartTime(process.pid) }));
  try {
    const taken = await takeNext(file, mine);
    if (taken === undefined) return undefined;
    return toLock(file, taken);
  } finally {
    await rm(mine, { force: true });
  }
}

async function takeNext(file: string, mine: string): Promise<string | undefined> {
  for (;;) {
    const [top = 0] = await listNumbers(file);
    const owner = top === 0 ? undefined : await readOwner(`${file}.${top}`);
    if (owner !== undefined && isAlive(owner)) return undefined;
    const next = `${file}.${top + 1}`;
    if (!(await tryLink(mine, next))) continue;
    const [highest, ...lower] = await listNumbers(file);
    if (highest === top + 1) {
      for (const number of lower) await rm(`${file}.${number}`, { force: true });
      return next;
    }
    // What was seen as the highest was litter by then.
    await rm(next, { force: true });
  }
}

/** Highest first. */
async function listNumbers(file: string): Promise<number[]> {
  const prefix = `${path.basename(file)}.`;
  const names = (await readdir(path.dirname(file))).filter((name) => name.startsWith(prefix));
  const numbers = names.map((name) => name.slice(prefix.length)).filter((rest) => /^[1-9]\d*$/.test(rest));
  return numbers.map(Number).toSorted((a, b) => b - a);
}

function toLock(file: string, taken: string): FileLock {
  let isHeld = true;
  const end = async (work: () => Promise<void>): Promise<void> => {
    if (isHeld) await work();
    isHeld = false;
  };
  const release = () => end(() => letGo(taken));
  const forget = () => end(() => removeAll(file));
  return { release, forget, [Symbol.asyncDispose]: release };
}

async function removeAll(file: string): Promise<void> {
  for (const number of await listNumbers(file)) await rm(`${file}.${number}`, { force: true });
}

/** By a rename over one's own file, so that nobody reads half of it. */
async function letGo(taken: string): Promise<void> {
  const draft = `${taken}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify({ released: true }));
  await rename(draft, taken);
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
  const [top] = await listNumbers(file).catch(ignoreAbsent);
  const owner = top === undefined ? undefined : await readOwner(`${file}.${top}`);
  return owner !== undefined && isAlive(owner);
}

function ignoreAbsent(error: unknown): number[] {
  if (isErrno(error, 'ENOENT')) return [];
  throw error;
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

/** undefined when it was let go, or removed as litter. */
async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isOwner(owner)) return owner;
    if (isReleased(owner)) return undefined;
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

function isReleased(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'released' in value;
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
