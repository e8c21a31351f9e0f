import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderHtmlReport } from '../../../../client/render/html-report.ts';
import type { MigrationReport } from '../../../../workflows/contract/status.ts';
import { status, tableStatus, verdict } from '../../workflows/flow/status-fixture.ts';

/** Every place of the page that holds text from outside. */
function reportWith(text: string): MigrationReport {
  return {
    ...status({
      workflowId: text,
      source: text,
      target: text,
      tables: [tableStatus(text, { verification: verdict(text) })],
      cutovers: [
        { epoch: 1, approvedBy: text, steps: [{ name: text, startedAt: text, durationMs: 5, outcome: 'ok' }] },
      ],
      residues: [{ cluster: text, what: text, command: text }],
      durationsMs: { copying: 4_000, 'cutting-over': 2_000 },
    }),
    verifiedCells: 1,
    writePauseMs: [2_000],
  };
}
const render = (text: string): string =>
  renderHtmlReport({
    title: text,
    figures: [{ label: text, value: text, good: true }],
    reports: [reportWith(text)],
    sections: [{ title: text, head: [text], rows: [[text]] }],
  });

test('renderHtmlReport: a table named like a script is text', () => {
  const page = render('<script>alert("1")</script>');
  expect(page).not.toContain('<script');
  expect(page).toContain('&#60;script&#62;');
});

test('renderHtmlReport: whatever the names are, the page has the same elements', () => {
  const elementsOf = (page: string): string => (page.match(/<[/!a-z][^>]*>/g) ?? []).join('');
  const expected = elementsOf(render('x'));
  fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => elementsOf(render(text)) === expected));
});

test('renderHtmlReport: needs no network and no script', () => {
  expect(render('x')).not.toMatch(/https?:|<script|<link|@import|url\(/);
});

test('renderHtmlReport: the bars of the timeline follow each other and stay inside', () => {
  const bars = [...render('x').matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)].map(([, ...of]) =>
    of.map(Number),
  );
  expect(bars).toHaveLength(2);
  const [[firstX = 0, , firstWidth = 0] = [], [x = 0, , width = 0] = []] = bars;
  expect(x).toBeCloseTo(firstX + firstWidth, 0);
  expect(x + width).toBeLessThan(900);
});
