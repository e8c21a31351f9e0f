import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { runProgram } from '../../sandbox/run-program.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startSshServer, type StartedSshServer } from '../../sandbox/ssh/start-ssh-server.ts';

let stateDir: string;
let server: StartedSshServer;

beforeAll(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'thb sandbox ssh-'));
  server = await startSshServer({ stateDir, environment: { GREETING: 'two words', MARK: 'm' } });
});
afterAll(async () => {
  await server?.stop();
  await rm(stateDir, { recursive: true });
});

test('startSshServer: lets its key in, with the environment asked for', async () => {
  expect(await ssh('echo "$GREETING $MARK"')).toMatchObject({ exitCode: 0, stdout: 'two words m\n' });
});

test('startSshServer: another key stays out', async () => {
  const other = await startSshServer({ stateDir, name: 'other' });
  expect(await ssh('true', other.keyFile)).toMatchObject({ exitCode: 255 });
  await other.stop();
});

test('stop: cuts what is open, and what was detached runs on', async () => {
  const detached = await ssh('setsid sleep 58 >/dev/null 2>&1 </dev/null & echo $!');
  const open = ssh(`echo open; touch '${stateDir}/open'; sleep 59`);
  await waitUntil('the command runs', async () => (await readdir(stateDir)).includes('open'));
  await server.stop();
  expect(await open).toMatchObject({ exitCode: 255, stdout: 'open\n' });
  // Signals it, which fails when it is gone.
  process.kill(Number(detached.stdout), 'SIGTERM');
});

test('restart: the same port and host key', async () => {
  await server.restart();
  expect(await ssh('echo again')).toMatchObject({ exitCode: 0, stdout: 'again\n' });
});

function ssh(command: string, keyFile = server.keyFile): ReturnType<typeof runProgram> {
  const known = `UserKnownHostsFile="${server.knownHostsFile}"`;
  const options = ['-o', known, '-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'];
  const target = ['-i', keyFile, '-p', String(server.port), `${server.user}@127.0.0.1`, command];
  return runProgram(['ssh', ...options, ...target], { timeoutMs: 60_000 });
}
