import { isAlive, signal, type ProcessRecord } from '../processes.ts';
import { runProgramOrFail } from '../run-program.ts';

/** Kills sshd and the processes of its own that serve connections; what they run only sees its connection break. */
export async function killSshServer(server: ProcessRecord): Promise<void> {
  if (!isAlive(server)) return;
  // Stopped, it accepts no connection that the list would miss; each connection has a process group of its own.
  signal(server, 'SIGSTOP');
  const table = await runProgramOrFail(['ps', '-e', '-o', 'pid=,ppid=,comm='], { timeoutMs: 10_000 });
  for (const pid of listServing(table, server.pid)) kill(pid);
  signal(server, 'SIGKILL');
}

/** Descendants of `root` by way of processes that are sshd themselves (`sshd`, `sshd-session` since OpenSSH 9.8). */
export function listServing(table: string, root: number): number[] {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const children = rows.filter(([, ppid, name]) => Number(ppid) === root && /(?:^|\/)sshd/.test(name ?? ''));
  const pids = children.map(([pid]) => Number(pid));
  return pids.flatMap((pid) => [pid, ...listServing(table, pid)]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
