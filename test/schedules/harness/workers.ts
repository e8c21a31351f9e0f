import type { CommandCall, CommandResult } from '../../../activities/deps.ts';
import { temporalHost } from '../../../activities/temporal-context.ts';
import type { StepContext } from '../../../activities/step-context.ts';
import type { StepHost } from '../../../activities/step-host.ts';
import { createLinkedSteps, type RegisteredSteps, type Sabotage } from './steps.ts';
import { createModelDeps } from '../../model/model-deps.ts';
import type { Call, DecideFault, Fault, Link } from '../../model/faults.ts';
import type { Random } from '../../model/random.ts';
import type { SimWorker, TemporalSimulator } from '../../model/temporal-simulator.ts';
import type { ModelWorld } from '../../model/world.ts';

/** Worker processes: at most one that polls, replaced after each death. */
export interface Workers {
  start(): void;
  kill(awayMs: number): void;
  cutOff(awayMs: number): void;
  /** Of one call between a worker and a cluster. */
  setFaultChance(chance: number): void;
  onCall: ((call: Call) => void) | undefined;
}

export interface WorkersOptions {
  world: ModelWorld;
  simulator: TemporalSimulator;
  random: Random;
  faultChance: number;
  /** Steps at once. */
  slots?: number;
  runCommand: (name: string, call: CommandCall) => Promise<CommandResult>;
  sabotage?: Sabotage | undefined;
  /** Each attempt as it begins. */
  onStep?: (activityType: string, input: unknown) => void;
}

export function createWorkers(options: WorkersOptions): Workers {
  const { world, simulator, random } = options;
  let current: SimWorker | undefined;
  let faultChance = options.faultChance;
  const decide: DecideFault = () => decideFault(random, faultChance);
  const start = (): void => {
    const alive = { current: undefined as SimWorker | undefined };
    const link: Link = {
      clock: world.clock,
      random,
      decide,
      isAlive: () => alive.current?.alive ?? true,
      onCall: (call) => workers.onCall?.(call),
    };
    alive.current = simulator.startWorker(createRun(options, link), options.slots);
    current = alive.current;
  };
  const replaceAfter = (awayMs: number): void => void world.clock.after(awayMs, start);
  const workers: Workers = {
    start,
    onCall: undefined,
    kill: (awayMs) => {
      if (!current?.alive || !current.connected) return;
      simulator.killWorker(current);
      replaceAfter(awayMs);
    },
    cutOff: (awayMs) => {
      if (!current?.alive || !current.connected) return;
      current.connected = false;
      replaceAfter(awayMs);
    },
    setFaultChance: (chance) => {
      faultChance = chance;
    },
  };
  return workers;
}

function decideFault(random: Random, faultChance: number): Fault {
  if (faultChance === 0 || !random.chance(faultChance)) return { kind: 'none' };
  const kind = random.next();
  if (kind < 0.3) return { kind: 'refused' };
  if (kind < 0.6) return { kind: 'lost-answer' };
  if (kind < 0.82) return { kind: 'delayed', ms: random.between(100, 6_000) };
  // A master that fails over, a gateway that swaps: longer than any heartbeat.
  if (kind < 0.86) return { kind: 'delayed', ms: random.between(8_000, 45_000) };
  return { kind: 'late', ms: random.between(50, 4_000) };
}

function createRun(options: WorkersOptions, link: Link): SimWorker['run'] {
  const deps = createModelDeps({ ...options, link });
  let next: StepContext | undefined;
  // `createContext` runs synchronously at the start of each step.
  const host: StepHost = { createContext: () => next!, toThrown: temporalHost.toThrown };
  const steps: RegisteredSteps = createLinkedSteps({ deps, host, sabotage: options.sabotage });
  return (activityType, input, ctx) => {
    const step = steps.get(activityType);
    if (!step) return Promise.reject(new Error(`no activity ${activityType} is registered`));
    next = ctx;
    options.onStep?.(activityType, input);
    return step(input);
  };
}
