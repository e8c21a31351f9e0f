import { describe, expect, test } from 'vitest';
import type { AgentError } from '../../../activities/hbase/agent-protocol.ts';
import { isLoginLost, toHBaseFailure } from '../../../activities/hbase/to-hbase-failure.ts';

function map(error: Partial<AgentError>, verb = 'readTable') {
  const full = { kind: 'failed', className: 'java.io.IOException', message: 'm', chain: [], causes: [], ...error };
  return toHBaseFailure(full, { verb, place: { cluster: 'old', table: 'shop:orders' } });
}

describe('toHBaseFailure', () => {
  test.each([
    'org.apache.hadoop.hbase.TableNotFoundException',
    'org.apache.hadoop.hbase.NamespaceNotFoundException',
    'org.apache.hadoop.hbase.snapshot.SnapshotDoesNotExistException',
    'org.apache.hadoop.hbase.ReplicationPeerNotFoundException',
  ])('%s: not found, and not retried', (className) => {
    const failure = map({ className });
    expect(failure.code).toBe('hbase.not-found');
    expect(failure.retryable).toBe(false);
    expect(map({ className: 'org.apache.hadoop.ipc.RemoteException', chain: [className] }).code).toBe(
      'hbase.not-found',
    );
  });

  test('an absent peer of 2.4 is told by its message only', () => {
    const className = 'org.apache.hadoop.hbase.DoNotRetryIOException';
    expect(map({ className, message: 'Replication peer p1 does not exist' }).code).toBe('hbase.not-found');
    expect(map({ className, message: 'Replication peer p1 has already been disabled' }).code).toBe('hbase.failed');
  });

  test('a permission error is denied, never absent', () => {
    const className = 'org.apache.hadoop.hbase.security.AccessDeniedException';
    expect(map({ className, chain: ['org.apache.hadoop.hbase.TableNotFoundException'] }).code).toBe('hbase.denied');
    expect(map({ className: 'org.apache.hadoop.security.AccessControlException' }, 'readFile').code).toBe(
      'hbase.denied',
    );
    expect(map({ className: 'org.apache.zookeeper.KeeperException$NoAuthException' }).code).toBe('hbase.denied');
  });

  test('everything else is retried: HDFS for files, HBase for the rest', () => {
    expect(map({ className: 'org.apache.hadoop.ipc.StandbyException' }, 'createFile').code).toBe('hdfs.failed');
    const failure = map({
      className: 'org.apache.hadoop.hbase.PleaseHoldException',
      message: 'Master is initializing',
    });
    expect(failure.code).toBe('hbase.failed');
    expect(failure.retryable).toBe(true);
    expect(failure.message).toBe('readTable of shop:orders on old: PleaseHoldException: Master is initializing');
  });

  test.each([
    ['expired', 'agent.expired'],
    ['marked', 'cutover.unfenced-by-guard'],
    ['not-found', 'hbase.not-found'],
    ['damaged', 'backup.damaged'],
    ['not-offered', 'hbase.unsupported'],
    ['bad-request', 'internal'],
    ['protected-path', 'internal'],
  ])('the refusal %s is %s', (kind, code) => {
    expect(map({ kind, className: 'Refusal' }).code).toBe(code);
  });
});

describe('isLoginLost', () => {
  test('an expired Kerberos ticket is told from other failures', () => {
    const error = { kind: 'failed', className: 'java.io.IOException', message: 'm', causes: [] };
    expect(isLoginLost({ ...error, chain: ['org.ietf.jgss.GSSException'] })).toBe(true);
    expect(isLoginLost({ ...error, className: 'javax.security.sasl.SaslException', chain: [] })).toBe(true);
    expect(isLoginLost({ ...error, chain: ['org.apache.hadoop.hbase.security.AccessDeniedException'] })).toBe(false);
  });
});
