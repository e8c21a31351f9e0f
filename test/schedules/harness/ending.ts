import type { CleanReport } from '../../../workflows/contract/runs.ts';
import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import type { RunOverview } from '../../../workflows/contract/step-data.ts';
import type { Outcome } from '../../model/temporal/execution.ts';
import type { SimHandle } from '../../model/temporal-simulator.ts';
import { judgeApproval, judgeCancelling, judgeEnding } from './answers.ts';
import { listLeftovers, takeInventory } from './leftovers.ts';
import { judgeJobs, judgeLedger, judgeSides } from './properties.ts';
import type { Schedule } from './run-schedule.ts';

export interface End {
  broken: string[];
  cutOver: string[];
}

/** Longer than any guard's deadline, a crash and a claimed queue together. */
const QUIET_MS = 300_000;

/** Lets everything that is late happen, cleans what a termination left, and judges the world that remains. */
export async function judgeEnd(schedule: Schedule, handle: SimHandle): Promise<End> {
  const { clock, workers, clients, others, world, marks, before, scenario, lastStatus, answers } = schedule;
  const broken: string[] = [];
  workers.setFaultChance(0);
  clients.slowDown();
  await clock.runFor(QUIET_MS);
  const outcome = handle.outcome();
  // Whoever reads `run.leaks` is told to clean.
  const needsClean = outcome?.kind === 'terminated' || isLeaks(outcome);
  const cleaned = needsClean ? await clean(schedule) : { broken: [], residues: [] };
  broken.push(...cleaned.broken);
  const status = await handle.query<MigrationStatus>('status');
  const { residues } = status;
  const mark = marks.find(({ decision }) => decision === 'cut-over');
  const leftOut = new Set(
    lastStatus.value?.tables.filter(({ leftOutBy }) => leftOutBy !== undefined).map(({ table }) => table),
  );
  const cutOver = mark ? scenario.tables.filter((table) => !leftOut.has(table)) : [];
  // A run that was terminated past its mark leaves the switch to a person.
  clients.switchOver(cutOver);
  await clock.runFor(5_000);
  clients.stop();
  await clock.runFor(QUIET_MS);
  broken.push(
    ...marks.flatMap((one) => one.broken),
    ...clients.hidden.slice(0, 3),
    ...judgeCancelling(answers, mark),
    ...judgeApproval(answers, status),
    ...judgeEnding(answers, status),
    ...judgeSides(clients, mark, cutOver),
    ...judgeLedger(clients, (table) => world.member(cutOver.includes(table) ? 'new' : 'old')),
    ...judgeJobs(world),
    ...listLeftovers(before, takeInventory(world), {
      cutOver,
      keptTargetTables: true,
      residues: [...cleaned.residues, ...residues.map(describeResidue)],
    }),
    // Last, since it enables a peer that somebody had disabled.
    ...(await others.judgeEnd()),
  );
  return { broken, cutOver };
}

function isLeaks(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'failed' && outcome.failure.applicationFailureInfo?.type === 'run.leaks';
}

interface Cleaned {
  broken: string[];
  residues: string[];
}

/** What an operator does after a termination. */
async function clean(schedule: Schedule): Promise<Cleaned> {
  const { simulator, clock } = schedule;
  const cleaned: Cleaned = { broken: [], residues: [] };
  const runs = await end(clock, simulator.start('findLeaks', { workflowId: 'leaks' }).result());
  if (runs instanceof Error) return { broken: [`I5: findLeaks: ${runs.message}`], residues: [] };
  for (const { run } of runs as RunOverview[]) {
    const report = await cleanUntilClean(schedule, run.runId);
    if (report instanceof Error) cleaned.broken.push(`I5: cleanRun: ${report.message}`);
    else cleaned.residues.push(...(report as CleanReport).residues.map(describeResidue));
  }
  return cleaned;
}

/** Whoever is told what could not be cleaned, e.g. since a command failed, tries again. */
async function cleanUntilClean({ simulator, clock }: Schedule, runId: string): Promise<unknown> {
  const input = { runId, dropTargetTables: true };
  let report: unknown;
  for (let tries = 1; tries <= 3; tries += 1) {
    report = await end(clock, simulator.start('cleanRun', { workflowId: `clean-${tries}`, input }).result());
    if (!(report instanceof Error)) return report;
  }
  return report;
}

function describeResidue({ what, command }: { what: string; command: string }): string {
  return `${what} ${command}`;
}

async function end(clock: Schedule['clock'], promise: Promise<unknown>): Promise<unknown> {
  let result: { value: unknown } | undefined;
  promise.then(
    (value) => (result = { value }),
    (error: unknown) => (result = { value: error }),
  );
  await clock.runUntil(() => result !== undefined, { maxEvents: 200_000, maxMs: 2 * 3_600_000 });
  return result?.value;
}
