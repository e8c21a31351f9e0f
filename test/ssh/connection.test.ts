import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { expect, onTestFinished, test } from 'vitest';
import type { SshTarget } from '../../activities/inventory/inventory.ts';
import {
  createConnectionPool,
  type ConnectionPool,
  type ConnectionPoolOptions,
} from '../../activities/ssh/connection-pool.ts';
import { exec, openChannel } from '../../activities/ssh/exec.ts';
import { findFreePort, makeKey, startTestSshd, type TestSshd, type TestSshdOptions } from '../support/sshd.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';

async function startSshd(options?: TestSshdOptions): Promise<TestSshd> {
  const sshd = await startTestSshd(options);
  onTestFinished(() => sshd.stop());
  return sshd;
}

function openPool(options?: ConnectionPoolOptions): ConnectionPool {
  const pool = createConnectionPool(options);
  onTestFinished(() => pool.close());
  return pool;
}

async function startProxy(port: number): Promise<TcpProxy> {
  const proxy = await startTcpProxy(port);
  onTestFinished(() => proxy.close());
  return proxy;
}

const echo = (pool: ConnectionPool, target: SshTarget, word = 'hello'): Promise<string> =>
  exec(pool, { target, argv: ['echo', word], timeoutMs: 20_000 }).then((result) => result.stdout.trim());

const logins = (sshd: TestSshd): number => sshd.log().split('Accepted publickey for').length - 1;

test('pool: thirty parallel commands use one connection and never more channels than MaxSessions', async () => {
  const sshd = await startSshd();
  const pool = openPool();
  const words = Array.from({ length: 30 }, (_, index) => `word-${index}`);
  expect(await Promise.all(words.map((word) => echo(pool, sshd.target(), word)))).toEqual(words);
  expect(logins(sshd)).toBe(1);
});

test('pool: a host with MaxSessions 2 serves ten parallel commands', async () => {
  const sshd = await startSshd({ config: ['MaxSessions 2'] });
  const pool = openPool();
  await expect(Promise.all(Array.from({ length: 10 }, () => echo(pool, sshd.target())))).resolves.toHaveLength(10);
});

test('pool: connections refused by MaxStartups are asked for again', async () => {
  const sshd = await startSshd({ config: ['MaxStartups 1:100:1'] });
  const pools = Array.from({ length: 5 }, () => openPool({ connectAttempts: 12 }));
  await expect(Promise.all(pools.map((pool) => echo(pool, sshd.target())))).resolves.toHaveLength(5);
  expect(sshd.log()).toMatch(/MaxStartups|drop connection/);
});

test('pool: an idle connection is closed and opened again when needed', async () => {
  const sshd = await startSshd();
  const pool = openPool({ idleMs: 50 });
  await echo(pool, sshd.target());
  await waitUntil('sshd saw the disconnect', () => /Disconnected from|Connection closed/.test(sshd.log()));
  await echo(pool, sshd.target());
  expect(logins(sshd)).toBe(2);
});

test('pool: a closed pool refuses', async () => {
  const sshd = await startSshd();
  const pool = createConnectionPool();
  await echo(pool, sshd.target());
  await pool.close();
  await expect(echo(pool, sshd.target())).rejects.toMatchObject({ code: 'ssh.failed' });
});

test('host key: an unknown key is refused with its fingerprint and the line to add', async () => {
  const sshd = await startSshd();
  const knownHostsFile = join(sshd.folder, 'none');
  const failure = await echo(openPool(), sshd.target({ hostKeys: [], knownHostsFile })).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'ssh.host-key' });
  expect(String(failure)).toMatch(/SHA256:[A-Za-z0-9+/]{43}/);
  expect(String(failure)).toContain(`[127.0.0.1]:${sshd.port} ${sshd.hostKey}`);
  expect(logins(sshd)).toBe(0);
});

test('host key: a changed key is refused even though another is pinned', async () => {
  const [sshd, other] = [await startSshd(), await startSshd()];
  await expect(echo(openPool(), sshd.target({ hostKeys: [other.hostKey] }))).rejects.toMatchObject({
    code: 'ssh.host-key',
    message: expect.stringContaining('NOT the one known') as string,
  });
});

test('host key: a known_hosts file with the port is enough', async () => {
  const sshd = await startSshd();
  const knownHostsFile = join(sshd.folder, 'known');
  writeFileSync(knownHostsFile, `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  expect(await echo(openPool(), sshd.target({ hostKeys: [], knownHostsFile }))).toBe('hello');
});

test('host key: of several keys of a host the known type is asked for', async () => {
  const folder = (await startSshd()).folder;
  const sshd = await startSshd({
    hostKeyType: 'rsa',
    config: [`HostKey ${makeKey(join(folder, 'second'), 'ed25519')}`],
  });
  expect(sshd.hostKey).toMatch(/^ssh-rsa/);
  expect(await echo(openPool(), sshd.target())).toBe('hello');
});

test('key file: one that others can read is refused', async () => {
  const sshd = await startSshd();
  const keyFile = join(sshd.folder, 'open-key');
  copyFileSync(sshd.keyFile, keyFile);
  chmodSync(keyFile, 0o644);
  await expect(echo(openPool(), sshd.target({ keyFile }))).rejects.toMatchObject({
    code: 'ssh.auth',
    message: expect.stringContaining('chmod 600') as string,
  });
});

test('key file: a passphrase comes from the environment, and its absence is named', async () => {
  const sshd = await startSshd();
  const keyFile = makeKey(join(sshd.folder, 'locked'), 'ed25519', 'open sesame');
  copyFileSync(`${keyFile}.pub`, join(sshd.folder, 'authorized_keys'));
  const target = sshd.target({ keyFile, passphraseEnv: 'PHRASE' });
  expect(await echo(openPool({ environment: { PHRASE: 'open sesame' } }), target)).toBe('hello');
  await expect(echo(openPool({ environment: {} }), target)).rejects.toMatchObject({
    code: 'ssh.auth',
    message: expect.stringContaining('PHRASE') as string,
  });
});

test('login: a refused key names host, port, user and what was tried', async () => {
  const sshd = await startSshd();
  const keyFile = makeKey(join(sshd.folder, 'stranger'), 'ed25519');
  const failure = await echo(openPool(), sshd.target({ keyFile })).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ssh.auth', place: { host: '127.0.0.1' } });
  expect(String(failure)).toContain(`127.0.0.1:${sshd.port} as ${sshd.target().user}`);
  expect(String(failure)).toContain(keyFile);
});

test('login: a password comes from the environment and is never in an error', async () => {
  const { target, stop } = await startPasswordServer('s3cret');
  onTestFinished(stop);
  expect(await echo(openPool({ environment: { PW: 's3cret' } }), target)).toBe('ok');
  const failure = await echo(openPool({ environment: { PW: 'wr0ng' } }), target).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ssh.auth' });
  expect(String(failure)).not.toContain('wr0ng');
});

test('connect: a port where nobody listens is unreachable', async () => {
  const sshd = await startSshd();
  const port = await findFreePort();
  await expect(echo(openPool(), sshd.target({ port }))).rejects.toMatchObject({ code: 'ssh.unreachable' });
});

test('connect: a host that accepts and says nothing is unreachable', async () => {
  const sshd = await startSshd();
  const proxy = await startProxy(sshd.port);
  proxy.freeze();
  const pool = openPool({ connectTimeoutMs: 300 });
  await expect(echo(pool, sshd.target({ port: proxy.port }))).rejects.toMatchObject({ code: 'ssh.unreachable' });
});

test('connection: a cut during a command is "failed", and the next command connects anew', async () => {
  const sshd = await startSshd();
  const proxy = await startProxy(sshd.port);
  const pool = openPool();
  const target = sshd.target({ port: proxy.port });
  const channel = await openChannel(pool, { target, argv: ['cat'] });
  const running = exec(pool, { target, argv: ['sh', '-c', 'echo x; sleep 30'], timeoutMs: 60_000 });
  await waitUntil('both run', () => sshd.log().split('Starting session: command').length > 2);
  proxy.cut();
  await expect(running).rejects.toMatchObject({ code: 'ssh.failed' });
  expect((await channel.exit).failure).toMatchObject({ code: 'ssh.failed' });
  expect(await echo(pool, target)).toBe('hello');
});

test('connection: a peer that vanished is noticed by keep-alive', async () => {
  const sshd = await startSshd();
  const proxy = await startProxy(sshd.port);
  const pool = openPool({ keepAliveMs: 100 });
  const target = sshd.target({ port: proxy.port });
  await echo(pool, target);
  const running = exec(pool, { target, argv: ['sleep', '30'], timeoutMs: 60_000 });
  await waitUntil('it runs', () => sshd.log().split('Starting session: command').length > 2);
  proxy.freeze();
  await expect(running).rejects.toMatchObject({
    code: 'ssh.failed',
    message: expect.stringMatching(/keepalive/i) as string,
  });
  proxy.heal();
  expect(await echo(pool, target)).toBe('hello');
});

test('jump host: two hops lead to the host, each with its own key check', async () => {
  const [sshd, inner, outer] = [await startSshd(), await startSshd(), await startSshd()];
  const target = sshd.target({ jump: inner.target({ jump: outer.target() }) });
  expect(await echo(openPool(), target)).toBe('hello');
  expect([logins(sshd), logins(inner), logins(outer)]).toEqual([1, 1, 1]);
  const wrong = sshd.target({ jump: inner.target({ hostKeys: [outer.hostKey] }) });
  await expect(echo(openPool(), wrong)).rejects.toMatchObject({ code: 'ssh.host-key' });
});

/** OpenSSH checks system passwords only, so this server stands in. */
async function startPasswordServer(password: string): Promise<{ target: SshTarget; stop: () => void }> {
  const keys = ssh2.utils.generateKeyPairSync('ed25519');
  const server = new ssh2.Server({ hostKeys: [keys.private] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      if (context.method === 'password' && context.password === password) context.accept();
      else context.reject(['password']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec();
        channel.exit(0);
        channel.end('ok\n');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hostKeys = [keys.public.split(' ').slice(0, 2).join(' ')];
  return {
    target: { host: '127.0.0.1', port, user: 'hbase', passwordEnv: 'PW', hostKeys },
    stop: () => void server.close(),
  };
}
