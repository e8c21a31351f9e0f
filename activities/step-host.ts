import type { Activity, StepInput, StepOutput } from './define-step.ts';
import type { StepDeps } from './deps.ts';
import type { StepContext } from './step-context.ts';
import type { StepName } from '../workflows/contract/steps.ts';

/** Who runs steps: Temporal in a worker (`temporal-context.ts`), a plain loop in tests. */
export interface StepHost {
  createContext(): StepContext;
  /** What a caller sees for `error`. */
  toThrown(error: unknown, place: { step: StepName; ctx: StepContext }): unknown;
}

/** One step as a plain function of its input. */
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
    return activity.run(input, { ctx, deps }).catch(rethrow);
  };
}
