import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRequest, splitList } from '../../../../client/commands/request-flags.ts';
import { runCli } from '../run-cli.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-request-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function writeInput(text: string): string {
  const file = join(folder, 'input.json');
  writeFileSync(file, text);
  return file;
}

describe.each(['migrate', 'plan'])('%s', (command) => {
  test('a wrong request: every problem at once, exit 2, nothing is connected', async () => {
    const { exitCode, stderr, connects } = await runCli([
      command,
      '--source',
      'old',
      '--target',
      'old',
      '--tables',
      'hbase:meta,a b',
      '--max-write-pause',
      '3 weeks',
    ]);
    expect(exitCode).toBe(2);
    for (const field of ['tables.0', 'tables.1', 'cutover.maxWritePause']) expect(stderr).toContain(`  - ${field}: `);
    expect(connects).toEqual([]);
  });

  test('no request at all: an example to paste, once', async () => {
    const { exitCode, stderr } = await runCli([command]);
    expect(exitCode).toBe(2);
    expect(stderr.match(/"tables": \[/g)).toHaveLength(1);
  });

  test.each(['null', '[1]', '"old"', '{', ''])('an input file with %j: exit 2 with its name', async (text) => {
    const file = writeInput(text);
    const { exitCode, stderr } = await runCli([command, '--input', file]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(file);
  });
});

describe('readRequest', () => {
  test('flags: win over the file, field by field', () => {
    const file = { source: 'a', target: 'b', tables: ['x'], cutover: { maxWritePause: '10s', fence: 'readonly' } };
    const input = writeInput(JSON.stringify(file));
    expect(readRequest({ input, target: 'c', tables: 'y, z', maxWritePause: '20s', automatic: true })).toEqual({
      source: 'a',
      target: 'c',
      tables: ['y', 'z'],
      cutover: { maxWritePause: '20s', fence: 'readonly', approval: 'automatic' },
    });
  });

  test('a section of a wrong type: is a problem, not overwritten in silence', () => {
    const input = writeInput('{"source": "a", "target": "b", "tables": ["x"], "copy": "fast"}');
    expect(() => readRequest({ input })).toThrow(/copy/);
  });

  test('the durations of the input stay text: history keeps what was given', () => {
    const request = readRequest({ source: 'a', target: 'b', tables: 'x', maxWritePause: '1m' });
    expect(request.cutover).toEqual({ maxWritePause: '1m' });
  });
});

test('splitList: names joined by commas and blanks come back', () => {
  const name = fc.stringMatching(/^[a-z:*]{1,8}$/);
  fc.assert(
    fc.property(fc.array(name), fc.stringMatching(/^ {0,2},? ?, ?$/), (names, comma) => {
      expect(splitList(names.join(comma))).toEqual(names);
    }),
  );
});
