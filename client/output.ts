import { styleText } from 'node:util';
import type { AppContext } from './context.ts';

/** `stdout` is the answer, `stderr` is talk: with --json stdout holds exactly one document. */
export interface Output {
  readonly isJson: boolean;
  /** A line of the answer; nothing with --json. */
  line(text?: string): void;
  /** The answer as a document; nothing without --json. */
  document(value: unknown): void;
  /** Progress and advice, on stderr in both forms. */
  note(text: string): void;
  fail(text: string, document: unknown): void;
  style(format: Parameters<typeof styleText>[0], text: string): string;
}

export function createOutput({ process, isTerminal, env }: AppContext, isJson: boolean): Output {
  const useColours = isTerminal && !env['NO_COLOR'];
  const document = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return {
    isJson,
    line: (text = '') => {
      if (!isJson) process.stdout.write(`${text}\n`);
    },
    document: (value) => {
      if (isJson) document(value);
    },
    note: (text) => {
      process.stderr.write(`${text}\n`);
    },
    fail: (text, value) => {
      if (isJson) document(value);
      process.stderr.write(`${text}\n`);
    },
    style: (format, text) => (useColours ? styleText(format, text, { validateStream: false }) : text),
  };
}
