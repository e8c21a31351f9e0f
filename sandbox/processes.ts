import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../activities/failure.ts';

/**
 * Every process the sandbox starts is written down in `<stateDir>/processes/<pid>.json`, so that `sandbox down`, run
 * later by another process, stops exactly those: a pid counts only together with its start time, because the system
 * gives a pid away again.
 */
export interface ProcessRecord {
  /** What it is, for people and for selecting: `hbase/source/control`, `temporal`, `sshd/target` … */
  what: string;
  pid: number;
  /** Start time as the system tells it, unique for a pid within one boot. */
  startTime: string;
  /** Signal that asks it to end. SIGKILL for what holds nothing worth an orderly end. */
  stopSignal: 'SIGTERM' | 'SIGKILL';
  /** True when it leads a process group, which then gets its signals as a whole. */
  group: boolean;
  logFile?: string;
}

export interface ProcessToRecord {
  what: string;
  pid: number;
  /** @default 'SIGTERM' */
  stopSignal?: ProcessRecord['stopSignal'];
  /** @default false */
  group?: boolean;
  logFile?: string;
}

/** Writes the record of a process that runs. Synchronous: nothing may come between its start and its record. */
export function recordProcess(stateDir: string, started: ProcessToRecord): ProcessRecord {
  const startTime = readStartTime(started.pid);
  if (startTime === undefined) {
    throw new Failure(
      'sandbox.failed',
      `${started.what} (pid ${started.pid}) ended at once.${tailOf(started.logFile)}`,
    );
  }
  const record: ProcessRecord = { stopSignal: 'SIGTERM', group: false, ...started, startTime };
  const path = toRecordPath(stateDir, record.pid);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, JSON.stringify(record));
  renameSync(`${path}.tmp`, path);
  return record;
}

export interface ProgramToStart {
  what: string;
  command: string;
  args: readonly string[];
  cwd: string;
  /** Added to the caller's environment; undefined removes. */
  env?: Record<string, string | undefined>;
  /** Receives stdout and stderr. */
  logFile: string;
  stopSignal?: ProcessRecord['stopSignal'];
}

/** Starts a program in its own session, so that it outlives the caller, and records it. */
export function startRecorded(stateDir: string, program: ProgramToStart): ProcessRecord {
  mkdirSync(dirname(program.logFile), { recursive: true });
  const log = openSync(program.logFile, 'a');
  try {
    const child = spawn(program.command, program.args, {
      cwd: program.cwd,
      env: { ...process.env, ...program.env },
      detached: true,
      stdio: ['ignore', log, log],
    });
    // Without a listener a failed spawn would end the whole process; the missing pid reports it here.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Failure('sandbox.missing-tool', `cannot run ${program.command}.`);
    const { what, logFile, stopSignal = 'SIGTERM' } = program;
    return recordProcess(stateDir, { what, pid: child.pid, stopSignal, group: true, logFile });
  } finally {
    closeSync(log);
  }
}

/** True while that very process runs: same pid and same start time, and not a zombie. */
export function isAlive(record: Pick<ProcessRecord, 'pid' | 'startTime'>): boolean {
  return readStartTime(record.pid) === record.startTime;
}

/** All records of the folder, of running and of ended processes. */
export async function listRecordedProcesses(stateDir: string): Promise<ProcessRecord[]> {
  const folder = join(stateDir, 'processes');
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(ignoreAbsent)));
  return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text) as ProcessRecord]));
}

export interface StopSelection {
  /** Only those whose `what` is this or starts with this and a slash. @default all */
  what?: string;
  /** How long an orderly end may take before SIGKILL. @default 10,000 */
  graceMs?: number;
}

/** Stops the recorded processes and removes their records; returns those that were still running. */
export async function stopRecordedProcesses(stateDir: string, selection: StopSelection = {}): Promise<ProcessRecord[]> {
  const records = (await listRecordedProcesses(stateDir)).filter((record) => isSelected(record, selection.what));
  const running = records.filter(isAlive);
  await Promise.all(
    records.map(async (record) => {
      await stopProcess(record, selection.graceMs ?? 10_000);
      await removeRecord(stateDir, record);
    }),
  );
  return running;
}

/** Stops one recorded process and waits until it is gone. */
export async function stopProcess(record: ProcessRecord, graceMs: number): Promise<void> {
  if (!isAlive(record)) return;
  signal(record, record.stopSignal);
  // A process paused by a fault test would never see SIGTERM.
  signal(record, 'SIGCONT');
  if (await waitForEnd(record, graceMs)) return;
  signal(record, 'SIGKILL');
  if (await waitForEnd(record, 10_000)) return;
  throw new Failure('sandbox.failed', `${record.what} (pid ${record.pid}) does not end, not even by SIGKILL.`);
}

/** Sends a signal if that very process still runs; what it started in its own group gets the signal too. */
export function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    process.kill(record.group ? -record.pid : record.pid, name);
  } catch (error) {
    // It ended between the look and the signal, which is all the same.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export async function removeRecord(stateDir: string, record: ProcessRecord): Promise<void> {
  await rm(toRecordPath(stateDir, record.pid), { force: true });
}

async function waitForEnd(record: ProcessRecord, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (isAlive(record)) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

function isSelected(record: ProcessRecord, what: string | undefined): boolean {
  return what === undefined || record.what === what || record.what.startsWith(`${what}/`);
}

function toRecordPath(stateDir: string, pid: number): string {
  return join(stateDir, 'processes', `${pid}.json`);
}

/** undefined when no such process runs. */
export function readStartTime(pid: number): string | undefined {
  return process.platform === 'linux' ? readLinuxStartTime(pid) : readPsStartTime(pid);
}

function readLinuxStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything, so fields count from its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function readPsStartTime(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 10_000 }).trim();
  } catch {
    return undefined;
  }
}

function tailOf(logFile: string | undefined): string {
  return logFile === undefined ? '' : ` Log: ${logFile}`;
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
