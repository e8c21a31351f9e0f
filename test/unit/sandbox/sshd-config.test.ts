import { expect, test } from 'vitest';

import { formatSshdConfig } from '../../../sandbox/ssh/sshd-config.ts';

const SETTINGS = {
  port: 2222,
  user: 'operator',
  hostKeyFile: '/state/host_key',
  authorizedKeysFile: '/state/authorized_keys',
  pidFile: '/state/pid',
  environment: {},
  knowsPenalties: false,
};

test('formatSshdConfig: listens on loopback only and takes keys only', () => {
  const lines = formatSshdConfig(SETTINGS).split('\n');
  expect(lines).toContain('ListenAddress 127.0.0.1');
  expect(lines).toContain('PasswordAuthentication no');
  expect(lines.filter((line) => line.startsWith('ListenAddress'))).toHaveLength(1);
});

test('formatSshdConfig: all variables are on one line, since sshd takes the first only', () => {
  const text = formatSshdConfig({ ...SETTINGS, environment: { A: 'one two', B: '3' } });
  expect(text).toContain('SetEnv "A=one two" "B=3"\n');
});

test('formatSshdConfig: a path with spaces is one value', () => {
  expect(formatSshdConfig({ ...SETTINGS, hostKeyFile: '/my state/key' })).toContain('HostKey "/my state/key"\n');
});

test.each(['a"b', 'a\nPermitRootLogin yes', String.raw`a\b`])(
  'formatSshdConfig: %j could break out and is refused',
  (value) => {
    expect(() => formatSshdConfig({ ...SETTINGS, environment: { A: value } })).toThrow(/cannot hold/);
  },
);
