import { z } from 'zod';

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PART = /(\d+)(ms|s|m|h|d)/g;
const WHOLE = /^(?:\d+(?:ms|s|m|h|d))+$/;

/** Turns `90s`, `24h` or `1h30m` into milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const parts = [...text.matchAll(PART)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS], 0);
}

/** A duration in a request: text in, milliseconds out. `least` and `most` are durations too. */
export function durationSchema({ least, most }: { least: string; most: string }) {
  const rule = `must be a duration from "${least}" to "${most}", such as "30s", "5m" or "24h"`;
  return z
    .string({ error: rule })
    .refine((text) => isBetween(text, { least, most }), { error: rule })
    .transform((text) => parseDuration(text) ?? 0)
    .describe(`A duration from ${least} to ${most}: a number and one of ms, s, m, h, d.`);
}

function isBetween(text: string, { least, most }: { least: string; most: string }): boolean {
  const ms = parseDuration(text);
  return ms !== undefined && ms >= (parseDuration(least) ?? 0) && ms <= (parseDuration(most) ?? Infinity);
}
