import { workflowInfo } from '@temporalio/workflow';
import { toTestMessage } from './contract/backup/alert-text.ts';
import type { Delivery, Outgoing, WatchReport } from './contract/backup/alerts.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import { checkInput } from './flow/simple-input.ts';
import { type StepKind, step } from './flow/step-proxies.ts';
import { isCancelled, rethrowable, toCancellation, toCause } from './flow/workflow-failure.ts';

/**
 * Looks how sets of backups are, and tells what has changed since the watch before, whose result it goes on from: run it
 * by a schedule. Each trouble is told once, again after a while, and once when it has gone.
 *
 * Input: one JSON object, e.g. `{"sets": [{"set": "nightly", "cluster": "old", "root": "backups", "to": ["on-call"]}]}`;
 * started without, it fails at once and shows an example. What could not be delivered is in its result, and tried again
 * by the next one.
 */
export async function watchBackups(input?: unknown): Promise<WatchReport> {
  try {
    const before = toBefore(workflowInfo().lastResult);
    const judged = await step('judgeBackups', { request: input, before }, { summary: 'see how backups are' });
    const deliveries = await deliverAll(judged.state.outbox);
    const done = new Set(deliveries.filter(({ delivered }) => delivered).map(({ target, id }) => `${target} ${id}`));
    const outbox = judged.state.outbox.filter(({ target, message }) => !done.has(`${target} ${message.id}`));
    const { at, sets } = judged;
    return { formatVersion: 1, at, sets, deliveries, state: { ...judged.state, outbox } };
  } catch (error) {
    throw isCancelled(error) ? toCancellation(error) : rethrowable(toCause(error));
  }
}

/** Sends a message to targets of the clusters file, once and without a second try, and says of each whether it came. */
export async function testAlert(input?: unknown): Promise<Delivery[]> {
  const { targets, set = '', by = '' } = checkInput(input, SMALL_INPUTS.testAlert);
  const { workflowId, startTime } = workflowInfo();
  const message = toTestMessage({ set, by, at: startTime.toISOString(), id: workflowId });
  return Promise.all(targets.map((target) => deliver({ target, message }, 'alertOnce')));
}

/** The TypeScript SDK has one result; others have a list of them. */
function toBefore(lastResult: unknown): unknown {
  return Array.isArray(lastResult) ? (lastResult[0] as unknown) : lastResult;
}

async function deliverAll(outbox: readonly Outgoing[]): Promise<Delivery[]> {
  const targets = [...new Set(outbox.map(({ target }) => target))];
  const delivered = await Promise.all(
    targets.map((target) => deliverTo(outbox.filter((outgoing) => outgoing.target === target))),
  );
  return delivered.flat();
}

/** So many may fail before a target is left alone until the next watch. */
const MOST_FAILED = 3;

/** One target after its own order. One message that it will not take does not hold the others for ever. */
async function deliverTo(outgoing: readonly Outgoing[]): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  let failed = 0;
  for (const one of outgoing) {
    if (failed >= MOST_FAILED) break;
    const delivery = await deliver(one, failed === 0 ? 'alert' : 'alertOnce');
    if (!delivery.delivered) failed += 1;
    deliveries.push(delivery);
  }
  return deliveries;
}

async function deliver(outgoing: Outgoing, kind: StepKind): Promise<Delivery> {
  const { target, message } = outgoing;
  const about = { target, id: message.id };
  try {
    await step('sendAlert', outgoing, { summary: `tell ${target}: ${message.text}`, kind });
    return { ...about, delivered: true };
  } catch (error) {
    if (isCancelled(error)) throw error;
    return { ...about, delivered: false, why: toCause(error).message };
  }
}
