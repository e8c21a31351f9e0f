import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { isLocked, tryFileLock, withFileLock } from '../../../sandbox/file-lock.ts';
import { readStartTime } from '../../../sandbox/processes.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'thb-lock-'));
  file = path.join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

describe('tryFileLock', () => {
  test('tryFileLock: a second taker gets nothing until the first lets go', async () => {
    const first = await tryFileLock(file);
    expect(await tryFileLock(file)).toBeUndefined();
    expect(await isLocked(file)).toBe(true);
    await first?.release();
    expect(await isLocked(file)).toBe(false);
    await expect(tryFileLock(file)).resolves.toBeDefined();
  });

  test('tryFileLock: of many at once exactly one wins', async () => {
    const locks = await Promise.all(Array.from({ length: 20 }, () => tryFileLock(file)));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  test('tryFileLock: the lock of a process that is gone is taken over, by exactly one', async () => {
    await writeFile(`${file}.1`, JSON.stringify({ pid: process.pid, startTime: 'before this process' }));
    expect(await isLocked(file)).toBe(false);
    const locks = await Promise.all(Array.from({ length: 20 }, () => tryFileLock(file)));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
  });

  test('tryFileLock: the lock of a living process stays', async () => {
    const owner = { pid: process.ppid, startTime: readStartTime(process.ppid) };
    await writeFile(`${file}.1`, JSON.stringify(owner));
    expect(await tryFileLock(file)).toBeUndefined();
  });

  test('tryFileLock: a foreign file is never taken for a lock', async () => {
    await writeFile(`${file}.1`, '{"name":"mine"}');
    await expect(tryFileLock(file)).rejects.toThrow(/no lock file/);
  });

  test('tryFileLock: leaves one small file behind', async () => {
    for (const number of [1, 2, 3]) {
      const lock = await tryFileLock(file);
      expect(await readdir(folder)).toEqual([`lock.${number}`]);
      await lock?.release();
      expect(await readdir(folder)).toEqual([`lock.${number}`]);
    }
  });
});

describe('withFileLock', () => {
  test('withFileLock: lets one after another in', async () => {
    let inside = 0;
    const most: number[] = [];
    const work = async () => {
      inside += 1;
      most.push(inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withFileLock(file, work)));
    expect(most).toEqual([1, 1, 1]);
  });

  test('withFileLock: lets go when the work fails', async () => {
    await expect(withFileLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await isLocked(file)).toBe(false);
  });
});
