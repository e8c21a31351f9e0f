import { ApplicationFailure } from '@temporalio/workflow';
import type { Problem } from '../contract/failures.ts';
import type { FieldRule, SmallInput } from '../contract/requests/small-inputs.ts';

interface Values {
  text: string;
  flag: boolean;
  texts: string[];
}
type ValueOf<R extends FieldRule> = Values[R['kind']] | (R extends { optional: true } ? undefined : never);
type Checked<S extends SmallInput> = { [K in keyof S['fields']]: ValueOf<S['fields'][K]> };

const TESTS: Record<FieldRule['kind'], { isValid: (value: unknown) => boolean; must: string }> = {
  text: { isValid: isText, must: 'must be text' },
  flag: { isValid: (value) => typeof value === 'boolean', must: 'must be true or false' },
  texts: { isValid: (value) => Array.isArray(value) && value.every(isText), must: 'must be a list of names' },
};

/**
 * The input of a small workflow, checked.
 *
 * @throws ApplicationFailure `request.invalid` with every problem and an example to paste.
 */
export function checkInput<S extends SmallInput>(input: unknown, { fields, example }: S): Checked<S> {
  const body = typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
  const unknown = Object.keys(body)
    .filter((name) => !Object.hasOwn(fields, name))
    .map((field) => ({ field, message: `is unknown; known are ${Object.keys(fields).join(', ')}` }));
  const wrong = Object.entries(fields)
    .filter(([field, { kind, optional }]) => !isFine(body[field], { kind, isOptional: optional === true }))
    .map(([field, { kind }]) => ({ field, message: TESTS[kind].must }));
  if (unknown.length + wrong.length > 0) throw invalid([...unknown, ...wrong], example);
  return body as Checked<S>;
}

function isFine(value: unknown, { kind, isOptional }: { kind: FieldRule['kind']; isOptional: boolean }): boolean {
  return value === undefined ? isOptional : TESTS[kind].isValid(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function invalid(problems: Problem[], example: object): ApplicationFailure {
  const lines = problems.map(({ field, message }) => `- ${field} ${message}`);
  const message = ['The input is not valid:', ...lines, `Example: ${JSON.stringify(example)}`].join('\n');
  const code = 'request.invalid';
  return ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [{ code, problems }] });
}
