import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationReport } from '../../workflows/contract/status.ts';
import { Failure } from '../../activities/failure.ts';
import { confirm } from '../confirm.ts';
import { toUiLink, type ConnectedClient } from '../connect.ts';
import type { AppContext } from '../context.ts';
import { HBaseClient } from '../hbase-client.ts';
import type { Output } from '../output.ts';
import { createPainter } from '../render/painter.ts';
import { formatStatus, formatStatusLine, type StatusView } from '../render/migration-status.ts';
import { readViewPatiently } from '../watch-migration.ts';
import { throwIfInterrupted } from './demo-sandbox.ts';
import type { DemoWave } from './demo-tables.ts';

export interface WaveRun {
  wave: DemoWave;
  connected: ConnectedClient;
  context: AppContext;
  output: Output;
  /** Approve without asking. */
  yes: boolean;
  /** Kills the worker and starts another one. */
  replaceWorker(): Promise<void>;
}

const POLL_MS = 250;
const ENDED = new Set(['done', 'cancelled', 'failed']);

/** Starts a wave, shows it, kills the worker when asked to, gets the approval, and returns the report. */
export async function runWave(run: WaveRun): Promise<MigrationReport> {
  const { wave, connected, context, output } = run;
  const client = new HBaseClient({ client: connected.client, taskQueue: connected.target.taskQueue });
  const { workflowId } = await client.startMigration(wave.request);
  output.note(`${wave.title}: ${toUiLink(connected.target, workflowId)}`);
  const painter = createPainter(context, output);
  const pending = { kill: wave.killsWorker, approval: true };
  for (;;) {
    throwIfInterrupted(context);
    const view = await readViewPatiently({ connected, workflowId, context, output });
    painter.paint({ full: formatStatus(view), line: `${wave.request.name}: ${formatStatusLine(view)}` });
    if (ENDED.has(view.status.phase)) break;
    if (pending.kill && isCopying(view)) {
      painter.finish();
      pending.kill = false;
      output.note('killing the worker in the middle of the copy (kill -9), and starting another one');
      await run.replaceWorker();
    } else if (pending.approval && view.status.canCutOver) {
      painter.finish();
      pending.approval = !(await approve(run, client, view));
    }
    await sleep(POLL_MS);
  }
  painter.finish();
  return client.waitForMigration(workflowId);
}

function isCopying({ status, progress }: StatusView): boolean {
  return (
    status.phase === 'copying' && progress.some(({ step }) => step === 'exportSnapshot' || step === 'restoreTable')
  );
}

/** True when the approval was sent. */
async function approve(run: WaveRun, client: HBaseClient, { status }: StatusView): Promise<boolean> {
  const { output } = run;
  if (status.evidenceDigest === undefined) return false;
  const question = `Cut over ${run.wave.tables.join(' and ')} now?`;
  if (!(await confirm(run.context, { question, isAgreed: run.yes })))
    throw new Failure('gate.rejected', 'you did not approve the cutover');
  const answer = await client.approveCutover(status.workflowId, { by: 'demo', digest: status.evidenceDigest });
  output.note(answer);
  return true;
}
