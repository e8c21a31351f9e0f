import { createHash } from 'node:crypto';
import type { Inventory, SshTarget } from './inventory.ts';

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
    clusters: [...clusters.values()].map((cluster) => ({ ...cluster, gateways: cluster.gateways.map(toSharedTarget) })),
    commands: [...commands.values()],
    storageRoots: [...storageRoots.values()],
  };
  return createHash('sha256').update(toCanonicalJson(shared)).digest('hex');
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
