import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createConnectionPool, type ConnectionPool } from '../../activities/ssh/connection-pool.ts';
import { exec, openChannel } from '../../activities/ssh/exec.ts';
import { createGateway, type Gateway } from '../../activities/ssh/gateway.ts';
import { clusterOn, findFreePort, startTestSshd, type TestSshd } from '../support/sshd.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';
import { processesOf } from './jobs/job-world.ts';

let sshd: TestSshd;
let pool: ConnectionPool;

beforeAll(async () => {
  sshd = await startTestSshd();
  pool = createConnectionPool();
});
afterAll(async () => {
  await pool.close();
  await sshd.stop();
});

const run = (
  argv: string[],
  options: { stdin?: string | Buffer; maxBytes?: number; timeoutMs?: number; signal?: AbortSignal } = {},
) => exec(pool, { target: sshd.target(), argv, timeoutMs: 20_000, ...options });

const gateway = (overrides: Parameters<typeof clusterOn>[1] = {}): Gateway =>
  createGateway(pool, clusterOn([sshd.target()], overrides));

test('exec: exit code, both outputs and arguments come through as they are', async () => {
  const result = await run(['sh', '-c', 'printf "%s|" "$@"; echo oops >&2; exit 3', 'sh', "a'b", '$HOME', '', 'ü\n*']);
  expect(result).toMatchObject({
    exitCode: 3,
    signal: undefined,
    stdout: "a'b|$HOME||ü\n*|",
    stderr: 'oops\n',
    truncated: false,
  });
});

test('exec: a signal that ended the process is told', async () => {
  expect(await run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ exitCode: undefined, signal: 'KILL' });
});

test('exec: a megabyte of binary input passes unchanged', async () => {
  const stdin = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 7 + (index >> 8)) & 255));
  const result = await run(['cat'], { stdin });
  expect(result.stdoutBytes.equals(stdin)).toBe(true);
});

test('exec: output beyond maxBytes is read, dropped and said so', async () => {
  const result = await run(['sh', '-c', 'head -c 300000 /dev/zero; exit 4'], { maxBytes: 1000 });
  expect(result).toMatchObject({ exitCode: 4, truncated: true });
  expect(result.stdoutBytes).toHaveLength(1000);
});

test('exec: a process that does not read its input is no error', async () => {
  expect(await run(['true'], { stdin: Buffer.alloc(1 << 20) })).toMatchObject({ exitCode: 0 });
});

test('exec: a command over its time is unknown and names itself', async () => {
  await expect(run(['sleep', '30'], { timeoutMs: 200 })).rejects.toMatchObject({
    code: 'ssh.failed',
    place: { command: 'sleep 30', host: '127.0.0.1' },
  });
});

test('exec: an abort ends the wait with its own reason', async () => {
  const controller = new AbortController();
  const running = run(['sleep', '30'], { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('openChannel: lines go both ways until the input is closed', async () => {
  const channel = await openChannel(pool, {
    target: sshd.target(),
    argv: ['sh', '-c', 'while read -r l; do echo "<$l>"; done; echo bye >&2; exit 5'],
  });
  channel.stdin.write('one\ntwo\n');
  channel.stdin.end();
  const [out, err] = await Promise.all([text(channel.stdout), text(channel.stderr)]);
  expect([out, err]).toEqual(['<one>\n<two>\n', 'bye\n']);
  expect(await channel.exit).toEqual({ exitCode: 5 });
});

test('openChannel: close ends a process that reads its input', async () => {
  const pidFile = join(sshd.folder, 'reader.pid');
  const channel = await openChannel(pool, {
    target: sshd.target(),
    argv: ['sh', '-c', 'echo $$ > "$1"; echo up; cat', 'sh', pidFile],
  });
  await new Promise((resolve) => channel.stdout.once('data', resolve));
  channel.close();
  await channel.exit;
  const pid = readFileSync(pidFile, 'utf8').trim();
  const gone = await run([
    'sh',
    '-c',
    'for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$1" 2>/dev/null || exit 0; sleep 0.2; done; exit 1',
    'sh',
    pid,
  ]);
  expect(gone.exitCode).toBe(0);
});

test('gateway: environment values and arguments are never read by the shell', async () => {
  const result = await gateway({ environment: { MARK: '$(id) "x" \'y\'' } }).exec(['sh', '-c', 'printf %s "$MARK"'], {
    timeoutMs: 20_000,
  });
  expect(result.stdout).toBe('$(id) "x" \'y\'');
});

test('gateway: an unreachable host is passed over, and the next one stays in use', async () => {
  const dead = sshd.target({ port: await findFreePort() });
  const pair = createGateway(pool, clusterOn([dead, sshd.target()]));
  expect((await pair.exec(['echo', 'hi'], { timeoutMs: 20_000 })).stdout).toBe('hi\n');
  expect(pair.hostInUse).toBe(`127.0.0.1:${sshd.port}`);
});

test('gateway: when no host answers, all are named; a named host is not passed over', async () => {
  const [a, b] = [sshd.target({ port: await findFreePort() }), sshd.target({ port: await findFreePort() })];
  const failure = await createGateway(pool, clusterOn([a, b]))
    .exec(['true'], { timeoutMs: 5_000 })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ssh.unreachable', place: { cluster: 'old' } });
  expect(String(failure)).toContain(`:${a.port}`);
  expect(String(failure)).toContain(`:${b.port}`);
  const pinned = createGateway(pool, clusterOn([a, sshd.target()])).exec(['true'], {
    timeoutMs: 5_000,
    host: `127.0.0.1:${a.port}`,
  });
  await expect(pinned).rejects.toMatchObject({ code: 'ssh.unreachable' });
});

test('gateway: a wrong host key is never passed over', async () => {
  const wrong = sshd.target({
    hostKeys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  });
  const pair = createGateway(pool, clusterOn([wrong, sshd.target()]));
  await expect(pair.exec(['true'], { timeoutMs: 5_000 })).rejects.toMatchObject({
    code: 'ssh.host-key',
    place: { cluster: 'old' },
  });
});

test('upload: the file appears whole, with its mode, in folders of its owner only', async () => {
  const path = join(sshd.folder, 'new', 'folder', "it's.sh");
  await gateway().upload({ path, content: 'body ü\n', mode: 0o700 });
  expect(readFileSync(path, 'utf8')).toBe('body ü\n');
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(sshd.folder, 'new')).mode & 0o777).toBe(0o700);
});

test('upload: a folder that cannot be written is named', async () => {
  await expect(gateway().upload({ path: '/proc/nowhere/x', content: 'x', mode: 0o600 })).rejects.toMatchObject({
    code: 'ssh.failed',
    message: expect.stringContaining('/proc/nowhere/x') as string,
  });
});

test('upload: input cut short by the network leaves the old file', async () => {
  const proxy = await startTcpProxy(sshd.port);
  onTestFinished(() => proxy.close());
  const folder = join(sshd.folder, 'cut');
  mkdirSync(folder);
  const cutGateway = createGateway(pool, clusterOn([sshd.target({ port: proxy.port })]));
  const path = join(folder, 'file');
  await cutGateway.upload({ path, content: 'old', mode: 0o600 });
  proxy.delay(20);
  const uploading = cutGateway.upload({ path, content: Buffer.alloc(8 << 20, 'n'), mode: 0o600 });
  const early = await Promise.race([
    uploading.then(
      () => 'done',
      () => 'failed',
    ),
    new Promise((resolve) => setTimeout(resolve, 150, 'under way')),
  ]);
  proxy.cut();
  expect(early).toBe('under way');
  await expect(uploading).rejects.toMatchObject({ code: 'ssh.failed' });
  await waitUntil('the host has given up the upload', () => processesOf(folder).length === 0);
  expect(readdirSync(folder)).toEqual(['file']);
  expect(readFileSync(path, 'utf8')).toBe('old');
});
