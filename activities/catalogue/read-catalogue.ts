import type {
  BackupId,
  BackupRecord,
  BackupState,
  Catalogue,
  DamagedBackup,
} from '../../workflows/contract/backup/record.ts';
import { Failure } from '../failure.ts';
import { type CatalogueStore, listNames } from './catalogue-store.ts';
import { type EventsOfBackup, readEvents } from './events.ts';
import { foldState, type NamedEvent } from './fold-state.ts';
import { type Parsed, parseRecord } from './parse-catalogue.ts';
import { compareNames } from './seal.ts';

/** One backup. Damaged events do not make it less restorable, but what they said is unknown. */
export interface CatalogueEntry {
  state: BackupState;
  damagedEvents: DamagedBackup[];
}

/** Everything that is known of one backup, also of one whose record has gone. */
export interface BackupHistory {
  id: BackupId;
  record?: BackupRecord;
  events: NamedEvent[];
  damaged: DamagedBackup[];
}

/** What stands under one id: a record only, events only, both, or neither after a crash. */
interface Found {
  id: BackupId;
  record: Parsed<BackupRecord> | undefined;
  events: EventsOfBackup;
}

/**
 * The whole catalogue, a few requests at a time. Not among the backups: those without a record, which never were one,
 * and those that are expired. A sound record with a damaged event is in both lists.
 */
export async function readAll(store: CatalogueStore): Promise<Catalogue> {
  const found = await findAll(store);
  return {
    backups: found.flatMap(toState).filter(({ expiredAt }) => expiredAt === undefined),
    damaged: found.flatMap((entry) => [...toDamage(store, entry), ...entry.events.damaged]),
  };
}

/** What has happened to every backup that there is or was, oldest first. */
export async function readHistory(store: CatalogueStore): Promise<BackupHistory[]> {
  const found = await findAll(store);
  return found.map((entry) => ({
    id: entry.id,
    ...(entry.record !== undefined && 'value' in entry.record ? { record: entry.record.value } : {}),
    events: entry.events.events,
    damaged: [...toDamage(store, entry), ...entry.events.damaged],
  }));
}

async function findAll(store: CatalogueStore): Promise<Found[]> {
  const [begun, withEvents] = await Promise.all([
    listNames(store, store.paths.backups),
    listNames(store, store.paths.events),
  ]);
  const eventful = new Set(withEvents);
  const ids = [...new Set([...begun, ...withEvents])].toSorted(compareNames);
  return Promise.all(ids.map((id) => readFound(store, id, eventful.has(id))));
}

/** Has a folder and no record: a crash between file lists and record leaves this, and it is no backup. */
export async function listUnfinished(store: CatalogueStore): Promise<BackupId[]> {
  const ids = await listNames(store, store.paths.backups);
  const records = await Promise.all(ids.map((id) => store.files.read(store.paths.record(id))));
  return ids.filter((_, index) => records[index] === undefined);
}

/** An expiry that has crashed in between leaves these: nobody can restore them, and their files may have gone. */
export async function listExpired(store: CatalogueStore): Promise<BackupId[]> {
  const ids = await listNames(store, store.paths.backups);
  const events = await Promise.all(ids.map((id) => readEvents(store, id)));
  return ids.filter((_, index) => events[index]?.events.some(({ event }) => event.kind === 'expired'));
}

/** @throws Failure `backup.unknown`, or `backup.damaged` when the record cannot be read. */
export async function readOne(store: CatalogueStore, id: BackupId): Promise<CatalogueEntry> {
  const found = await readFound(store, id, true);
  const [damage] = toDamage(store, found);
  if (damage) throw new Failure('backup.damaged', `${damage.path} is damaged: ${damage.why}.`);
  const [state] = toState(found);
  if (state) return { state, damagedEvents: found.events.damaged };
  throw new Failure('backup.unknown', `There is no backup ${id}: ${store.paths.record(id)} is absent.`);
}

async function readFound(store: CatalogueStore, id: BackupId, hasEvents: boolean): Promise<Found> {
  const [text, events] = await Promise.all([
    store.files.read(store.paths.record(id)),
    hasEvents ? readEvents(store, id) : { events: [], damaged: [] },
  ]);
  return { id, record: text === undefined ? undefined : parseRecordOf(id, text), events };
}

function parseRecordOf(id: BackupId, text: string): Parsed<BackupRecord> {
  const parsed = parseRecord(text);
  if ('damage' in parsed || parsed.value.id === id) return parsed;
  return { damage: `it is the record of ${parsed.value.id}` };
}

function toState({ record, events }: Found): BackupState[] {
  return record && 'value' in record ? [foldState(record.value, events.events)] : [];
}

/** A record that went without `expired` is a loss: its files would otherwise look like nobody's. */
function toDamage(store: CatalogueStore, { id, record, events }: Found): DamagedBackup[] {
  const path = store.paths.record(id);
  if (record) return 'damage' in record ? [{ id, path, why: record.damage }] : [];
  if (events.events.length === 0 || events.events.some(({ event }) => event.kind === 'expired')) return [];
  return [{ id, path, why: 'it is gone, though events of the backup stand' }];
}
