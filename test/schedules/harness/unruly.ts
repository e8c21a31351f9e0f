import { askToCancel, type PersonOptions } from './people.ts';

/** Everything that a person may do at a moment that suits nobody. */
export function startUnruly(options: PersonOptions & UnrulyOptions): void {
  const { clock, scenario } = options;
  const { first, pausesAtMs = [], cancelsChildAtMs } = scenario.person.unruly ?? {};
  if (first === 'cancel') askToCancel(options, { by: 'eve' });
  if (first === 'pause') pauseForAWhile(options);
  for (const atMs of pausesAtMs) clock.after(atMs, () => pauseForAWhile(options));
  if (cancelsChildAtMs !== undefined) clock.after(cancelsChildAtMs, () => cancelSomeChild(options));
}

export interface UnrulyOptions {
  /** Ids of runs that are open. */
  open: () => string[];
  cancelRun: (workflowId: string) => void;
  told: Set<string>;
}

const TRY_AGAIN_MS = 700;

/** From the answer on nothing may be fenced, until the word to go on is sent. */
function pauseForAWhile({ handle, answers, clock, random, told }: PersonOptions & UnrulyOptions): void {
  handle().update('pause', { by: 'eve' }).then(waitAWhile, refusedIsFine);

  function waitAWhile(): void {
    told.add('paused by eve');
    answers.pausedSinceMs ??= clock.nowMs();
    clock.after(random.between(1_000, 20_000), () => {
      answers.pausedSinceMs = undefined;
      resumeUntilHeard();
    });
  }

  /** A worker may be away: whoever is not answered says it again. */
  function resumeUntilHeard(): void {
    if (handle().outcome()) return;
    handle().signal('resume', { by: 'eve' });
    clock.after(TRY_AGAIN_MS, () => handle().signal('resume', { by: 'eve' }));
  }
}

function cancelSomeChild({ open, cancelRun, random, told }: PersonOptions & UnrulyOptions): void {
  const children = open().filter((workflowId) => workflowId.startsWith('migrate/'));
  if (children.length === 0) return;
  told.add('child cancelled');
  cancelRun(random.pick(children));
}

/** Past the mark, while no copy is going on: the run forgets that it has cut over, and the file does not. */
export function resetPastMark(options: PersonOptions & UnrulyOptions): void {
  const { clock, scenario, open, handle, told } = options;
  const { resets } = scenario.person.unruly ?? {};
  if (resets === undefined || scenario.input.cutover?.approval === 'automatic') return;
  clock.after(300, () => {
    if (handle().outcome() || open().some((workflowId) => workflowId.startsWith('migrate/'))) return;
    handle().reset('approveCutover');
    told.add('reset past the mark');
    if (resets === 'then-cancel') clock.after(500, () => askToCancel(options, { by: 'eve', dropTargetTables: true }));
  });
}

/** A refusal is an answer too. */
function refusedIsFine(): void {}
