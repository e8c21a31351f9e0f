import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertTarget } from '../../activities/inventory/inventory.ts';
import { findFreePorts } from '../../sandbox/free-ports.ts';
import type { AuditPage } from '../../workflows/contract/backup/audit.ts';
import { toTestMessage } from '../../workflows/contract/backup/alert-text.ts';
import type { Delivery, JudgedSets, WatchReport } from '../../workflows/contract/backup/alerts.ts';
import { METRICS, type MetricSpec } from '../../workflows/contract/metrics.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startWebhook } from '../unit/watch/alert-fixture.ts';
import { backUp, PLACE } from './backup-site.ts';
import { type ModelEnvironment, type Site, startModelEnvironment } from './model-environment.ts';
import { readFailure, type SmokeEnvironment } from './smoke-harness.ts';
import { createStubSteps } from './stub-steps.ts';

let env: ModelEnvironment;
let metricsUrl: string;
beforeAll(async () => {
  const [port = 0] = await findFreePorts(1);
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  env = await startModelEnvironment({ metricsAddress: `127.0.0.1:${port}` });
});
afterAll(() => env.stop());

const hookTo = (name: string, url: string): [string, AlertTarget] => [
  name,
  { name, webhook: { url, headers: {}, headersEnv: {}, timeoutMs: 10_000 } },
];
const watched = (more: object = {}) => ({ set: 'shop', ...PLACE, to: ['on-call'], ...more });

/** A schedule as `apply` makes it, that fires only when it is told to. */
async function createWatch({ taskQueue }: Site, sets: object[]) {
  const { schedule, workflow } = env.temporal.client;
  const workflowId = `hbase-watch/${randomUUID()}`;
  const handle = await schedule.create({
    scheduleId: workflowId,
    spec: { intervals: [{ every: '365d' }] },
    action: { type: 'startWorkflow', workflowType: 'watchBackups', taskQueue, workflowId, args: [{ sets }] },
  });
  const seen = new Set<string>();
  return {
    async fire(): Promise<WatchReport> {
      // As its times do: what runs side by side leaves no result to the next one.
      await handle.trigger('SKIP');
      let started: { workflowId: string; firstExecutionRunId: string } | undefined;
      await waitUntil(
        'the schedule has started a run',
        async () => {
          const { info } = await handle.describe();
          // Two of the same second have the same id.
          started = info.recentActions
            .map(({ action }) => action.workflow)
            .find(({ firstExecutionRunId }) => !seen.has(firstExecutionRunId));
          return started !== undefined;
        },
        30_000,
      );
      const { workflowId: id = '', firstExecutionRunId = '' } = started ?? {};
      seen.add(firstExecutionRunId);
      const report = (await workflow.getHandle(id, firstExecutionRunId).result()) as WatchReport;
      await waitUntil(
        'the schedule knows its result',
        async () => (await handle.describe()).info.runningActions.length === 0,
        30_000,
      );
      return report;
    },
    delete: () => handle.delete(),
  };
}

describe.concurrent('watchBackups by a schedule', () => {
  test('tells a trouble once, and once that it has gone, and goes on from the run before', async () => {
    await using hook = await startWebhook();
    await env.withWorld(async (site) => {
      site.alerts.set(...hookTo('on-call', hook.url));
      await site.addTables(['shop:a']);
      await backUp(site, { digests: true });
      const watch = await createWatch(site, [watched()]);
      const first = await watch.fire();
      expect(first.sets).toEqual([{ set: 'shop', level: 'warn', problems: ['no backup is proven by a drill'] }]);
      expect(first.deliveries).toMatchObject([{ target: 'on-call', delivered: true }]);
      expect((await watch.fire()).deliveries).toEqual([]);
      await site.run('testRestore', { ...PLACE, cluster: 'new' });
      expect((await watch.fire()).sets).toEqual([{ set: 'shop', level: 'ok', problems: [] }]);
      expect((await watch.fire()).state).toEqual({ standing: [], outbox: [] });
      await watch.delete();
    });
    expect(hook.received.map(({ body }) => [body.event, body.kind, body.level])).toEqual([
      ['raised', 'unproven', 'warn'],
      ['recovered', 'unproven', 'ok'],
    ]);
    const [raised, recovered] = hook.received;
    expect(raised?.headers['idempotency-key']).toBe(raised?.body.id);
    expect(recovered?.body.id).not.toBe(raised?.body.id);
    expect(raised?.body.text).toBe('[WARNING] backups of shop (old → backups): no backup is proven by a drill');
    expect(raised?.body.status).toMatchObject({ lastComplete: { bytes: expect.any(Number) } });
  });

  test('a run of a schedule that failed is told, with its code; a root that cannot be read too', async () => {
    await using hook = await startWebhook();
    await env.withWorld(async (site) => {
      site.alerts.set(...hookTo('on-call', hook.url));
      const set = `set-${randomUUID()}`;
      const { schedule } = env.temporal.client;
      const backups = await schedule.create({
        scheduleId: `hbase-backup/${set}`,
        spec: { intervals: [{ every: '365d' }] },
        action: {
          type: 'startWorkflow',
          workflowType: 'backUpTables',
          taskQueue: site.taskQueue,
          workflowId: `hbase-backup/${set}`,
          args: [{ ...PLACE, tables: ['shop:nothing'], set }],
        },
      });
      await backups.trigger('SKIP');
      await waitUntil(
        'the backup has ended',
        async () => {
          const { info } = await backups.describe();
          return info.recentActions.length > 0 && info.runningActions.length === 0;
        },
        60_000,
      );
      const report = await site.run<WatchReport>('watchBackups', {
        sets: [watched({ set }), watched({ set: 'far', root: 'nowhere' })],
      });
      expect(report.deliveries.map(({ delivered }) => delivered)).toEqual(report.deliveries.map(() => true));
      await backups.delete();
    });
    const told = hook.received.map(({ body }) => [body.kind, body.subject, body.message] as const);
    expect(told.map(([kind]) => kind).toSorted()).toEqual(['no-backup', 'run-failed', 'unproven', 'unreadable']);
    expect(told.find(([kind]) => kind === 'run-failed')).toMatchObject([
      'run-failed',
      'backup',
      /failed: [a-z]+\.[a-z-]+: /,
    ]);
    expect(told.find(([kind]) => kind === 'unreadable')?.[2]).toContain('nowhere');
  });

  test('a gateway that does not answer is told as such after some tries, and what stood is not told to have gone', async () => {
    await using hook = await startWebhook();
    await env.withWorld(async (site) => {
      site.alerts.set(...hookTo('on-call', hook.url));
      await site.addTables(['shop:a']);
      await backUp(site);
      const watch = await createWatch(site, [watched()]);
      await watch.fire();
      site.faults.decide = ({ cluster }) => (cluster === 'old' ? { kind: 'refused' } : { kind: 'none' });
      const blind = await watch.fire();
      expect(blind.state.standing.map(({ kind }) => kind).toSorted()).toEqual(['unproven', 'unreadable']);
      site.faults.decide = () => ({ kind: 'none' });
      await watch.fire();
      await watch.delete();
    });
    expect(hook.received.map(({ body }) => `${body.event} ${body.kind}`)).toEqual([
      'raised unproven',
      'raised unreadable',
      'recovered unreadable',
    ]);
  });

  test('an empty input fails at once with an example', async () => {
    await env.withWorld(async (site) => {
      const failure = await readFailure(await site.launch('watchBackups', {}));
      expect([failure.type, failure.message]).toEqual(['request.invalid', expect.stringContaining('"sets"')]);
    });
  });
});

describe.concurrent('delivery', () => {
  const message = (id: string) => toTestMessage({ set: 'shop', by: '', at: '2026-11-21T09:00:00.000Z', id });
  const judged: JudgedSets = {
    at: '2026-11-21T09:00:00.000Z',
    sets: [],
    state: {
      standing: [],
      outbox: ['1', '2'].flatMap((id) => ['dead', 'fine'].map((target) => ({ target, message: message(id) }))),
    },
  };
  const refused = ApplicationFailure.create({ type: 'alert.undelivered', message: 'gone', nonRetryable: true });

  test('a target that is down hides no other, and its messages stay for the next watch', async () => {
    const sent: string[] = [];
    const stubs = createStubSteps([], {
      judgeBackups: async () => judged,
      sendAlert: async ({ target, message: { id } }) => {
        if (target === 'dead') throw refused;
        sent.push(id);
        return { changed: true };
      },
    });
    const smoke: Pick<SmokeEnvironment, 'withWorkflow'> = env.smoke;
    await smoke.withWorkflow(stubs, { type: 'watchBackups', args: [{}] }, async (handle) => {
      const { deliveries, state } = (await handle.result()) as unknown as WatchReport;
      expect(deliveries.filter(({ delivered }) => !delivered)).toEqual([
        { target: 'dead', id: '1', delivered: false, why: 'gone' },
        { target: 'dead', id: '2', delivered: false, why: 'gone' },
      ]);
      expect(state.outbox.map(({ target, message: { id } }) => [target, id])).toEqual([
        ['dead', '1'],
        ['dead', '2'],
      ]);
    });
    expect(sent).toEqual(['1', '2']);
  });

  test('a webhook that stumbles is tried again, with the same key', async () => {
    await using hook = await startWebhook([503, 200]);
    await env.withWorld(async (site) => {
      site.alerts.set(...hookTo('on-call', hook.url));
      const { deliveries } = await site.run<WatchReport>('watchBackups', { sets: [watched({ root: 'nowhere' })] });
      expect(deliveries).toMatchObject([{ delivered: true }]);
    });
    expect(hook.received).toHaveLength(2);
    expect(new Set(hook.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('testAlert: one try at each target, and the unknown one is told', async () => {
    await using hook = await startWebhook();
    await env.withWorld(async (site) => {
      site.alerts.set(...hookTo('on-call', hook.url));
      const targets = ['on-call', 'nobody'];
      const deliveries = await site.run<Delivery[]>('testAlert', { targets, set: 'shop', by: 'ann' });
      expect(deliveries.map(({ delivered }) => delivered)).toEqual([true, false]);
      expect(deliveries[1]?.why).toContain('it names: on-call');
    });
    expect(hook.received[0]?.body).toMatchObject({ event: 'test', kind: 'test', set: 'shop' });
  });
});

test('auditBackups: who backed up, proved, kept and restored, from the root', async () => {
  await env.withWorld(async (site) => {
    await site.addTables(['shop:a']);
    const backup = await backUp(site, { by: 'ann', digests: true });
    await site.run('keepBackup', { ...PLACE, backup, reason: 'audit', by: 'bob' });
    await site.run('testRestore', { ...PLACE, cluster: 'new', by: 'cid' });
    const restore = { ...PLACE, cluster: 'new', backup, by: 'dan', overwrite: true };
    await site.run('restoreTables', restore);
    const audit = await site.run<AuditPage>('auditBackups', { cluster: 'old' });
    expect(audit.unread).toEqual([]);
    expect(audit.entries.map(({ action, by, backup: of }) => [action, by, of])).toEqual([
      ['backup', 'ann', backup],
      ['keep', 'bob', backup],
      ['proof', 'cid', backup],
      ['restore', 'dan', backup],
    ]);
    expect(audit.entries.at(-1)).toMatchObject({
      set: 'shop',
      root: 'backups',
      detail: 'shop:a on new; agreed to: overwrite',
      workflowId: expect.any(String),
    });
    const since = new Date(Date.parse(audit.entries[2]?.at ?? '')).toISOString();
    const later = await site.run<AuditPage>('auditBackups', { ...PLACE, since });
    expect(later.entries.map(({ action }) => action)).toEqual(['proof', 'restore']);
  });
});

/** By its labels, without those that the SDK adds. */
async function readMetric(name: string, wanted: Record<string, string>): Promise<number | undefined> {
  const text = await (await fetch(metricsUrl)).text();
  const line = text.split('\n').find((row) => {
    const isIt = row.startsWith(`${name}{`);
    return isIt && Object.entries(wanted).every(([label, value]) => row.includes(`${label}="${value}"`));
  });
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

test('metrics: the endpoint shows what a watch has seen, alerts and ended runs, by their names of the table', async () => {
  await using hook = await startWebhook();
  await env.withWorld(async (site) => {
    site.alerts.set(...hookTo('metered', hook.url));
    await site.addTables(['shop:a']);
    await backUp(site, { set: 'metered' });
    const objective = { rpo: '26h' };
    await site.run('watchBackups', { sets: [watched({ set: 'metered', objective, to: ['metered'] })] });
    await readFailure(await site.launch('backUpTables', { ...PLACE, tables: ['shop:none'], set: 'metered' }));
  });
  const set = { set: 'metered', cluster: 'old', root: 'backups' };
  const value = (metric: MetricSpec, labels: Record<string, string> = set) => readMetric(metric.name, labels);
  expect(await value(METRICS.age)).toBeGreaterThanOrEqual(0);
  expect(await value(METRICS.age)).toBeLessThan(86_400);
  expect(await value(METRICS.completeAt)).toBeGreaterThan(1.7e9);
  expect(await value(METRICS.provenAt)).toBe(0);
  expect(await value(METRICS.rpo)).toBe(93_600);
  expect(await value(METRICS.bytes)).toBeGreaterThan(0);
  expect(await value(METRICS.readable)).toBe(1);
  expect(await value(METRICS.troubles, { ...set, level: 'warn' })).toBe(1);
  expect(await value(METRICS.alerts, { target: 'metered', outcome: 'delivered' })).toBe(1);
  // What workflows count is passed on beside their results.
  for (const outcome of ['completed', 'failed']) {
    const labels = { operation: 'backup', set: 'metered', outcome };
    await waitUntil(`runs that ${outcome} are counted`, async () => (await value(METRICS.runs, labels)) === 1, 30_000);
  }
});
