import type { PlanOperationInput } from '../../../workflows/contract/backup/step-data.ts';
import type { Parsed } from '../../../workflows/contract/requests/parse-request.ts';
import type { StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { type Asked, requireRequest } from './check-names.ts';

interface Planning<Request, Plan> {
  input: PlanOperationInput;
  world: StepWorld;
  phase: string;
  parse(request: unknown): Parsed<Request>;
  plan(input: PlanOperationInput, asked: Asked<Request>, world: StepWorld): Promise<Plan>;
}

/** Plans what was asked for, with heartbeats. @throws Failure `request.invalid` with every problem. */
export async function planAsked<Request extends { cluster: string; root: string }, Plan>({
  input,
  world,
  phase,
  parse,
  plan,
}: Planning<Request, Plan>): Promise<Plan> {
  const asked = requireRequest(parse(input.request), world.deps.inventory);
  return keepAlive({ world, cluster: asked.request.cluster, phase }, (alive) => plan(input, asked, alive));
}
