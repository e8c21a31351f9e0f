import path from 'node:path';

/** As every text of ours writes it, also those that come from a workflow. */
const WRITTEN = 'temporal-hbase';

/** First words of the command tree: a text that only names the product is left alone. */
export const COMMAND_WORDS = [
  'approve',
  'backup',
  'cancel',
  'check',
  'clean',
  'demo',
  'input',
  'leaks',
  'list',
  'migrate',
  'pause',
  'plan',
  'reject',
  'resume',
  'retry',
  'sandbox',
  'status',
  'switched',
  'unfence',
  'without',
  'worker',
] as const;

const COMMAND = new RegExp(`(?<![\\w/-])${WRITTEN} (?=(?:${COMMAND_WORDS.join('|')})\\b)`, 'g');

/** How a person who typed this would type the next command: in a clone by npm, by npx where npm started it. */
export function findProgramName({ argv, env }: Pick<NodeJS.Process, 'argv' | 'env'>): string {
  const program = argv[1] ?? '';
  if (program.endsWith('.ts')) return 'npm run cli --';
  const isOfProject = program.includes(`${path.sep}node_modules${path.sep}.bin${path.sep}`);
  return isOfProject || env['npm_command'] !== undefined ? `npx ${WRITTEN}` : WRITTEN;
}

/** A text with its commands in the form in which the program was called. */
export function toCalledForm(text: string, program: string): string {
  return program === WRITTEN ? text : text.replace(COMMAND, `${program} `);
}
