import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  findKnownHosts,
  formatFingerprint,
  formatKnownHostName,
  parseKnownHosts,
  parsePinnedKey,
} from '../../../activities/ssh/known-hosts.ts';
import { makeKey } from '../../support/sshd.ts';

let folder: string;
let key: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thb-known-'));
  key = readFileSync(`${makeKey(join(folder, 'k'), 'ed25519')}.pub`, 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
});
afterAll(() => rmSync(folder, { recursive: true }));

const finds = (line: string, host: string, port = 22): boolean =>
  findKnownHosts(parseKnownHosts(`# comment\n\nrubbish\n${line}\n`), { host, port }).length === 1;

test.each([
  ['gw1', 'gw1', 22, true],
  ['gw1,10.0.0.1', '10.0.0.1', 22, true],
  ['gw1', 'gw1', 2222, false],
  ['[gw1]:2222', 'gw1', 2222, true],
  ['[gw1]:2222', 'gw1', 22, false],
  ['*.example.org', 'gw1.example.org', 22, true],
  ['*.example.org', 'gw1xexample.org', 22, false],
  ['gw?', 'gw1', 22, true],
  ['*,!gw1', 'gw1', 22, false],
  ['*,!gw1', 'gw2', 22, true],
  ['GW1', 'gw1', 22, true],
])('known_hosts: %j against %s:%i is %j', (...[hosts, host, port, expected]) => {
  expect(finds(`${hosts} ${key} comment`, host, port)).toBe(expected);
});

test.each([22, 2222])('known_hosts: an entry hashed by ssh-keygen is found for port %i', (port) => {
  const file = join(folder, `hashed-${port}`);
  writeFileSync(file, `${formatKnownHostName('gw1', port)} ${key}\n`);
  execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore', timeout: 10_000 });
  const line = readFileSync(file, 'utf8').trim();
  expect(line).toMatch(/^\|1\|/);
  expect(finds(line, 'gw1', port)).toBe(true);
  expect(finds(line, 'gw2', port)).toBe(false);
});

test('known_hosts: a revoked key is told apart, a certificate authority is left out', () => {
  const entries = parseKnownHosts(`@revoked gw1 ${key}\n@cert-authority gw1 ${key}\n`);
  expect(entries.map((entry) => entry.revoked)).toEqual([true]);
});

test('fingerprint: equals that of ssh-keygen', () => {
  const printed = execFileSync('ssh-keygen', ['-lf', join(folder, 'k.pub')], { encoding: 'utf8', timeout: 10_000 });
  const parsed = parsePinnedKey(key);
  expect(parsed && formatFingerprint(parsed)).toBe(printed.split(' ')[1]);
});

test.each(['', 'ssh-ed25519', 'ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIA', 'ssh-ed25519 !!!!'])(
  'pinned key: %j is none',
  (text) => {
    expect(parsePinnedKey(text)).toBeUndefined();
  },
);
