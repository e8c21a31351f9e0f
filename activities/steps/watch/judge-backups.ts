import type { JudgedSets, WatchedSet, WatchState } from '../../../workflows/contract/backup/alerts.ts';
import type { ArchiveOverview } from '../../../workflows/contract/backup/archive.ts';
import { judgeSet } from '../../../workflows/contract/backup/judge-set.ts';
import { parseWatchRequest } from '../../../workflows/contract/backup/requests/watch-backups.ts';
import type { ScheduledPart } from '../../../workflows/contract/backup/schedule-parts.ts';
import type { SetStatus, Trouble } from '../../../workflows/contract/backup/set-status.ts';
import type { CatalogueSummary } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { decideAlerts, type SeenSet } from '../../watch/decide-alerts.ts';
import { recordSetMetrics } from '../../watch/record-set-metrics.ts';
import { readOverview } from '../archive/read-instants.ts';
import { toRequestFailure } from '../backup/check-names.ts';
import { withRoot } from '../backup/place.ts';
import { readArchives, toSummary } from '../backup/read-catalogue.ts';

/** So often what heals by itself is tried again before it is a trouble: a moment without network is none. */
const PATIENT_ATTEMPTS = 5;
const MOST_PROBLEMS = 20;

/** From the root (hazard 52), and from Temporal what only it knows: runs that failed, and pauses. */
export const judgeBackups = defineActivity<'judgeBackups'>({
  name: 'judgeBackups',
  kind: 'read',
  summary: 'see how backups are, and what is to be told',
  run: async ({ request, before }, world) => {
    const parsed = parseWatchRequest(request);
    if ('problems' in parsed) throw toRequestFailure(parsed.problems, parsed.message);
    const seen: SeenSet[] = [];
    for (const watched of parsed.request.sets) seen.push(await seeSet(watched, world));
    const nowMs = world.deps.nowMs();
    for (const { watched, status } of seen) recordSetMetrics(world.deps.metrics, { watched, status, nowMs });
    const state = decideAlerts({ seen, before: toState(before), nowMs });
    const sets = seen.flatMap(({ status }) => (status === undefined ? [] : [summarise(status)]));
    return { at: new Date(nowMs).toISOString(), sets, state };
  },
});

/** It goes into a history with every watch. */
function summarise({ set, level, problems }: SetStatus): JudgedSets['sets'][number] {
  return { set, level, problems: problems.slice(0, MOST_PROBLEMS).map(({ message }) => message.slice(0, 300)) };
}

/** Of a schedule that was made anew there is none, and of another version it may be something else. */
export function toState(before: unknown): WatchState {
  const state = (before as { formatVersion?: unknown; state?: Partial<WatchState> } | null | undefined)?.state;
  const { standing, outbox } = state ?? {};
  return Array.isArray(standing) && Array.isArray(outbox) ? { standing, outbox } : { standing: [], outbox: [] };
}

async function seeSet(watched: WatchedSet, world: StepWorld): Promise<SeenSet> {
  const schedules = await readSchedules(watched, world);
  try {
    const { set, objective } = watched;
    const found = await readRoot(watched, world);
    const known = schedules === undefined ? {} : { schedules };
    const status = judgeSet({ set, objective, ...found, ...known, nowMs: world.deps.nowMs() });
    return { watched, status, troubles: status.problems, unknown: (trouble) => isUnknown(trouble, schedules) };
  } catch (error) {
    const trouble = toUnreadable(error, { watched, world });
    return { watched, troubles: [trouble], unknown: ({ kind }) => kind !== 'unreadable' };
  }
}

interface FoundInRoot {
  catalogue: CatalogueSummary;
  archive?: ArchiveOverview;
}

function readRoot({ set, ...place }: WatchedSet, world: StepWorld): Promise<FoundInRoot> {
  return withRoot({ place, world, phase: `judging ${set}` }, async ({ catalogue, rootUri }) => {
    const { files } = await world.deps.cluster(place.cluster);
    const { backups, damaged } = await catalogue.readAll();
    const { archives, damaged: unreadable } = await readArchives(files, rootUri);
    const summary = { backups: backups.map(toSummary), damaged: [...damaged, ...unreadable] };
    if (!archives.includes(set)) return { catalogue: summary };
    const nowMs = world.deps.nowMs();
    return { catalogue: summary, archive: await readOverview({ set, nowMs, rootUri, files, backups }) };
  });
}

/** Undefined when Temporal does not say: what it told before stands. */
async function readSchedules({ set }: WatchedSet, { deps, ctx }: StepWorld): Promise<ScheduledPart[] | undefined> {
  try {
    return await deps.readSchedules?.(set);
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (ctx.attempt <= PATIENT_ATTEMPTS) throw toTemporalFailure(error);
    return undefined;
  }
}

function toTemporalFailure(error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  return new Failure('step.not-converged', `Temporal does not say how the schedules are: ${why}`, {}, { cause: error });
}

/** A run that Temporal has forgotten is neither fine nor failed. */
function isUnknown(
  { kind, subject }: Pick<Trouble, 'kind' | 'subject'>,
  schedules: ScheduledPart[] | undefined,
): boolean {
  if (kind !== 'run-failed' && kind !== 'paused') return false;
  if (schedules === undefined) return true;
  const part = schedules.find((one) => one.part === subject);
  return kind === 'run-failed' && part !== undefined && part.lastRun === undefined;
}

function toUnreadable(error: unknown, { watched, world }: { watched: WatchedSet; world: StepWorld }): Trouble {
  const { signal, attempt } = world.ctx;
  signal.throwIfAborted();
  if (!(error instanceof Failure) || (error.retryable && attempt <= PATIENT_ATTEMPTS)) throw error;
  const message = `${watched.root} cannot be read from ${watched.cluster}: ${error.code}: ${error.message}`;
  return { kind: 'unreadable', level: 'critical', message };
}
