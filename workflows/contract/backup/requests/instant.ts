const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(:\d{2})?(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})?$/;
const EXAMPLES = '"2026-11-21T07:15:00Z" or "2026-11-21T08:15:00+01:00"';

/**
 * A point in time as a person writes it, in ms since the epoch, or the rule it breaks. Without a zone it could be
 * hours off, so that is refused rather than guessed; so is a day that no calendar has.
 */
export function parseInstant(text: string): { ms: number } | { rule: string } {
  const match = INSTANT.exec(text);
  if (match === null) return { rule: `must be a time with its zone, such as ${EXAMPLES}` };
  const [, toMinute = '', seconds = ':00', fraction = '.', zone] = match;
  if (zone === undefined) return { rule: `has no time zone; add "Z" for UTC or an offset, such as ${EXAMPLES}` };
  const local = `${toMinute}${seconds}${fraction.padEnd(4, '0')}Z`;
  const localMs = Date.parse(local);
  const ms = Date.parse(local.replace('Z', zone));
  // Date.parse takes February 30th as March 2nd, and 24:00 as the next day.
  if (Number.isNaN(ms) || Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) {
    return { rule: `is no time that exists; it must be one such as ${EXAMPLES}` };
  }
  return { ms };
}
