import { foldState, type NamedEvent } from '../../../activities/catalogue/fold-state.ts';
import { createRootNeeds, type RootNeeds } from '../../../activities/steps/backup/root-needs.ts';
import type {
  BackupEvent,
  BackupId,
  BackupRecord,
  BackupState,
  DamagedBackup,
} from '../../../workflows/contract/backup/record.ts';
import { buildRecord, buildTable } from './build-backup.ts';

/** What ExportSnapshot has written: names of files, and whether the manifest is torn. */
interface Manifest {
  paths: string[];
  torn?: boolean;
  /** Every file was copied, or skipped since it was there. */
  copied?: boolean;
}

interface ModelBackup {
  record: BackupRecord;
  lists: Map<string, string[]>;
  events: NamedEvent[];
  /** Folded from both, until the next event. */
  state?: BackupState | undefined;
}

/** A backup root and the cluster that is exported into it, as sets of names. Each method is one atomic change. */
export class RootModel {
  nowMs = Date.parse('2026-01-30T00:00:00Z');
  readonly archive = new Set<string>();
  readonly final = new Map<string, Manifest>();
  readonly unfinished = new Map<string, Manifest>();
  readonly trash = { files: new Set<string>(), manifests: new Map<string, Manifest>() };
  readonly backups = new Map<BackupId, ModelBackup>();
  readonly damagedEntries: DamagedBackup[] = [];
  /** Files that went by accident. */
  readonly lost = new Set<string>();
  /** Store files of each source table, oldest first. */
  readonly source = new Map<string, { region: string; files: string[] }>();
  #serial = 0;

  mint(): string {
    this.#serial += 1;
    return this.#serial.toString(16).padStart(8, '0');
  }

  /** Also after a drop: another region, so that no file is shared with the table before. */
  createTable(table: string): void {
    this.source.set(table, { region: this.mint(), files: [] });
    this.flush(table);
  }

  flush(table: string): void {
    const { region, files } = this.source.get(table)!;
    files.push(`archive/data/default/${table}/${region}/cf/${this.mint()}`);
  }

  /** The oldest so many files become one. */
  compact(table: string, count: number): void {
    const { region, files } = this.source.get(table)!;
    files.splice(0, count, `archive/data/default/${table}/${region}/cf/${this.mint()}`);
  }

  addBackup({ set, exported, failed }: { set: string; exported: Map<string, string>; failed: string[] }): void {
    const tables = [...exported].map(([table, snapshot]) =>
      buildTable({ table, snapshot, files: this.final.get(snapshot)!.paths.length }),
    );
    const record = buildRecord({
      startedAt: new Date(this.nowMs).toISOString(),
      id: `20260101T000000Z-${this.mint()}`,
      set,
      tables,
      failed: failed.map((table) => ({ table, code: 'job.failed', message: 'it ended' })),
    });
    const lists = new Map([...exported].map(([table, snapshot]) => [table, this.final.get(snapshot)!.paths]));
    this.backups.set(record.id, { record, lists, events: [] });
  }

  /** No event is older than the one before it, as the catalogue has it. */
  append(id: BackupId, event: BackupEvent): void {
    const backup = this.backups.get(id)!;
    const { events } = backup;
    backup.state = undefined;
    const lastMs = Date.parse(events.at(-1)?.event.at ?? '1970-01-01T00:00:00Z');
    const at = new Date(Math.max(this.nowMs, lastMs + 1)).toISOString();
    events.push({ name: `${at}~${event.kind}`, event: { ...event, at } });
  }

  /** What the catalogue answers: whatever is not expired. */
  readStates(): BackupState[] {
    return [...this.backups.values()]
      .map((backup) => (backup.state ??= foldState(backup.record, backup.events)))
      .filter(({ expiredAt }) => expiredAt === undefined);
  }

  listFiles(id: BackupId): string[] {
    return [...this.backups.get(id)!.lists.values()].flat();
  }

  /** As an expiry reads it: the listing first, then every source. */
  readNeeds(): RootNeeds {
    const listing = {
      files: [...this.archive].map((path) => ({ path, bytes: 1, modifiedMs: 0 })),
      manifests: [
        ...[...this.final].map(([name, { torn }]) => ({ name, temporary: false, complete: !torn, modifiedMs: 0 })),
        ...[...this.unfinished].map(([name, { torn }]) => ({ name, temporary: true, complete: !torn, modifiedMs: 0 })),
      ],
    };
    const catalogue = { backups: this.readStates(), damaged: this.damagedEntries };
    const needs = createRootNeeds({ listing, catalogue });
    for (const entry of needs.sources) {
      if ('table' in entry) {
        needs.add(entry, { paths: this.backups.get(entry.record.id)!.lists.get(entry.table.table)! });
      } else {
        const { name, temporary } = entry.manifest;
        const { paths, torn } = (temporary ? this.unfinished : this.final).get(name)!;
        needs.add(entry, torn ? { unknown: 'it is torn' } : { paths });
      }
    }
    return needs;
  }
}
