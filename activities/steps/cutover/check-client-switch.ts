import { defineActivity } from '../../define-step.ts';
import { callSwitch } from './call-switch.ts';

/** Probes read and write from the switch's host, BEFORE the fence (hazard 5). */
export const checkClientSwitch = defineActivity<'checkClientSwitch'>({
  name: 'checkClientSwitch',
  kind: 'change',
  summary: 'check the command that switches the clients',
  run: async ({ run, command: name, tables }, world) => {
    const input = { runId: run.runId, from: run.source, to: run.target, tables: tables ?? [] };
    const known = world.deps.inventory.commands.get(name);
    if (known && !known.check) return { changed: false, detail: `command ${name} has no check` };
    return { changed: false, ...(await callSwitch({ name, call: { check: true, input } }, world)) };
  },
});
