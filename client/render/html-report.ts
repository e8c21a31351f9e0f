import type { MigrationReport, MigrationStatus } from '../../workflows/contract/status.ts';
import { escapeHtml, type Figure, renderFigures, renderPage, renderTable } from './html.ts';
import { formatBytes, formatDuration } from './quantities.ts';

export interface ReportPage {
  title: string;
  /** Shown as large figures at the top, in this order. */
  figures: Figure[];
  reports: MigrationReport[];
  /** Below the reports. */
  sections?: ReportSection[];
}

export interface ReportSection {
  title: string;
  head: string[];
  rows: string[][];
}

/** The report of a demo or of migrations. */
export function renderHtmlReport({ title, figures, reports, sections = [] }: ReportPage): string {
  const body = [
    `<h1>${escapeHtml(title)}</h1>`,
    renderFigures(figures),
    ...reports.map(renderMigration),
    ...sections.map(renderSection),
  ];
  return renderPage({ title, body });
}

function renderMigration(report: MigrationReport): string {
  return [
    `<h2>${escapeHtml(report.workflowId)}</h2>`,
    `<p>${escapeHtml(report.source)} → ${escapeHtml(report.target)}, ${escapeHtml(report.phase)}</p>`,
    renderTimeline(report),
    renderTables(report),
    ...report.cutovers.map(renderCutover),
    ...(report.residues.length === 0 ? [] : [renderResidues(report)]),
  ].join('\n');
}

const WIDTH = 900;
const ROW_HEIGHT = 26;
const LABEL_WIDTH = 160;

/** One bar per phase, in order, each starting where the one before ended. */
function renderTimeline({ durationsMs }: MigrationStatus): string {
  const phases = Object.entries(durationsMs).filter(([, durationMs]) => durationMs > 0);
  const totalMs = phases.reduce((sum, [, durationMs]) => sum + durationMs, 0) || 1;
  const scale = (WIDTH - LABEL_WIDTH - 110) / totalMs;
  let startMs = 0;
  const bars = phases.map(([phase, durationMs], index) => {
    const x = LABEL_WIDTH + startMs * scale;
    const width = Math.max(2, durationMs * scale);
    const y = index * ROW_HEIGHT;
    startMs += durationMs;
    return (
      `<text x="0" y="${y + 17}">${escapeHtml(phase)}</text>` +
      `<rect x="${x.toFixed(1)}" y="${y + 4}" width="${width.toFixed(1)}" height="18" rx="3" fill="#38b"/>` +
      `<text x="${(x + width + 6).toFixed(1)}" y="${y + 17}">${formatDuration(durationMs)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${WIDTH} ${phases.length * ROW_HEIGHT}" role="img" aria-label="Timeline">${bars.join('')}</svg>`;
}

function renderTables({ tables }: MigrationStatus): string {
  const rows = tables.map(({ table, phase, sizeBytes, verification }) => {
    const proof =
      verification === undefined
        ? ''
        : `${verification.result}, ${verification.rowsSource} rows, ${verification.cells} cells`;
    return [table, phase, formatBytes(sizeBytes), proof];
  });
  return renderTable(['table', 'phase', 'size', 'proof'], rows);
}

function renderCutover({
  epoch,
  approvedBy,
  writePauseMs,
  steps,
  outcome,
}: MigrationStatus['cutovers'][number]): string {
  const rows = steps.map(({ name, durationMs, outcome: result }) => [
    name,
    durationMs === undefined ? '' : formatDuration(durationMs),
    result ?? '',
  ]);
  const pause = writePauseMs === undefined ? '' : `, writes paused for at most ${formatDuration(writePauseMs)}`;
  return `<h3>Cutover ${epoch}: ${escapeHtml(outcome ?? 'under way')}, approved by ${escapeHtml(approvedBy)}${pause}</h3>${renderTable([], rows)}`;
}

function renderResidues({ residues }: MigrationStatus): string {
  const rows = residues.map(({ cluster, what, command }) => [cluster, what, command]);
  return `<h3>Left on purpose</h3>${renderTable([], rows)}`;
}

function renderSection({ title, head, rows }: ReportSection): string {
  return `<h2>${escapeHtml(title)}</h2>${renderTable(head, rows)}`;
}
