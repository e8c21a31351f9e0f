import { Readable, Writable } from 'node:stream';
import { Failure } from '../../../activities/failure.ts';
import type { ConnectedClient, ConnectionFlags } from '../../../client/connect.ts';
import type { AppContext } from '../../../client/context.ts';
import { runApp } from '../../../client/run-app.ts';
import { formatProgramEnd, tell } from '../../support/tell.ts';

export interface CliResult {
  stdout: string;
  stderr: string;
  exitCode: number;
  /** Flags of every connection that was asked for. */
  connects: ConnectionFlags[];
  /** The one JSON document on stdout. */
  document(): unknown;
}

export interface CliOptions {
  connected?: ConnectedClient;
  env?: NodeJS.ProcessEnv;
  nowMs?: number;
  program?: string;
  interrupted?: AbortSignal;
  /** A person at a terminal, who answers this to every question. */
  answer?: string;
}

/** Runs the whole command line with a process of its own; nothing is connected unless a connection is given. */
export async function runCli(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const connects: ConnectionFlags[] = [];
  const stderr = new Writable({ write: (text, _, done) => done(void (written.stderr += String(text))) });
  const process: AppContext['process'] = {
    stdout: { write: (text) => void (written.stdout += text) },
    stderr,
    ...(options.answer === undefined ? {} : { stdin: toTerminal(options.answer) }),
  };
  await runApp(args, {
    process,
    env: options.env ?? {},
    program: options.program ?? 'temporal-hbase',
    isTerminal: options.answer !== undefined,
    interrupted: options.interrupted ?? new AbortController().signal,
    connect: async (flags) => {
      connects.push(flags);
      if (options.connected === undefined) throw new Failure('temporal.unreachable', 'no server in this test');
      return options.connected;
    },
    nowMs: () => options.nowMs ?? Date.parse('2026-11-20T10:05:00.000Z'),
  });
  const exitCode = Number(process.exitCode);
  tell(() => formatProgramEnd(`temporal-hbase ${args.join(' ')}`, { ...written, exitCode }));
  return { ...written, exitCode, connects, document: () => JSON.parse(written.stdout) };
}

function toTerminal(answer: string): NodeJS.ReadStream {
  return Object.assign(Readable.from([`${answer}\n`]), { isTTY: true }) as unknown as NodeJS.ReadStream;
}
