import { worstLevel } from '../../workflows/contract/backup/judge-set.ts';
import type { SetStatus, StatusLevel } from '../../workflows/contract/backup/set-status.ts';
import { formatArchive, formatObjective } from './backup-status.ts';
import { type CalendarDay, describeDay, type Mark, MARKS } from './backup-calendar.ts';
import { escapeHtml, renderFigures, renderPage, renderTable } from './html.ts';
import { formatBytes, formatDuration } from './quantities.ts';

export interface BackupPage {
  /** ISO. */
  generatedAt: string;
  sets: PageSet[];
  /** What could not be read: the calendar may lack days. */
  unread: string[];
}

export interface PageSet {
  status: SetStatus;
  cluster: string;
  root: string;
  /** Weeks of seven days, oldest first. */
  calendar: CalendarDay[][];
}

/** A shape and a word each. */
const LEVELS: Record<StatusLevel, string> = { ok: '● OK', warn: '▲ WARNING', critical: '■ CRITICAL' };
const TITLE = 'Backups';

/** One self-contained page for people who have no command line, and for the wall. */
export function renderBackupPage({ generatedAt, sets, unread }: BackupPage): string {
  const body = [
    `<h1>${TITLE}</h1>`,
    renderFigures(toFigures(sets)),
    ...unread.map((what) => `<p class="trouble critical">${escapeHtml(what)}</p>`),
    ...sets.map(renderSet),
    sets.length === 0 ? '<p>There is no set of backups yet.</p>' : renderLegend(),
    `<p>As of ${escapeHtml(generatedAt)}. Days and times are UTC.</p>`,
  ];
  return renderPage({ title: `${TITLE}: ${LEVELS[worstOf(sets)]}`, style: STYLE, body });
}

function worstOf(sets: readonly PageSet[]): StatusLevel {
  return worstLevel(sets.map(({ status }) => status));
}

const STYLE = `
h2 small { font-weight: normal; }
.trouble { border-left: .4rem solid #b80; padding: .1rem .75rem; margin: .3rem 0; overflow-wrap: anywhere; }
.trouble.critical { border-left-color: #c33; }
.facts td:first-child { width: 12rem; }
td { overflow-wrap: anywhere; }
.calendar { width: auto; margin-top: 1rem; }
.calendar th { white-space: nowrap; font-weight: normal; font-size: .75rem; padding: 0 .3rem; border: 0; }
.calendar td { width: 2rem; height: 1.6rem; padding: 0; text-align: center; border: 1px solid #8884; font-size: .8rem; }
.calendar td.future { border-color: transparent; }
.calendar td.good { background: #2a83; }
.calendar td.half { background: #b803; }
.calendar td.bad { background: #c333; font-weight: bold; }
.legend { columns: 2; list-style: none; padding: 0; }
.legend b { display: inline-block; width: 1.5rem; text-align: center; }
`;

function toFigures(sets: readonly PageSet[]) {
  const level = worstOf(sets);
  const bytes = sets.reduce((sum, { status }) => sum + (status.lastComplete?.bytes ?? 0), 0);
  const proven = sets.filter(({ status }) => status.lastProven !== undefined).length;
  return [
    { label: 'all sets together', value: LEVELS[level], good: level === 'ok' },
    { label: 'sets proven by a drill', value: `${proven} of ${sets.length}`, good: proven === sets.length },
    { label: 'in the last complete backups', value: formatBytes(bytes), good: true },
  ];
}

function renderSet({ status, cluster, root, calendar }: PageSet): string {
  return [
    `<h2>${escapeHtml(status.set)} <small>${LEVELS[status.level]}, ${escapeHtml(cluster)} → ${escapeHtml(root)}</small></h2>`,
    ...status.problems.map(
      ({ level, message }) =>
        `<p class="trouble ${level}">${LEVELS[level]}: ${escapeHtml(message.replace(/\s+/g, ' '))}</p>`,
    ),
    `<div class="facts">${renderTable([], toFacts(status))}</div>`,
    ...renderIntervals(status),
    renderCalendar(status.set, calendar),
  ].join('\n');
}

function toFacts({ lastComplete, lastProven, restoreMs, backups, nextRunAt, objective, archive }: SetStatus) {
  const complete = lastComplete ? `${lastComplete.id}, ${formatDuration(lastComplete.ageMs)} ago` : 'none';
  const proven = lastProven ? `${lastProven.id}, ${formatDuration(lastProven.ageMs)} ago` : 'never';
  return [
    ['last complete', `${complete}${formatObjective(objective.rpoMs)}`],
    ['last proven', `${proven}${formatObjective(objective.provenMs)}`],
    ['restore time', restoreMs === undefined ? 'not measured' : `${formatDuration(restoreMs)}, by the last drill`],
    ...(lastComplete
      ? [['size', `${formatBytes(lastComplete.bytes)}, ${formatBytes(lastComplete.newBytes)} of it new`]]
      : []),
    ['backups', String(backups)],
    ...(archive === undefined ? [] : [['archived WALs', formatArchive(archive)]]),
    ['next run', nextRunAt ?? 'no schedule is known'],
  ];
}

/** Tables of one set are many; their newest intervals are what is asked for. */
const MOST_ROWS = 30;

function renderIntervals({ archive }: SetStatus): string[] {
  const rows = (archive?.tables ?? []).flatMap(({ table, intervals }) =>
    intervals.map(({ fromMs, toMs, endsBy }) => [table, toIso(fromMs), toIso(toMs), endsBy]),
  );
  if (rows.length === 0) return [];
  const more = rows.length > MOST_ROWS ? [`<p>and ${rows.length - MOST_ROWS} more</p>`] : [];
  return [
    '<h3>Restorable to the second</h3>',
    renderTable(['table', 'from', 'to', 'ends by'], rows.slice(-MOST_ROWS)),
    ...more,
  ];
}

function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A column a week, a row a weekday. */
function renderCalendar(set: string, calendar: CalendarDay[][]): string {
  const head = calendar.map((week) => `<th scope="col">${week[0]?.date.slice(5) ?? ''}</th>`).join('');
  const rows = WEEKDAYS.map((weekday, index) => {
    const cells = calendar.map((week) => renderDay(week[index]));
    return `<tr><th scope="row">${weekday}</th>${cells.join('')}</tr>`;
  });
  const label = escapeHtml(`Backups and drills of ${set}`);
  return `<table class="calendar" aria-label="${label}"><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

function renderDay(day: CalendarDay | undefined): string {
  if (day === undefined || day.isFuture) return '<td class="future"></td>';
  const words = escapeHtml(describeDay(day));
  const shapes = day.marks.map(({ mark }) => MARKS[mark].shape).join('') || '·';
  return `<td class="${toClass(day)}" title="${words}" aria-label="${words}">${shapes}</td>`;
}

/** Worst first. */
const CLASSES: readonly (readonly [name: string, marks: readonly Mark[]])[] = [
  ['bad', ['damaged', 'different']],
  ['half', ['partial']],
  ['good', ['complete', 'proven', 'restored']],
];

function toClass({ marks }: CalendarDay): string {
  return CLASSES.find(([, of]) => marks.some(({ mark }) => of.includes(mark)))?.[0] ?? 'none';
}

function renderLegend(): string {
  const items = Object.values(MARKS).map(({ shape, words }) => `<li><b>${shape}</b> ${words}</li>`);
  return `<h2>Legend</h2><ul class="legend">${items.join('')}<li><b>·</b> nothing</li></ul>`;
}
