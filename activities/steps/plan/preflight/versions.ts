/** A release as numbers; what follows the third one (`-hadoop3`, `-SNAPSHOT`) does not count. */
export interface Version {
  major: number;
  minor: number;
  patch: number;
}

export function parseVersion(text: string): Version {
  const [, major = '0', minor = '0', patch = '0'] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text) ?? [];
  return { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

/** Negative when `a` is older than `b`. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

export function isBefore(version: string, limit: string): boolean {
  return compareVersions(parseVersion(version), parseVersion(limit)) < 0;
}

export type FixState = 'fixed' | { fixedIn: string } | 'no-fix-in-line';

/** Where a release stands to a bug that is fixed from each of `fixes` on, one release per line. */
export function toFixState(version: string, fixes: string[]): FixState {
  const here = parseVersion(version);
  const parsed = fixes.map((text) => ({ text, ...parseVersion(text) }));
  const inLine = parsed.find(({ major, minor }) => major === here.major && minor === here.minor);
  if (inLine) return compareVersions(here, inLine) < 0 ? { fixedIn: inLine.text } : 'fixed';
  // A line that began after the newest fix was made has it; an older line without an entry never got it.
  return parsed.every((fix) => compareVersions(fix, here) < 0) ? 'fixed' : 'no-fix-in-line';
}
