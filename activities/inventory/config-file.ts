import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import type { FailureCode, Problem } from '../../workflows/contract/failures.ts';
import { Failure } from '../failure.ts';
import { toFileProblems, type FileRules } from './problems.ts';
import { parseYaml, type YamlSource } from './source.ts';

/** A kind of YAML file that people write by hand. */
export interface FileKind<Schema extends z.ZodType> extends FileRules {
  /** As a sentence names it, e.g. `clusters file`. */
  what: string;
  /** Code of the failure of a bad one. */
  code: FailureCode;
  schema: Schema;
  /** Shown when there is none. */
  example: string;
}

export function readConfigFile<Schema extends z.ZodType>(kind: FileKind<Schema>, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `Cannot read the ${kind.what} ${path}: ${String(error)}. Make one, e.g.:\n\n${kind.example}`;
    throw new Failure(kind.code, message, {}, { cause: error });
  }
}

/** @throws Failure of the kind's code with every problem at once, each with file, line, column, value and rule. */
export function parseConfigFile<Schema extends z.ZodType>(
  kind: FileKind<Schema>,
  { file, text }: { file: string; text: string },
): { data: z.output<Schema>; source: YamlSource } {
  const source = parseYaml(file, text);
  if (source.errors.length > 0) {
    const problems = source.errors.map(({ at, message }) => ({ field: at, message: `is not YAML: ${message}` }));
    throw refuseConfigFile(kind, { file, problems });
  }
  const parsed = kind.schema.safeParse(source.value ?? {});
  if (parsed.success) return { data: parsed.data, source };
  throw refuseConfigFile(kind, { file, problems: toFileProblems(parsed.error.issues, { source, rules: kind }) });
}

export function refuseConfigFile<Schema extends z.ZodType>(
  { what, code }: FileKind<Schema>,
  { file, problems }: { file: string; problems: Problem[] },
): Failure {
  const lines = problems.map(({ field, message }) => `  ${field} ${message}`);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new Failure(code, `The ${what} ${file} has ${count}:\n${lines.join('\n')}`, {}, { problems });
}
