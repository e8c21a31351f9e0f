import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { countWholeBytes, parseCounters } from '../../../activities/jobs/job-log.ts';

test('log: bytes cut anywhere in a text are whole characters and never more than three short', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, where) => {
      const bytes = Buffer.from(text);
      const chunk = bytes.subarray(0, where % (bytes.length + 1));
      const whole = countWholeBytes(chunk);
      expect(text.startsWith(chunk.subarray(0, whole).toString('utf8'))).toBe(true);
      expect(chunk.length - whole).toBeLessThan(4);
    }),
  );
});

test('log: bytes that are no text are passed on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 40 }), (bytes) => {
      expect(countWholeBytes(Buffer.from(bytes))).toBeGreaterThan(bytes.length - 4);
    }),
  );
});

test('counters: the last block wins, and what follows it is no counter', () => {
  const log = [
    'INFO mapreduce.Job: Counters: 1',
    '\tG',
    '\t\tA=1',
    'INFO again',
    'INFO mapreduce.Job: Counters: 2',
    '\torg.x.VerifyReplication$Verifier$Counters',
    '\t\tGOODROWS=10',
    '\t\tBADROWS=-1',
    'INFO done, x=5',
    '\t\tLATER=7',
  ].join('\n');
  expect(parseCounters(log)).toEqual({
    GOODROWS: 10,
    BADROWS: -1,
    'org.x.VerifyReplication$Verifier$Counters.GOODROWS': 10,
    'org.x.VerifyReplication$Verifier$Counters.BADROWS': -1,
  });
});

test.each(['', 'nothing here', 'Counters: many'])('counters: %j has none', (log) => {
  expect(parseCounters(log)).toEqual({});
});
