import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { Failure } from '../failure.ts';
import type { Gateway } from '../ssh/gateway.ts';
import { AgentProcess } from './agent-process.ts';
import { SCRIPT_MISSING } from './agent-end.ts';
import { type AgentScript, loadAgentScript } from './agent-script.ts';
import { JRUBY } from './jruby.ts';
import { getRequestScope, whileWaiting } from './request-scope.ts';
import { isLoginLost, toHBaseFailure } from './to-hbase-failure.ts';

export interface AgentClientOptions {
  /** The agent ends by itself after this time without a request. Default 15. */
  idleMinutes?: number;
  /** From the remote command to the hello; a cold JVM needs 2–11 s. Default 90,000. */
  startTimeoutMs?: number;
  script?: AgentScript;
}

export interface CallOptions {
  table?: string | undefined;
  /** How long an answer may take. Default 660,000: HBase's own blocking calls give up after 600,000. */
  limitMs?: number;
  /** Changes something, so a cancellation waits until the agent has said whether it did. */
  isChange?: boolean;
}

export type AgentArgs = Record<string, unknown>;

/** Requests to one cluster's agent. */
export interface Agent {
  readonly cluster: string;
  call(verb: string, args?: AgentArgs, options?: CallOptions): Promise<unknown>;
}

const DEFAULT_VALIDITY_MS = 30_000;
const DEFAULT_LIMIT_MS = 660_000;

/** The path of the script is `$1`, the program `$2`; the shell is replaced, so the channel's end reaches the JVM. */
const LAUNCH = [
  `test -r "$1" || exit ${SCRIPT_MISSING}`,
  's=$1; h=$2; shift 2',
  `exec "$h" ${JRUBY.join(' ')} "$s" "$@"`,
].join('\n');

/** One warm agent per worker process and cluster, started when first used and again after a loss. */
export class AgentClient implements Agent {
  readonly cluster: string;
  readonly #gateway: Gateway;
  readonly #options: Required<AgentClientOptions>;
  #process: Promise<AgentProcess> | undefined;
  #closed = false;

  constructor(gateway: Gateway, options: AgentClientOptions = {}) {
    this.cluster = gateway.cluster.name;
    this.#gateway = gateway;
    this.#options = { idleMinutes: 15, startTimeoutMs: 90_000, script: loadAgentScript('agent'), ...options };
  }

  /**
   * @throws Failure of `to-hbase-failure.ts`; `agent.unavailable` or `ssh.*` when the agent or its channel was lost,
   * after which nothing is known about a change that was under way.
   */
  async call(
    verb: string,
    args: AgentArgs = {},
    { table, limitMs = DEFAULT_LIMIT_MS, isChange = false }: CallOptions = {},
  ): Promise<unknown> {
    const askedMs = performance.now();
    const { operation, validityMs = DEFAULT_VALIDITY_MS, endsMs = Infinity, signal } = getRequestScope();
    const { agent, reply } = await whileWaiting({ cluster: this.cluster, verb }, async () => {
      const connected = await this.#connect();
      const times = {
        deadlineMs: Math.min(askedMs + validityMs, endsMs),
        limitMs: Math.min(performance.now() + limitMs, endsMs),
      };
      return { agent: connected, reply: await connected.call({ verb, args, operation, isChange, ...times, signal }) };
    });
    if (reply.error === undefined) return reply.ok;
    if (isLoginLost(reply.error)) agent.close();
    const place = { cluster: this.cluster, ...(table === undefined ? {} : { table }) };
    throw toHBaseFailure(reply.error, { verb, place });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const agent = await this.#process?.catch(() => undefined);
    agent?.close();
  }

  async #connect(): Promise<AgentProcess> {
    if (this.#closed) {
      throw new Failure('agent.unavailable', `The agent of ${this.cluster} was closed.`, { cluster: this.cluster });
    }
    const current = (this.#process ??= this.#start());
    try {
      const agent = await current;
      if (agent.alive) return agent;
    } catch (error) {
      this.#forget(current);
      throw error;
    }
    this.#forget(current);
    return this.#connect();
  }

  /** Unless another caller has started the next one already. */
  #forget(process: Promise<AgentProcess>): void {
    if (this.#process === process) this.#process = undefined;
  }

  async #start(): Promise<AgentProcess> {
    const agent = await this.#launch();
    if ((await agent.waitUntilReady(this.#options.startTimeoutMs)) === 'ready') return agent;
    const { script } = this.#options;
    await this.#gateway.upload(
      { path: this.#scriptPath, content: script.content, mode: 0o600 },
      { host: this.#gateway.hostInUse },
    );
    const second = await this.#launch();
    if ((await second.waitUntilReady(this.#options.startTimeoutMs)) === 'ready') return second;
    const message = `${this.#scriptPath} is not readable on ${this.#gateway.hostInUse} right after it was written.`;
    throw new Failure('agent.misconfigured', message, { cluster: this.cluster, host: this.#gateway.hostInUse });
  }

  async #launch(): Promise<AgentProcess> {
    const { cluster } = this.#gateway;
    const sentinel = `@${randomBytes(8).toString('hex')}`;
    const parameters = [this.#scriptPath, cluster.programs.hbase, sentinel, String(this.#options.idleMinutes)];
    const channel = await this.#gateway.open(['sh', '-c', LAUNCH, 'sh', ...parameters]);
    return new AgentProcess(channel, { cluster: this.cluster, sentinel });
  }

  get #scriptPath(): string {
    return posix.join(this.#gateway.cluster.workDir, 'agents', this.#options.script.fileName);
  }
}
