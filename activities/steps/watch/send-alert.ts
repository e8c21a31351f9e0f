import { METRICS } from '../../../workflows/contract/metrics.ts';
import { defineActivity } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { deliverAlert } from '../../watch/deliver-alert.ts';

/** Targets are named in the clusters file only (hazard 32): an input brings no URL and no command line. */
export const sendAlert = defineActivity<'sendAlert'>({
  name: 'sendAlert',
  kind: 'change',
  summary: 'send an alert',
  plan: ({ target, message }) => ({
    cluster: message.cluster,
    summary: `tell ${target}: ${message.text}`,
    command: 'POST to the webhook of the clusters file, or run its command on this host',
    undo: 'none: it was told',
    doneWhen: 'the webhook has answered with 2xx, and the command with 0',
  }),
  run: async ({ target: name, message }, { deps, ctx }) => {
    const { alerts, file } = deps.inventory;
    const target = alerts.get(name);
    if (target === undefined) {
      const known = [...alerts.keys()].join(', ') || 'none';
      throw new Failure('request.invalid', `no alert target "${name}" in ${file}; it names: ${known}`);
    }
    const count = (outcome: string): void => deps.metrics?.record(METRICS.alerts, 1, { target: name, outcome });
    await deliverAlert({ target, message, environment: process.env, signal: ctx.signal }).catch((error: unknown) => {
      count('failed');
      throw error;
    });
    count('delivered');
    return { changed: true };
  },
});
