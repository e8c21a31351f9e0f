import { expect, test } from 'vitest';
import { runCli } from '../client/run-cli.ts';
import { collectTellers, formatProgramEnd, formatTold, tell, type Teller } from '../../support/tell.ts';

async function toldBy(work: () => Promise<unknown>): Promise<string> {
  const tellers: Teller[] = [];
  await collectTellers(tellers, async () => void (await work()));
  return formatTold(tellers);
}

test('told: a command of the command line, with its exit code and both streams', async () => {
  expect(await toldBy(() => runCli(['status', 'migrate-1']))).toMatch(
    /^\$ temporal-hbase status migrate-1\nexit code 13\nstdout: nothing\nstderr:\n.*no server in this test/,
  );
});

test('told: what cannot be told any more hides nothing', async () => {
  const text = await toldBy(async () => {
    tell(() => Promise.reject(new Error('the server is gone')));
    tell(() => 'told nevertheless');
  });
  expect(text).toBe('it cannot be told any more: Error: the server is gone\ntold nevertheless');
});

test('told: tests beside each other tell their own story', async () => {
  const story = (name: string) =>
    toldBy(async () => {
      await Promise.resolve();
      tell(() => name);
    });
  expect(await Promise.all([story('one'), story('two')])).toEqual(['one', 'two']);
});

test('told: a long text is cut at its beginning, since the end says why', () => {
  const stderr = `${'x'.repeat(5000)}the reason`;
  const text = formatProgramEnd('a b', { exitCode: 3, stdout: '', stderr });
  expect(text).toMatch(/^\$ a b\nexit code 3\nstdout: nothing\nstderr:\n {2}…x+the reason$/);
});
