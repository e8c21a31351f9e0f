import type { Blocker, MigrationStatus, TableStatus } from '../contract/status.ts';

/** The details travel in the address of the page that renders them, so they stay short. */
const MOST_BYTES = 2_000;
const MOST_TABLES = 12;
const MOST_BLOCKERS = 6;

/** The Web UI measures its frame without the margins and cuts the last line: let it cut one without ink. */
const LAST_LINE = '\n\n\u200B';

/**
 * What the Web UI shows on top of a run: markdown in lists, since its renderer draws no borders. It joins lines and
 * takes a list for text unless an empty line comes before it. At most 2 KB, filled in the order of importance.
 */
export function toCurrentDetails(status: MigrationStatus): string {
  const parts = [headline, failure, approval, blockers, cutover, backlog, tableList, residues, notices].map((part) =>
    part(status),
  );
  let text = '';
  let room = MOST_BYTES - byteLength(LAST_LINE);
  for (const part of parts.filter((each) => each !== '')) {
    const fitting = takeLines(text === '' ? part : `\n\n${part}`, room);
    room -= byteLength(fitting);
    text += fitting;
  }
  return text + LAST_LINE;
}

/** Whole lines only: half a line of JSON would be pasted. */
function takeLines(part: string, room: number): string {
  const lines = part.split('\n');
  while (lines.length > 0 && byteLength(lines.join('\n')) > room) lines.pop();
  return lines.some((line) => line !== '') ? lines.join('\n') : '';
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function headline({ phase, since, asOf, source, target, runId, paused }: MigrationStatus): string {
  const words = phase.replaceAll('-', ' ');
  const run = runId === undefined ? '' : ` · run \`${runId}\``;
  const state = `**${words}**${paused ? ' (paused)' : ''} since ${shortTime(since)}`;
  return `${state}\n\n${source} → ${target}${run} · as of ${shortTime(asOf)}`;
}

function failure({ failure: cause }: MigrationStatus): string {
  return cause === undefined ? '' : `**Failed** \`${cause.code}\`: ${clip(cause.message, 300)}`;
}

function blockers({ blockers: all }: MigrationStatus): string {
  if (all.length === 0) return '';
  const lines = all.slice(0, MOST_BLOCKERS).map(blockerLine);
  return ['**Waiting for**', '', ...lines, ...andMore(all.length - MOST_BLOCKERS)].join('\n');
}

function blockerLine({ code, table, message, since, fix }: Blocker): string {
  const about = table === undefined ? '' : ` of \`${table}\``;
  const cure = fix === undefined ? '' : ` → ${clip(fix, 120)}`;
  return `- **${code}**${about} since ${shortTime(since)}: ${clip(message, 160)}${cure}`;
}

/**
 * The JSON is the same for the signal and the update, so that it can be pasted into either box. Written with spaces:
 * the page breaks lines only at them, and cuts what is too long.
 */
function approval({ canCutOver, evidenceDigest, approvalExpiresAt }: MigrationStatus): string {
  if (!canCutOver || evidenceDigest === undefined) return '';
  const until = approvalExpiresAt === undefined ? '' : ` (until ${shortTime(approvalExpiresAt)})`;
  const body = `{"by": "your name", "digest": ${JSON.stringify(evidenceDigest)}}`;
  return `**To approve**${until}, send the update or signal \`approveCutover\` with:\n\n\`${body}\``;
}

function cutover({ cutovers }: MigrationStatus): string {
  const last = cutovers.at(-1);
  if (last === undefined) return '';
  const steps = last.steps.map(({ name, durationMs, outcome }) => {
    const time = durationMs === undefined ? '…' : ` ${seconds(durationMs)}`;
    return `${name}${time}${outcome === 'failed' ? ' **failed**' : ''}`;
  });
  const pause = last.writePauseMs === undefined ? '' : ` · writes paused ${seconds(last.writePauseMs)}`;
  const why = last.failure === undefined ? '' : `\n\n${clip(last.failure.message, 200)}`;
  return `**Cutover ${last.epoch}** ${last.outcome ?? 'going on'}${pause}\n\n${steps.join(' · ')}${why}`;
}

/** Nothing replicates any more once a run has ended. */
function backlog({ backlog: last, phase }: MigrationStatus): string {
  if (last === undefined || phase === 'done' || phase === 'cancelled' || phase === 'failed') return '';
  const lag = last.probeLagMs === undefined ? '' : `, lag ${seconds(last.probeLagMs)}`;
  return `**Replication** ${plural(last.wals, 'WAL')}, ${size(last.bytes)}${lag}, at ${shortTime(last.asOf)}`;
}

function tableList({ tables }: MigrationStatus): string {
  if (tables.length === 0) return '';
  const counts = new Map<string, number>();
  for (const { phase } of tables) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  const summary = [...counts].map(([phase, count]) => `${count} ${phase}`).join(', ');
  const urgent = [...tables].sort((a, b) => urgency(b) - urgency(a));
  const lines = urgent.slice(0, MOST_TABLES).map(tableLine);
  return [
    `**${plural(tables.length, 'table')}**: ${summary}`,
    '',
    ...lines,
    ...andMore(tables.length - MOST_TABLES),
  ].join('\n');
}

function tableLine({ table, phase, sizeBytes, verification, failure: cause, leftOutBy }: TableStatus): string {
  const proof =
    verification === undefined
      ? ''
      : `, ${verification.cells} cells ${verification.result} for writes up to ${shortTime(toIsoTime(verification.provenUntilMs))}`;
  const why = cause === undefined ? '' : `, ${cause.code}: ${clip(cause.message, 80)}`;
  const left = leftOutBy === undefined ? '' : `, left out by ${leftOutBy}`;
  return `- \`${table}\` ${phase}, ${size(sizeBytes)}${proof}${why}${left}`;
}

function urgency({ phase, leftOutBy }: TableStatus): number {
  if (leftOutBy !== undefined) return 0;
  if (phase === 'quarantined' || phase === 'mismatch') return 2;
  return phase === 'waiting' || phase === 'verified' || phase === 'cut-over' ? 0 : 1;
}

function residues({ residues: all }: MigrationStatus): string {
  if (all.length === 0) return '';
  const lines = all
    .slice(0, 3)
    .map(({ cluster, what, command }) => `- ${cluster}: ${clip(what, 80)}, remove by \`${clip(command, 100)}\``);
  return ['**Left on purpose**', '', ...lines, ...andMore(all.length - 3)].join('\n');
}

function notices({ notices: all }: MigrationStatus): string {
  const last = all.at(-1);
  return last === undefined ? '' : `Last notice, ${shortTime(last.at)}: ${clip(last.message, 200)}`;
}

function andMore(count: number): string[] {
  return count > 0 ? [`- and ${count} more`] : [];
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function clip(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

function shortTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

function toIsoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? 'PB'}`;
}
