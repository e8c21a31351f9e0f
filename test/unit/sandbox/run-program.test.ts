import { expect, test } from 'vitest';

import { runProgram, runProgramOrFail } from '../../../sandbox/run-program.ts';

const LIMIT = { timeoutMs: 20_000 };

test('runProgram: gives both streams and the exit code, whatever it is', async () => {
  const result = await runProgram(['/bin/sh', '-c', 'cat; echo oops >&2; exit 3'], { ...LIMIT, input: 'hello' });
  expect(result).toEqual({ exitCode: 3, stdout: 'hello', stderr: 'oops\n' });
});

test('runProgram: a program that does not read its input is no error', async () => {
  const input = 'x'.repeat(1_000_000);
  await expect(runProgram(['/bin/sh', '-c', 'exit 0'], { ...LIMIT, input })).resolves.toMatchObject({ exitCode: 0 });
});

test('runProgram: its time limit ends what it started, too', async () => {
  const hanging = runProgram(['/bin/sh', '-c', 'sleep 60 | cat'], { timeoutMs: 50 });
  await expect(hanging).rejects.toThrow(/did not end/);
});

test('runProgram: a missing program is named', async () => {
  await expect(runProgram(['/no/such/program'], LIMIT)).rejects.toMatchObject({ code: 'sandbox.missing-tool' });
});

test('runProgramOrFail: says how it ended', async () => {
  await expect(runProgramOrFail(['/bin/sh', '-c', 'echo why >&2; exit 4'], LIMIT)).rejects.toThrow(/exit code 4: why/);
});
