import { describe, expect, it } from 'vitest';
import { runSchedule, type ScheduleOptions } from './harness/run-schedule.ts';
import type { Scenario } from './harness/scenario.ts';
import type { Sabotage } from './harness/steps.ts';

/** The judge must be able to condemn: each of these breaks one step on purpose, and some seed has to show it. */

const quiet = (scenario: Scenario): Scenario => ({
  ...scenario,
  faultChance: 0,
  jobKillChance: 0,
  accidents: [],
  deathInFence: undefined,
  writePauseMs: 60,
  initialRows: 20,
  person: { cancelAfterMs: undefined, terminateAfterMs: undefined, rejectsFirst: false },
  input: {
    ...scenario.input,
    cutover: { approval: 'automatic', maxWritePause: '2m', switchClients: 'switch-clients' },
    copy: {},
  },
});

const behind = (scenario: Scenario): Scenario => ({
  ...quiet(scenario),
  traits: {
    old: { ...scenario.traits['old'], clockSkewMs: 2_000 },
    new: { ...scenario.traits['new'], clockSkewMs: -2_500 },
  },
});

const lagging = (scenario: Scenario): Scenario => ({
  ...quiet(scenario),
  traits: { ...scenario.traits, old: { ...scenario.traits['old'], shipDelayMs: 4_000 } },
});

/** What ships before the restore is wiped by it. */
const onEmptyTables = (scenario: Scenario): Scenario => ({ ...quiet(scenario), targetBefore: 'empty' });

interface Broken {
  what: string;
  sabotage: Sabotage;
  /** What some seed must say. */
  says: RegExp;
  adjust?: ScheduleOptions['adjust'];
}

const equalVerdicts: Sabotage['compareInsideFence'] = async (input) => {
  const { tables } = input as { tables: { table: { table: string } }[] };
  return tables.map(({ table }) => verdictOf(table.table));
};
const equalVerdict: Sabotage['compareTable'] = async (input) =>
  verdictOf((input as { table: { table: string } }).table.table);

const equalTouched: Sabotage['compareTouchedRows'] = async (input) => {
  const { tables } = input as { tables: { table: { table: string } }[] };
  return { verdicts: tables.map(({ table }) => verdictOf(table.table)), failures: [], walBytes: 0, lookMs: 0 };
};

const restoreOverWhatHasShipped: Sabotage['restoreTable'] = async (input, _real, deps) => {
  const { run, table, snapshot } = input as { run: { target: string }; table: { table: string }; snapshot: string };
  const target = await deps.cluster(run.target);
  await target.disableTable(table.table);
  await target.restoreSnapshot(snapshot);
  await target.enableTable(table.table);
  return { changed: true };
};

function verdictOf(table: string) {
  const at = new Date(0).toISOString();
  const none = { rowsSource: 0, rowsTarget: 0, cells: 0, recomparedRows: 0, differentRows: 0 };
  return {
    ...none,
    table,
    result: 'equal',
    method: 'agents',
    scope: 'table',
    startedAt: at,
    finishedAt: at,
    provenUntilMs: 0,
    digest: 'claimed',
  };
}

const BROKEN: Broken[] = [
  {
    what: 'the drain is not proven, and nothing is compared inside the fence',
    sabotage: {
      proveDrained: async () => ({ rolled: [], passes: [], sentinels: 0, durationMs: 0 }),
      compareInsideFence: equalVerdicts,
    },
    says: /I1|I3/,
    adjust: lagging,
  },
  {
    what: 'no scope is ever set, and every compare says equal',
    sabotage: {
      setReplicationScope: async () => ({ changed: true }),
      compareInsideFence: equalVerdicts,
      compareTable: equalVerdict,
      compareTouchedRows: equalTouched,
    },
    says: /I1/,
  },
  {
    what: 'the peer is enabled before the table is restored, and every compare says equal',
    sabotage: {
      waitForPeerQueues: async (input, real, deps) => {
        const { run, peerId } = input as { run: { source: string }; peerId: string };
        const result = await real(input);
        await (await deps.cluster(run.source)).enablePeer(peerId);
        return result;
      },
      restoreTable: restoreOverWhatHasShipped,
      compareInsideFence: equalVerdicts,
      compareTable: equalVerdict,
      compareTouchedRows: equalTouched,
    },
    says: /I1|I3/,
    adjust: onEmptyTables,
  },
  {
    what: 'the fence is not set',
    sabotage: {
      fenceTables: async () => ({ changed: true, provenAtMs: 0, regions: 1 }),
      compareInsideFence: equalVerdicts,
    },
    says: /I4/,
  },
  {
    what: 'the target is behind and nobody waits for its clocks',
    sabotage: {
      waitForClocks: async () => ({ sourceClockMs: 0, targetClockMs: 0 }),
      // Its probe would notice as well.
      openTarget: async () => ({ changed: false }),
    },
    says: /I1/,
    adjust: behind,
  },
  {
    what: 'the peer is not settled',
    sabotage: {
      settleNotes: async (input, real) =>
        (input as { kind: string }).kind === 'peer' ? { settled: [], kept: [] } : real(input),
      auditLeaks: async () => ({ leaks: [], foreign: [], residues: [] }),
    },
    says: /I5.*peer/,
  },
  {
    what: "a row of ours is written that somebody else's peer takes",
    sabotage: {
      waitForPeerQueues: async (input, real, deps) => {
        const { run } = input as { run: { source: string } };
        const source = await deps.cluster(run.source);
        const table = 'thb_sabotage';
        await source.createTable({ table, families: [{ name: 'm', scope: 1 }], splitKeys: [] });
        await source.putSentinels(table, '01');
        await source.disableTable(table);
        await source.deleteTable(table);
        return real(input);
      },
    },
    says: /Q: thb_sabotage is in the queue of peer dr/,
    adjust: (scenario) => ({ ...quiet(scenario), otherPeer: 'disabled' }),
  },
];

describe('the properties can fail', () => {
  it('without sabotage the same seeds are clean', async () => {
    expect(await firstComplaint({}, { adjust: quiet })).toBe('');
  });

  it.each(BROKEN)('when $what', async ({ sabotage, says, adjust }) => {
    expect(await firstComplaint(sabotage, { adjust: adjust ?? quiet, says })).toMatch(says);
  });
});

/** Up to the first seed that says it: another one may only show a smaller harm. */
async function firstComplaint(
  sabotage: Sabotage,
  { adjust, says = /./ }: { adjust: ScheduleOptions['adjust'] & object; says?: RegExp },
): Promise<string> {
  const complaints: string[] = [];
  for (let seed = 1; seed <= 8 && !complaints.some((text) => says.test(text)); seed += 1) {
    const { broken } = await runSchedule({ seed, sabotage, adjust });
    complaints.push(...broken);
  }
  return complaints.join('\n');
}
