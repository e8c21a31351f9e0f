import { createInterface } from 'node:readline';
import { Failure } from '../failure.ts';
import type { RemoteChannel } from '../ssh/exec.ts';
import { SCRIPT_MISSING, toAgentEndFailure } from './agent-end.ts';
import { type AgentReply, formatRequest, parseReply } from './agent-protocol.ts';

export interface AgentCall {
  verb: string;
  args: Record<string, unknown>;
  operation: string;
  /** On `performance.now()`: a change that the agent has not begun by then is refused. */
  deadlineMs: number;
  /** On `performance.now()`: waiting ends here. */
  limitMs: number;
  signal?: AbortSignal | undefined;
  isChange: boolean;
}

interface Pending {
  resolve(reply: AgentReply): void;
  reject(error: unknown): void;
}

const KEPT_STDERR_CHARS = 8192;

/** One running agent at the end of one channel. When either ends, every pending call is rejected: unknown, look again. */
export class AgentProcess {
  readonly #channel: RemoteChannel;
  readonly #cluster: string;
  readonly #sentinel: string;
  readonly #hello: Promise<'ready' | 'script-missing'>;
  #settleHello!: { resolve(outcome: 'ready' | 'script-missing'): void; reject(failure: Failure): void };
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #stderr = '';
  #ready = false;
  #ended: Failure | undefined;
  /** The agent's monotonic clock minus ours. Never too high, since a line is read after it was written. */
  #clockOffsetMs = 0;

  constructor(channel: RemoteChannel, { cluster, sentinel }: { cluster: string; sentinel: string }) {
    this.#channel = channel;
    this.#cluster = cluster;
    this.#sentinel = sentinel;
    this.#hello = new Promise((resolve, reject) => {
      this.#settleHello = { resolve, reject };
    });
    this.#hello.catch(() => undefined);
    channel.stderr.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString('utf8')).slice(-KEPT_STDERR_CHARS);
    });
    createInterface({ input: channel.stdout, crlfDelay: Infinity }).on('line', (line) => this.#receive(line));
    void this.#watchEnd();
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** @throws Failure `agent.misconfigured` when it ended by itself, `agent.unavailable` when it stays silent. */
  async waitUntilReady(timeoutMs: number): Promise<'ready' | 'script-missing'> {
    const timer = setTimeout(() => {
      const message = `The agent of ${this.#cluster} on ${this.#channel.host} said nothing for ${timeoutMs} ms.`;
      const logTail = this.#stderr.slice(-1000).trim();
      this.#lose(new Failure('agent.unavailable', message, { ...this.#place, logTail }));
      this.#channel.close();
    }, timeoutMs);
    try {
      return await this.#hello;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The reply, also when it tells an error. Rejects when no reply can come any more. */
  async call(call: AgentCall): Promise<AgentReply> {
    call.signal?.throwIfAborted();
    if (this.#ended !== undefined) throw this.#ended;
    const id = this.#nextId++;
    const reply = new Promise<AgentReply>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    const { verb, args, operation } = call;
    const beforeMs = Math.floor(call.deadlineMs + this.#clockOffsetMs);
    this.#channel.stdin.write(formatRequest({ id, verb, args, operation, beforeMs }));
    const stop = this.#withdrawAt(id, call);
    try {
      return await reply;
    } finally {
      stop();
      this.#pending.delete(id);
    }
  }

  /** Ends its input: the agent closes its connection and exits. */
  close(): void {
    this.#lose(new Failure('agent.unavailable', `The agent of ${this.#cluster} was closed.`, this.#place));
    this.#channel.close();
  }

  get #place(): { cluster: string; host: string } {
    return { cluster: this.#cluster, host: this.#channel.host };
  }

  /** A withdrawn change that has not begun never begins; one that has begun is unknown until its reply. */
  #withdrawAt(id: number, { verb, limitMs, signal, isChange }: AgentCall): () => void {
    const withdraw = (): void => void this.#channel.stdin.write(formatRequest({ cancel: id }));
    const waitMs = limitMs - performance.now();
    const timer = setTimeout(() => {
      const message = `${verb} on ${this.#cluster} did not answer within ${Math.round(waitMs)} ms; what it did is unknown.`;
      withdraw();
      this.#pending.get(id)?.reject(new Failure('hbase.failed', message, this.#place));
    }, waitMs);
    const onAbort = (): void => {
      withdraw();
      if (!isChange) this.#pending.get(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  }

  async #watchEnd(): Promise<void> {
    const exit = await this.#channel.exit;
    if (exit.exitCode === SCRIPT_MISSING) this.#settleHello.resolve('script-missing');
    this.#lose(toAgentEndFailure({ ...this.#place, exit, stderr: this.#stderr, wasReady: this.#ready }));
  }

  #receive(line: string): void {
    const nowMs = performance.now();
    let reply: AgentReply | undefined;
    try {
      reply = parseReply(line, this.#sentinel);
    } catch (error) {
      // Behind the sentinel only the agent writes, so this is a defect on one of the two sides.
      return this.#lose(new Failure('internal', `The agent of ${this.#cluster} sent ${String(error)}.`, this.#place));
    }
    if (reply === undefined) return;
    this.#clockOffsetMs = reply.atMs - nowMs;
    if (reply.id !== 0) return this.#pending.get(reply.id)?.resolve(reply);
    this.#ready = true;
    this.#settleHello.resolve('ready');
  }

  #lose(failure: Failure): void {
    if (this.#ended !== undefined) return;
    this.#ended = failure;
    this.#settleHello.reject(failure);
    for (const pending of this.#pending.values()) pending.reject(failure);
  }
}
