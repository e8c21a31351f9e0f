import { readdir, readFile } from 'node:fs/promises';

import { readStartTime, stopProcess } from './processes.ts';

/** Set by the sandbox's sshd in every session, to the sandbox's state folder. */
export const SESSION_VARIABLE = 'TEMPORAL_HBASE_SANDBOX';

/**
 * Stops what was started through the sandbox's sshd and detached itself (jobs, guards): nobody recorded these, but
 * each inherited the variable. Linux only; elsewhere such a process ends with its job.
 */
export async function stopSessionProcesses(stateDir: string): Promise<void> {
  const pids = process.platform === 'linux' ? await listSessionProcesses(stateDir) : [];
  await Promise.all(pids.map(stopSessionProcess));
}

async function listSessionProcesses(stateDir: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const wanted = `${SESSION_VARIABLE}=${stateDir}`;
  const matches = await Promise.all(pids.map(async (pid) => (await readEnvironment(pid)).includes(wanted)));
  return pids.filter((pid, index) => matches[index] && pid !== process.pid);
}

/** Empty for processes of other users and for those that ended meanwhile. */
async function readEnvironment(pid: number): Promise<string[]> {
  return readFile(`/proc/${pid}/environ`, 'utf8').then(
    (text) => text.split('\0'),
    () => [],
  );
}

async function stopSessionProcess(pid: number): Promise<void> {
  const startTime = readStartTime(pid);
  if (startTime !== undefined)
    await stopProcess({ what: `session/${pid}`, pid, startTime, stopSignal: 'SIGKILL', group: false }, 1000);
}
