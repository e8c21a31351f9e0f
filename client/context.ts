import type { CommandContext, StricliProcess } from '@stricli/core';
import { connectClient, resolveTarget, type ConnectedClient, type ConnectionFlags } from './connect.ts';

/** Everything a command touches of the outside, so that tests run the whole command line with a process of their own. */
export interface AppContext extends CommandContext {
  readonly process: StricliProcess & { stdin?: NodeJS.ReadStream };
  readonly env: NodeJS.ProcessEnv;
  /** True when a person watches: a live view instead of one line per change. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C: a command stops watching, the workflow goes on. */
  readonly interrupted: AbortSignal;
  connect(flags: ConnectionFlags): Promise<ConnectedClient>;
  nowMs(): number;
}

export function createAppContext(host: NodeJS.Process): AppContext {
  const interruption = new AbortController();
  host.once('SIGINT', () => interruption.abort());
  return {
    process: host,
    env: host.env,
    isTerminal: host.stdout.isTTY && host.env['CI'] === undefined,
    interrupted: interruption.signal,
    connect: (flags) => connectClient(resolveTarget(flags, host.env)),
    nowMs: () => Date.now(),
  };
}
