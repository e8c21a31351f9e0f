import type { StepDeps } from '../../../activities/deps.ts';
import { createActivities } from '../../../activities/index.ts';
import type { StepHost } from '../../../activities/step-host.ts';
import { ACTIVITY_PREFIX } from '../../../workflows/contract/messages.ts';
import type { StepName } from '../../../workflows/contract/steps.ts';

type Run = (input: unknown) => Promise<unknown>;
export type RegisteredSteps = Map<string, Run>;

/** Breaks a step on purpose, to see that the properties notice. */
export type Sabotage = Partial<Record<StepName, (input: unknown, real: Run, deps: StepDeps) => Promise<unknown>>>;

export interface StepsOptions {
  deps: StepDeps;
  host: StepHost;
  sabotage?: Sabotage | undefined;
}

export function createLinkedSteps({ deps, host, sabotage = {} }: StepsOptions): RegisteredSteps {
  const steps = Object.entries(createActivities(deps, host)) as [StepName, Run][];
  return new Map(
    steps.map(([name, run]) => {
      const broken = sabotage[name];
      return [ACTIVITY_PREFIX + name, broken ? (input) => broken(input, run, deps) : run];
    }),
  );
}
