import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Failure } from '../../../activities/failure.ts';
import type { AlertCommand, AlertTarget, AlertWebhook } from '../../../activities/inventory/inventory.ts';
import { deliverAlert } from '../../../activities/watch/deliver-alert.ts';
import { toTestMessage } from '../../../workflows/contract/backup/alert-text.ts';
import { startWebhook } from './alert-fixture.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-alerts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MESSAGE = toTestMessage({ set: 'nightly', by: 'ann', at: '2026-11-21T09:00:00.000Z', id: 'id-1' });
const toWebhook = (webhook: Partial<AlertWebhook>): AlertTarget => ({
  name: 'on-call',
  webhook: { headers: {}, headersEnv: {}, timeoutMs: 5_000, ...webhook },
});
const toCommand = (argv: string[], command: Partial<AlertCommand> = {}): AlertTarget => ({
  name: 'pager',
  command: { argv, passEnv: [], timeoutMs: 10_000, ...command },
});

function deliver(target: AlertTarget, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  return deliverAlert({
    target,
    message: MESSAGE,
    environment: { PATH: process.env['PATH'], ...environment },
    signal: new AbortController().signal,
  });
}

async function failureOf(work: Promise<void>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).code).toBe('alert.undelivered');
  expect((error as Failure).retryable).toBe(true);
  return error as Failure;
}

test('webhook: gets the message as JSON, with its id as the idempotency key and the headers of the file', async () => {
  await using hook = await startWebhook();
  const headers = { 'X-Team': 'storage' };
  await deliver(toWebhook({ url: hook.url, headers, headersEnv: { Authorization: 'TOKEN' } }), { TOKEN: 'Bearer x' });
  expect(hook.received).toHaveLength(1);
  expect(hook.received[0]).toMatchObject({
    method: 'POST',
    path: '/hook',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': 'id-1',
      'x-team': 'storage',
      authorization: 'Bearer x',
    },
    body: { formatVersion: 1, id: 'id-1', event: 'test', text: expect.stringContaining('nightly') },
  });
});

test('webhook: its URL may stand in a variable, or in a file that nobody else reads', async () => {
  await using hook = await startWebhook();
  const file = join(folder, 'url');
  writeFileSync(file, `${hook.url}?from=file\n`, { mode: 0o600 });
  await deliver(toWebhook({ urlEnv: 'HOOK' }), { HOOK: `${hook.url}?from=variable` });
  await deliver(toWebhook({ urlFile: file }));
  expect(hook.received.map(({ path }) => path)).toEqual(['/hook?from=variable', '/hook?from=file']);
  chmodSync(file, 0o644);
  expect((await failureOf(deliver(toWebhook({ urlFile: file })))).message).toContain('can be read by others');
});

test.each([[400], [404], [500], [302]])(
  'webhook: the status %i is no delivery, and no redirect is followed',
  async (status) => {
    await using hook = await startWebhook([status]);
    const { message } = await failureOf(deliver(toWebhook({ url: hook.url })));
    expect(message).toContain(`answered with status ${status}`);
    expect(hook.received).toHaveLength(1);
  },
);

test('webhook: one that does not answer, or is not there, is given up after its time', async () => {
  await using silent = await startWebhook(['hang']);
  const late = await failureOf(deliver(toWebhook({ url: silent.url, timeoutMs: 50 })));
  expect(late.message).toContain('it took too long');
  await using cut = await startWebhook(['cut']);
  expect((await failureOf(deliver(toWebhook({ url: cut.url })))).message).toContain('did not answer');
  const { url } = await startWebhook().then(async (hook) => {
    await hook[Symbol.asyncDispose]();
    return hook;
  });
  expect((await failureOf(deliver(toWebhook({ url })))).message).toContain('ECONNREFUSED');
});

test('webhook: no failure tells its URL or a header', async () => {
  await using hook = await startWebhook([500]);
  const secret = 'T0KEN';
  const target = toWebhook({ urlEnv: 'HOOK', headersEnv: { Authorization: 'AUTH' } });
  const told = [
    await failureOf(deliver(target, { HOOK: `${hook.url}/${secret}`, AUTH: secret })),
    await failureOf(deliver(target, { HOOK: `http://127.0.0.1:1/${secret}`, AUTH: secret })),
    await failureOf(deliver(target, { HOOK: `ftp://${secret}`, AUTH: secret })),
    await failureOf(deliver(target, { HOOK: hook.url, AUTH: `${secret}\nx: y` })),
    await failureOf(deliver(target, { AUTH: secret })),
  ];
  for (const { message } of told) expect(message).not.toMatch(/T0KEN|\/hook/);
  expect(told.at(-1)?.message).toContain('HOOK is not set');
});

test('command: gets the message on its standard input, without a shell and with few variables', async () => {
  const out = join(folder, 'out');
  const script = `const fs=require('fs');fs.writeFileSync(process.argv[1],JSON.stringify({args:process.argv.slice(2),env:Object.keys(process.env),input:fs.readFileSync(0,'utf8')}))`;
  const argv = [process.execPath, '-e', script, out, '$HOME; `id`'];
  await deliver(toCommand(argv, { passEnv: ['PAGER_KEY'] }), { PAGER_KEY: 'k', SECRET: 's', HOME: '/root' });
  const seen = JSON.parse(readFileSync(out, 'utf8')) as { args: string[]; env: string[]; input: string };
  expect(seen.args).toEqual(['$HOME; `id`']);
  expect(seen.env.toSorted()).toEqual(['HOME', 'PAGER_KEY', 'PATH']);
  expect(JSON.parse(seen.input)).toMatchObject({ id: 'id-1', formatVersion: 1 });
  expect(seen.input.trimEnd()).not.toContain('\n');
});

test('command: its exit code decides, and its output is told without what was passed to it', async () => {
  const argv = [
    process.execPath,
    '-e',
    `console.error('no line to the pager for ' + process.env.PAGER_KEY);process.exit(3)`,
  ];
  const { message } = await failureOf(deliver(toCommand(argv, { passEnv: ['PAGER_KEY'] }), { PAGER_KEY: 'hush' }));
  expect(message).toContain('ended with 3; it said: no line to the pager for …');
  expect((await failureOf(deliver(toCommand(['/nowhere/page'])))).message).toContain('no start: ENOENT');
});

test('command: one that does not end is ended with what it has started, and one that reads nothing is fine', async () => {
  const argv = ['/bin/sh', '-c', 'sleep 600 & sleep 600'];
  const { message } = await failureOf(deliver(toCommand(argv, { timeoutMs: 100 })));
  expect(message).toContain('took longer than 100 ms');
  await deliver(toCommand(['/bin/true']));
});

test('a target with both: the command runs after the webhook, and either failing is no delivery', async () => {
  await using hook = await startWebhook();
  const { webhook } = toWebhook({ url: hook.url });
  const { command } = toCommand(['/bin/false']);
  await failureOf(deliver({ name: 'both', ...(webhook && { webhook }), ...(command && { command }) }));
  expect(hook.received).toHaveLength(1);
});
