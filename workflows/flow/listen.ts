import { ApplicationFailure, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { MESSAGES, type MessageName } from '../contract/messages.ts';
import type { MigrationStatus } from '../contract/status.ts';
import type { Inbox } from './inbox.ts';
import { MESSAGE_RULES } from './message-rules.ts';

/**
 * Sets every handler, before the workflow's first await. Each message is a signal (a refusal is recorded in the status)
 * and an update (the sender is told at once).
 */
export function listen(inbox: Inbox): void {
  setHandler(defineQuery<MigrationStatus>(MESSAGES.status), () => inbox.keeper.status, {
    description: 'Phase, tables, blockers with since-when, evidence digest, cutovers and notices, as JSON.',
  });
  for (const name of Object.keys(MESSAGE_RULES) as MessageName[]) listenFor(inbox, name);
}

function listenFor(inbox: Inbox, name: MessageName): void {
  const { description, refuse, accept } = MESSAGE_RULES[name];
  setHandler(
    defineSignal<[unknown]>(name),
    (body) => {
      const reason = refuse(inbox, body);
      if (reason === undefined) accept(inbox, body);
      else inbox.keeper.notice(`refused ${name}: ${reason}`);
    },
    { description },
  );
  setHandler(defineUpdate<string, [unknown]>(name), (body) => accept(inbox, body), {
    description,
    validator: (body) => {
      const reason = refuse(inbox, body);
      if (reason !== undefined) throw refused(inbox, reason);
    },
  });
}

function refused(inbox: Inbox, reason: string): ApplicationFailure {
  const code = inbox.isPastNoReturn ? 'cutover.past-no-return' : 'message.refused';
  return ApplicationFailure.nonRetryable(reason, code, { code });
}
