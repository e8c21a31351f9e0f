import { expect, test } from 'vitest';
import { toPage } from '../../../../activities/steps/watch/read-audit.ts';
import { toAuditEntries } from '../../../../activities/steps/watch/to-audit-entries.ts';
import type { AuditEntry } from '../../../../workflows/contract/backup/audit.ts';
import type { BackupEvent } from '../../../../workflows/contract/backup/record.ts';
import { createTestCatalogue, toId, writeBackup } from '../../catalogue/catalogue-fixture.ts';

const at = (minute: number): string => `2026-11-21T08:${String(minute).padStart(2, '0')}:00.000Z`;
const drill = {
  cluster: 'lab',
  startedAt: at(1),
  finishedAt: at(2),
  restoreMs: 4_200,
  bytes: 1,
  differences: ['shop:orders: 2 rows'],
};

const EVENTS: BackupEvent[] = [
  { kind: 'keep', at: at(1), by: 'ann', reason: 'audit of 2026' },
  { kind: 'proof', at: at(2), by: 'hbase-drill/x', drill: { ...drill, result: 'different' } },
  { kind: 'audit', at: at(3), by: 'bob', damaged: [] },
  {
    kind: 'restore',
    at: at(4),
    by: 'cid',
    workflowId: 'restore-1',
    cluster: 'new',
    tables: ['shop:orders'],
    to: at(0),
    accepted: ['overwrite', 'restore.replicated'],
  },
  { kind: 'release', at: at(5), by: 'ann' },
  {
    kind: 'expire',
    at: at(6),
    by: 'expireBackups',
    workflowId: 'hbase-expiry/x',
    reason: 'no rule holds it',
    set: 'x',
  },
  { kind: 'expired', at: at(7), by: 'expireBackups' },
];

async function historyOf(events: BackupEvent[]) {
  const { catalogue } = createTestCatalogue();
  const record = await writeBackup(catalogue, toId(1));
  for (const event of events) await catalogue.appendEvent(record.id, event);
  return { catalogue, id: record.id };
}

test('audit: says of each backup who made it, and who did what to it, in order', async () => {
  const { catalogue, id } = await historyOf(EVENTS);
  const [history] = await catalogue.readHistory();
  const entries = toAuditEntries(history!, 'backups');
  expect(entries.map(({ action, by, detail }) => [action, by, detail])).toEqual([
    ['backup', `backup-${id}`, '1 tables of old, 1 B, begun 2026-11-21T07:15:00.000Z, manual'],
    ['keep', 'ann', 'audit of 2026'],
    ['proof', 'hbase-drill/x', 'drill on lab, restored in 4.2 s, different: shop:orders: 2 rows'],
    ['audit', 'bob', 'every file is sound'],
    ['restore', 'cid', `shop:orders on new, to ${at(0)}; agreed to: overwrite, restore.replicated`],
    ['release', 'ann', 'may expire again'],
    ['expire', 'expireBackups', 'no rule holds it'],
    ['expired', 'expireBackups', 'its files have gone'],
  ]);
  expect(entries.filter(({ bad }) => bad).map(({ action }) => action)).toEqual(['proof']);
  expect(new Set(entries.map(({ set, root, backup }) => [set, root, backup].join()))).toEqual(
    new Set([`nightly,backups,${id}`]),
  );
});

test('audit: a backup whose record has gone keeps its set and its events', async () => {
  const { catalogue, id } = await historyOf(EVENTS);
  await catalogue.removeExpired(id);
  expect(await catalogue.readAll()).toEqual({ backups: [], damaged: [] });
  const [history] = await catalogue.readHistory();
  const entries = toAuditEntries(history!, 'backups');
  expect(entries).toHaveLength(EVENTS.length);
  expect(new Set(entries.map(({ set }) => set))).toEqual(new Set(['x']));
});

test('audit: an event that cannot be read is named, and hides no other', async () => {
  const contents = new Map<string, string>();
  const { catalogue } = createTestCatalogue(contents);
  const { id } = await writeBackup(catalogue, toId(1));
  await catalogue.appendEvent(id, EVENTS[0]!);
  const [path] = [...contents.keys()].filter((key) => key.includes('~keep~'));
  contents.set(path!, '{');
  const [history] = await catalogue.readHistory();
  expect(history?.damaged).toMatchObject([{ path, why: expect.stringContaining('no JSON') }]);
  expect(toAuditEntries(history!, 'backups').map(({ action }) => action)).toEqual(['backup']);
});

test('audit: pages hold everything once, in order, also of the same instant', () => {
  const entries = Array.from({ length: 4_500 }, (_, index): AuditEntry => {
    const about = { root: 'backups', action: 'keep', by: 'ann' } as const;
    return { ...about, at: at(index % 7), backup: toId(index), detail: 'why' };
  });
  const seen: AuditEntry[] = [];
  for (let after: string | undefined; ;) {
    const page = toPage(entries, { unread: [], after });
    expect(page.entries.length).toBeLessThanOrEqual(2_000);
    seen.push(...page.entries);
    after = page.next;
    if (after === undefined) break;
  }
  expect(seen).toHaveLength(entries.length);
  expect(new Set(seen.map(({ backup }) => backup)).size).toBe(entries.length);
  expect(seen.map((entry) => entry.at)).toEqual(entries.map((entry) => entry.at).toSorted());
});
