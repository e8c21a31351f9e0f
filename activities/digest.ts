import { createHash } from 'node:crypto';

/** sha256, hex, of `value` as JSON with sorted keys: equal for values that a JSON round trip makes equal. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(toSortedJson(value)).digest('hex');
}

function toSortedJson(value: unknown): string {
  const sortKeys = (_key: string, part: unknown): unknown =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return JSON.stringify(value, sortKeys) ?? 'null';
}
