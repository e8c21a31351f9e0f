import type { z } from 'zod';
import type { Problem } from '../failures.ts';
import { toInvalidMessage, toProblems } from './problems.ts';

/** What a user may ask for: how it is checked, and how it is talked about. */
export interface RequestKind<Schema extends z.ZodType, Request> {
  /** e.g. `migration request`. */
  noun: string;
  schema: Schema;
  /** By the path of the object that holds them, '' for the whole: an unknown field names the nearest of them. */
  knownFields: Record<string, readonly string[]>;
  /** Answers an empty input. */
  example: object;
  /** What no single field can tell, from the raw input too, so that a wrong field elsewhere does not hide it. */
  findRawContradictions?: (input: Record<string, unknown>) => Problem[];
  /** What only a checked input can tell. */
  findContradictions?: (checked: z.output<Schema>) => Problem[];
  toRequest: (checked: z.output<Schema>) => Request;
}

export type Parsed<Request> = { request: Request } | { problems: Problem[]; message: string };

/** Parses what a user gave, with every default filled in, or answers with all problems at once. Never throws. */
export function parseRequest<Schema extends z.ZodType, Request>(
  kind: RequestKind<Schema, Request>,
  input: unknown,
): Parsed<Request> {
  if (isEmpty(input)) return toEmptyInput(kind);
  const { schema, noun, knownFields } = kind;
  const parsed = schema.safeParse(input);
  const problems = [
    ...(parsed.success
      ? (kind.findContradictions?.(parsed.data) ?? [])
      : toProblems(parsed.error.issues, { input, knownFields })),
    ...(kind.findRawContradictions?.(Object(input) as Record<string, unknown>) ?? []),
  ];
  if (problems.length > 0 || !parsed.success) return { problems, message: toInvalidMessage(problems, noun) };
  return { request: kind.toRequest(parsed.data) };
}

function isEmpty(input: unknown): boolean {
  return input === undefined || input === null || (typeof input === 'object' && Object.keys(input).length === 0);
}

function toEmptyInput({ noun, example }: { noun: string; example: object }): { problems: Problem[]; message: string } {
  const text = JSON.stringify(example, null, 2);
  const message = `The input is empty. A ${noun} is one JSON object; paste this and change it:\n${text}`;
  return { problems: [{ field: '(input)', message: 'is empty', fix: `Paste and change:\n${text}` }], message };
}
