import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from 'ssh2';
import type { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';
import type { Connection } from './connection.ts';
import { toSshFailure } from './ssh-failure.ts';

export interface RemoteExit {
  exitCode?: number;
  signal?: string;
  /** The connection broke, so whether and how the process ended is unknown. */
  failure?: Failure;
}

export interface ExecCommand {
  connection: Connection;
  target: SshTarget;
  command: string;
}

export interface StartedExec {
  channel: ClientChannel;
  exit: Promise<RemoteExit>;
}

/** A host with a lower `MaxSessions` than ours refuses channels while others are open: nothing has run, so ask again. */
export async function startExec(running: ExecCommand): Promise<StartedExec> {
  const deadlineMs = performance.now() + 10_000;
  for (;;) {
    try {
      return await requestExec(running);
    } catch (error) {
      const refused = error instanceof Error && error.message.includes('Channel open failure');
      if (!refused || performance.now() > deadlineMs) {
        throw toSshFailure(running.connection.broken() ?? error, { ...running, phase: 'running' });
      }
    }
    await delay(100);
  }
}

/** The exit is watched from the callback itself: it may be in the same packet as the answer to the request. */
function requestExec(running: ExecCommand): Promise<StartedExec> {
  return new Promise((resolve, reject) => {
    running.connection.client.exec(running.command, (error, channel) => {
      if (error) reject(error);
      else resolve({ channel, exit: watchExit(channel, running) });
    });
  });
}

/**
 * The channel reports its close only when its output has been read, so a broken connection is listened for as well:
 * it ends the wait even when nobody reads.
 */
function watchExit(channel: ClientChannel, { connection, target, command }: ExecCommand): Promise<RemoteExit> {
  return new Promise((resolve) => {
    let exit: RemoteExit | undefined;
    const toFailure = (): Failure => {
      const cause = connection.broken() ?? new Error('the channel closed without an exit status');
      return toSshFailure(cause, { target, phase: 'running', command });
    };
    const onBroken = (): void => resolve({ failure: toFailure() });
    connection.client.once('close', onBroken);
    channel.on('exit', (code: number | null, signal?: string) => {
      exit = code === null ? { signal: (signal ?? 'unknown').replace(/^SIG/, '') } : { exitCode: code };
    });
    channel.on('close', () => {
      connection.client.off('close', onBroken);
      resolve(exit ?? { failure: toFailure() });
    });
  });
}
