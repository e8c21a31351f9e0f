import type { Readable } from 'node:stream';
import pLimit, { type LimitFunction } from 'p-limit';
import { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';
import { connect, disconnect, type Connection, type ConnectSettings } from './connection.ts';
import { toSshFailure } from './ssh-failure.ts';

export interface ConnectionPoolOptions extends Partial<ConnectSettings> {
  /** Channels at once on one connection; sshd's default `MaxSessions` is 10. Default 8. */
  maxChannels?: number;
  /** A connection without work is closed after this. Default 60,000. */
  idleMs?: number;
}

/** One connection per target, opened when first used. Safe to share between clusters. */
export interface ConnectionPool {
  /** Runs `work` on the target's connection, holding one channel slot until it settles. */
  use<T>(target: SshTarget, work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Ends every connection; later use fails. Idempotent. */
  close(): Promise<void>;
}

interface Entry {
  connection: Promise<Connection>;
  limit: LimitFunction;
  users: number;
  evicted: boolean;
  idleTimer?: NodeJS.Timeout;
}

const DEFAULTS = { maxChannels: 8, idleMs: 60_000, connectTimeoutMs: 15_000, keepAliveMs: 5_000, connectAttempts: 6 };

export function createConnectionPool(options: ConnectionPoolOptions = {}): ConnectionPool {
  return new Pool({ environment: process.env, ...DEFAULTS, ...options });
}

class Pool implements ConnectionPool {
  readonly #settings: Required<ConnectionPoolOptions>;
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(settings: Required<ConnectionPoolOptions>) {
    this.#settings = settings;
  }

  async use<T>(target: SshTarget, work: (connection: Connection) => Promise<T>): Promise<T> {
    for (;;) {
      const entry = this.#get(target);
      this.#hold(entry);
      try {
        const outcome = await entry.limit(async () => {
          const connection = await entry.connection;
          // Broken while this waited for its slot: nothing has been sent, so a new connection is safe.
          return entry.evicted ? undefined : { value: await work(connection) };
        });
        if (outcome !== undefined) return outcome.value;
      } finally {
        this.#release(target, entry);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map((entry) => this.#end(entry)));
  }

  #get(target: SshTarget): Entry {
    if (this.#closed)
      throw new Failure('ssh.failed', `The ssh pool is closed, so ${target.host} is not contacted.`, {
        host: target.host,
      });
    const key = keyOf(target);
    const found = this.#entries.get(key);
    if (found !== undefined) return found;
    const entry: Entry = {
      connection: Promise.reject(new Error('not opened')),
      limit: pLimit(this.#settings.maxChannels),
      users: 0,
      evicted: false,
    };
    entry.connection.catch(() => undefined);
    this.#entries.set(key, entry);
    entry.connection = this.#open(target, () => this.#evict(target, entry));
    entry.connection.catch(() => this.#evict(target, entry));
    return entry;
  }

  async #open(target: SshTarget, onEnd: () => void): Promise<Connection> {
    const { jump } = target;
    if (jump === undefined) return connect({ target, settings: this.#settings, onEnd });
    // The jump host's connection stays in use for as long as the connection that runs through it.
    const via = this.#get(jump);
    this.#hold(via);
    let released = false;
    const release = (): void => {
      if (!released) this.#release(jump, via);
      released = true;
    };
    const end = (): void => (release(), onEnd());
    const openSocket = async (): Promise<Readable> => forward(await via.connection, { jump, target });
    try {
      return await connect({ target, settings: this.#settings, openSocket, onEnd: end });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Out of the map before anything is awaited, or the next caller would get the broken one. */
  #evict(target: SshTarget, entry: Entry): void {
    entry.evicted = true;
    clearTimeout(entry.idleTimer);
    if (this.#entries.get(keyOf(target)) === entry) this.#entries.delete(keyOf(target));
  }

  #hold(entry: Entry): void {
    entry.users++;
    clearTimeout(entry.idleTimer);
  }

  #release(target: SshTarget, entry: Entry): void {
    if (--entry.users > 0 || entry.evicted) return;
    entry.idleTimer = setTimeout(() => {
      this.#evict(target, entry);
      void this.#end(entry);
    }, this.#settings.idleMs).unref();
  }

  async #end(entry: Entry): Promise<void> {
    entry.evicted = true;
    clearTimeout(entry.idleTimer);
    // A connection that never opened has told its users already.
    const connection = await entry.connection.catch(() => undefined);
    if (connection !== undefined) await disconnect(connection);
  }
}

/** A `direct-tcpip` channel; it does not count towards `MaxSessions`. */
function forward({ client }: Connection, { jump, target }: { jump: SshTarget; target: SshTarget }): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(toSshFailure(error, { target, phase: 'connecting', tried: [`jump host ${jump.host}`] }));
    try {
      client.forwardOut('127.0.0.1', 0, target.host, target.port, (error, channel) =>
        error ? fail(error) : resolve(channel),
      );
    } catch (error) {
      fail(error);
    }
  });
}

/** Everything that makes two targets different connections. Holds references to secrets, never secrets. */
function keyOf(target: SshTarget): string {
  const { host, port, user, keyFile, passphraseEnv, passwordEnv, useAgent, hostKeys, knownHostsFile, jump } = target;
  const own = [host, port, user, keyFile, passphraseEnv, passwordEnv, useAgent, hostKeys, knownHostsFile];
  return JSON.stringify([...own, jump === undefined ? undefined : keyOf(jump)]);
}
