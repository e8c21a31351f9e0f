import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBadRows, stringBinaryToHex, toVerifyCounters } from '../../../../activities/steps/proof/verify-log.ts';
import { toRecompareOptions } from '../../../../activities/steps/proof/verify-replication.ts';

/** As HBase 2.x prints row keys: `Bytes.toStringBinary`. */
function toStringBinary(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
}

describe('stringBinaryToHex', () => {
  it('escapes, plain characters and an escaped backslash', () => {
    expect(stringBinaryToHex(String.raw`a\x00b`)).toBe('610062');
    expect(stringBinaryToHex(String.raw`\x5Cx41`)).toBe('5c783431');
    expect(stringBinaryToHex(' ')).toBe('20');
  });

  it('property: the inverse of what HBase prints', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(stringBinaryToHex(toStringBinary(bytes))).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });
});

describe('parseBadRows', () => {
  it('lines of 2.4 and 2.6, with spaces at the end of a key, each key once', () => {
    const log = [
      '26/11/20 23:59:01 ERROR replication.VerifyReplication: CONTENT_DIFFERENT_ROWS, rowkey=a\\x00',
      '2026-11-20T23:59:01,1 ERROR [x] VerifyReplication: ONLY_IN_SOURCE_TABLE_ROWS, rowkey=b ',
      'ERROR VerifyReplication: ONLY_IN_PEER_TABLE_ROWS, rowkey=rowkey=c',
      'ERROR VerifyReplication: CONTENT_DIFFERENT_ROWS, rowkey=a\\x00',
      'INFO VerifyReplication: Good row key: d',
    ].join('\n');
    expect(parseBadRows(log)).toEqual(['6100', '6220', '726f776b65793d63']);
  });
});

describe('toVerifyCounters', () => {
  it('counters by name or by group and name; a missing one is 0', () => {
    const group = 'org.apache.hadoop.hbase.mapreduce.replication.VerifyReplication$Verifier$Counters';
    expect(toVerifyCounters({ [`${group}.GOODROWS`]: 7, BADROWS: 1 })).toEqual({
      good: 7,
      bad: 1,
      onlyInSource: 0,
      onlyInPeer: 0,
      contentDifferent: 0,
    });
  });
});

describe('toRecompareOptions', () => {
  it('only lines that know them get them: an unknown option ends the tool', () => {
    expect(toRecompareOptions('1.4.13')).toEqual([]);
    expect(toRecompareOptions('2.4.17')).toEqual([]);
    expect(toRecompareOptions('2.6.1-hadoop3')).toContain('--recompareTries=3');
    expect(toRecompareOptions('3.0.0')).toContain('--recompareTries=3');
  });
});
