import type { CompareTableInput } from '../../../workflows/contract/step-data.ts';
import type { VerificationVerdict } from '../../../workflows/contract/status.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { keepAlive } from '../../keep-alive.ts';
import { compareRanges } from './compare-ranges.ts';
import { compareWindow } from './compare-window.ts';
import { type Comparison, startComparison, type Tally } from './comparison.ts';
import { judgeTable } from './judge-table.ts';
import { toKeyRanges } from './key-ranges.ts';
import { readPlan } from './read-plan.ts';
import { runVerifyReplication } from './verify-replication.ts';

/**
 * Compares what a reader can see: every visible cell and version with its timestamp. While writers run, a difference
 * is judged by looking again, never by the first look.
 */
export const compareTable = defineActivity<'compareTable'>({
  name: 'compareTable',
  kind: 'job',
  summary: 'compare one table on both clusters',
  run: (input, world) => {
    const { run, table } = input;
    const pulse = { world, cluster: run.target, phase: 'comparing', table: table.table };
    return keepAlive(pulse, (alive) => compareOneTable(input, alive));
  },
});

export async function compareOneTable(input: CompareTableInput, world: StepWorld): Promise<VerificationVerdict> {
  const live = input.exact ? {} : { live: await readLive(input, world) };
  const { run, scope, showKeys } = input;
  const started = await startComparison(input, world);
  const { comparison, tally, method } = await lookOnce(input, { comparison: started, world });
  const lookMs = world.ctx.nowMs() - started.startedMs;
  const verdict = await judgeTable({ run, scope, showKeys, comparison, tally, method, ...live }, world.deps);
  return { ...verdict, lookMs };
}

interface Looked {
  comparison: Comparison;
  tally: Tally;
  method: VerificationVerdict['method'];
}

async function lookOnce(input: CompareTableInput, look: { comparison: Comparison; world: StepWorld }): Promise<Looked> {
  const { comparison, world } = look;
  const method = input.level === 'rows' ? 'counts' : 'agents';
  if (input.scope === 'window') {
    return { comparison, method, tally: await compareWindow(comparison, requireSince(input)) };
  }
  if (input.method === 'verify-replication' && input.level === 'cells') {
    const found = await runVerifyReplication({ ...input, comparison }, world);
    if (found) {
      const proven = { ...comparison, provenUntilMs: found.provenUntilMs };
      return { comparison: proven, tally: found.tally, method: 'verify-replication' };
    }
  }
  const ranges = toKeyRanges(await comparison.source.listRegions(input.table.table));
  return { comparison, method, tally: await compareRanges(comparison, ranges) };
}

function requireSince({ sinceMs, table: { table } }: CompareTableInput): number {
  if (sinceMs !== undefined) return sinceMs;
  throw new Failure('internal', `${table}: a window compare needs the instant where the last verdict ended.`);
}

async function readLive({ run, peerId }: CompareTableInput, { deps }: StepWorld) {
  const { markerTable } = await readPlan(run, deps);
  return { peerId, markerTable };
}
