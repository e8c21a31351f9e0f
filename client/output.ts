import { styleText } from 'node:util';
import type { AppContext } from './context.ts';
import { toCalledForm } from './program-name.ts';

/**
 * `stdout` is the answer, `stderr` is talk: with --json stdout holds exactly one document. Commands in a text for a person
 * get the form in which the program was called; a document, which programs read, has them as they are written.
 */
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

export function createOutput({ process, isTerminal, env, program }: AppContext, isJson: boolean): Output {
  const useColours = isTerminal && !env['NO_COLOR'];
  const write = (stream: 'stdout' | 'stderr', text: string) =>
    process[stream].write(`${toCalledForm(text, program)}\n`);
  const document = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return {
    isJson,
    line: (text = '') => {
      if (!isJson) write('stdout', text);
    },
    document: (value) => {
      if (isJson) document(value);
    },
    note: (text) => {
      write('stderr', text);
    },
    fail: (text, value) => {
      if (isJson) document(value);
      write('stderr', text);
    },
    style: (format, text) => (useColours ? styleText(format, text, { validateStream: false }) : text),
  };
}
