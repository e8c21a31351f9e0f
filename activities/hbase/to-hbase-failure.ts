import type { FailureCode, FailurePlace } from '../../workflows/contract/failures.ts';
import { Failure } from '../failure.ts';
import type { AgentError } from './agent-protocol.ts';
import { isFinalRefusal } from './refusals.ts';

/** Absent, and provably so: a permission error or a time-out never reads as absent (design §2). */
const NOT_FOUND = [
  'TableNotFoundException',
  'NamespaceNotFoundException',
  'SnapshotDoesNotExistException',
  'ReplicationPeerNotFoundException',
];

/** 2.x answers some verbs on an absent peer with a plain DoNotRetryIOException. */
const PEER_NOT_FOUND = /^Replication peer \S+ does not exist/;

const DENIED = [
  'AccessDeniedException',
  'AccessControlException',
  'KeeperException$NoAuthException',
  'NoAuthException',
  'AuthorizationException',
];

const LOGIN_LOST = ['GSSException', 'SaslException', 'KerberosAuthException'];

/** The Kerberos ticket has expired: only a new agent, after a new `kinit`, heals it. */
export function isLoginLost({ className, chain }: AgentError): boolean {
  return hasClass([className, ...chain], LOGIN_LOST);
}

/** The agent's own refusals. */
const REFUSALS: Record<string, FailureCode> = {
  expired: 'agent.expired',
  marked: 'cutover.unfenced-by-guard',
  damaged: 'backup.damaged',
  'not-offered': 'hbase.unsupported',
  'not-found': 'hbase.not-found',
  'bad-request': 'internal',
  'protected-path': 'internal',
};

const FILE_VERBS = new Set([
  'createFile',
  'readFile',
  'listFiles',
  'measureFiles',
  'moveFile',
  'removeFile',
  'probeWrite',
  'listRoot',
  'copyFile',
]);

/** The one place where an error of the agent becomes a failure of the closed table. */
export function toHBaseFailure(error: AgentError, { verb, place }: { verb: string; place: FailurePlace }): Failure {
  const subject = place.table === undefined ? verb : `${verb} of ${place.table}`;
  const message = `${subject} on ${place.cluster}: ${describe(error)}`;
  return new Failure(toCode(error, verb), message, place);
}

function toCode(error: AgentError, verb: string): FailureCode {
  const refusal = REFUSALS[error.kind];
  if (refusal !== undefined) return refusal;
  const classes = [error.className, ...error.chain];
  const messages = [error.message, ...error.causes];
  if (hasClass(classes, DENIED)) return 'hbase.denied';
  if (hasClass(classes, NOT_FOUND) || messages.some((text) => PEER_NOT_FOUND.test(text))) return 'hbase.not-found';
  if (isFinalRefusal(error, verb)) return 'hbase.refused';
  return FILE_VERBS.has(verb) ? 'hdfs.failed' : 'hbase.failed';
}

function hasClass(classes: string[], names: string[]): boolean {
  return classes.some((full) => names.some((name) => full === name || full.endsWith(`.${name}`)));
}

function describe({ className, message }: AgentError): string {
  const name = className.slice(className.lastIndexOf('.') + 1);
  if (name === 'Refusal' || message.includes(name)) return message;
  return message === '' ? name : `${name}: ${message}`;
}
