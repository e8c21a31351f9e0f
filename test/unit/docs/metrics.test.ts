import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseInventory } from '../../../activities/inventory/load-inventory.ts';
import { parseBackupsFile } from '../../../client/schedules/backups-file.ts';
import type { SetStatus, TroubleKind } from '../../../workflows/contract/backup/set-status.ts';
import { recordSetMetrics } from '../../../activities/watch/record-set-metrics.ts';
import { METRICS, type MetricSpec } from '../../../workflows/contract/metrics.ts';

const docs = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const PAGE = docs('alerts.md');
const TABLE = new Map<string, MetricSpec>(Object.values(METRICS).map((metric) => [metric.name, metric]));

interface Panel {
  title: string;
  type: string;
  targets?: { expr: string; legendFormat: string }[];
  gridPos: { x: number; y: number; w: number; h: number };
}
const DASHBOARD = JSON.parse(docs('grafana-dashboard.json')) as { panels: Panel[]; templating: unknown };
const QUERIES = DASHBOARD.panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

const KEYWORDS = new Set(['sum', 'max', 'min', 'by', 'time', 'increase', 'and', 'group_left']);
/** Prometheus's own, of whom it has asked. */
const SCRAPED = ['instance', 'job'];
const namesIn = (text: string): string[] => text.match(/\btemporal_[a-z_]+/g) ?? [];

test.each(QUERIES)('dashboard, $title: $expr names metrics and labels that there are', ({ expr, legendFormat }) => {
  const names = namesIn(expr);
  expect(names.length).toBeGreaterThan(0);
  const specs = names.map((name) => TABLE.get(name));
  expect(specs).not.toContain(undefined);
  const labels = new Set(specs.flatMap((spec) => [...(spec?.labels ?? [])]));
  const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  const matched = [...expr.matchAll(/\bon \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  const selected = [...expr.matchAll(/([a-z]+)=~?"/g)].map(([, label = '']) => label);
  const shown = [...legendFormat.matchAll(/{{(\w+)}}/g)].map(([, label = '']) => label);
  for (const label of [...grouped, ...selected]) expect(labels).toContain(label);
  for (const label of matched) expect([...labels, ...SCRAPED]).toContain(label);
  // What a query has aggregated away cannot be shown.
  for (const label of shown) expect(grouped).toContain(label);
  // Whatever else stands there is a word of PromQL: a mistyped name would be none.
  const rest =
    expr.replace(/temporal_[a-z_]+|"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on) \([^)]*\)/g, ' ').match(/[a-z_]+/g) ?? [];
  for (const word of rest) expect(KEYWORDS).toContain(word);
});

test('dashboard: counters are read by their growth, gauges as they are', () => {
  for (const { expr } of QUERIES) {
    for (const name of namesIn(expr))
      expect(expr.includes(`increase(${name}`)).toBe(TABLE.get(name)?.kind === 'counter');
  }
});

test('dashboard: shows every metric but ages, which it computes, and its variable reads one that there is', () => {
  const shown = new Set(QUERIES.flatMap(({ expr }) => namesIn(expr)));
  const ages = [METRICS.age.name, METRICS.provenAge.name] as string[];
  expect([...TABLE.keys()].filter((name) => !shown.has(name)).toSorted()).toEqual(ages.toSorted());
  for (const name of namesIn(JSON.stringify(DASHBOARD.templating))) expect(TABLE.has(name)).toBe(true);
});

test('dashboard: panels have places of their own', () => {
  const cells = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of DASHBOARD.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

test('docs/alerts.md: has a row for every metric with kind, unit and labels, and names no other', () => {
  for (const { name, kind, unit, labels } of TABLE.values()) {
    const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
    expect(row).toContain(`| ${kind}, ${unit} | ${labels.map((label) => `\`${label}\``).join(', ')} |`);
  }
  for (const name of namesIn(PAGE)) expect(TABLE.has(name)).toBe(true);
});

test('docs/alerts.md: its examples load, and name each other', () => {
  const [clusters = '', backups = ''] = [...PAGE.matchAll(/```yaml\n# \w+\.yaml\n(.*?)```/gs)].map(([, yaml]) => yaml);
  const inventory = parseInventory('clusters.yaml', `${clusters}\nstorageRoots: { backups: { uri: 'hdfs://a/b' } }\n`);
  const file = parseBackupsFile(backups, { file: 'backups.yaml', nowMs: Date.parse('2026-11-21'), inventory });
  expect(file.sets[0]?.watch?.to).toEqual([...inventory.alerts.keys()]);
});

test('docs/alerts.md: explains every kind of trouble', () => {
  const kinds: Record<TroubleKind, true> = {
    'no-backup': true,
    overdue: true,
    partial: true,
    damaged: true,
    unproven: true,
    'drill-differs': true,
    'run-failed': true,
    paused: true,
    'wal-gap': true,
    'wal-behind': true,
    unreadable: true,
  };
  const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (?:critical|warning)/gm)].map(([, kind = '']) => kind);
  expect(rows.toSorted()).toEqual(Object.keys(kinds).toSorted());
});

test('metrics of a set: every label of the table, and 0 for what never was', () => {
  const seen: [name: string, value: number, labels: string[]][] = [];
  const metrics = {
    record: (metric: MetricSpec, value: number, labels: object) =>
      void seen.push([metric.name, value, Object.keys(labels)]),
  };
  const watched = { set: 's', cluster: 'c', root: 'r', objective: {}, to: [], remindMs: 1 };
  const status: SetStatus = { set: 's', level: 'critical', problems: [], backups: 0, objective: {} };
  recordSetMetrics(metrics, { watched, status, nowMs: 5_000 });
  for (const [name, , labels] of seen) expect(labels).toEqual([...(TABLE.get(name)?.labels ?? [])]);
  const valueOf = (metric: MetricSpec) => seen.find(([name]) => name === metric.name)?.[1];
  expect([valueOf(METRICS.completeAt), valueOf(METRICS.age), valueOf(METRICS.readable)]).toEqual([0, 5, 1]);
  expect(valueOf(METRICS.gaps)).toBeUndefined();
  seen.length = 0;
  recordSetMetrics(metrics, { watched, nowMs: 5_000 });
  expect(seen.map(([name, value]) => [name, value])).toEqual([
    [METRICS.readable.name, 0],
    [METRICS.watchedAt.name, 5],
  ]);
});
