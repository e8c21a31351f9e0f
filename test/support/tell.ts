import { AsyncLocalStorage } from 'node:async_hooks';

/** Asked only when the test fails. */
export type Teller = () => string | Promise<string>;

const tellers = new AsyncLocalStorage<Teller[]>();

/** A helper that runs a command, a step or a workflow says by this what a failed expectation alone does not show. */
export function tell(teller: Teller): void {
  tellers.getStore()?.push(teller);
}

/** Each test has a list of its own, also beside others. */
export function collectTellers(list: Teller[], work: () => Promise<void>): Promise<void> {
  return tellers.run(list, work);
}

/** A failed test asks late: what cannot be told any more is said, and hides nothing of the others. */
export async function formatTold(tellers: readonly Teller[]): Promise<string> {
  const texts: string[] = [];
  for (const teller of tellers) {
    try {
      texts.push(await teller());
    } catch (error) {
      texts.push(`it cannot be told any more: ${String(error)}`);
    }
  }
  return texts.join('\n');
}

export interface ProgramEnd {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

const SHOWN_LETTERS = 4000;

export function formatProgramEnd(command: string, { exitCode, stdout, stderr }: ProgramEnd): string {
  return [`$ ${command}`, `exit code ${exitCode}`, ...block('stdout', stdout), ...block('stderr', stderr)].join('\n');
}

/** Runs are told by their command, as `runProgram` returned them. */
export async function told<End extends ProgramEnd>(command: readonly string[], run: Promise<End>): Promise<End> {
  const end = await run;
  tell(() => formatProgramEnd(command.join(' '), end));
  return end;
}

function block(title: string, text: string): string[] {
  const trimmed = text.trimEnd();
  if (trimmed === '') return [`${title}: nothing`];
  const cut = trimmed.length > SHOWN_LETTERS ? `…${trimmed.slice(-SHOWN_LETTERS)}` : trimmed;
  return [`${title}:`, ...cut.split('\n').map((line) => `  ${line}`)];
}
