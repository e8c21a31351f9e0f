import { expect, test } from 'vitest';
import { formatHost, wrapArgv } from '../../../activities/ssh/gateway.ts';
import { clusterOn } from '../../support/sshd.ts';

const kerberos = { principal: 'hbase/gw@R', keytab: '/etc/hbase.keytab' };

test('wrapArgv: a plain cluster leaves the command as it is', () => {
  expect(wrapArgv(['hdfs', 'dfs'], { cluster: clusterOn([]) })).toEqual(['hdfs', 'dfs']);
});

test('wrapArgv: sudo never asks, changes to the home of the user, and comes before the environment, which it would drop', () => {
  const cluster = clusterOn([], { sudoUser: 'hbase', environment: { A: 'x y', B: '' } });
  const sudo = ['sudo', '-n', '-H', '-u', 'hbase', '--', 'sh', '-c', 'cd && exec "$@"', 'sh'];
  expect(wrapArgv(['id'], { cluster })).toEqual([...sudo, 'env', 'A=x y', 'B=', 'id']);
});

test('wrapArgv: a Kerberos login is made only when it is asked for', () => {
  const cluster = clusterOn([], { kerberos });
  expect(wrapArgv(['id'], { cluster })).toEqual(['id']);
  expect(wrapArgv(['id'], { cluster, login: true }).slice(-4)).toEqual([
    'sh',
    kerberos.keytab,
    kerberos.principal,
    'id',
  ]);
});

test('formatHost: an address with colons keeps its port apart', () => {
  const target = { port: 22, user: 'u', hostKeys: [] };
  expect(formatHost({ ...target, host: 'gw1' })).toBe('gw1:22');
  expect(formatHost({ ...target, host: '::1' })).toBe('[::1]:22');
});
