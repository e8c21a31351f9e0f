import { expect, test } from 'vitest';
import { formatPlan } from '../../../../client/render/plan.ts';
import type { MigrationPlan } from '../../../../workflows/contract/plan.ts';

const CLUSTER = { clusterId: 'i', clusterKey: 'k', rootDir: 'r', regionServers: 1 };
const FINDING = { code: 'clock.skew', level: 'warn', message: '6 s apart.', fix: 'Use NTP.' } as const;
const TABLE = { table: 'a', regions: 2, sizeBytes: 1_024, targetBefore: 'absent' } as const;
const plan = {
  digest: 'd1',
  source: { name: 'old', version: '2.4.17', ...CLUSTER },
  target: { name: 'new', version: '2.6.1', ...CLUSTER },
  tables: [TABLE],
  findings: [FINDING],
  request: { acceptWarnings: [] },
} as unknown as MigrationPlan;

test('formatPlan: every step with its command, how it is undone and when it is done', () => {
  const steps = [
    {
      step: 'addPeer',
      cluster: 'old',
      summary: 'add peer p',
      command: "add_peer 'p'",
      undo: "remove_peer 'p'",
      doneWhen: 'listed',
    },
    {
      step: 'enablePeer',
      cluster: 'old',
      summary: 'enable p',
      command: "enable_peer 'p'",
      undo: 'disable',
      doneWhen: 'enabled',
    },
  ] as const;
  const text = formatPlan({ plan, steps: [...steps] }).join('\n');
  expect(text).toMatch(/^plan d1\n {2}old \(2\.4\.17\) → new \(2\.6\.1\)\n {2}a: 2 regions, 1\.0 KiB, target absent\n/);
  expect(text).toContain('warn clock.skew: 6 s apart. → Use NTP.');
  for (const { command, undo, doneWhen } of steps)
    for (const part of [command, undo, doneWhen]) expect(text).toContain(part);
  expect(text.indexOf('1. add peer p')).toBeLessThan(text.indexOf('2. enable p'));
  expect(text).toMatch(/nothing was written\n/);
});

test('formatPlan: warnings that are not accepted yet stand beside the plan, with how to accept them', () => {
  const text = (acceptWarnings: string[]) =>
    formatPlan({ plan: { ...plan, request: { ...plan.request, acceptWarnings } }, steps: [] }).join('\n');
  expect(text([])).toMatch(/not accepted yet: clock\.skew\n.*--accept-warnings clock\.skew$/);
  expect(text(['clock.skew'])).toMatch(/nothing was written$/);
});
