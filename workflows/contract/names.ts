/** Names that cross a process boundary, and the rule each of them obeys. Pure: no Node, no zod, no SDK. */

/** A cluster's name in the clusters file, e.g. `old`. */
export type ClusterName = string;
/** `namespace:qualifier`, or a bare qualifier in the namespace `default`. */
export type TableName = string;
/** A column family's name, UTF-8. */
export type FamilyName = string;
/** A snapshot's name. HDFS limits a path component to 255 bytes, and HBase prefixes failsafe copies with it. */
export type SnapshotName = string;
/** A replication peer's id. HBase uses the hyphen to name recovered queues, so an id has none (`Found invalid peer name`). */
export type PeerId = string;
/** Names one run for ever: minted once by the plan, never recomputed. */
export type RunId = string;

export const CLUSTER_NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/;
/** HBase's own rule: `TableName.isLegalTableQualifierName`, letters, digits, `_`, `-`, `.`, not starting with `-` or `.`. */
export const TABLE_NAME = /^(?:[A-Za-z0-9_]+:)?[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** A table, or a pattern with `*`; after a `!` it is left out. */
export const TABLE_PATTERN = /^!?(?:[A-Za-z0-9_*]+:)?[A-Za-z0-9_*][A-Za-z0-9_.*-]*$/;
export const SNAPSHOT_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;
export const PEER_ID = /^[A-Za-z0-9_]{1,64}$/;
/** What a person may call a migration; it becomes part of the workflow id. */
export const MIGRATION_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Everything this product creates on a cluster starts with this, so that a leak audit can find it. */
export const OWN_PREFIX = 'thb_';

/** Namespaces that belong to HBase or to Phoenix, never to a migration. */
const RESERVED_NAMESPACES = new Set(['hbase', 'SYSTEM', 'backup']);

/** Splits `ns:t` into its parts; a bare name is in `default`. */
export function splitTableName(table: TableName): { namespace: string; qualifier: string } {
  const colon = table.indexOf(':');
  return colon < 0
    ? { namespace: 'default', qualifier: table }
    : { namespace: table.slice(0, colon), qualifier: table.slice(colon + 1) };
}

/** True for HBase's and Phoenix's own tables, which a wave must never name (hbase.md §6). */
export function isSystemTable(table: TableName): boolean {
  const { namespace, qualifier } = splitTableName(table);
  return RESERVED_NAMESPACES.has(namespace) || qualifier.startsWith('SYSTEM.');
}

/** `shop:*` is every table of a namespace, `*` of `default`, `*:*` of all, `default` included. Without the `!` of a pattern. */
export function matchesTable(pattern: string, table: TableName): boolean {
  const wanted = splitTableName(pattern);
  const { namespace, qualifier } = splitTableName(table);
  return toExpression(wanted.namespace).test(namespace) && toExpression(wanted.qualifier).test(qualifier);
}

/** `!audit_*` leaves out what `audit_*` names. */
export function isExclusion(pattern: string): boolean {
  return pattern.startsWith('!');
}

export function withoutMark(pattern: string): string {
  return pattern.replace(/^!/, '');
}

function toExpression(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('.', String.raw`\.`).replaceAll('*', '.*')}$`);
}
