import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { COMMAND_WORDS, findProgramName, toCalledForm } from '../../../client/program-name.ts';
import { told } from '../../support/tell.ts';
import { runCli } from './run-cli.ts';

test.each([
  ['in a clone', '/home/me/temporal-hbase/client/main.ts', {}, 'npm run cli --'],
  ['in a clone, by npm', '/home/me/temporal-hbase/client/main.ts', { npm_command: 'run' }, 'npm run cli --'],
  ['by npx', '/home/me/.npm/_npx/1/node_modules/.bin/temporal-hbase', { npm_command: 'exec' }, 'npx temporal-hbase'],
  ['of a project', '/home/me/project/node_modules/.bin/temporal-hbase', {}, 'npx temporal-hbase'],
  ['in a script of a project', '/x/main.js', { npm_command: 'run' }, 'npx temporal-hbase'],
  ['installed for all', '/usr/local/bin/temporal-hbase', {}, 'temporal-hbase'],
])('the program, called %s: is named as it was called', (_how, program, env, expected) => {
  expect(findProgramName({ argv: ['node', program], env })).toBe(expected);
});

test('the words of the command tree: are all known, and no others', async () => {
  const { stdout } = await runCli(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name = '']) => name);
  expect(listed.toSorted()).toEqual(COMMAND_WORDS.toSorted());
});

test('a command in a text: has the form of the call; the name of the product stays', () => {
  const text = 'not made by temporal-hbase; see `temporal-hbase list`, or npx temporal-hbase needs';
  expect(toCalledForm(text, 'npm run cli --')).toBe(
    'not made by temporal-hbase; see `npm run cli -- list`, or npx temporal-hbase needs',
  );
});

test('errors, notes and help: show commands as the program was called; a document has them as they are written', async () => {
  const program = 'npm run cli --';
  const failed = await runCli(['status', 'migrate-1'], { program });
  expect(failed.stderr).toContain('`npm run cli -- sandbox up`');
  const asked = await runCli(['status', '--help'], { program });
  expect(asked.stdout).toContain('npm run cli -- status migrate-dc-exit-1');
  expect(asked.stdout).not.toContain('temporal-hbase status migrate');
  const document = await runCli(['status', 'migrate-1', '--json'], { program });
  expect(document.stdout).toContain('`temporal-hbase sandbox up`');
});

test('a closed pipe: ends the program quietly, as a shell expects it', async () => {
  const main = fileURLToPath(new URL('../../../client/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, 'input', 'migrateTables'], { stdio: ['ignore', 'pipe', 'pipe'] });
  // The reader is gone before anything is written.
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number, stdout: '', stderr }));
  expect(await told(['input', 'migrateTables'], ended)).toEqual({ exitCode: 141, stdout: '', stderr: '' });
});
