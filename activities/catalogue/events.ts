import type { BackupEvent, BackupId, DamagedBackup } from '../../workflows/contract/backup/record.ts';
import { digestOf } from '../digest.ts';
import { type CatalogueStore, ensureFile, listNames } from './catalogue-store.ts';
import { type NamedEvent, toTimeOrder } from './fold-state.ts';
import { parseEvent } from './parse-catalogue.ts';

export interface EventsOfBackup {
  /** In the order in which they happened. */
  events: NamedEvent[];
  damaged: DamagedBackup[];
}

/**
 * Appends an event. One that stands already is not written twice, so a retry with the same `at` is done.
 *
 * An event is never older than what it follows: a worker whose clock is behind would otherwise write a `keep` that is
 * folded before the `release` it answers. Its `at` is then a millisecond after the newest.
 *
 * @returns The event as it stands.
 */
export async function appendEvent(store: CatalogueStore, id: BackupId, event: BackupEvent): Promise<BackupEvent> {
  const names = await listNames(store, store.paths.eventsOf(id));
  const newestMs = Math.max(...names.map(readNameMs).filter((ms) => !Number.isNaN(ms)), -Infinity);
  const at = newestMs > Date.parse(event.at) ? new Date(newestMs + 1).toISOString() : event.at;
  const appended = { ...event, at };
  const path = `${store.paths.eventsOf(id)}/${nameEvent(appended)}`;
  await ensureFile(store, { path, content: JSON.stringify(appended) });
  return appended;
}

/** Every event of a backup, and what of them cannot be read. */
export async function readEvents(store: CatalogueStore, id: BackupId): Promise<EventsOfBackup> {
  const names = await listNames(store, store.paths.eventsOf(id));
  const found = await Promise.all(names.map((name) => readEvent(store, { id, name })));
  return {
    events: toTimeOrder(found.filter((event) => 'event' in event)),
    damaged: found.filter((event) => 'why' in event),
  };
}

async function readEvent(
  store: CatalogueStore,
  { id, name }: { id: BackupId; name: string },
): Promise<NamedEvent | DamagedBackup> {
  const path = `${store.paths.eventsOf(id)}/${name}`;
  const text = await store.files.read(path);
  if (text === undefined) return { id, path, why: 'it was listed and is gone: events are never removed' };
  const parsed = parseEvent(text);
  if ('damage' in parsed) return { id, path, why: parsed.damage };
  if (nameEvent(parsed.value) !== name) return { id, path, why: 'its name does not fit its content' };
  return { name, event: parsed.value };
}

/** `<time>~<kind>~<8 hex of the content's sha256>.json`: sorts by time, and tells a changed content. */
function nameEvent(event: BackupEvent): string {
  const time = new Date(event.at).toISOString().replace(/[-:.]/g, '');
  return `${time}~${event.kind}~${digestOf(event).slice(0, 8)}.json`;
}

/** ms since the epoch, NaN for a name that is none of an event. */
function readNameMs(name: string): number {
  return Date.parse(name.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z~.*$/, '$1-$2-$3T$4:$5:$6.$7Z'));
}
