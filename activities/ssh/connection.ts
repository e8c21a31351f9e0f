import { setTimeout as delay } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import type { SshTarget } from '../inventory/inventory.ts';
import type { Failure } from '../failure.ts';
import { readCredentials, type Credentials } from './credentials.ts';
import { checkHostKey, orderHostKeyAlgorithms, readHostKeyPolicy } from './host-key.ts';
import { isDroppedBeforeLogin, toSshFailure } from './ssh-failure.ts';

export interface ConnectSettings {
  environment: NodeJS.ProcessEnv;
  /** Limit of one attempt: socket, handshake and login. */
  connectTimeoutMs: number;
  /** A dead peer is noticed after three unanswered keep-alives. */
  keepAliveMs: number;
  /** Attempts while the host drops connections before the login (`MaxStartups`). */
  connectAttempts: number;
}

/** One logged-in connection. */
export interface Connection {
  readonly client: Client;
  /** Why it broke, once it has. */
  readonly broken: () => unknown;
}

export interface ConnectRequest {
  target: SshTarget;
  settings: ConnectSettings;
  /** Opens the byte stream through the jump host; absent for a direct connection. */
  openSocket?: () => Promise<Readable>;
  /** Called once, when the connection has ended for whatever reason. */
  onEnd: () => void;
}

/** Opens one connection; its host key has been checked before anything secret is sent. */
export async function connect(request: ConnectRequest): Promise<Connection> {
  const { target, settings } = request;
  const credentials = await readCredentials(target, settings.environment);
  for (let attempt = 1; ; attempt++) {
    try {
      return await login(request, credentials);
    } catch (error) {
      const failure = toSshFailure(error, { target, phase: 'connecting', tried: credentials.tried });
      if (attempt >= settings.connectAttempts || !isDroppedBeforeLogin(failure.cause)) throw failure;
    }
    // Spread out, since all that were refused together would come again together.
    await delay(100 * 2 ** attempt * (0.5 + Math.random()));
  }
}

async function login(
  { target, settings, openSocket, onEnd }: ConnectRequest,
  credentials: Credentials,
): Promise<Connection> {
  const policy = await readHostKeyPolicy(target);
  const sock = await openSocket?.();
  const client = new ssh2.Client();
  // One listener a channel.
  client.setMaxListeners(0);
  let refusal: Failure | undefined;
  let broken: unknown;
  client.on('close', onEnd);
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    // An `error` may come after `ready`, e.g. a keep-alive time-out: kept as the reason of what then breaks.
    client.on('error', (error) => reject((broken ??= refusal ?? error)));
    client.once('close', () => reject((broken ??= new Error('the host closed the connection'))));
  });
  answerPrompts(client, credentials.config.password);
  client.connect({
    host: target.host,
    port: target.port,
    username: target.user,
    ...(sock === undefined ? {} : { sock }),
    ...credentials.config,
    readyTimeout: settings.connectTimeoutMs,
    keepaliveInterval: settings.keepAliveMs,
    keepaliveCountMax: 3,
    algorithms: { serverHostKey: orderHostKeyAlgorithms(policy) },
    hostVerifier: (blob: Buffer) => (refusal = checkHostKey(blob, { target, policy })) === undefined,
  });
  try {
    await ready;
  } catch (error) {
    client.destroy();
    throw error;
  }
  // Nagle's algorithm against sshd's delayed ACK would add 40 ms to each small request of an agent.
  client.setNoDelay(true);
  return { client, broken: () => broken };
}

/** Many hosts ask for the password as a keyboard-interactive prompt; only one single prompt is answered. */
function answerPrompts(client: Client, password: string | undefined): void {
  client.on('keyboard-interactive', (...[, , , prompts, finish]) => {
    finish(password !== undefined && prompts.length === 1 ? [password] : []);
  });
}

/** Ends a connection; one whose peer does not answer is torn down after `graceMs`. */
export async function disconnect({ client }: Connection, graceMs = 500): Promise<void> {
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.end();
  const timer = setTimeout(() => client.destroy(), graceMs);
  // A second limit: a client whose socket is already gone emits nothing any more.
  await Promise.race([closed, delay(graceMs * 2, undefined, { ref: false })]);
  clearTimeout(timer);
}
