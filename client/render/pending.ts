import type { PendingStep } from '../read-pending.ts';
import { formatSince } from './quantities.ts';

const MOST_CHARACTERS = 300;

/** Tried more than once, or failed, or held by somebody: what a person must see. */
export function isTryingAgain({ attempt, lastFailure, state }: PendingStep): boolean {
  return attempt > 1 || lastFailure !== undefined || state === 'paused';
}

/** e.g. `restoreTable shop:a: attempt 57, last failure 12 s ago: hbase.failed: Class … cannot be loaded`. */
export function formatTrying(pending: PendingStep, nowMs: number): string {
  const { step, table, attempt, state, lastFailure } = pending;
  const paused = state === 'paused' ? ', paused in Temporal' : '';
  return `${step}${table === undefined ? '' : ` ${table}`}: attempt ${attempt}${paused}${formatFailure(lastFailure, nowMs)}`;
}

function formatFailure(failure: PendingStep['lastFailure'], nowMs: number): string {
  if (failure === undefined) return '';
  const { code, message, at } = failure;
  const ago = at === undefined ? '' : ` ${formatSince(at, nowMs)} ago`;
  return `, last failure${ago}: ${code}: ${clip(message)}`;
}

/** One line of a table of many. */
function clip(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
}
