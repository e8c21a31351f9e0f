import type {
  Approval,
  CancelMigration,
  CutOverWithout,
  MessageName,
  Rejection,
  Remark,
  Resume,
  RetryTable,
} from '../contract/messages.ts';
import { RESUMABLE, type Inbox } from './inbox.ts';
import { readBody, type Body } from './message-bodies.ts';
import { isProven, waveTables } from './readiness.ts';

/** One message a person may send, as a signal or as an update. Synchronous: validators cannot wait. */
export interface MessageRule {
  /** First line is the summary in the Web UI; the JSON can be pasted. */
  description: string;
  /** Why it is refused now, or undefined. Never changes anything. */
  readonly refuse: (inbox: Inbox, body: unknown) => string | undefined;
  /** Takes it, and says so. Only after `refuse` answered undefined. */
  readonly accept: (inbox: Inbox, body: unknown) => string;
}

interface Spec<B> {
  description: string;
  body: Body<B>;
  refuse: (inbox: Inbox, body: B) => string | undefined;
  accept: (inbox: Inbox, body: B) => string;
}

const defineRule = <B>({ description, body, refuse, accept }: Spec<B>): MessageRule => ({
  description: `${description}\nJSON: ${body.example}`,
  refuse: (inbox, raw) => {
    const parsed = body.read(raw);
    return parsed === undefined ? `the body must be ${body.example}` : refuse(inbox, parsed);
  },
  accept: (inbox, raw) => {
    const parsed = body.read(raw);
    return parsed === undefined ? '' : accept(inbox, parsed);
  },
});

const past = (inbox: Inbox): string | undefined =>
  inbox.isPastNoReturn ? 'the mark is set: the migration only goes forward now' : undefined;
const finished = (inbox: Inbox): string | undefined =>
  inbox.isFinished ? `the migration is ${inbox.keeper.status.phase}` : undefined;
const who = ({ by }: Remark): string => by ?? 'somebody';

export const MESSAGE_RULES: Record<MessageName, MessageRule> = {
  approveCutover: defineRule<Approval>({
    description: 'Approve the cutover, bound to the evidence digest that status shows.',
    body: readBody.approval,
    refuse: refuseApproval,
    accept: (inbox, approval) => {
      if (isSameApproval(inbox, approval)) return `approved by ${approval.by} already: the cutover goes on`;
      inbox.approval = approval;
      return `approved by ${approval.by}: the cutover begins`;
    },
  }),
  rejectCutover: defineRule<Rejection>({
    description: 'Reject the cutover. It waits until resume is sent; then it can be approved again.',
    body: readBody.rejection,
    refuse: (inbox) => past(inbox) ?? finished(inbox) ?? refuseRejection(inbox),
    accept: (inbox, { by, reason }) => {
      inbox.reject(by, reason);
      return `rejected by ${by}: send resume with {"code": "rejected"} to allow approvals again`;
    },
  }),
  pause: defineRule<Remark>({
    description: 'Start nothing new until resume. What runs goes on; the source keeps its WALs.',
    body: readBody.remark,
    refuse: (inbox) => past(inbox) ?? finished(inbox) ?? refusePause(inbox),
    accept: (inbox, remark) => {
      inbox.pause(who(remark));
      return 'paused';
    },
  }),
  resume: defineRule<Resume>({
    description: 'Go on after a pause, a disk hold or a failure that was fixed; a rejection only by its code.',
    body: readBody.resume,
    refuse: refuseResume,
    accept: (inbox, resume) => inbox.resume(resume),
  }),
  retryTable: defineRule<RetryTable>({
    description: 'Try one quarantined, different or blocked table again.',
    body: readBody.retryTable,
    refuse: (inbox, { table }) => past(inbox) ?? finished(inbox) ?? refuseRetry(inbox, table),
    accept: (inbox, { table }) => {
      inbox.retry(table);
      return `${table} will be tried again`;
    },
  }),
  cutOverWithout: defineRule<CutOverWithout>({
    description: 'Leave tables that cannot go on out of this cutover; they stay on the source.',
    body: readBody.cutOverWithout,
    refuse: (inbox, { tables }) => past(inbox) ?? finished(inbox) ?? refuseLeavingOut(inbox, tables),
    accept: (inbox, { by, tables }) => {
      inbox.leaveOut(by, tables);
      return `cutting over without ${tables.join(', ')}`;
    },
  }),
  cancelMigration: defineRule<CancelMigration>({
    description: 'Undo everything and end. Refused once the mark is set.',
    body: readBody.cancelMigration,
    refuse: (inbox) => past(inbox) ?? finished(inbox) ?? (inbox.cancel && 'it is being cancelled already'),
    accept: (inbox, cancel) => {
      inbox.requestCancel(cancel);
      return 'cancelling: everything is undone';
    },
  }),
  clientsSwitched: defineRule<Remark>({
    description: 'Say that the clients use the target now, when no command does it.',
    body: readBody.remark,
    refuse: (inbox) => (inbox.keeper.isBlockedBy('clients') ? undefined : 'nothing waits for the clients now'),
    accept: (inbox, remark) => {
      inbox.clientsSwitchedBy = who(remark);
      return 'noted: the clients use the target';
    },
  }),
};

/** Sent again since its answer was lost, perhaps: it is one approval. */
function isSameApproval({ approval }: Inbox, { by, digest }: Approval): boolean {
  return approval?.by === by && approval.digest === digest;
}

function refuseApproval(inbox: Inbox, approval: Approval): string | undefined {
  const { by, digest, notAfter } = approval;
  const { status } = inbox.keeper;
  if (isSameApproval(inbox, approval)) return inbox.cancel && 'it is being cancelled';
  if (inbox.approval) return `approved already, by ${inbox.approval.by}`;
  const rejected = status.blockers.find(({ code }) => code === 'rejected');
  if (rejected) return `${rejected.message}; send resume with {"code": "rejected"} before approving again`;
  if (status.paused) return 'paused; send resume first';
  if (status.phase !== 'awaiting-approval')
    return past(inbox) ?? finished(inbox) ?? `too early: the phase is ${status.phase}`;
  const expired = status.blockers.find(({ code }) => code === 'approval-expired');
  if (expired) return `${expired.message}; send resume before approving again`;
  if (notAfter !== undefined && Date.parse(notAfter) <= Date.now()) return `notAfter ${notAfter} is past`;
  if (digest !== status.evidenceDigest)
    return `the digest of ${by} is stale; status shows ${status.evidenceDigest ?? 'none yet'}`;
  if (!status.canCutOver || !isProven(status))
    return `too early: ${status.blockers.map(({ message }) => message).join('; ')}`;
  return undefined;
}

function refuseRejection({ keeper, approval }: Inbox): string | undefined {
  if (keeper.isBlockedBy('rejected')) return 'rejected already';
  const { phase } = keeper.status;
  if (approval && phase !== 'awaiting-approval' && phase !== 'verifying')
    return `too late: approved by ${approval.by}; send cancelMigration to stop it`;
  return approval || phase === 'awaiting-approval' ? undefined : `too early: the phase is ${phase}`;
}

function refuseResume(inbox: Inbox, resume: Resume): string | undefined {
  if (inbox.liftedBy(resume).length > 0) return undefined;
  const { code } = resume;
  if (code !== undefined && !RESUMABLE.includes(code)) return `resume lifts ${RESUMABLE.join(', ')}, not ${code}`;
  if (code !== undefined) return `nothing waits with the code ${code}`;
  const rejected = inbox.keeper.status.blockers.find((blocker) => blocker.code === 'rejected');
  return rejected === undefined
    ? 'nothing waits for resume'
    : `${rejected.message}; only resume with {"code": "rejected"} takes that back`;
}

function refusePause({ keeper }: Inbox): string | undefined {
  if (keeper.status.paused) return 'paused already';
  return keeper.status.phase === 'cutting-over' ? 'too late: the cutover is going on' : undefined;
}

const RETRY_PHASES = new Set(['preparing', 'copying', 'verifying', 'awaiting-approval']);

function refuseRetry(inbox: Inbox, table: string): string | undefined {
  const row = inbox.keeper.getTable(table);
  if (row === undefined) return `${table} is not in this migration`;
  if (row.leftOutBy !== undefined) return `${table} was left out by ${row.leftOutBy}`;
  if (inbox.retries.includes(table)) return `${table} will be tried again already`;
  if (!RETRY_PHASES.has(inbox.keeper.status.phase)) return `not while the phase is ${inbox.keeper.status.phase}`;
  const isCopying = ['preparing', 'copying'].includes(inbox.keeper.status.phase);
  if (isCopying && row.phase !== 'quarantined') return `${table} can be tried again once the other tables are copied`;
  return inbox.stuckTables().includes(table) ? undefined : `${table} is ${row.phase}: there is nothing to try again`;
}

function refuseLeavingOut(inbox: Inbox, tables: string[]): string | undefined {
  const stuck = new Set(inbox.stuckTables());
  const healthy = tables.filter((table) => !stuck.has(table));
  if (healthy.length > 0) return `only tables that cannot go on may be left out, not ${healthy.join(', ')}`;
  const left = waveTables(inbox.keeper.status).filter(({ table }) => !tables.includes(table));
  if (left.length === 0) return 'no table would be left; cancel instead';
  return RETRY_PHASES.has(inbox.keeper.status.phase)
    ? undefined
    : `not while the phase is ${inbox.keeper.status.phase}`;
}
