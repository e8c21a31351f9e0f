import { describe, expect, test } from 'vitest';
import { toHBaseFailure } from '../../../activities/hbase/to-hbase-failure.ts';
import { DO_NOT_RETRY_CLASSES, type Decision } from './do-not-retry-classes.ts';

const PREFIX = 'org.apache.hadoop.hbase.';
const SCHEMA_VERBS = ['createTable', 'cloneSnapshot', 'restoreSnapshot', 'alterTable'];
const CODES: Record<Decision, string> = {
  final: 'hbase.refused',
  retry: 'hbase.failed',
  'not-found': 'hbase.not-found',
  denied: 'hbase.denied',
};

function codeOf(className: string, verb: string, message = 'm'): string {
  const error = { kind: 'failed', className, message, chain: [], causes: [] };
  return toHBaseFailure(error, { verb, place: { cluster: 'new', table: 'shop:a' } }).code;
}

describe('what cannot heal', () => {
  test.each(Object.entries(DO_NOT_RETRY_CLASSES))('%s: is decided', (name, { decision }) => {
    for (const verb of SCHEMA_VERBS) expect([verb, codeOf(PREFIX + name, verb)]).toEqual([verb, CODES[decision]]);
  });

  test.each(Object.entries(DO_NOT_RETRY_CLASSES).filter(([, { decision }]) => decision === 'retry'))(
    '%s: heals for every other verb too',
    (name) => {
      for (const verb of ['takeSnapshot', 'digestRange', 'enableTable', 'putRow', 'addPeer']) {
        expect(codeOf(PREFIX + name, verb)).toBe('hbase.failed');
      }
    },
  );

  test('a schema that 2.x refuses by its checks: is final, by the setting that its message names', () => {
    const message =
      'Unable to load configured region split policy. Set hbase.table.sanity.checks to false at conf or table descriptor';
    expect(codeOf(`${PREFIX}DoNotRetryIOException`, 'cloneSnapshot', message)).toBe('hbase.refused');
    expect(codeOf(`${PREFIX}DoNotRetryIOException`, 'digestRange', message)).toBe('hbase.failed');
  });

  test.each([
    ['java.lang.ClassNotFoundException', 'cloneSnapshot'],
    ['java.lang.NoClassDefFoundError', 'createTable'],
    ['org.apache.hadoop.hdfs.protocol.FSLimitException$PathComponentTooLongException', 'takeSnapshot'],
    ['java.lang.NoSuchMethodException', 'setPeerTables'],
    ['java.lang.NoSuchMethodError', 'readTable'],
  ])('%s of %s: is final', (className, verb) => {
    expect(codeOf(className, verb)).toBe('hbase.refused');
  });

  test('a cause deep inside counts as well', () => {
    const error = {
      kind: 'failed',
      className: 'org.apache.hadoop.ipc.RemoteException',
      message: 'm',
      chain: [`${PREFIX}exceptions.FailedSanityCheckException`],
      causes: ['m'],
    };
    expect(toHBaseFailure(error, { verb: 'createTable', place: { cluster: 'new' } }).code).toBe('hbase.refused');
  });
});
