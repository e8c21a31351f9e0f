import type { Stats } from 'node:fs';

/** OpenSSH's rule for a file of one's own; a file of somebody else (a mounted secret) must not be world-readable. */
export function isOpenToOthers(stat: Pick<Stats, 'uid' | 'mode'>): boolean {
  const own = process.getuid === undefined || stat.uid === process.getuid();
  return (stat.mode & (own ? 0o077 : 0o007)) !== 0;
}
