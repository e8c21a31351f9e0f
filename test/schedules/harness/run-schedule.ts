import { fileURLToPath } from 'node:url';
import type { MigrationStatus } from '../../../workflows/contract/status.ts';
import { createVirtualClock, type VirtualClock } from '../../model/clock.ts';
import { createRandom, type Random } from '../../model/random.ts';
import {
  createTemporalSimulator,
  getSandbox,
  type SimHandle,
  type TemporalSimulator,
} from '../../model/temporal-simulator.ts';
import { createModelWorld, type ModelWorld } from '../../model/world.ts';
import { WRITER_FAMILIES } from '../../model/writer.ts';
import { arrangeAccidents } from './accidents.ts';
import { createAnswers, type Answers } from './answers.ts';
import { startClients, type Clients } from './clients.ts';
import { judgeEnd, type End } from './ending.ts';
import { resetPastMark, startUnruly } from './unruly.ts';
import { takeInventory, type Inventory } from './leftovers.ts';
import { startPerson } from './people.ts';
import { addOtherPeer, startOthers, THEIRS, type Others } from './others.ts';
import { judgeMark, judgeStatus, type MarkSeen } from './properties.ts';
import { createScenario, type Scenario } from './scenario.ts';
import type { Sabotage } from './steps.ts';
import { collectUnhandled, takeUnhandled } from './unhandled.ts';
import { listTags } from './tags.ts';
import { createWorkers, type Workers } from './workers.ts';

export interface ScheduleResult {
  seed: number;
  /** How the workflow ended. */
  ending: string;
  /** Broken promises, a line each; empty is good. */
  broken: string[];
  virtualMs: number;
  events: number;
  writes: number;
  /** What came to pass, e.g. `quarantined`: so that schedules cannot grow hollow unnoticed. */
  told: string[];
  /** What happened, for a person who reruns one seed. */
  log: string[];
}

export interface ScheduleOptions {
  seed: number;
  sabotage?: Sabotage;
  /** Overrides what the seed says. */
  adjust?: (scenario: Scenario) => Scenario;
  verbose?: boolean;
}

/** Everything of one schedule while it runs. */
export interface Schedule {
  scenario: Scenario;
  clock: VirtualClock;
  random: Random;
  world: ModelWorld;
  clients: Clients;
  others: Others;
  simulator: TemporalSimulator;
  workers: Workers;
  before: Inventory;
  marks: MarkSeen[];
  broken: Set<string>;
  log: string[];
  lastStatus: { value: MigrationStatus | undefined };
  note: (line: string) => void;
  told: Set<string>;
  answers: Answers;
  /** Each is called when the mark of a cutover is set. */
  onCutOver: (() => void)[];
}

const WORKFLOWS = fileURLToPath(new URL('../../../workflows/index.ts', import.meta.url));
const LIMITS = { maxEvents: 150_000, maxMs: 3 * 3_600_000 };

/** One seeded story from an empty world to the last check. */
export async function runSchedule(options: ScheduleOptions): Promise<ScheduleResult> {
  collectUnhandled();
  const schedule = await setUp(options);
  const { clock, simulator, scenario, broken } = schedule;
  let ending = 'unknown';
  try {
    simulator.start('migrateTables', { workflowId: 'migrate', input: scenario.input });
    const handle = (): SimHandle => simulator.handle('migrate');
    const hasCutOver = (): boolean => schedule.marks.some(({ decision }) => decision === 'cut-over');
    arrangeAccidents({ ...schedule, hasCutOver });
    const person = {
      ...schedule,
      source: schedule.world.member('old'),
      target: schedule.world.member('new'),
      handle,
      onStatus: (status: MigrationStatus) => takeStatus(schedule, status),
      open: () => simulator.open(),
      cancelRun: (workflowId: string) => simulator.handle(workflowId).cancel(),
    };
    schedule.onCutOver.push(() => resetPastMark(person));
    startUnruly(person);
    startPerson(person);
    ending = await awaitEnd(schedule, handle);
    const end = await judgeEnd(schedule, handle());
    for (const line of end.broken) broken.add(line);
    ending = describeEnd(ending, end);
  } catch (error) {
    broken.add(`L: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    clock.stop();
  }
  for (const line of takeUnhandled()) broken.add(line);
  return {
    seed: options.seed,
    ending,
    broken: [...broken],
    virtualMs: clock.nowMs() - Date.UTC(2026, 0, 1),
    events: clock.eventsRun(),
    writes: schedule.clients.ledger.writes,
    told: [...schedule.told],
    log: schedule.log,
  };
}

function describeEnd(ending: string, { cutOver }: End): string {
  return cutOver.length > 0 ? `${ending}, cut over` : ending;
}

async function setUp({ seed, sabotage, adjust, verbose }: ScheduleOptions): Promise<Schedule> {
  const random = createRandom(seed);
  const drawn = createScenario(seed, random.fork('scenario'));
  const scenario = adjust ? adjust(drawn) : drawn;
  const clock = createVirtualClock();
  const log: string[] = [];
  const note = (line: string): void => {
    if (verbose) log.push(`${((clock.nowMs() - Date.UTC(2026, 0, 1)) / 1_000).toFixed(3)} ${line}`);
  };
  const marks: MarkSeen[] = [];
  const holder: { onMark?: (content: string) => void; onUnfence?: () => void } = {};
  const world = createModelWorld({
    clusters: ['old', 'new'],
    clock,
    random: random.fork('world'),
    traits: scenario.traits,
    jobKillChance: scenario.jobKillChance,
    runUnfenceCommand: async () => holder.onUnfence?.(),
    onFileCreated: (_cluster, path, content) => {
      if (/\/mark-\d+\.json$/.test(path)) holder.onMark?.(content);
    },
  });
  await buildTables(world, clock, scenario);
  const clients = startClients({ world, clock, random: random.fork('clients'), scenario });
  const others = startOthers({ world, clock, random: random.fork('others'), scenario });
  await clock.runFor(scenario.initialRows * 50);
  const sandbox = await getSandbox(WORKFLOWS);
  const simulator = createTemporalSimulator({
    clock,
    random: random.fork('temporal'),
    sandbox,
    onAttempt: (type, attempt) => note(`attempt ${attempt} of ${type}`),
    onActivityFailure: (type, failure) =>
      note(`${type} failed: ${failure.applicationFailureInfo?.type}: ${failure.message}`),
  });
  const { faultChance, slots } = scenario;
  const answers = createAnswers();
  const workers = createWorkers({
    world,
    simulator,
    random: random.fork('workers'),
    faultChance,
    slots,
    runCommand: clients.runCommand,
    sabotage,
    onStep: (type, input) => {
      const { decision } = (input ?? {}) as { decision?: string };
      if (type === 'hbase.setMark' && decision === 'cut-over') answers.markAskedAtMs ??= clock.nowMs();
    },
  });
  workers.start();
  const schedule: Schedule = {
    scenario,
    clock,
    random: random.fork('schedule'),
    world,
    clients,
    others,
    simulator,
    workers,
    before: takeInventory(world),
    marks,
    broken: new Set(),
    log,
    lastStatus: { value: undefined },
    note,
    told: new Set(),
    answers,
    onCutOver: [],
  };
  holder.onUnfence = () => clients.unfence();
  holder.onMark = (content) => takeMark(schedule, content);
  if (verbose) note(JSON.stringify(scenario));
  return schedule;
}

async function buildTables(world: ModelWorld, clock: VirtualClock, scenario: Scenario): Promise<void> {
  const [source, target] = [world.member('old'), world.member('new')];
  source.state.namespaces.add('shop');
  const spec = { families: WRITER_FAMILIES, splitKeys: scenario.splitKeys };
  let waiting = 0;
  const build = (member: typeof source, table: string): void => {
    waiting += 1;
    void member.cluster.createTable({ ...spec, table }).then(() => (waiting -= 1));
  };
  for (const table of scenario.tables) build(source, table);
  if (scenario.targetBefore === 'empty') {
    target.state.namespaces.add('shop');
    for (const table of scenario.tables) build(target, table);
  }
  // Somebody else's: never named, never touched (I6).
  for (const member of [source, target]) build(member, THEIRS);
  await clock.runUntil(() => waiting === 0);
  waiting += 1;
  void addOtherPeer(world, scenario).then(() => (waiting -= 1));
  void source.cluster.takeSnapshot('nightly', THEIRS).then(() => (waiting -= 1));
  waiting += 1;
  await clock.runUntil(() => waiting === 0);
}

function takeMark(schedule: Schedule, content: string): void {
  const { world, clock, marks, scenario, lastStatus } = schedule;
  const { decision, by } = JSON.parse(content) as { decision: string; by: string };
  schedule.told.add(`mark ${decision} by ${by}`);
  const leftOut =
    lastStatus.value?.tables.filter(({ leftOutBy }) => leftOutBy !== undefined).map(({ table }) => table) ?? [];
  const wave = scenario.tables.filter((table) => !leftOut.includes(table));
  const broken = decision === 'cut-over' ? judgeMark(world, scenario, wave) : [];
  marks.push({ atMs: clock.nowMs(), decision, broken });
  if (decision === 'cut-over') for (const tell of schedule.onCutOver) tell();
}

function takeStatus({ broken, lastStatus, note, told }: Schedule, status: MigrationStatus): void {
  for (const tag of listTags(status)) told.add(tag);
  if (describeStatus(lastStatus.value) !== describeStatus(status)) note(`status ${describeStatus(status)}`);
  lastStatus.value = status;
  for (const line of judgeStatus(status)) broken.add(line);
}

function describeStatus(status: MigrationStatus | undefined): string {
  const blockers = status?.blockers.map(({ code, message }) => `${code}: ${message}`).join('; ');
  const tables = status?.tables.map(({ table, phase }) => `${table} ${phase}`).join(', ');
  return `${status?.phase} [${blockers}] ${tables} ${status?.notices.at(-1)?.message}`;
}

/** Of the newest run: a reset ends one and begins another in one go. */
async function awaitEnd({ clock }: Schedule, handle: () => SimHandle): Promise<string> {
  await clock.runUntil(() => handle().outcome() !== undefined, LIMITS);
  return handle()
    .result()
    .then(() => 'completed', describeError);
}

function describeError(error: unknown): string {
  const { message, type } = error as { message?: string; type?: string };
  return `${type ?? 'failed'}: ${message ?? String(error)}`;
}
