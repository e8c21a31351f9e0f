import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';
import {
  findKnownHosts,
  formatFingerprint,
  formatKnownHostName,
  parseKnownHosts,
  parsePinnedKey,
  toHostKey,
  type HostKey,
} from './known-hosts.ts';

/** What is known of one host's keys before it is contacted. */
export interface HostKeyPolicy {
  accepted: HostKey[];
  revoked: HostKey[];
  /** Where the accepted keys come from, for the message. */
  source: string;
}

/** Pinned keys, and the known_hosts file: the one named, or the user's own when nothing is pinned. */
export async function readHostKeyPolicy(target: SshTarget): Promise<HostKeyPolicy> {
  const pinned = target.hostKeys.map(parsePinnedKey).filter((key) => key !== undefined);
  const file = target.knownHostsFile ?? (pinned.length === 0 ? join(homedir(), '.ssh', 'known_hosts') : undefined);
  const known = file === undefined ? [] : findKnownHosts(parseKnownHosts(await readKnownHosts(file, target)), target);
  return {
    accepted: [...pinned, ...known.filter((entry) => !entry.revoked)],
    revoked: known.filter((entry) => entry.revoked),
    source: file ?? '"hostKeys" of the clusters file',
  };
}

/** Only an absent file is an empty one; an unreadable file must not look like an unknown host. */
async function readKnownHosts(file: string, target: SshTarget): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new Failure(
      'ssh.host-key',
      `Cannot read the known_hosts file ${file}: ${String(error)}`,
      { host: target.host },
      { cause: error },
    );
  }
}

/** undefined when the shown key may be trusted, else the reason with the exact line that would trust it. */
export function checkHostKey(
  blob: Buffer,
  { target, policy }: { target: SshTarget; policy: HostKeyPolicy },
): Failure | undefined {
  const key = toHostKey(blob);
  const isShown = (known: HostKey): boolean => known.base64 === key.base64;
  if (policy.revoked.some(isShown)) return refuse('is revoked in', { key, target, policy });
  if (policy.accepted.some(isShown)) return undefined;
  const changed = policy.accepted.some((known) => known.type === key.type);
  return refuse(changed ? 'is NOT the one known from' : 'is not known from', { key, target, policy });
}

function refuse(
  verdict: string,
  { key, target, policy }: { key: HostKey; target: SshTarget; policy: HostKeyPolicy },
): Failure {
  const name = formatKnownHostName(target.host, target.port);
  const line = `${key.type} ${key.base64}`;
  const message =
    `${target.host}:${target.port} showed the ${key.type} host key ${formatFingerprint(key)}, which ${verdict} ${policy.source}. ` +
    `Compare the fingerprint with the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub); ` +
    `if it is right, add to "hostKeys": "${line}", or to known_hosts: "${name} ${line}".`;
  return new Failure('ssh.host-key', message, { host: target.host });
}

/** Every type this client can check, strongest first. */
const HOST_KEY_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;
export type HostKeyAlgorithm = (typeof HOST_KEY_TYPES)[number];

/** Known types first: a host offers several keys, and one it never showed us before would look like a changed key. */
export function orderHostKeyAlgorithms(policy: HostKeyPolicy): HostKeyAlgorithm[] {
  const types = new Set(
    policy.accepted.flatMap((key) => (key.type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [key.type])),
  );
  return [...HOST_KEY_TYPES].sort((a, b) => Number(types.has(b)) - Number(types.has(a)));
}
