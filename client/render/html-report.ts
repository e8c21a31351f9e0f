import type { MigrationReport, MigrationStatus } from '../../workflows/contract/status.ts';
import { formatBytes, formatDuration } from './quantities.ts';

export interface ReportPage {
  title: string;
  /** Shown as large figures at the top, in this order. */
  figures: { label: string; value: string; good: boolean }[];
  reports: MigrationReport[];
}

/** One self-contained page: no script, no network, readable on paper. */
export function renderHtmlReport({ title, figures, reports }: ReportPage): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escape(title)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escape(title)}</h1>`,
    `<ul class="figures">${figures.map(renderFigure).join('')}</ul>`,
    ...reports.map(renderMigration),
    '</body></html>',
  ].join('\n');
}

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; }
.figures li { border: 1px solid #8884; border-left: .4rem solid #c33; border-radius: .3rem; padding: .5rem 1rem; }
.figures li.good { border-left-color: #2a8; }
.figures b { display: block; font-size: 1.6rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8883; }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
`;

function renderFigure({ label, value, good }: ReportPage['figures'][number]): string {
  return `<li${good ? ' class="good"' : ''}><b>${escape(value)}</b>${escape(label)}</li>`;
}

function renderMigration(report: MigrationReport): string {
  return [
    `<h2>${escape(report.workflowId)}</h2>`,
    `<p>${escape(report.source)} → ${escape(report.target)}, ${escape(report.phase)}</p>`,
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
      `<text x="0" y="${y + 17}">${escape(phase)}</text>` +
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
    return renderRow([table, phase, formatBytes(sizeBytes), proof], 'td');
  });
  return `<table>${renderRow(['table', 'phase', 'size', 'proof'], 'th')}${rows.join('')}</table>`;
}

function renderCutover({
  epoch,
  approvedBy,
  writePauseMs,
  steps,
  outcome,
}: MigrationStatus['cutovers'][number]): string {
  const rows = steps.map(({ name, durationMs, outcome: result }) =>
    renderRow([name, durationMs === undefined ? '' : formatDuration(durationMs), result ?? ''], 'td'),
  );
  const pause = writePauseMs === undefined ? '' : `, writes paused for at most ${formatDuration(writePauseMs)}`;
  return `<h3>Cutover ${epoch}: ${escape(outcome ?? 'under way')}, approved by ${escape(approvedBy)}${pause}</h3><table>${rows.join('')}</table>`;
}

function renderResidues({ residues }: MigrationStatus): string {
  const rows = residues.map(({ cluster, what, command }) => renderRow([cluster, what, command], 'td'));
  return `<h3>Left on purpose</h3><table>${rows.join('')}</table>`;
}

function renderRow(cells: string[], tag: 'td' | 'th'): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
