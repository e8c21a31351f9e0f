import { createHash } from 'node:crypto';

/** What the pages share: self-contained, without script, readable on paper, in the dark and without colours. */

interface HtmlPage {
  title: string;
  /** Beside the style that all pages have. */
  style?: string;
  /** Escaped already. */
  body: string[];
}

/**
 * One whole page. Its own policy lets nothing in but its style, by its hash: nothing is loaded, and what should slip
 * through as markup does not run.
 */
export function renderPage({ title, style = '', body }: HtmlPage): string {
  const css = `${STYLE}${style}`;
  const hash = createHash('sha256').update(css).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${escapeHtml(title)}</title><style>${css}</style></head><body>`,
    ...body,
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

export interface Figure {
  label: string;
  value: string;
  good: boolean;
}

/** Large, at the top, in this order. */
export function renderFigures(figures: readonly Figure[]): string {
  const items = figures.map(
    ({ label, value, good }) =>
      `<li${good ? ' class="good"' : ''}><b>${escapeHtml(value)}</b>${escapeHtml(label)}</li>`,
  );
  return `<ul class="figures">${items.join('')}</ul>`;
}

export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => renderRow(cells, 'td'));
  return `<table>${head.length === 0 ? '' : renderRow(head, 'th')}${lines.join('')}</table>`;
}

function renderRow(cells: readonly string[], tag: 'td' | 'th'): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
