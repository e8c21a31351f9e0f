import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { told } from '../../support/tell.ts';
import type { Bench } from '../support.ts';

const PROGRAM = fileURLToPath(new URL('../../../client/main.ts', import.meta.url));

export interface CliResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** The command line as a process of its own, against the bench's server and task queue. */
export function runCli({ sandbox, taskQueue }: Bench, args: string[]): Promise<CliResult> {
  const env = { ...process.env, ...sandbox.environment, TEMPORAL_HBASE_TASK_QUEUE: taskQueue, CI: 'true' };
  const ended = new Promise<CliResult>((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env, timeout: 120_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode, stdout, stderr });
    });
  });
  return told(['temporal-hbase', ...args], ended);
}
