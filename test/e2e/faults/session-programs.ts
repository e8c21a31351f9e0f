import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readStartTime } from '../../../sandbox/processes.ts';
import { SESSION_VARIABLE } from '../../../sandbox/session-processes.ts';

/** kill -9 of every agent that somebody has started through the sandbox's sshd. Answers how many there were. */
export async function killAgents(stateDir: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const agents = (await Promise.all(pids.map((pid) => isAgent(pid, stateDir)))).flatMap((found) => found ?? []);
  for (const { pid, startTime } of agents) if (readStartTime(pid) === startTime) process.kill(pid, 'SIGKILL');
  return agents.length;
}

async function isAgent(pid: number, stateDir: string): Promise<{ pid: number; startTime: string } | undefined> {
  const args = await readList(`/proc/${pid}/cmdline`);
  if (args[0]?.endsWith('/java') !== true || !args.some((arg) => arg.includes('/agents/agent-'))) return undefined;
  const isOurs = (await readList(`/proc/${pid}/environ`)).includes(`${SESSION_VARIABLE}=${stateDir}`);
  const startTime = readStartTime(pid);
  return isOurs && startTime !== undefined ? { pid, startTime } : undefined;
}

/** Empty for what ended meanwhile. */
function readList(file: string): Promise<string[]> {
  return readFile(file, 'utf8').then(
    (text) => text.split('\0'),
    () => [],
  );
}

/** A job on a gateway: `<run>/<step>/<subject>/<generation>`, and the process that runs it. */
interface RunningJob {
  key: string;
  /** Process id and when it was started. */
  identity: string;
  hasEnded: boolean;
}

export interface JobWatch extends AsyncDisposable {
  /** Under which processes each job was seen; a job that is started again has a key of its own. */
  readonly starts: ReadonlyMap<string, ReadonlySet<string>>;
  /** kill -9 of the processes of those that run now: which ones. undefined while none does. */
  killRunning(): Promise<string[] | undefined>;
}

/** Looks at what gateways write down about each job before its program begins. */
export function watchJobs(stateDir: string): JobWatch {
  const starts = new Map<string, Set<string>>();
  const over = new AbortController();
  const look = async (): Promise<RunningJob[]> => {
    const jobs = await listJobs(stateDir);
    for (const { key, identity } of jobs) starts.set(key, (starts.get(key) ?? new Set<string>()).add(identity));
    return jobs;
  };
  const watching = (async () => {
    while (!over.signal.aborted) {
      await look();
      await sleep(50);
    }
  })();
  return {
    starts,
    async killRunning() {
      const running = (await look()).filter(({ hasEnded, identity }) => !hasEnded && isAlive(identity));
      const identities = [...new Set(running.map(({ identity }) => identity))];
      for (const identity of identities) process.kill(toPid(identity), 'SIGKILL');
      return identities.length === 0 ? undefined : identities;
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}

const toPid = (identity: string): number => Number(identity.split(' ')[0]);
const isAlive = (identity: string): boolean => readStartTime(toPid(identity)) === identity.split(' ')[1];

async function listJobs(stateDir: string): Promise<RunningJob[]> {
  const gateways = await list(join(stateDir, 'gateway'));
  const folders = await Promise.all(gateways.map((name) => listBelow(join(stateDir, 'gateway', name, 'jobs'), 4)));
  const jobs = await Promise.all(
    folders.flat().map(async (folder) => {
      const identity = await readFile(join(folder, 'process'), 'utf8').catch(() => '');
      const key = folder.slice(folder.indexOf('/jobs/') + '/jobs/'.length);
      return { key, identity: identity.trim(), hasEnded: existsSync(join(folder, 'exit')) };
    }),
  );
  return jobs.filter(({ identity }) => identity !== '');
}

async function listBelow(folder: string, depth: number): Promise<string[]> {
  if (depth === 0) return [folder];
  const names = await list(folder);
  return (await Promise.all(names.map((name) => listBelow(join(folder, name), depth - 1)))).flat();
}

const list = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
