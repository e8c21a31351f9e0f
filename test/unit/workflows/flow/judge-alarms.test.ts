import { describe, expect, it } from 'vitest';
import type { Blocker, MigrationStatus } from '../../../../workflows/contract/status.ts';
import { listAlarms, nextDueMs, toEndAlarm } from '../../../../workflows/flow/judge-alarms.ts';

const AT_MS = Date.UTC(2026, 0, 1);
const at = (ms: number): string => new Date(AT_MS + ms).toISOString();
const status = (change: Partial<MigrationStatus> = {}): MigrationStatus =>
  ({ phase: 'copying', since: at(0), blockers: [], cutovers: [], tables: [], ...change }) as unknown as MigrationStatus;
const blocker = (code: string): Blocker => ({ code, message: `${code} stands`, since: at(0), fix: 'do this' });
const kindsAfter = (ms: number, of: MigrationStatus) =>
  listAlarms(of, { blockerAfterMs: 60_000, nowMs: AT_MS + ms }).map(({ kind }) => kind);

describe('alarms', () => {
  it('a blocker: told when it has stood for so long; what is urgent at once; what nobody has to act on never', () => {
    const of = status({ blockers: ['verification', 'watch-blind', 'lag'].map(blocker) });
    expect(kindsAfter(59_999, of)).toEqual(['watch-blind']);
    expect(kindsAfter(60_000, of)).toEqual(['blocked', 'watch-blind']);
    expect(nextDueMs(of, { blockerAfterMs: 60_000, nowMs: AT_MS })).toBe(AT_MS + 60_000);
    expect(nextDueMs(of, { blockerAfterMs: 60_000, nowMs: AT_MS + 60_000 })).toBeUndefined();
  });

  it('a disk that is full within a day, and a failed attempt: told', () => {
    const heldWals = { diskFullAt: at(86_000_000), asOf: at(0) } as MigrationStatus['heldWals'] & object;
    const failure = { code: 'cutover.failed', message: 'no' } as const;
    const cutovers = [{ epoch: 1, approvedBy: 'ann', steps: [], outcome: 'unfenced' as const, failure }];
    expect(kindsAfter(0, status({ heldWals, cutovers }))).toEqual(['disk-forecast', 'attempt-failed']);
    expect(kindsAfter(0, status({ heldWals: { ...heldWals, diskFullAt: at(90_000_000) } }))).toEqual([]);
  });

  it('the end: by its phase and why', () => {
    const failure = { code: 'run.leaks', message: 'left a peer' } as const;
    expect(toEndAlarm(status({ phase: 'failed', failure }), at(5))).toMatchObject({
      level: 'critical',
      message: 'ended as failed: run.leaks: left a peer',
    });
    expect(toEndAlarm(status({ phase: 'done' }), at(5)).level).toBe('ok');
  });
});
