import { DEFAULT_WINDOW_MS, type Timing } from './timing.ts';
import type { TimingInput } from './timing-schema.ts';

/** Fills in what the file leaves out. `timezone` is that of the set's schedule, for what hangs on it. */
export function toTiming(input: TimingInput, { timezone = 'UTC' }: { timezone?: string } = {}): Timing {
  const { cron, calendar, every, offset = 0, jitter = 0, window = DEFAULT_WINDOW_MS } = input;
  const calendars = [cron ?? [], calendar ?? []].flat();
  return {
    calendars,
    intervals: every === undefined ? [] : [{ everyMs: every, offsetMs: offset }],
    timezone: calendars.length === 0 ? 'UTC' : (input.timezone ?? timezone),
    jitterMs: jitter,
    windowMs: window,
    pauseOnFailure: input.pauseOnFailure ?? false,
  };
}
