import { readSetSchedules } from '../activities/watch/read-set-schedules.ts';
import type { AuditEntry } from '../workflows/contract/backup/audit.ts';
import { judgeSet } from '../workflows/contract/backup/judge-set.ts';
import type { BackupObjective, SetStatus } from '../workflows/contract/backup/set-status.ts';
import type { CataloguePlace, CatalogueSummary } from '../workflows/contract/backup/step-data.ts';
import { BackupClient } from './backup-client.ts';
import type { ConnectedClient } from './connect.ts';
import { lookAgain } from './look-again.ts';
import { toCalendar } from './render/backup-calendar.ts';
import type { BackupPage } from './render/backup-page.ts';

/** A root, and what is expected of the sets in it. */
export interface StatusPlace extends CataloguePlace {
  /** Without, every set that the root holds. */
  sets?: { set: string; objective: BackupObjective }[];
  objective: BackupObjective;
}

export interface FoundSet {
  place: StatusPlace;
  catalogue: CatalogueSummary;
  status: SetStatus;
}

interface StatusQuestion {
  places: readonly StatusPlace[];
  /** One set of them. */
  only?: string | undefined;
  nowMs: number;
}

export async function readSetStatuses(
  connected: ConnectedClient,
  { places, only, nowMs }: StatusQuestion,
): Promise<FoundSet[]> {
  const found: FoundSet[] = [];
  for (const place of places) found.push(...(await readPlace(connected, { place, only, nowMs })));
  return found;
}

async function readPlace(
  connected: ConnectedClient,
  { place, only, nowMs }: { place: StatusPlace; only: string | undefined; nowMs: number },
): Promise<FoundSet[]> {
  const { cluster, root, sets, objective: ofAll } = place;
  const client = toBackupClient(connected);
  const catalogue = await client.listBackups({ cluster, root });
  const names = [...new Set(catalogue.backups.map(({ set }) => set))].toSorted();
  const wanted = (sets ?? names.map((set) => ({ set, objective: ofAll }))).filter(
    ({ set }) => only === undefined || set === only,
  );
  return Promise.all(
    wanted.map(async ({ set, objective }) => {
      const schedules = await lookAgain({ what: `the schedules of ${set}` }, () =>
        readSetSchedules(connected.client, set),
      );
      const isArchived = catalogue.archives?.includes(set) === true;
      const archive = isArchived ? { archive: await client.listInstants({ cluster, root, set }) } : {};
      const status = judgeSet({ set, catalogue, objective, schedules, ...archive, nowMs });
      return { place, catalogue, status };
    }),
  );
}

const CALENDAR_MS = 14 * 7 * 86_400_000;

/** The calendar has what the audit of the last weeks tells, also of backups that have expired since. */
export async function readBackupPage(
  connected: ConnectedClient,
  { found, nowMs }: { found: readonly FoundSet[]; nowMs: number },
): Promise<BackupPage> {
  const client = toBackupClient(connected);
  const since = new Date(nowMs - CALENDAR_MS).toISOString();
  const entries = new Map<StatusPlace, AuditEntry[]>();
  const unread: string[] = [];
  for (const place of new Set(found.map((one) => one.place))) {
    const { cluster, root } = place;
    const audit = await client.readAudit({ cluster, root, since });
    entries.set(place, audit.entries);
    unread.push(...audit.unread.map(({ path = root, why }) => `cannot read ${path}: ${why}`));
  }
  const sets = found.map(({ place, catalogue, status }) => {
    const damaged = new Set(catalogue.backups.flatMap((backup) => (backup.damaged > 0 ? [backup.id] : [])));
    const calendar = toCalendar({ set: status.set, entries: entries.get(place) ?? [], damaged, nowMs });
    return { status, cluster: place.cluster, root: place.root, calendar };
  });
  return { generatedAt: new Date(nowMs).toISOString(), sets, unread };
}

function toBackupClient({ client, target }: ConnectedClient): BackupClient {
  return new BackupClient({ client, taskQueue: target.taskQueue });
}
