import { createHash } from 'node:crypto';

/** sha256, hex, of `value` as JSON with sorted keys: equal for values that a JSON round trip makes equal. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(toSortedJson(value)).digest('hex');
}

function toSortedJson(value: unknown): string {
  return JSON.stringify(value, sortKeys) ?? 'null';
}

function sortKeys(_key: string, part: unknown): unknown {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
  return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
