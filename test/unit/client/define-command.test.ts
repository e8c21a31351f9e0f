import { expect, test } from 'vitest';
import { defineCommand } from '../../../client/define-command.ts';

test('a flag of a command: is refused when it would hide a common one', () => {
  const flags = { namespace: { kind: 'parsed', parse: String, brief: 'of HBase', optional: true } } as const;
  const define = () =>
    defineCommand<{ namespace?: string }>({ brief: 'b', examples: [], flags, run: () => Promise.resolve() });
  expect(define).toThrow('"namespace"');
});
