import { createHash } from 'node:crypto';
import type { ClusterConfig, Inventory, SshTarget } from './inventory.ts';

/**
 * What all workers of a queue must agree on. How a worker proves who it is (key file, agent, variables) and where its
 * known_hosts lies is its own business.
 */
export function digestInventory({
  clusters,
  commands,
  storageRoots,
}: Pick<Inventory, 'clusters' | 'commands' | 'storageRoots'>): string {
  const shared = {
    clusters: [...clusters.values()].map(toSharedCluster),
    commands: [...commands.values()],
    storageRoots: [...storageRoots.values()],
  };
  return sha256(shared);
}

/** What one run uses of the clusters file, by name. */
export interface InventoryUse {
  clusters: readonly string[];
  commands?: readonly (string | undefined)[];
  storageRoots?: readonly (string | undefined)[];
}

/**
 * A digest of those parts alone, e.g. `cluster new=5d41402abc4b2a76,command switch=…`: another cluster in the file, or a
 * command that the run does not name, changes nothing for it. WARNING: stored in plans and histories.
 */
export function digestUse({ clusters, commands, storageRoots }: Inventory, use: InventoryUse): string {
  const parts = [
    ...use.clusters.map((name) => toPart(`cluster ${name}`, mapDefined(clusters.get(name), toSharedCluster))),
    ...toNames(use.commands).map((name) => toPart(`command ${name}`, commands.get(name))),
    ...toNames(use.storageRoots).map((name) => toPart(`root ${name}`, storageRoots.get(name))),
  ];
  return [...new Set(parts)].toSorted().join(PARTS);
}

/** What of a run's digest is another here, in words; empty when all is the same. Runs of before digest the whole file. */
export function findInventoryChanges(inventory: Inventory, wanted: string): string[] {
  if (!wanted.includes(EQUALS)) return wanted === inventory.digest ? [] : ['some part of it'];
  const subjects = wanted.split(PARTS).map((part) => part.split(EQUALS)[0] ?? '');
  const pick = (kind: string): string[] =>
    subjects.flatMap((subject) => (subject.startsWith(`${kind} `) ? [subject.slice(kind.length + 1)] : []));
  const use = { clusters: pick('cluster'), commands: pick('command'), storageRoots: pick('root') };
  const here = new Set(digestUse(inventory, use).split(PARTS));
  return wanted
    .split(PARTS)
    .filter((part) => !here.has(part))
    .map((part) => part.split(EQUALS)[0] ?? '');
}

const PARTS = ',';
const EQUALS = '=';

function toPart(subject: string, value: object | undefined): string {
  return `${subject}${EQUALS}${value === undefined ? 'absent' : sha256(value).slice(0, 16)}`;
}

function toNames(names: readonly (string | undefined)[] = []): string[] {
  return names.filter((name) => name !== undefined);
}

function mapDefined<T, R>(value: T | undefined, map: (value: T) => R): R | undefined {
  return value === undefined ? undefined : map(value);
}

function sha256(value: unknown): string {
  return createHash('sha256').update(toCanonicalJson(value)).digest('hex');
}

function toSharedCluster(cluster: ClusterConfig): object {
  return { ...cluster, gateways: cluster.gateways.map(toSharedTarget) };
}

function toSharedTarget({ host, port, user, hostKeys, jump }: SshTarget): object {
  return { host, port, user, hostKeys, ...(jump === undefined ? {} : { jump: toSharedTarget(jump) }) };
}

/** Keys sorted, and named things by name: neither order in the file has a meaning. Other lists keep theirs. */
function toCanonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    const items: string[] = value.map(toCanonicalJson);
    return `[${(value.every(isNamed) ? items.sort() : items).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${toCanonicalJson(part)}`)
    .join(',')}}`;
}

function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value;
}
