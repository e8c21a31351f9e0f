import type { CommandContext, StricliProcess } from '@stricli/core';
import { findProgramName } from './program-name.ts';
import { connectClient, resolveTarget, type ConnectedClient, type ConnectionFlags } from './connect.ts';

/** Everything a command touches of the outside, so that tests run the whole command line with a process of their own. */
export interface AppContext extends CommandContext {
  readonly process: StricliProcess & { stdin?: NodeJS.ReadStream };
  readonly env: NodeJS.ProcessEnv;
  /** How this program was called, e.g. `npx temporal-hbase`: commands that are shown can be typed as they stand. */
  readonly program: string;
  /** True when a person watches: a live view instead of one line per change. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C or SIGTERM: a command stops watching, the workflow goes on. Reading it takes the signals over. */
  readonly interrupted: AbortSignal;
  connect(flags: ConnectionFlags): Promise<ConnectedClient>;
  nowMs(): number;
}

export function createAppContext(host: NodeJS.Process): AppContext {
  let interruption: AbortController | undefined;
  return {
    process: host,
    env: host.env,
    program: findProgramName(host),
    isTerminal: host.stdout.isTTY && host.env['CI'] === undefined,
    // A command that never looks is ended by the signal, as any program is.
    get interrupted() {
      interruption ??= abortOnSignals(host);
      return interruption.signal;
    },
    connect: (flags) => connectClient(resolveTarget(flags, host.env)),
    nowMs: () => Date.now(),
  };
}

function abortOnSignals(host: NodeJS.Process): AbortController {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) host.once(signal, () => interruption.abort());
  return interruption;
}
