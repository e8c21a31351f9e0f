import { afterAll, beforeAll, expect, test as inOrder } from 'vitest';
import type { AlertMessage, Outgoing } from '../../workflows/contract/backup/alerts.ts';
import { approve, readFailure, startSmokeEnvironment, until, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps, differentVerdict, equalVerdict, failAs, stubPlan, type StepStubs } from './stub-steps.ts';

const test = inOrder.concurrent;

let env: SmokeEnvironment;
beforeAll(async () => {
  env = await startSmokeEnvironment();
});
afterAll(() => env.stop());

/** A run that tells `on-call`, and a blocker at once. */
function telling(tables: string[], overrides: StepStubs = {}) {
  const sent: Outgoing[] = [];
  const stubs = createStubSteps(tables, {
    planMigration: async ({ workflowId }) => {
      const plan = stubPlan(workflowId, tables, {});
      return { ...plan, request: { ...plan.request, alerts: { to: ['on-call'], blockerAfterMs: 300 } } };
    },
    sendAlert: async (outgoing) => {
      sent.push(outgoing);
      return { changed: true };
    },
    ...overrides,
  });
  const told = () => sent.map(({ message: { kind, event } }: { message: AlertMessage }) => `${kind} ${event}`);
  return { stubs, sent, told };
}

test('alerts: a run tells that it waits for an approval, that this is over, and its end', async () => {
  const { stubs, sent, told } = telling(['shop:a']);
  await env.withMigration(stubs, async (handle) => {
    await approve(handle);
    await handle.result();
  });
  expect(told()).toEqual(['approval raised', 'approval recovered', 'ended raised']);
  const [first, , last] = sent.map(({ message }) => message);
  expect(first).toMatchObject({ level: 'warn', migration: { target: 'new' }, set: '' });
  expect(last?.text).toContain('done: 1 tables were cut over');
  expect(new Set(sent.map(({ message: { id } }) => id)).size).toBe(3);
});

test('alerts: a table that stands still is told once it has stood for long enough, and a cancelled run as such', async () => {
  const { stubs, told } = telling(['shop:a', 'shop:b'], {
    compareTable: async ({ table: { table } }) => (table === 'shop:b' ? differentVerdict(table) : equalVerdict(table)),
  });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, () => told().includes('blocked raised'));
    await handle.signal('cancelMigration', {});
    await readFailure(handle);
  });
  expect(told().filter((one) => one === 'blocked raised')).toHaveLength(1);
  expect(told().at(-1)).toBe('ended raised');
});

test('alerts: a target that does not answer stops nothing, and the status says so', async () => {
  const { stubs } = telling(['shop:a'], {
    sendAlert: async () => {
      throw failAs('request.invalid', 'no alert target "on-call"');
    },
  });
  await env.withMigration(stubs, async (handle) => {
    await until(handle, ({ notices }) => notices.some(({ message }) => message.startsWith('not told to on-call')));
    await approve(handle);
    expect((await handle.result()).phase).toBe('done');
  });
});

test('alerts: a run that names nobody sends nothing', async () => {
  const stubs = createStubSteps(['shop:a'], {}, { approval: 'automatic' });
  await env.withMigration(stubs, async (handle) => {
    await handle.result();
  });
  expect(stubs.names()).not.toContain('sendAlert');
});
