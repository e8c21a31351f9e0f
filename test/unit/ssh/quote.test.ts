import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote, quoteArgv, UnquotableArgument } from '../../../activities/ssh/quote.ts';

/** What a shell makes of a command line: each argument ended by NUL. */
function argumentsSeenBy(shell: string, line: string): string[] {
  const output = execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'buffer', timeout: 10_000 });
  return output.toString('utf8').split('\0').slice(0, -1);
}

const argument = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom("'", '"', '\\', '$', '`', '\n', ' ', '*', '!', '~', '=', '\u0001', '-', 'é', '𝄞'),
    }),
  )
  .filter((text) => !text.includes('\0'));

test.each(['sh', 'bash'])('quote: any arguments pass unchanged through %s', (shell) => {
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 20 }), (argv) => {
      expect(argumentsSeenBy(shell, argv.map(quote).join(' '))).toEqual(argv);
    }),
    { numRuns: 60 },
  );
});

test('quote: a plain word stays readable', () => {
  expect(quoteArgv(['hdfs', 'dfs', '-ls', '/a/b:c'])).toBe('hdfs dfs -ls /a/b:c');
});

test('quote: NUL is refused', () => {
  expect(() => quote('a\0b')).toThrow(UnquotableArgument);
});

test('quoteArgv: a program that looks like an assignment or an option of the shell is quoted', () => {
  expect(quoteArgv(['A=b', 'c'])).toBe("'A=b' c");
});

test.each([[[]], [['']]])('quoteArgv: %j has no program', (argv) => {
  expect(() => quoteArgv(argv)).toThrow(/needs a program/);
});
