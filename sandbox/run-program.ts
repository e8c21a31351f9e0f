import { spawn } from 'node:child_process';

import { Failure } from '../activities/failure.ts';

export interface ProgramOptions {
  cwd?: string;
  /** The whole environment. @default this process's */
  env?: NodeJS.ProcessEnv;
  /** Outer time limit; the process group is killed at its end. */
  timeoutMs: number;
  /** Text for stdin. @default empty */
  input?: string;
}

export interface ProgramResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end and returns whatever the exit code; only a missing program and the time limit throw. */
export function runProgram(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<ProgramResult> {
  const [program, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, detached: true });
    const output = { stdout: '', stderr: '' };
    const timer = setTimeout(() => {
      killGroup(child.pid);
      reject(new Failure('sandbox.failed', `${program} did not end within ${options.timeoutMs / 1000} s.`));
    }, options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new Failure('sandbox.missing-tool', `Cannot run ${program}: ${cause.message}`, {}, { cause }));
    });
    child.once('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, ...output });
    });
    // A program that ends without reading its input closes the pipe: its exit code says what happened, not EPIPE.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
}

/** Like `runProgram`, for programs that must succeed. Returns stdout. */
export async function runProgramOrFail(argv: readonly [string, ...string[]], options: ProgramOptions): Promise<string> {
  const result = await runProgram(argv, options);
  if (result.exitCode === 0) return result.stdout;
  const end = `${result.stdout}\n${result.stderr}`.trim().slice(-2000);
  throw new Failure('sandbox.failed', `${argv[0]} ended with exit code ${result.exitCode}: ${end}`, {
    command: argv.join(' '),
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
