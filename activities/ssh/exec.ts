import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';
import type { ConnectionPool } from './connection-pool.ts';
import { quoteArgv } from './quote.ts';
import { startExec, type RemoteExit } from './start-exec.ts';

export interface ExecOptions {
  stdin?: string | Buffer;
  /** From the start of the remote process; then `ssh.failed`, since what it did is unknown. */
  timeoutMs: number;
  /** Gives up waiting, with the signal's reason. The remote process is not ended by it. */
  signal?: AbortSignal;
  /** Kept bytes of stdout and of stderr, each; the rest is read and dropped. Default 1 MiB. */
  maxBytes?: number;
}

export interface ExecResult {
  /** undefined when a signal ended the process. */
  exitCode: number | undefined;
  /** Without `SIG`, e.g. `KILL`. */
  signal: string | undefined;
  stdout: string;
  /** The bytes of `stdout`: a cut may run through a character. */
  stdoutBytes: Buffer;
  stderr: string;
  truncated: boolean;
  durationMs: number;
}

/** A remote process with open streams. Both output streams must be read, or the process stalls. */
export interface RemoteChannel {
  readonly host: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Never rejects. */
  readonly exit: Promise<RemoteExit>;
  /** Ends input and closes the channel: a process that reads its input ends. */
  close(): void;
}

interface ExecRequest {
  target: SshTarget;
  argv: readonly string[];
}

/** Runs a command to its end. Any exit code is a result; only a lost connection, a time-out or an abort throws. */
export async function exec(
  pool: ConnectionPool,
  { target, argv, ...options }: ExecRequest & ExecOptions,
): Promise<ExecResult> {
  const command = quoteArgv(argv);
  options.signal?.throwIfAborted();
  return await abortable(options.signal, () =>
    pool.use(target, async (connection) => {
      options.signal?.throwIfAborted();
      const startedMs = performance.now();
      const { channel, exit } = await startExec({ connection, target, command });
      const stdout = collect(channel, options.maxBytes);
      const stderr = collect(channel.stderr, options.maxBytes);
      // A process that ends before it has read all its input is no error of ours; its exit code tells.
      channel.on('error', () => undefined);
      channel.end(options.stdin);
      const { failure, exitCode, signal } = await limited(exit, { channel, target, command, options });
      if (failure !== undefined) throw failure;
      return {
        exitCode,
        signal,
        stdout: stdout.bytes().toString('utf8'),
        stdoutBytes: stdout.bytes(),
        stderr: stderr.bytes().toString('utf8'),
        truncated: stdout.truncated() || stderr.truncated(),
        durationMs: Math.round(performance.now() - startedMs),
      };
    }),
  );
}

/** Starts a command and hands out its streams; it holds a channel slot until it ends. */
export function openChannel(pool: ConnectionPool, { target, argv }: ExecRequest): Promise<RemoteChannel> {
  const command = quoteArgv(argv);
  return new Promise((resolve, reject) => {
    pool
      .use(target, async (connection) => {
        const { channel, exit } = await startExec({ connection, target, command });
        channel.on('error', () => undefined);
        resolve({
          host: target.host,
          stdin: channel,
          stdout: channel,
          stderr: channel.stderr,
          exit,
          close: () => (channel.end(), channel.close()),
        });
        await exit;
      })
      .catch(reject);
  });
}

interface Limit {
  channel: ClientChannel;
  target: SshTarget;
  command: string;
  options: ExecOptions;
}

async function limited(exit: Promise<RemoteExit>, { channel, target, command, options }: Limit): Promise<RemoteExit> {
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => channel.close();
  options.signal?.addEventListener('abort', close, { once: true });
  const timeout = new Promise<RemoteExit>((resolve) => {
    timer = setTimeout(() => {
      channel.close();
      const message = `\`${command}\` on ${target.host} did not end within ${options.timeoutMs} ms; what it did is unknown.`;
      resolve({ failure: new Failure('ssh.failed', message, { host: target.host, command }) });
    }, options.timeoutMs);
  });
  try {
    return await Promise.race([exit, timeout]);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', close);
  }
}

async function abortable<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
  if (signal === undefined) return run();
  const running = run();
  running.catch(() => undefined);
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}

function collect(stream: Readable, maxBytes = 1 << 20): { bytes: () => Buffer; truncated: () => boolean } {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let truncated = false;
  stream.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, Math.max(0, maxBytes - sizeBytes));
    truncated ||= kept.length < chunk.length;
    sizeBytes += kept.length;
    if (kept.length > 0) chunks.push(kept);
  });
  return { bytes: () => Buffer.concat(chunks), truncated: () => truncated };
}
