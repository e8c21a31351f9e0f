import { expect, test } from 'vitest';
import type { AppContext } from '../../../../client/context.ts';
import { createOutput } from '../../../../client/output.ts';
import { createPainter } from '../../../../client/render/painter.ts';

function open(options: { isTerminal: boolean; env?: NodeJS.ProcessEnv; json?: boolean; columns?: number }) {
  const written = { stdout: '', stderr: '' };
  const { isTerminal, env = {}, columns = 40 } = options;
  const stdout = { columns, write: (text: string) => Boolean((written.stdout += text)) };
  const process = { stdout, stderr: { write: (text: string) => void (written.stderr += text) } };
  const context = { process, env, isTerminal } as unknown as AppContext;
  const output = createOutput(context, options.json === true);
  return { written, output, painter: createPainter(context, output) };
}

test('a pipe: a line for a change, none for a figure that ticks', () => {
  const { written, painter } = open({ isTerminal: false });
  for (const line of ['copying; lag 1.0 s', 'copying; lag 2.5 s', 'copying; lag 2 min 3 s', 'verifying'])
    painter.paint({ full: [], line });
  expect(written.stdout.split('\n').filter(Boolean)).toEqual([
    'copying; lag 1.0 s',
    'copying; lag 2 min 3 s',
    'verifying',
  ]);
});

test('--json: the changes go to stderr', () => {
  const { written, painter } = open({ isTerminal: true, json: true });
  painter.paint({ full: ['whole'], line: 'copying' });
  expect(written).toEqual({ stdout: '', stderr: 'copying\n' });
});

test('a terminal: the next picture begins where this one began, line breaks and long lines included', () => {
  const { written, painter } = open({ isTerminal: true, columns: 40 });
  painter.paint({ full: ['one\ntwo', 'x'.repeat(100)], line: '' });
  expect(written.stdout.split('\n').slice(-2)[0]).toHaveLength(39);
  painter.paint({ full: ['end'], line: '' });
  expect(written.stdout).toContain('\u001B[3A');
});

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, {}, false],
])('colours: terminal %s with %j: %s', (isTerminal, env, expected) => {
  expect(open({ isTerminal, env }).output.style('red', 'x') !== 'x').toBe(expected);
});
