import { defineActivity } from '../../define-step.ts';
import { callSwitch } from './call-switch.ts';

/** Always after the target is open. The command must be idempotent: a lost answer runs it again. */
export const switchClients = defineActivity<'switchClients'>({
  name: 'switchClients',
  kind: 'change',
  summary: 'switch the clients to the target',
  plan: ({ run, command, tables }) => ({
    cluster: run.target,
    summary: `switch the clients of ${tables.join(', ')}`,
    command: `${command} switch`,
    undo: 'none: after the mark it only goes forward',
    doneWhen: 'the command ends with exit code 0',
  }),
  run: async ({ run, command: name, tables }, world) => {
    const input = { runId: run.runId, from: run.source, to: run.target, tables };
    return { changed: true, ...(await callSwitch({ name, call: { action: 'switch', input } }, world)) };
  },
});
