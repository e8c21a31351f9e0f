import type { z } from 'zod';
import type { Problem } from '../failures.ts';
import { findNearest } from './nearest.ts';

type Issue = z.core.$ZodIssue;

/** `request.invalid`'s message: every problem on a line of its own. `noun` is e.g. `migration request`. */
export function toInvalidMessage(problems: readonly Problem[], noun: string): string {
  return [`The ${noun} is not valid:`, ...problems.map((p) => `- ${p.field}: ${p.message}`)].join('\n');
}

/**
 * Every issue as a problem with the field's path, the value found and the rule it breaks. An unknown field names the
 * nearest known one of `knownFields` (by the path of the object that holds it, '' for the whole).
 */
export function toProblems(
  issues: readonly Issue[],
  { input, knownFields }: { input: unknown; knownFields: Record<string, readonly string[]> },
): Problem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => toUnknownField(key, { parent: issue.path.join('.'), knownFields }))
      : [{ field: issue.path.join('.') || '(input)', message: toMessage(issue, input) }],
  );
}

function toUnknownField(
  key: string,
  { parent, knownFields }: { parent: string; knownFields: Record<string, readonly string[]> },
): Problem {
  const known = knownFields[parent] ?? [];
  const nearest = findNearest(key, known);
  const field = parent === '' ? key : `${parent}.${key}`;
  const fix = nearest === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
  return { field, message: `unknown field "${key}". ${fix}`, fix };
}

function toMessage(issue: Issue, input: unknown): string {
  const value = issue.path.reduce<unknown>(
    (holder, key) => (holder as Record<PropertyKey, unknown> | undefined | null)?.[key],
    input,
  );
  if (value === undefined && issue.code === 'invalid_type') return `is missing; ${issue.message}`;
  return `${show(value)} ${issue.message}`;
}

/** A value as a person typed it, cut to what fits a line. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
