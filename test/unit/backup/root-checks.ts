import type { RootModel } from './root-model.ts';

/** What must be true of the root of a story; each throws where it is not. */

export const STRANGE = 'archive/data/default/t0/._COPYING_';
export const OTHER_CELLS = 't0: other cells than the recorded ones';

/** What was proven is what the newest look at the content has shown, whatever was looked at before or beside. */
function checkProofs(root: RootModel): void {
  for (const { record, provenAt, damaged } of root.readStates()) {
    const { events } = root.backups.get(record.id)!;
    const looks = events.flatMap(({ event }) => {
      if (event.kind === 'proof') return [event.drill.result === 'equal' ? event.drill.finishedAt : 'different'];
      return event.kind === 'audit' && event.about === 'content' ? ['content'] : [];
    });
    const last = looks.at(-1);
    const isProven = last !== undefined && last !== 'different' && last !== 'content';
    require(provenAt === (isProven ? last : undefined), `${record.id} is proven ${provenAt}, its last look: ${last}`);
    const mustDoubt = last === 'content';
    require(!mustDoubt || damaged.includes(OTHER_CELLS), `${record.id} has other cells and is not damaged`);
  }
}

/** True at every moment, whatever has crashed: nothing that a backup of the catalogue needs is deleted. */
export function checkAlways(root: RootModel): void {
  checkProofs(root);
  for (const { record, damaged, expiringSince } of root.readStates()) {
    if (damaged.length > 0) continue;
    for (const path of root.listFiles(record.id)) {
      const there = root.archive.has(path) || (expiringSince !== undefined && root.trash.files.has(path));
      require(there, `${path} of ${record.id} is not there`);
    }
    for (const { snapshot } of record.tables) {
      const there = root.final.has(snapshot) || (expiringSince !== undefined && root.trash.manifests.has(snapshot));
      require(there, `manifest ${snapshot} of ${record.id} is not there`);
    }
  }
}

export function checkNothingLeft(root: RootModel): void {
  const states = root.readStates();
  const unfinished = [...root.unfinished.values()].flatMap(({ paths }) => paths);
  const needed = new Set([...states.flatMap(({ record }) => root.listFiles(record.id)), ...unfinished]);
  for (const path of root.archive) require(needed.has(path), `${path} is left, and nobody needs it`);
  require(root.trash.files.size === 0 && root.trash.manifests.size === 0, 'the trash is not empty');
  for (const { record, damaged } of states) {
    for (const path of damaged.length > 0 ? [] : root.listFiles(record.id)) {
      require(root.archive.has(path), `${path} of ${record.id} is not back in the archive`);
    }
  }
}

export function checkUntouched(root: RootModel, before: ReadonlySet<string>): void {
  for (const path of before) require(root.archive.has(path), `${path} has gone, though the expiry stopped`);
}

/** Is there anything that an expiry cannot judge? Kept backups whose manifest has gone are not among the accidents. */
export function isUnclear({ archive, backups, damagedEntries, final, unfinished }: RootModel): boolean {
  const ours = new Set([...backups.values()].flatMap(({ record }) => record.tables.map((table) => table.snapshot)));
  const hasForeign = [...final.keys()].some((name) => !ours.has(name));
  const hasTorn = [...unfinished.values()].some(({ torn }) => torn);
  return hasForeign || hasTorn || damagedEntries.length > 0 || archive.has(STRANGE);
}

/** An export that heeds no lease has skipped what was there: it has to be there again once an expiry has ended. */
export function checkForeign({ archive, final, lost, unfinished }: RootModel): void {
  for (const [name, { paths, copied }] of [...final, ...unfinished]) {
    if (!name.startsWith('foreign') || !copied) continue;
    for (const path of paths) require(archive.has(path) || lost.has(path), `${path} of ${name} is not there`);
  }
}

/** After the last expiry, with nobody beside it: manifests and backups are the same, and no backup is half gone. */
export function checkClean(root: RootModel): void {
  const states = root.readStates();
  const snapshots = new Set(states.flatMap(({ record }) => record.tables.map(({ snapshot }) => snapshot)));
  require([...root.final.keys()].every((name) => snapshots.has(name)), 'a manifest is left');
  require(states.every(({ expiringSince, keptFor }) => !expiringSince || keptFor), 'an expiry has not ended');
}

export function require(holds: unknown, message: string): void {
  if (!holds) throw new Error(message);
}
