import { CancellationScope, condition } from '@temporalio/workflow';
import { reopenAttempt } from './cutover-attempt.ts';
import { untilDone } from './holds.ts';
import { waveTables } from './readiness.ts';
import { plannedWave, type Run } from './run.ts';
import { step } from './step-proxies.ts';
import { isCancelled } from './workflow-failure.ts';

/** Past the mark: the target opens, the clients switch, the guard goes. Each is tried until it is done. */
export async function openAndSwitch(run: Run): Promise<void> {
  const { keeper, plan, ref, epoch } = run;
  const attempt = reopenAttempt(run);
  const tables = plannedWave(run).map(({ table }) => table);
  await untilDone(keeper, 'open the target', () =>
    attempt.time('open', () =>
      step(
        'openTarget',
        { run: ref, markerTable: plan.markerTable, tables },
        { summary: `open ${ref.target} for writes` },
      ),
    ),
  );
  for (const { table } of waveTables(keeper.status)) keeper.setTable(table, { phase: 'cut-over' });
  await attempt.time('switch', () => switchClients(run, tables));
  attempt.endPause();
  attempt.reportPause();
  await untilDone(keeper, 'stop the fence guard', () =>
    step('stopFenceGuard', { run: ref, epoch }, { summary: 'stop the fence guard' }),
  );
}

/** By the named command, or by a person; a person's word also ends a command that does not succeed. */
async function switchClients(run: Run, tables: string[]): Promise<void> {
  const { keeper, inbox, ref, plan } = run;
  const command = plan.request.cutover.switchClients;
  keeper.block({
    code: 'clients',
    message: `the target ${ref.target} is open; ${command ?? 'a person'} switches the clients`,
    fix: 'switch the clients, then send clientsSwitched',
  });
  const commanded = new CancellationScope();
  const isSaid = (): boolean => inbox.clientsSwitchedBy !== undefined;
  if (command === undefined) await condition(isSaid);
  else {
    const byCommand = commanded.run(() => switchByCommand(run, { command, tables }));
    await Promise.race([byCommand, condition(isSaid).then(() => commanded.cancel())]);
    await byCommand;
  }
  keeper.unblock('clients');
}

async function switchByCommand(run: Run, { command, tables }: { command: string; tables: string[] }): Promise<void> {
  try {
    await untilDone(run.keeper, `switch the clients by ${command}`, () =>
      step('switchClients', { run: run.ref, command, tables }, { summary: `switch the clients by ${command}` }),
    );
  } catch (error) {
    // Cancelled because a person said that it is done.
    if (!isCancelled(error)) throw error;
    run.keeper.unblock('held');
  }
}
