import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../activities/failure.ts';
import { formatFailure } from '../../../../client/render/failure.ts';
import { toReportedFailure } from '../../../../client/reported-failure.ts';

describe('formatFailure', () => {
  test('a failure: what, where, command, log, what to do, in this order', () => {
    const place = {
      cluster: 'old',
      host: 'gw1',
      table: 'a',
      step: 'export',
      command: 'hbase x',
      logTail: 'one\ntwo\n',
    };
    expect(formatFailure(toReportedFailure(new Failure('job.failed', 'it ended with 1', place)))).toBe(
      [
        'error job.failed: it ended with 1',
        '  where:   cluster old, host gw1, table a, step export',
        '  command: hbase x',
        '  log:',
        '    one',
        '    two',
        '  do:      Read the end of the job log; fix the cause, then retry the table.',
      ].join('\n'),
    );
  });

  test.each([
    ['as the request lists them', 'The request is wrong:\n- a: is bad\n- b: is worse'],
    [
      'as the preflight lists them',
      'It cannot be migrated:\n- error x.y: is bad mend this\n- warn x.z: is worse mend it',
    ],
    ['as the clusters file lists them', 'The file is wrong:\n  a is bad\n  b is worse'],
  ])('problems, %s: each stands there once', (_how, message) => {
    const problems = [
      { field: 'a', message: 'is bad' },
      { field: 'b', message: 'is worse', fix: 'mend it' },
    ];
    const text = formatFailure(toReportedFailure(new Failure('request.invalid', message, {}, { problems })));
    expect(text.match(/is bad/g)).toHaveLength(1);
    expect(text).toContain('  - b: is worse → mend it\n');
  });

  test('a fix that the problem says already: stands there once', () => {
    const problems = [{ field: 'a', message: 'unknown. Did you mean "b"?', fix: 'Did you mean "b"?' }];
    const text = formatFailure(toReportedFailure(new Failure('request.invalid', 'wrong', {}, { problems })));
    expect(text.match(/Did you mean/g)).toHaveLength(1);
  });
});
