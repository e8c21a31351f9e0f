import type { ClusterName } from '../workflows/contract/names.ts';
import type { StepName, Steps } from '../workflows/contract/steps.ts';
import type { PlannedStep, RunRef, Side, StepProgress, StepResult } from '../workflows/contract/step-data.ts';
import type { StepDeps } from './deps.ts';
import { Failure } from './failure.ts';
import { findInventoryChanges } from './inventory/digest.ts';
import { keepAlive } from './keep-alive.ts';
import { type StepContext, withProgress } from './step-context.ts';

export type StepInput<N extends StepName> = Parameters<Steps[N]>[0];
export type StepOutput<N extends StepName> = Awaited<ReturnType<Steps[N]>>;

/** How long a step may take, and so its row in the workflows' table of time-outs. */
export type StepKind =
  /** Looks, seconds. */
  | 'read'
  /** One change and its proof, seconds to minutes. */
  | 'change'
  /** Waits for a condition, minutes to days. */
  | 'wait'
  /** Follows a remote job, minutes to days. */
  | 'job';

/** What a step reaches the world through. */
export interface StepWorld {
  readonly ctx: StepContext;
  readonly deps: StepDeps;
}

/** One line of `temporal-hbase plan`, but for the step's name. */
export type StepPlan = Omit<PlannedStep, 'step'>;

/** What the registry turns into a Temporal activity. */
export interface Activity<N extends StepName = StepName> {
  readonly name: N;
  readonly kind: StepKind;
  /** What it does, in words a person on call understands. */
  readonly summary: string;
  /** What it would do, without doing it; every step that writes has one. */
  readonly plan?: (this: void, input: StepInput<N>) => StepPlan;
  run(input: StepInput<N>, world: StepWorld): Promise<StepOutput<N>>;
}

export interface ActivitySpec<N extends StepName> {
  name: N;
  kind: StepKind;
  summary: string;
  plan?: (input: StepInput<N>) => StepPlan;
  run(input: StepInput<N>, world: StepWorld): Promise<StepOutput<N>>;
}

/** `done`: it is so; `result` is the step's output but for `changed`. Otherwise `why` says what is still missing. */
export type Observation<N extends StepName> =
  { done: true; result: Omit<StepOutput<N>, 'changed'> } | { done: false; why: string };

export interface StepSpec<N extends ChangingStepName> {
  name: N;
  kind: StepKind;
  summary: string;
  /** The cluster that is changed. */
  on(input: StepInput<N>): ClusterName;
  plan(this: void, input: StepInput<N>): StepPlan;
  /** Looks; never changes anything. */
  observe(input: StepInput<N>, world: StepWorld): Promise<Observation<N>>;
  /** Makes only the difference. Notes intent and old value in the run record BEFORE each change. */
  apply(input: StepInput<N>, world: StepWorld): Promise<void>;
}

/** Steps that answer whether they changed anything. */
export type ChangingStepName = { [N in StepName]: StepOutput<N> extends StepResult ? N : never }[StepName];

/** A wait, a compare, a proof: anything that is not observe → apply → observe. */
export function defineActivity<N extends StepName>(spec: ActivitySpec<N>): Activity<N> {
  return {
    ...spec,
    run: (input, { ctx, deps }) =>
      requireSameInventory(input, deps).then(() => spec.run(input, { ctx: withStepName(spec.name, ctx), deps })),
  };
}

/**
 * Observe → already so is success; otherwise apply the difference and observe again, since no exit code and no reply
 * proves a change (hbase.md §1.2). A retry therefore starts by looking.
 *
 * @throws Failure `step.not-converged` when the change is not visible after it was applied.
 */
export function defineStep<N extends ChangingStepName>(spec: StepSpec<N>): Activity<N> {
  const { name, kind, summary, plan } = spec;
  const run = (input: StepInput<N>, world: StepWorld): Promise<StepOutput<N>> =>
    keepAlive({ world, cluster: spec.on(input), phase: summary, ...tableOf(input) }, () =>
      converge(spec, input, world),
    );
  return defineActivity({ name, kind, summary, plan: (input) => plan(input), run });
}

async function converge<N extends ChangingStepName>(
  spec: StepSpec<N>,
  input: StepInput<N>,
  world: StepWorld,
): Promise<StepOutput<N>> {
  const before = await spec.observe(input, world);
  if (before.done) return toOutput<N>(before.result, false);
  world.ctx.signal.throwIfAborted();
  await spec.apply(input, world);
  const after = await spec.observe(input, world);
  if (after.done) return toOutput<N>(after.result, true);
  throw new Failure('step.not-converged', `${spec.name}: applied, but ${after.why}`, { cluster: spec.on(input) });
}

// The contract makes every such output `changed` beside the rest; the compiler cannot see that through `Omit`.
function toOutput<N extends ChangingStepName>(result: Omit<StepOutput<N>, 'changed'>, changed: boolean): StepOutput<N> {
  return { ...result, changed } as unknown as StepOutput<N>;
}

/** All workers of a queue must hold the same clusters file, or a retry elsewhere acts on another cluster. */
async function requireSameInventory(input: unknown, deps: StepDeps): Promise<void> {
  const wanted = inventoryDigestOf(input);
  const changes = wanted === undefined ? [] : findInventoryChanges(deps.inventory, wanted);
  if (changes.length === 0) return;
  throw new Failure(
    'inventory.mismatch',
    `The clusters file ${deps.inventory.file} of this worker is not the one the run was planned with: ` +
      `${changes.join(', ')} differs.`,
  );
}

function inventoryDigestOf(input: unknown): string | undefined {
  const { run, plan } = (input ?? {}) as { run?: Partial<RunRef>; plan?: { inventoryDigest?: string } };
  return run?.inventoryDigest ?? plan?.inventoryDigest;
}

/** The table a step is about, when its input names one. */
export function tableOf(input: unknown): { table?: string } {
  const table = (input as { table?: string | { table?: string } } | undefined)?.table;
  const name = typeof table === 'string' ? table : table?.table;
  return name === undefined ? {} : { table: name };
}

/** A run on one cluster is its own target: it has one side. */
export function sidesOf({ source, target }: RunRef): Side[] {
  return source === target ? ['source'] : ['source', 'target'];
}

export function clusterOfSide(run: RunRef, side: Side): ClusterName {
  return side === 'source' ? run.source : run.target;
}

/** Every report of the step carries its name and the time. */
export function withStepName(step: StepName, ctx: StepContext): StepContext {
  return withProgress(ctx, (report) => {
    const full: StepProgress = { ...report, step, at: new Date(ctx.nowMs()).toISOString() };
    ctx.progress(full);
  });
}
