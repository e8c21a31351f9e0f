import { createHash, createHmac } from 'node:crypto';

/** A host key as the wire carries it: type and blob. */
export interface HostKey {
  type: string;
  /** Base64 of the public key blob. */
  base64: string;
}

export interface KnownHostEntry extends HostKey {
  /** Comma-separated patterns, or one hashed name. */
  hosts: string;
  revoked: boolean;
}

/** Reads the type from a public key blob: a length-prefixed string (RFC 4253 §6.6). */
export function toHostKey(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return { type: blob.subarray(4, 4 + length).toString('latin1'), base64: blob.toString('base64') };
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function formatFingerprint(key: HostKey): string {
  const digest = createHash('sha256').update(Buffer.from(key.base64, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** Parses a pinned key `ssh-ed25519 AAAA… [comment]`; undefined when it is none. */
export function parsePinnedKey(text: string): HostKey | undefined {
  const [type, base64] = text.trim().split(/\s+/);
  if (type === undefined || base64 === undefined) return undefined;
  const key = toHostKey(Buffer.from(base64, 'base64'));
  return key.type === type ? key : undefined;
}

/**
 * Parses a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). Certificate authorities are left out: host
 * certificates are not supported. Lines that cannot be read are skipped, as OpenSSH does.
 */
export function parseKnownHosts(text: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) return [];
    const marker = words[0].startsWith('@') ? words.shift() : undefined;
    const [hosts, ...rest] = words;
    const key = parsePinnedKey(rest.join(' '));
    if (hosts === undefined || key === undefined || marker === '@cert-authority') return [];
    return [{ hosts, ...key, revoked: marker === '@revoked' }];
  });
}

/** How known_hosts names a host: the port is only written when it is not 22. */
export function formatKnownHostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

/** Entries of a host, plain, by pattern or hashed. */
export function findKnownHosts(
  entries: KnownHostEntry[],
  { host, port }: { host: string; port: number },
): KnownHostEntry[] {
  const name = formatKnownHostName(host.toLowerCase(), port);
  return entries.filter((entry) =>
    entry.hosts.startsWith('|') ? matchesHash(entry.hosts, name) : matchesList(entry.hosts, name),
  );
}

function matchesHash(hashed: string, name: string): boolean {
  const [, magic, salt, digest] = hashed.split('|');
  if (magic !== '1' || salt === undefined || digest === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === digest;
}

/** A negated pattern that matches overrules every other of its line. */
function matchesList(list: string, name: string): boolean {
  const patterns = list.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, name));
}

function matchesPattern(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
