import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import { ACTIVITY_PREFIX } from '../contract/messages.ts';
import type { StepName, Steps } from '../contract/steps.ts';
import { type HoldPause, untilRoundIsGood } from './held-steps.ts';

/** The only place with time-outs and retry policies. */
export type StepKind =
  | 'quick'
  | 'change'
  | 'attempt'
  | 'job'
  | 'wait'
  | 'watch'
  | 'fence'
  | 'mark'
  | 'urgent'
  | 'look'
  | 'alert'
  | 'alertOnce';

/**
 * A killed worker is noticed within this. The frame of every step beats each second whatever its cluster does, and a
 * worker with the plugin sends a beat every 1.5 s: a second worker takes over about five seconds after
 * (`npm run bench -- --only takeover`).
 */
const HEARTBEAT = '4 seconds';
/**
 * Infrastructure heals by itself, so it is tried again soon; what cannot heal is thrown non-retryable by its code. After
 * these attempts the workflow hears of it and shows it: nothing is retried out of sight.
 */
const A_MINUTE = { initialInterval: '200 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 12 } as const;
const FOUR_MINUTES = { ...A_MINUTE, maximumInterval: '1 minute' } as const;
const HALF_A_MINUTE = { ...A_MINUTE, maximumInterval: '2 seconds', maximumAttempts: 20 } as const;

/**
 * What follows a cancellation must not meet the step that still ends: the undo of a copy would miss the job that is
 * just being started. Named, since an unset type is sent as TRY_CANCEL whatever the SDK's documentation says (1.24).
 */
const AWAITED = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED } as const;

const KINDS: Record<StepKind, ActivityOptions> = {
  quick: { startToCloseTimeout: '2 minutes', heartbeatTimeout: HEARTBEAT, retry: A_MINUTE, ...AWAITED },
  /** Admin calls that return when every region has followed. */
  change: { startToCloseTimeout: '30 minutes', heartbeatTimeout: HEARTBEAT, retry: A_MINUTE, ...AWAITED },
  /** Before the fence of a cutover: what fails ends the attempt, and a person approves the next one. */
  attempt: { startToCloseTimeout: '30 minutes', heartbeatTimeout: HEARTBEAT, retry: A_MINUTE, ...AWAITED },
  /** Attaches to a remote job and polls it; cancellation stops the job, so its end is awaited. */
  job: { startToCloseTimeout: '7 days', heartbeatTimeout: HEARTBEAT, retry: FOUR_MINUTES, ...AWAITED },
  /** Only looks: nothing to stop, so a cancellation needs no answer. */
  wait: {
    startToCloseTimeout: '30 days',
    heartbeatTimeout: HEARTBEAT,
    retry: FOUR_MINUTES,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  /** The same, but blindness is no wait: the flow hears of it. */
  watch: {
    startToCloseTimeout: '30 days',
    heartbeatTimeout: HEARTBEAT,
    retry: FOUR_MINUTES,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  /**
   * Between fence and mark the bound decides, by `withinMs` of each call. A cancelled attempt is not waited for: the mark
   * makes it harmless when it acts late (hazard 27).
   */
  fence: {
    startToCloseTimeout: '60 seconds',
    heartbeatTimeout: HEARTBEAT,
    // The bound ends them, after an hour at the latest.
    retry: { initialInterval: '200 milliseconds', maximumInterval: '2 seconds' },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  /** An unknown answer is asked for again without end, since the winner decides what happens next. */
  mark: {
    startToCloseTimeout: '20 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: HALF_A_MINUTE,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  /** Clients wait for writes: a dead worker is noticed soon, and it is tried without end. */
  urgent: {
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: HEARTBEAT,
    retry: HALF_A_MINUTE,
    ...AWAITED,
  },
  /**
   * Only looks, and has to say so when nobody answers: a connection that takes its time must not end the attempt that
   * would tell of it.
   */
  look: {
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: HEARTBEAT,
    retry: A_MINUTE,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  /** Somebody else's service: not for ever, since the next watch tries again. */
  alert: {
    startToCloseTimeout: '150 seconds',
    heartbeatTimeout: HEARTBEAT,
    scheduleToCloseTimeout: '6 minutes',
    retry: { initialInterval: '1 second', maximumInterval: '1 minute', maximumAttempts: 6 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
  alertOnce: {
    startToCloseTimeout: '150 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  },
};

/** Kinds that are tried again round after round until they succeed; the others end by their last failure. */
const PAUSES: Partial<Record<StepKind, HoldPause>> = {
  quick: { leastMs: 10_000, mostMs: 1_800_000 },
  change: { leastMs: 10_000, mostMs: 1_800_000 },
  job: { leastMs: 30_000, mostMs: 1_800_000 },
  wait: { leastMs: 30_000, mostMs: 1_800_000 },
  mark: { leastMs: 1_000, mostMs: 60_000 },
  urgent: { leastMs: 1_000, mostMs: 60_000 },
};

const KIND_OF_STEP: Record<StepName, StepKind> = {
  planMigration: 'change',
  describePlan: 'quick',
  checkClusters: 'change',
  claimRun: 'quick',
  listRuns: 'quick',
  readMarks: 'quick',
  settleNotes: 'change',
  auditLeaks: 'change',
  closeRun: 'quick',
  createMarkerTable: 'change',
  addPeer: 'change',
  waitForPeerQueues: 'wait',
  setReplicationScope: 'change',
  setPeerTables: 'change',
  enablePeer: 'quick',
  disablePeer: 'change',
  waitForCatchUp: 'wait',
  mintRetry: 'quick',
  takeSnapshot: 'change',
  exportSnapshot: 'job',
  transferStaging: 'job',
  importSnapshot: 'job',
  restoreTable: 'change',
  compareTable: 'job',
  openProofWindow: 'change',
  compareTouchedRows: 'job',
  closeProofWindow: 'change',
  sealEvidence: 'quick',
  watchRun: 'watch',
  predictCutover: 'attempt',
  checkClientSwitch: 'attempt',
  startFenceGuard: 'attempt',
  stopFenceGuard: 'urgent',
  fenceTables: 'fence',
  disableTables: 'fence',
  unfenceTables: 'urgent',
  proveDrained: 'fence',
  waitForClocks: 'fence',
  compareInsideFence: 'fence',
  setMark: 'mark',
  openTarget: 'urgent',
  switchClients: 'change',
  liftFence: 'change',
  planBackup: 'change',
  openRun: 'quick',
  holdRoot: 'job',
  readSourceClocks: 'quick',
  exportToRoot: 'job',
  digestExport: 'job',
  sealBackup: 'change',
  readCatalogue: 'change',
  showBackup: 'change',
  verifyBackup: 'job',
  keepBackup: 'quick',
  readAudit: 'change',
  judgeBackups: 'look',
  sendAlert: 'alert',
  planRestore: 'change',
  planDrill: 'change',
  checkBackup: 'job',
  importFromRoot: 'job',
  publishRestore: 'change',
  recordRestore: 'quick',
  publishScratch: 'change',
  compareScratch: 'job',
  recordProof: 'quick',
  planExpiry: 'change',
  previewExpiry: 'job',
  decideExpiry: 'change',
  reviewTrash: 'job',
  moveToTrash: 'job',
  emptyTrash: 'job',
  planArchive: 'change',
  planStopArchive: 'change',
  openHolders: 'job',
  rollHeldWals: 'change',
  archiveHeldWals: 'job',
  rotateHolder: 'change',
  recordTick: 'change',
  expireWals: 'job',
  closeArchive: 'change',
  replayWals: 'job',
  readyScratch: 'change',
  readInstants: 'change',
  planExport: 'change',
  openExport: 'change',
  exportTable: 'job',
  sealExport: 'change',
  planImport: 'change',
  checkExports: 'job',
  createImportTable: 'change',
  importExport: 'job',
  recordImport: 'quick',
  readExports: 'change',
};

export interface StepOptions {
  /** One line for the Web UI; cut to the 200 bytes that servers accept. */
  summary: string;
  /** Another kind than the table says, e.g. the drain proof outside the fence. */
  kind?: StepKind;
  /** What is left of a bound: one attempt may take all of it, and none follows it. */
  withinMs?: number;
}

/** The scope that holds the bound ends the step; these only keep an attempt from living on without it. */
const BEYOND_THE_BOUND_MS = 5_000;

function limitsOf(kind: StepKind, { withinMs }: StepOptions): ActivityOptions {
  const limits = KINDS[kind];
  if (withinMs === undefined) return limits;
  const timeout = Math.max(0, withinMs) + BEYOND_THE_BOUND_MS;
  return { ...limits, startToCloseTimeout: timeout, scheduleToCloseTimeout: timeout };
}

type PrefixedSteps = { [N in StepName as `${typeof ACTIVITY_PREFIX}${N}`]: Steps[N] };

/** Runs one step. The answer, or the failure of the closed table, is the step's own. */
export function step<N extends StepName>(
  name: N,
  input: Parameters<Steps[N]>[0],
  options: StepOptions,
): ReturnType<Steps[N]> {
  const kind = options.kind ?? KIND_OF_STEP[name];
  const summary = cutToBytes(options.summary, 200);
  const proxied = proxyActivities<PrefixedSteps>({ ...limitsOf(kind, options), summary });
  const run = proxied[`${ACTIVITY_PREFIX}${name}`] as unknown as (body: typeof input) => ReturnType<Steps[N]>;
  const pause = PAUSES[kind];
  if (pause === undefined) return run(input);
  const about = { summary: options.summary, table: tableOf(input), pause };
  // The compiler cannot see through the generic that this is the same promise's value.
  return untilRoundIsGood(about, () => run(input) as Promise<unknown>) as ReturnType<Steps[N]>;
}

/** The table a step is about, when its input names one. */
function tableOf(input: unknown): string | undefined {
  const { table } = (input ?? {}) as { table?: string | { table?: string } };
  return typeof table === 'object' ? table.table : table;
}

/** Cuts at a character, never inside one. */
export function cutToBytes(text: string, limit: number): string {
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= limit) return text;
  let cut = '';
  let size = encoder.encode('…').length;
  for (const char of text) {
    size += encoder.encode(char).length;
    if (size > limit) break;
    cut += char;
  }
  return `${cut}…`;
}
