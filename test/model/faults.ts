import type { FileStore, HBaseCluster } from '../../activities/hbase/cluster.ts';
import { getRequestScope } from '../../activities/hbase/request-scope.ts';
import type { Jobs } from '../../activities/jobs/jobs.ts';
import { Failure } from '../../activities/failure.ts';
import type { ModelClock } from './clock.ts';
import type { Random } from './random.ts';

/** What may happen to one call between a worker and a cluster. */
export type Fault =
  | { kind: 'none' }
  /** Fails, and nothing was done. */
  | { kind: 'refused' }
  /** Is done, and the answer is lost. */
  | { kind: 'lost-answer' }
  | { kind: 'delayed'; ms: number }
  /** Reported as failed; done afterwards, unless its validity has ended by then (hazards 27). */
  | { kind: 'late'; ms: number };

export interface Call {
  cluster: string;
  /** e.g. `alterTable`, `files.create`, `jobs.ensure`. */
  verb: string;
  args: readonly unknown[];
}

export type DecideFault = (call: Call) => Fault;

/** One worker process as the clusters see it. Once dead it never gets an answer again. */
export interface Link {
  readonly clock: ModelClock;
  readonly random: Random;
  decide: DecideFault;
  isAlive(): boolean;
  /** Called before each call, with its name: for tests that wait for one. */
  onCall?(call: Call): void;
}

/** A request older than this, or withdrawn by its step's cancellation, is refused by the agent just before the call. */
export const VALIDITY_MS = 2_000;
/** That of the real agent. */
const DEFAULT_VALIDITY_MS = 30_000;

const READS = /^(read|list|describe|has|is|probe|digest|find|measure|poll|close$)/;

export function createLinkedCluster(cluster: HBaseCluster, link: Link): HBaseCluster {
  const files = linkMethods(cluster.files, { cluster: cluster.name, prefix: 'files.', link });
  const verbs = linkMethods(cluster, { cluster: cluster.name, prefix: '', link });
  return { ...verbs, name: cluster.name, files };
}

export function createLinkedJobs(jobs: Jobs, link: Link): Jobs {
  return { ...linkMethods(jobs, { cluster: jobs.cluster, prefix: 'jobs.', link }), cluster: jobs.cluster };
}

interface LinkOptions {
  cluster: string;
  prefix: string;
  link: Link;
}

function linkMethods<T extends HBaseCluster | FileStore | Jobs>(target: T, { cluster, prefix, link }: LinkOptions): T {
  const linked = Object.entries(target).map(([name, member]) => {
    if (typeof member !== 'function') return [name, member];
    const work = member as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => carry(link, { cluster, verb: prefix + name, args }, () => work(...args))];
  });
  return Object.fromEntries(linked) as T;
}

const NEVER = new Promise<never>(() => {});

async function carry(link: Link, call: Call, work: () => Promise<unknown>): Promise<unknown> {
  if (!link.isAlive()) return NEVER;
  link.onCall?.(call);
  const { signal } = getRequestScope();
  signal?.throwIfAborted();
  const fault = link.decide(call);
  await link.clock.sleep(link.random.between(1, 8));
  // A request that was on its way when the worker died reaches the agent, or does not.
  if (!link.isAlive() && (isRead(call) || link.random.chance(0.5))) return NEVER;
  // Withdrawn before the agent began.
  if (link.isAlive()) signal?.throwIfAborted();
  const outcome = perform(link, { call, fault, work });
  return link.isAlive() ? await answer(link, outcome) : ignore(outcome);
}

async function answer(link: Link, outcome: Promise<unknown>): Promise<unknown> {
  try {
    const value = await outcome;
    return link.isAlive() ? value : NEVER;
  } catch (error) {
    if (!link.isAlive()) return NEVER;
    throw error;
  }
}

function ignore(outcome: Promise<unknown>): Promise<never> {
  outcome.catch(() => {});
  return NEVER;
}

function isRead({ verb }: Call): boolean {
  return READS.test(verb.split('.').at(-1)!);
}

interface Performance {
  call: Call;
  fault: Fault;
  work: () => Promise<unknown>;
}

async function perform(link: Link, { call, fault, work }: Performance): Promise<unknown> {
  const begunMs = link.clock.nowMs();
  if (fault.kind === 'none') return inTime(link, { call, begunMs, work });
  if (fault.kind === 'refused') throw broken(call, 'nothing was done');
  if (fault.kind === 'delayed') {
    await link.clock.sleep(fault.ms);
    return inTime(link, { call, begunMs, work });
  }
  if (isRead(call)) throw broken(call, 'no answer');
  if (fault.kind === 'late') {
    if (fault.ms <= VALIDITY_MS) link.clock.after(fault.ms, () => void work().catch(() => {}));
    throw broken(call, 'no answer');
  }
  // Done in its own time; the caller hears only that the connection broke.
  void work().catch(() => {});
  await link.clock.sleep(link.random.between(1, 500));
  throw broken(call, 'the answer was lost');
}

/** The agent begins no change whose time is over. */
function inTime(link: Link, { call, begunMs, work }: Omit<Performance, 'fault'> & { begunMs: number }) {
  const { validityMs = DEFAULT_VALIDITY_MS } = getRequestScope();
  if (isRead(call) || link.clock.nowMs() - begunMs < validityMs) return work();
  throw new Failure('agent.expired', `${call.cluster}: ${call.verb} came too late and was not carried out`);
}

function broken({ cluster, verb }: Call, what: string): Failure {
  return new Failure('ssh.failed', `${cluster}: ${verb}: the connection broke, ${what}`, { cluster });
}
