import { createInterface } from 'node:readline/promises';
import type { AppContext } from './context.ts';

/** Asks a person at a terminal; anything but yes is no. A script is not asked: what it runs is its decision. */
export async function confirm(
  { process, isTerminal }: AppContext,
  { question, isAgreed }: { question: string; isAgreed: boolean },
): Promise<boolean> {
  const { stdin } = process;
  if (!isAsked({ process, isTerminal }, { isAgreed }) || stdin === undefined) return true;
  const prompt = createInterface({ input: stdin, output: process.stderr as NodeJS.WriteStream });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

/** Whether `confirm` would ask: only then is it worth showing what is agreed to. */
export function isAsked(
  { process, isTerminal }: Pick<AppContext, 'process' | 'isTerminal'>,
  { isAgreed }: { isAgreed: boolean },
): boolean {
  return !isAgreed && isTerminal && process.stdin?.isTTY === true;
}
