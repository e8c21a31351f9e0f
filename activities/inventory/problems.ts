import type { z } from 'zod';
import type { Problem } from '../../workflows/contract/failures.ts';
import { findNearest } from '../../workflows/contract/requests/nearest.ts';
import type { YamlSource } from './source.ts';

type Path = readonly PropertyKey[];

/** What a file's own rules add to its schema. */
export interface FileRules {
  /** Fields by the shape of their path, where `*` stands for any name: what an unknown field may have meant. */
  knownFields: Record<string, readonly string[]>;
  /** What to do with a secret that somebody put into the file. */
  secretFix: string;
}

interface FileIssues {
  source: YamlSource;
  rules: FileRules;
}

const SECRET_FIELD = /(?:password|passphrase|secret|token|credentials?|^privateKey|^key)$/i;

/** Every issue with its place, the value found and the rule it breaks. */
export function toFileProblems(issues: readonly z.core.$ZodIssue[], { source, rules }: FileIssues): Problem[] {
  const problems = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => toUnknownField([...issue.path, key], { source, rules }));
    if (issue.code === 'invalid_key') return [toKeyProblem(issue, source)];
    return [toProblem(issue.path, { message: issue.message, source })];
  });
  return problems.sort((a, b) => lineOf(a) - lineOf(b));
}

function lineOf({ field }: Problem): number {
  return Number(/:(\d+):\d+/.exec(field)?.[1]);
}

/** A problem of one value, found by us rather than by the schema. */
export function toProblem(path: Path, { message, source }: { message: string; source: YamlSource }): Problem {
  const value = path.reduce<unknown>(
    (holder, key) => (holder as Record<PropertyKey, unknown> | null | undefined)?.[key],
    source.value,
  );
  const found =
    value === undefined || value === null
      ? 'is missing; it'
      : SECRET_FIELD.test(String(path.at(-1)))
        ? 'its value'
        : show(value);
  return { field: formatField(path, source.locate(path)), message: `${found} ${message}` };
}

function toKeyProblem(issue: z.core.$ZodIssueInvalidElement | z.core.$ZodIssueInvalidKey, source: YamlSource): Problem {
  const rule = issue.issues[0]?.message ?? issue.message;
  return {
    field: formatField(issue.path, source.locateKey(issue.path)),
    message: `"${String(issue.path.at(-1))}" ${rule}`,
  };
}

function toUnknownField(path: Path, { source, rules }: FileIssues): Problem {
  const key = String(path.at(-1));
  const field = formatField(path, source.locateKey(path));
  if (SECRET_FIELD.test(key)) return { field, ...toSecretProblem(key, rules.secretFix) };
  const known = rules.knownFields[shapeOf(path.slice(0, -1))] ?? [];
  const nearest = findNearest(key, known);
  const fix = nearest === undefined ? `Known fields: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
  return { field, message: `"${key}" is an unknown field. ${fix}`, fix };
}

function toSecretProblem(key: string, fix: string): Omit<Problem, 'field'> {
  return {
    message: `"${key}" is refused: this file holds no secrets, since many read it. ${fix}`,
    fix,
  };
}

/** `clusters.old.ssh.jump.jump` has the fields of `clusters.*.ssh.jump`, an item of a list those of the list. */
function shapeOf(path: Path): string {
  const words = path.filter((key) => typeof key !== 'number').map(String);
  if (words.length > 1) words[1] = '*';
  return words.join('.').replace(/(?:\.jump)+$/, '.jump');
}

function formatField(path: Path, place: string): string {
  return path.length === 0 ? place : `${place}: ${path.map(String).join('.')}`;
}

/** A value as a person typed it, cut to what fits a line, without credentials of a URI. */
function show(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@]*@/g, '//…@');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
