import { setImmediate } from 'node:timers/promises';
import type { FileStore } from '../../activities/hbase/cluster.ts';
import { createMemoryFiles } from './memory-files.ts';

/** Works on a file store where what it lists, creates and removes waits for its turn; a read joins what came before. What it answers becomes part of the state. */
export type Party<S> = (files: FileStore, shared: S) => Promise<unknown>;

export interface Interleavings<S> {
  parties: Party<S>[];
  /** What the parties say beside files, e.g. who believes to hold; made anew for every schedule. */
  createShared: () => S;
  /** Called in every state that can be reached; throws when it must not be. */
  check: (state: ReachedState<S>) => void | Promise<void>;
}

export interface ReachedState<S> {
  /** Which party made each step so far. */
  schedule: number[];
  contents: Map<string, string>;
  shared: S;
  /** Nobody has a step left. */
  ended: boolean;
}

/**
 * Runs every order of the parties' file operations, each of them atomic, and stops going on from a state that was seen
 * before: same files, same answers to every party. A party may be left alone for ever at any step, so crashes and
 * late awakenings are among the schedules.
 *
 * @returns How many different states there are.
 */
export async function exploreInterleavings<S>(plan: Interleavings<S>): Promise<number> {
  const seen = new Set<string>();
  const open: number[][] = [[]];
  for (let schedule = open.pop(); schedule; schedule = open.pop()) {
    const { key, ready, contents, shared } = await runSchedule(plan, schedule);
    if (seen.has(key)) continue;
    seen.add(key);
    await plan.check({ schedule, contents, shared, ended: ready.length === 0 });
    for (const party of ready) open.push([...schedule, party]);
  }
  return seen.size;
}

interface Waiting {
  grant: () => Promise<void>;
}

async function runSchedule<S>({ parties, createShared }: Interleavings<S>, schedule: number[]) {
  const files = createMemoryFiles();
  const shared = createShared();
  const waiting: Waiting[][] = parties.map(() => []);
  const answers: string[][] = parties.map(() => []);
  parties.forEach((party, index) => {
    const gated = gate(files, waiting[index]!, answers[index]!);
    party(gated, shared).then(
      (answer) => answers[index]!.push(`ended ${JSON.stringify(answer)}`),
      (error: unknown) => answers[index]!.push(`failed ${String(error)}`),
    );
  });
  await setImmediate();
  for (const party of schedule) {
    await waiting[party]?.shift()?.grant();
    await setImmediate();
  }
  const ready = waiting.flatMap((steps, index) => (steps.length > 0 ? [index] : []));
  const { contents } = files;
  const key = JSON.stringify([[...contents].toSorted(([a], [b]) => (a < b ? -1 : 1)), answers, shared]);
  return { key, ready, contents, shared };
}

function gate(files: FileStore, waiting: Waiting[], answers: string[]): FileStore {
  const wait =
    <A extends unknown[], R>(verb: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      new Promise((resolve, reject) => {
        const grant = async (): Promise<void> => {
          try {
            const answer = await verb(...args);
            answers.push(JSON.stringify(answer) ?? '');
            resolve(answer);
          } catch (error) {
            answers.push(String(error));
            reject(error);
          }
        };
        waiting.push({ grant });
      });
  return {
    ...files,
    create: wait(files.create),
    list: wait(files.list),
    remove: wait(files.remove),
    probeWrite: wait(files.probeWrite),
  };
}
