/** Time as the model sees it: virtual in the schedules of faults, real under a real Temporal server. */
export interface ModelClock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Runs `task` later; the answer cancels it. */
  after(ms: number, task: Task): () => void;
}

type Task = () => void | Promise<void>;

interface Entry {
  atMs: number;
  order: number;
  task: Task | undefined;
}

export interface VirtualClock extends ModelClock {
  /**
   * Runs events in the order of their time until `isDone`, with everything settled between two of them.
   * @throws when nothing is left to happen, or after `maxEvents`.
   */
  runUntil(isDone: () => boolean, limits?: { maxEvents?: number; maxMs?: number }): Promise<void>;
  runFor(ms: number): Promise<void>;
  eventsRun(): number;
  /** Drops everything that is still to come. */
  stop(): void;
}

const START_MS = Date.UTC(2026, 0, 1);

export function createVirtualClock(startMs: number = START_MS): VirtualClock {
  const queue = createQueue();
  let nowMs = startMs;
  let events = 0;
  const after = (ms: number, task: Task): (() => void) => {
    const entry: Entry = { atMs: nowMs + Math.max(0, ms), order: 0, task };
    queue.push(entry);
    return () => {
      entry.task = undefined;
    };
  };
  const step = async (): Promise<boolean> => {
    const entry = queue.pop();
    if (!entry) return false;
    const { task } = entry;
    if (!task) return true;
    nowMs = Math.max(nowMs, entry.atMs);
    events += 1;
    await task();
    await settle();
    return true;
  };
  const runUntil: VirtualClock['runUntil'] = async (isDone, { maxEvents = 1_000_000, maxMs = Infinity } = {}) => {
    const lastEvent = events + maxEvents;
    const lastMs = nowMs + maxMs;
    await settle();
    while (!isDone()) {
      if (events >= lastEvent || nowMs > lastMs) throw new Error(`still going after ${events} events, ${nowMs} ms`);
      if (!(await step())) throw new Error('nothing is left to happen, and it is not done');
    }
  };
  const runFor = async (ms: number): Promise<void> => {
    let reached = false;
    after(ms, () => {
      reached = true;
    });
    await runUntil(() => reached);
  };
  return {
    nowMs: () => nowMs,
    after,
    sleep: (ms) => new Promise((resolve) => void after(ms, resolve)),
    runUntil,
    runFor,
    eventsRun: () => events,
    stop: queue.clear,
  };
}

/** `speed` 10 makes a modelled second take 100 ms; the time told stays the real one. */
export function createRealClock(speed = 1): ModelClock & { stop(): void } {
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, task: Task): (() => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void task();
    }, ms / speed);
    timers.add(timer);
    return () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
  };
  const stop = (): void => {
    for (const timer of timers) clearTimeout(timer);
  };
  return { nowMs: Date.now, after, sleep: (ms) => new Promise((resolve) => void after(ms, resolve)), stop };
}

/** Every promise that can go on without time passing has gone on when an immediate comes. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A binary heap by time, then by arrival. */
function createQueue() {
  let heap: Entry[] = [];
  let arrivals = 0;
  const isBefore = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  const siftUp = (start: number): void => {
    for (let at = start; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[parent]!)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const siftDown = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const child = left + 1 < heap.length && isBefore(heap[left + 1]!, heap[left]!) ? left + 1 : left;
      if (!isBefore(heap[child]!, heap[at]!)) return;
      swap(at, child);
      at = child;
    }
  };
  return {
    push: (entry: Entry): void => {
      arrivals += 1;
      entry.order = arrivals;
      heap.push(entry);
      siftUp(heap.length - 1);
    },
    pop: (): Entry | undefined => {
      const first = heap[0];
      const last = heap.pop();
      if (first !== last && last) {
        heap[0] = last;
        siftDown();
      }
      return first;
    },
    clear: (): void => {
      heap = [];
    },
  };
}
