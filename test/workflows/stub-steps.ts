import { Context, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { FailureCode } from '../../workflows/contract/failures.ts';
import type { MigrationPlan, MigrationRequest, PlannedTable } from '../../workflows/contract/plan.ts';
import type { VerificationVerdict } from '../../workflows/contract/status.ts';
import type { WatchEvent } from '../../workflows/contract/step-data.ts';
import type { Steps } from '../../workflows/contract/steps.ts';

/** Steps that succeed at once and remember that they were called. A test replaces the ones it is about. */
export interface StubSteps {
  activities: Record<string, (input: never) => Promise<unknown>>;
  /** Names of the steps in the order of their calls; `settleNotes` with kind and side. */
  calls: { name: string; input: Record<string, unknown> }[];
  names(): string[];
}

export type StepStubs = { [N in keyof Steps]?: (input: Parameters<Steps[N]>[0], stubs: StubSteps) => Promise<unknown> };

export function createStubSteps(
  tables: string[],
  overrides: StepStubs = {},
  cutover: Partial<MigrationRequest['cutover']> = {},
): StubSteps {
  const calls: StubSteps['calls'] = [];
  const stubs: StubSteps = { activities: {}, calls, names: () => calls.map(({ name }) => name) };
  const all: StepStubs = { ...defaults(tables, cutover), ...overrides };
  for (const [name, run] of Object.entries(all) as [string, (input: unknown, stubs: StubSteps) => Promise<unknown>][]) {
    stubs.activities[`hbase.${name}`] = async (input: Record<string, unknown>) => {
      calls.push({
        name: name === 'settleNotes' ? `settle ${String(input['kind'])} ${String(input['side'])}` : name,
        input,
      });
      return run(input, stubs);
    };
  }
  return stubs;
}

export function failAs(code: FailureCode, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ code }] });
}

/** May heal by itself, and is tried again at once: a step's attempts are used up before a test waits for it. */
export function failForNow(code: FailureCode, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nextRetryDelay: '1 millisecond', details: [{ code }] });
}

/** Beats until it is cancelled, as the real watching steps do. */
export async function untilCancelled(): Promise<never> {
  const beat = setInterval(() => heartbeat(), 500);
  try {
    return await Context.current().cancelled;
  } finally {
    clearInterval(beat);
  }
}

/** A watch that reports these events, once each, and then nothing. */
export function watchSeeing(...events: WatchEvent[]) {
  return async ({ seen, once }: { seen: string[]; once?: boolean }): Promise<WatchEvent> => {
    const unseen = events.filter(({ key }) => !seen.includes(key));
    if (once === true) return { key: 'looked', kind: 'looked', message: 'looked', events: unseen };
    return unseen[0] ?? untilCancelled();
  };
}

const changed = async (): Promise<{ changed: boolean }> => ({ changed: true });

export function equalVerdict(table: string, scope: 'table' | 'window' = 'table'): VerificationVerdict {
  const at = new Date().toISOString();
  return {
    table,
    result: 'equal',
    method: 'agents',
    scope,
    startedAt: at,
    finishedAt: at,
    provenUntilMs: Date.now(),
    rowsSource: 10,
    rowsTarget: 10,
    cells: 100,
    recomparedRows: 0,
    differentRows: 0,
    digest: 'd',
  };
}

export function differentVerdict(table: string): VerificationVerdict {
  return { ...equalVerdict(table), result: 'different', differentRows: 2 };
}

const notStubbed = async (): Promise<never> => {
  throw new Error('a migration does not call this');
};

const BACKUP_STUBS = {
  planExport: notStubbed,
  openExport: notStubbed,
  exportTable: notStubbed,
  sealExport: notStubbed,
  planImport: notStubbed,
  checkExports: notStubbed,
  createImportTable: notStubbed,
  importExport: notStubbed,
  recordImport: notStubbed,
  readExports: notStubbed,
  planBackup: notStubbed,
  openRun: notStubbed,
  holdRoot: notStubbed,
  readSourceClocks: notStubbed,
  exportToRoot: notStubbed,
  digestExport: notStubbed,
  sealBackup: notStubbed,
  readCatalogue: notStubbed,
  showBackup: notStubbed,
  verifyBackup: notStubbed,
  keepBackup: notStubbed,
  planRestore: notStubbed,
  planDrill: notStubbed,
  checkBackup: notStubbed,
  importFromRoot: notStubbed,
  publishRestore: notStubbed,
  recordRestore: notStubbed,
  publishScratch: notStubbed,
  compareScratch: notStubbed,
  recordProof: notStubbed,
  planExpiry: notStubbed,
  previewExpiry: notStubbed,
  decideExpiry: notStubbed,
  reviewTrash: notStubbed,
  moveToTrash: notStubbed,
  emptyTrash: notStubbed,
  planArchive: notStubbed,
  planStopArchive: notStubbed,
  openHolders: notStubbed,
  rollHeldWals: notStubbed,
  archiveHeldWals: notStubbed,
  rotateHolder: notStubbed,
  recordTick: notStubbed,
  expireWals: notStubbed,
  closeArchive: notStubbed,
  replayWals: notStubbed,
  readyScratch: notStubbed,
  readInstants: notStubbed,
  readAudit: notStubbed,
  judgeBackups: notStubbed,
  sendAlert: notStubbed,
};

function defaults(tables: string[], cutover: Partial<MigrationRequest['cutover']>): Required<StepStubs> {
  return {
    ...BACKUP_STUBS,
    planMigration: async ({ workflowId }) => stubPlan(workflowId, tables, cutover),
    describePlan: async () => [],
    checkClusters: async () => [],
    claimRun: changed,
    listRuns: async () => [],
    readMarks: async () => ({ marks: [], guarded: [], fenced: [], peerIds: [], isEmpty: false }),
    settleNotes: async () => ({ settled: [], kept: [] }),
    auditLeaks: async () => ({ leaks: [], foreign: [], residues: [] }),
    closeRun: changed,
    createMarkerTable: changed,
    addPeer: changed,
    waitForPeerQueues: changed,
    setReplicationScope: changed,
    setPeerTables: changed,
    enablePeer: changed,
    disablePeer: changed,
    waitForCatchUp: async () => ({ wals: 1, bytes: 0, oldestMs: 0, asOf: new Date().toISOString() }),
    mintRetry: async ({ attempt }) => ({ peerId: `thb_retry_${attempt}`, snapshot: `thb_again_${attempt}` }),
    takeSnapshot: async () => ({ changed: true, bytes: 1000, files: 2 }),
    exportSnapshot: copied,
    transferStaging: copied,
    importSnapshot: copied,
    restoreTable: changed,
    compareTable: async ({ table, scope }) => equalVerdict(table.table, scope),
    openProofWindow: async () => ({ heldFromMs: Date.now() }),
    compareTouchedRows: async ({ tables: given }) => ({
      verdicts: given.map(({ table }) => equalVerdict(table.table, 'window')),
      failures: [],
      walBytes: 1_000,
      lookMs: 5,
    }),
    closeProofWindow: changed,
    sealEvidence: async ({ evidence }) => ({ digest: `e${JSON.stringify(evidence).length}` }),
    watchRun: ({ once }) => watchSeeing()({ seen: [], once: once === true }),
    predictCutover: async () => ({
      fits: true,
      predictedPauseMs: 1000,
      predictedUnfenceMs: 500,
      guardDeadlineMs: 20_000,
      reason: 'fits',
    }),
    checkClientSwitch: changed,
    startFenceGuard: changed,
    stopFenceGuard: changed,
    fenceTables: fenced,
    disableTables: fenced,
    unfenceTables: fenced,
    proveDrained: async () => ({ rolled: [], passes: [], sentinels: 2, durationMs: 5 }),
    waitForClocks: async () => ({ sourceClockMs: 1, targetClockMs: 2 }),
    compareInsideFence: async ({ tables: given }) => given.map(({ table }) => equalVerdict(table.table, 'window')),
    setMark: async ({ decision, by }) => ({ decision, by }),
    openTarget: changed,
    switchClients: changed,
    liftFence: changed,
  };
}

const fenced = async (): Promise<unknown> => ({ changed: true, provenAtMs: Date.now(), regions: 3 });
const copied = async (): Promise<unknown> => ({
  changed: true,
  copiedBytes: 1000,
  skippedFiles: 0,
  checksum: 'composite-crc',
  durationMs: 3,
});

const cluster = (name: string): MigrationPlan['source'] => ({
  name,
  clusterId: `id-${name}`,
  version: '2.4.17',
  clusterKey: `${name}:2181:/hbase`,
  rootDir: `hdfs://${name}:8020/hbase`,
  regionServers: 2,
});

export function stubPlan(
  workflowId: string,
  tables: string[],
  cutover: Partial<MigrationRequest['cutover']>,
): MigrationPlan {
  return {
    formatVersion: 1,
    runId: 'abcdef123456',
    workflowId,
    request: stubRequest(tables, cutover),
    createdAt: new Date().toISOString(),
    peerId: 'thb_abcdef123456',
    markerTable: 'thb_marker_abcdef123456',
    markerSplitKeys: ['80'],
    source: cluster('old'),
    target: cluster('new'),
    tables: tables.map(stubTable),
    findings: [],
    inventoryDigest: 'inventory',
    digest: 'plan-digest',
  };
}

function stubRequest(tables: string[], cutover: Partial<MigrationRequest['cutover']>): MigrationRequest {
  return {
    source: 'old',
    target: 'new',
    tables,
    name: 'stub',
    copy: { via: 'direct', mappers: 1, bandwidthMb: 0, parallelTables: 8 },
    cutover: {
      approval: 'required',
      approvalExpiresMs: 3_600_000,
      maxWritePauseMs: 20_000,
      fence: 'readonly',
      switchClients: 'switch',
      ...cutover,
    },
    verify: { level: 'cells', fullInsideFenceCells: 1000, agentCompareCells: 1_000_000, showKeys: false },
    acceptWarnings: [],
  };
}

function stubTable(table: string): PlannedTable {
  return {
    table,
    families: [{ name: 'f', scopeBefore: 0, maxVersions: 1, ttlSeconds: 2_147_483_647 }],
    regions: 1,
    readOnlyBefore: false,
    sizeBytes: 1000,
    snapshot: `thb_snap_${table.replace(':', '_')}`,
    targetBefore: 'absent',
    schemaDigest: `schema-${table}`,
  };
}
