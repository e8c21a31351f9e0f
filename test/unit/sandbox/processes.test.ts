import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  isAlive,
  listRecordedProcesses,
  recordProcess,
  signal,
  startRecorded,
  stopRecordedProcesses,
} from '../../../sandbox/processes.ts';
import { waitUntil } from '../../support/wait-until.ts';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'processes-'));
});

afterEach(async () => {
  await stopRecordedProcesses(stateDir, { graceMs: 100 });
  await rm(stateDir, { recursive: true });
});

const start = (what: string, script = 'exec sleep 60', env: Record<string, string> = {}) =>
  startRecorded(stateDir, {
    what,
    command: 'sh',
    args: ['-c', script],
    cwd: stateDir,
    env,
    logFile: join(stateDir, `${what.replaceAll('/', '-')}.log`),
  });

describe('startRecorded', () => {
  test('the record on disk is the process that runs', async () => {
    const record = start('a');
    expect(isAlive(record)).toBe(true);
    expect(await listRecordedProcesses(stateDir)).toEqual([record]);
  });

  test('the environment of the program is not written down', async () => {
    start('a', 'exec sleep 60', { PASSWORD: 'hunter2' });
    const [name] = await readdir(join(stateDir, 'processes'));
    expect(await readFile(join(stateDir, 'processes', name ?? ''), 'utf8')).not.toContain('hunter2');
  });

  test('a program that is not there is a missing tool', () => {
    const program = { what: 'a', command: '/no/such/program', args: [], cwd: stateDir, logFile: join(stateDir, 'log') };
    expect(() => startRecorded(stateDir, program)).toThrow(expect.objectContaining({ code: 'sandbox.missing-tool' }));
  });
});

describe('recordProcess', () => {
  test('a process that has ended is refused', async () => {
    const child = spawn('true');
    await new Promise((resolve) => child.once('close', resolve));
    const pid = child.pid ?? 0;
    expect(() => recordProcess(stateDir, { what: 'a', pid })).toThrow(
      expect.objectContaining({ code: 'sandbox.failed' }),
    );
  });
});

describe('isAlive', () => {
  test('the same pid with another start time is another process', () => {
    expect(isAlive({ pid: process.pid, startTime: '1' })).toBe(false);
  });
});

describe('stopRecordedProcesses', () => {
  test('selects by the parts of the name', async () => {
    const stopped = start('hbase/old/control');
    const kept = start('hbase/older/control');
    const names = (await stopRecordedProcesses(stateDir, { what: 'hbase/old' })).map((record) => record.what);
    expect(names).toEqual(['hbase/old/control']);
    expect([isAlive(stopped), isAlive(kept)]).toEqual([false, true]);
    expect(await listRecordedProcesses(stateDir)).toEqual([kept]);
  });

  test('never signals a process that took over the pid', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const record = recordProcess(stateDir, { what: 'a', pid: child.pid ?? 0 });
    const path = join(stateDir, 'processes', `${record.pid}.json`);
    await writeFile(path, JSON.stringify({ ...record, startTime: '1' }));
    expect(await stopRecordedProcesses(stateDir)).toEqual([]);
    expect(isAlive(record)).toBe(true);
    child.kill('SIGKILL');
  });

  test('ends what ignores SIGTERM, what is paused, and what it started', async () => {
    const stubborn = start('stubborn', 'trap "" TERM; sleep 60 & echo $! > child; wait');
    const paused = start('paused');
    signal(paused, 'SIGSTOP');
    await waitUntil('the child runs', async () => (await readdir(stateDir)).includes('child'));
    await stopRecordedProcesses(stateDir, { graceMs: 100 });
    const child = Number(await readFile(join(stateDir, 'child'), 'utf8'));
    expect([isAlive(stubborn), isAlive(paused)]).toEqual([false, false]);
    await waitUntil('the child has ended', () => !isRunning(child));
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
