import { type Activity, type StepInput, type StepOutput, withStepName } from './define-step.ts';
import type { StepDeps } from './deps.ts';
import { type RequestScope, withRequestScope } from './hbase/request-scope.ts';
import type { StepContext } from './step-context.ts';
import { type Frame, withHeartbeat } from './step-frame.ts';
import type { StepName } from '../workflows/contract/steps.ts';

/** Who runs steps: Temporal in a worker (`temporal-context.ts`), a plain loop in tests. */
export interface StepHost {
  createContext(): StepContext;
  /** What a caller sees for `error`. */
  toThrown(error: unknown, place: { step: StepName; ctx: StepContext }): unknown;
}

/**
 * Steps that take back or close what others made. A cancellation is the reason why they run, and half of an undo helps
 * nobody, so what they have asked for is carried out; their requests expire like all others.
 */
const FINISHED_WHATEVER_HAPPENS: ReadonlySet<StepName> = new Set<StepName>([
  'settleNotes',
  'closeRun',
  'stopFenceGuard',
  'unfenceTables',
  'liftFence',
]);

/**
 * One step as a plain function of its input, in the frame that every step has: its heartbeat, and the attempt that
 * every request to a cluster carries (hazard 27).
 */
export function bindActivity<N extends StepName>(
  activity: Activity<N>,
  { deps, host }: { deps: StepDeps; host: StepHost },
): (input: StepInput<N>) => Promise<StepOutput<N>> {
  // `then` instead of `await`: the compiler takes `Awaited` apart and loses the step's output type.
  return (input) => {
    const ctx = host.createContext();
    const rethrow = (error: unknown): never => {
      throw host.toThrown(error, { step: activity.name, ctx });
    };
    const run = (frame: Frame): Promise<StepOutput<N>> =>
      withRequestScope(toScope(activity.name, frame), () => activity.run(input, { ctx: frame.ctx, deps }));
    return withHeartbeat({ ctx: withStepName(activity.name, ctx), phase: activity.summary }, run).catch(rethrow);
  };
}

/** Time to say what did not answer, before the server ends the attempt without a word. */
const LAST_WORD_MS = 1_000;

function toScope(step: StepName, { ctx: { operation, signal, limitMs }, waits }: Frame): RequestScope {
  const ends = limitMs === undefined ? {} : { endsMs: performance.now() + limitMs - LAST_WORD_MS };
  const scope = { operation, waits, ...ends };
  return FINISHED_WHATEVER_HAPPENS.has(step) ? scope : { ...scope, signal };
}
