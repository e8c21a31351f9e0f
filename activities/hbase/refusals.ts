import type { AgentError } from './agent-protocol.ts';

/** Verbs that make or change a table by a schema, which a cluster refuses as a whole when it cannot serve it. */
const SCHEMA_VERBS: ReadonlySet<string> = new Set(['createTable', 'cloneSnapshot', 'restoreSnapshot', 'alterTable']);
const NAMING_VERBS: ReadonlySet<string> = new Set([...SCHEMA_VERBS, 'createNamespace', 'takeSnapshot', 'createFile']);

/** No repetition heals a schema that the servers cannot load, or that breaks their rules. */
const SCHEMA_CLASSES = [
  'FailedSanityCheckException',
  'InvalidFamilyOperationException',
  'NoSuchColumnFamilyException',
  'CoprocessorException',
  'ClassNotFoundException',
  'NoClassDefFoundError',
];
/** A method that the other side does not have: another version is asked than was meant. */
const METHOD_CLASSES = ['NoSuchMethodException', 'NoSuchMethodError', 'UnknownProtocolException'];
const NAME_CLASSES = ['PathComponentTooLongException', 'FSLimitException$PathComponentTooLongException'];

/** 2.x refuses schemas with a bare DoNotRetryIOException that names the setting by which its checks are left out. */
const SANITY_CHECK = /hbase\.table\.sanity\.checks/;

/**
 * Refusals that cannot heal, by class and verb. A closed list: DoNotRetryIOException as such only tells clients not to
 * send the same request again, and scanners, leases, throttling, quotas, snapshots and races of table states are among
 * its children, all of which heal.
 */
export function isFinalRefusal({ className, chain, message, causes }: AgentError, verb: string): boolean {
  const classes = [className, ...chain].map(toSimpleName);
  const isOneOf = (names: readonly string[]): boolean => classes.some((name) => names.includes(name));
  if (isOneOf(METHOD_CLASSES)) return true;
  if (NAMING_VERBS.has(verb) && isOneOf(NAME_CLASSES)) return true;
  if (!SCHEMA_VERBS.has(verb)) return false;
  return isOneOf(SCHEMA_CLASSES) || [message, ...causes].some((text) => SANITY_CHECK.test(text));
}

function toSimpleName(full: string): string {
  return full.slice(full.lastIndexOf('.') + 1);
}
