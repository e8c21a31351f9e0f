import { ApplicationFailure } from '@temporalio/workflow';
import type { Problem } from '../contract/failures.ts';

/** Reads one field, or says what it must be. */
export type Field<T> = (value: unknown) => { value: T } | { must: string };

export const text: Field<string> = (value) =>
  typeof value === 'string' && value.trim() !== '' ? { value } : { must: 'must be text' };
export const optionalText: Field<string | undefined> = (value) => (value === undefined ? { value } : text(value));
export const optionalFlag: Field<boolean | undefined> = (value) =>
  value === undefined || typeof value === 'boolean' ? { value } : { must: 'must be true or false' };
export const optionalTextList: Field<string[] | undefined> = (value) => {
  if (value === undefined) return { value };
  return Array.isArray(value) && value.every((item): item is string => typeof item === 'string')
    ? { value }
    : { must: 'must be a list of names' };
};

type Fields = Record<string, Field<unknown>>;
type Checked<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/**
 * Checks the input of a small workflow without a schema library, which would weigh on every sandbox.
 *
 * @throws ApplicationFailure `request.invalid` with every problem and an example to paste.
 */
export function checkInput<F extends Fields>(input: unknown, fields: F, example: object): Checked<F> {
  const body = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const problems: Problem[] = Object.keys(body)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((field) => ({ field, message: `is unknown; known are ${Object.keys(fields).join(', ')}` }));
  const values: Record<string, unknown> = {};
  for (const [field, read] of Object.entries(fields)) {
    const answer = read(body[field]);
    if ('must' in answer) problems.push({ field, message: answer.must });
    else values[field] = answer.value;
  }
  if (problems.length > 0) throw invalid(problems, example);
  return values as Checked<F>;
}

function invalid(problems: Problem[], example: object): ApplicationFailure {
  const lines = problems.map(({ field, message }) => `- ${field} ${message}`);
  const message = ['The input is not valid:', ...lines, `Example: ${JSON.stringify(example)}`].join('\n');
  const code = 'request.invalid';
  return ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [{ code, problems }] });
}
