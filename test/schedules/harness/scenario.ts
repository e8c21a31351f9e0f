import type { MigrateTablesInput } from '../../../workflows/contract/requests/migrate-tables.ts';
import { FENCE_COMMAND, STAGING_ROOT, SWITCH_COMMAND } from '../../model/model-deps.ts';
import type { Random } from '../../model/random.ts';
import type { ClusterTraits } from '../../model/state.ts';

/** What one seed tells: the clusters, the request, and everything that goes wrong. */
export interface Scenario {
  seed: number;
  tables: string[];
  /** Of each table, in hex. */
  splitKeys: string[];
  initialRows: number;
  targetBefore: 'absent' | 'empty';
  writePauseMs: number;
  input: MigrateTablesInput;
  traits: Record<string, Partial<ClusterTraits>>;
  /** Chance that one call of a worker to a cluster goes wrong. */
  faultChance: number;
  /** Steps that a worker runs at once. */
  slots: number;
  jobKillChance: number;
  accidents: Accident[];
  /** Somebody else's peer from the source, which takes everything but the wave. */
  otherPeer: 'none' | 'enabled' | 'disabled';
  /** The worker dies at its first call of this kind and is away for so long. */
  deathInFence: { awayMs: number } | undefined;
  person: {
    cancelAfterMs: number | undefined;
    terminateAfterMs: number | undefined;
    rejectsFirst: boolean;
    isAway?: boolean;
    unruly?: Unruly;
  };
}

/** What people do that the recipe does not ask for. */
export interface Unruly {
  /** Said before any worker has seen the run. */
  first?: 'cancel' | 'pause';
  /** Pauses by itself at these times; goes on a while later. */
  pausesAtMs?: number[];
  /** Cancels the copy of one table, in the Web UI. */
  cancelsChildAtMs?: number;
  /** Approves a digest that is not the one of now. */
  approvesStale?: boolean;
  /** Past the mark: goes back to before the approval, and perhaps cancels then. */
  resets?: 'only' | 'then-cancel';
}

export interface Accident {
  afterMs: number;
  kind: AccidentKind;
  lastsMs: number;
}

const ACCIDENTS = [
  'kill-worker',
  'cut-off-worker',
  'kill-source-server',
  'kill-target-server',
  'move-region',
  'split-region',
  'compact-target',
  'block-target',
  'hold-lock',
  'bulk-load',
  'table-in-the-way',
  'gateway-silent',
  'bad-network',
  'bad-network',
] as const;
export type AccidentKind = (typeof ACCIDENTS)[number];

export function createScenario(seed: number, random: Random): Scenario {
  const tables = ['shop:orders', 'shop:items', 'audit'].slice(0, random.between(1, 3));
  return {
    seed,
    tables,
    splitKeys: random.pick([[], ['80'], ['40', '80', 'c0']]),
    initialRows: random.between(0, 40),
    targetBefore: random.chance(0.25) ? 'empty' : 'absent',
    writePauseMs: random.pick([200, 500, 1_500]),
    input: createInput(tables, random),
    traits: { old: createTraits(random), new: { ...createTraits(random), lineOne: false, version: '2.6.6' } },
    faultChance: random.pick([0, 0.001, 0.003]),
    jobKillChance: random.pick([0, 0, 0.2]),
    accidents: createAccidents(random),
    otherPeer: random.fork('other-peer').pick(['none', 'none', 'enabled', 'disabled']),
    deathInFence: random.chance(0.2) ? { awayMs: random.pick([3_000, 20_000, 120_000]) } : undefined,
    person: createPerson(random),
    slots: random.pick([100, 6]),
  };
}

function createInput(tables: string[], random: Random): MigrateTablesInput {
  const fence = random.pick(['readonly', 'readonly', 'readonly', 'disable', 'command'] as const);
  const isStaged = random.chance(0.2);
  return {
    source: 'old',
    target: 'new',
    tables,
    copy: isStaged ? { via: 'staging', staging: STAGING_ROOT } : { parallelTables: random.between(1, 4) },
    cutover: {
      approval: random.chance(0.3) ? 'automatic' : 'required',
      approvalExpires: '2h',
      maxWritePause: random.pick(['30s', '60s', '2m']),
      fence,
      ...(fence === 'command' ? { fenceCommand: FENCE_COMMAND } : {}),
      ...(random.chance(0.7) ? { switchClients: SWITCH_COMMAND } : {}),
    },
    acceptWarnings: [
      'bug.HBASE-29987',
      'cluster.no-backup-master',
      'clock.skew',
      'cluster.dead-servers',
      'target.empty-table',
      'peer.buffers',
    ],
    verify: { fullInsideFenceCells: random.pick([0, 20_000]) },
  };
}

function createTraits(random: Random): Partial<ClusterTraits> {
  return {
    servers: random.between(2, 3),
    walGroups: random.pick([1, 1, 2]),
    clockSkewMs: random.pick([0, 0, 1_500, -1_500]),
    ...(random.chance(0.2) ? { lineOne: true, version: '1.7.2' } : { lineOne: false, version: '2.6.6' }),
    queueClaimMs: random.pick([2_000, 10_000, 40_000]),
    rollDelayMs: random.pick([100, 2_000]),
    shipDelayMs: random.pick([150, 150, 2_000]),
  };
}

function createAccidents(random: Random): Accident[] {
  return Array.from({ length: random.between(0, 4) }, () => {
    const kind = random.pick(ACCIDENTS);
    // Later there is no way to be in.
    const latestMs = kind === 'table-in-the-way' ? 3_000 : random.pick([15_000, 15_000, 60_000]);
    return { kind, afterMs: random.between(200, latestMs), lastsMs: random.pick([500, 3_000, 15_000]) };
  });
}

function createPerson(random: Random): Scenario['person'] {
  const ending = random.next();
  return {
    cancelAfterMs: ending < 0.15 ? random.between(200, 20_000) : undefined,
    terminateAfterMs: ending > 0.9 ? random.between(200, 20_000) : undefined,
    rejectsFirst: random.chance(0.1),
    unruly: createUnruly(random),
  };
}

function createUnruly(random: Random): Unruly {
  const often = random.chance(0.3) ? random.between(1, 4) : 0;
  return {
    ...(random.chance(0.05) ? { first: random.pick(['cancel', 'pause'] as const) } : {}),
    pausesAtMs: Array.from({ length: often }, () => random.between(500, 40_000)),
    ...(random.chance(0.1) ? { cancelsChildAtMs: random.between(2_000, 12_000) } : {}),
    approvesStale: random.chance(0.1),
    ...(random.chance(0.1) ? { resets: random.pick(['only', 'then-cancel'] as const) } : {}),
  };
}
