import { findGone } from '../../../activities/steps/backup/find-gone.ts';
import { findUnreferenced } from '../../../activities/steps/backup/find-unreferenced.ts';
import { judgeTrash, type Trash } from '../../../activities/steps/backup/judge-trash.ts';
import { decideRetention } from '../../../activities/steps/backup/retention.ts';
import type { RootNeeds } from '../../../activities/steps/backup/root-needs.ts';
import type { BackupId } from '../../../workflows/contract/backup/record.ts';
import type { Retention } from '../../../workflows/contract/backup/requests.ts';
import type { RootModel } from './root-model.ts';

export interface ModelExpiry {
  policy: Retention;
  set?: string;
  neededBases: ReadonlySet<BackupId>;
}

export type ExpiryEnd = { ended: true } | { ended: false; stops: string[] };

/**
 * An expiry as its workflow runs it, one change of the root at a time: a caller that asks for no further one has
 * crashed it there, and what the caller does in between happens beside it.
 *
 * The order is what makes it safe: decisions before moves, so that everybody sees what goes; manifests before files;
 * `expired` before anything is deleted, so that nobody can keep what has gone.
 */
export function* runExpiry(root: RootModel, { policy, set, neededBases }: ModelExpiry): Generator<string, ExpiryEnd> {
  const states = root.readStates().filter(({ record }) => set === undefined || record.set === set);
  const begun = new Set(
    states.filter(({ expiringSince }) => expiringSince !== undefined).map(({ record }) => record.id),
  );
  for (const { id, action, reason } of decideRetention(states, { policy, nowMs: root.nowMs, neededBases })) {
    if (action === 'keep' || begun.has(id)) continue;
    yield 'decide';
    root.append(id, { kind: 'expire', at: '', by: 'model', reason });
  }
  // What an expiry before this one has moved, and somebody needs.
  yield* putBack(root, judgeTrash(root.readNeeds(), listTrash(root)).putBack);
  const first = findUnreferenced(root.readNeeds());
  if (first.stops.length > 0) return { ended: false, stops: first.stops };
  yield* moveToTrash(root, { manifests: first.manifests, files: first.files.map(({ path }) => path) });
  yield 'second look';
  const needs: RootNeeds = root.readNeeds();
  const second = judgeTrash(needs, listTrash(root));
  const gone = findGone({ backups: root.readStates(), damaged: [] }, needs.listing);
  yield* putBack(root, second.putBack);
  if (second.stops.length > 0) return { ended: false, stops: second.stops };
  for (const { record } of gone) {
    yield 'expired';
    root.append(record.id, { kind: 'expired', at: '', by: 'model' });
  }
  yield* deleteFromTrash(root, second.remove);
  return { ended: true };
}

function listTrash({ trash }: RootModel): Trash {
  return { manifests: [...trash.manifests.keys()], files: [...trash.files] };
}

function* moveToTrash({ archive, final, trash }: RootModel, { manifests, files }: Trash): Generator<string> {
  for (const name of manifests) {
    yield 'move manifest';
    trash.manifests.set(name, final.get(name)!);
    final.delete(name);
  }
  for (const path of files) {
    yield 'move file';
    if (archive.delete(path)) trash.files.add(path);
  }
}

function* putBack({ archive, final, trash }: RootModel, { manifests, files }: Trash): Generator<string> {
  for (const path of files) {
    yield 'put file back';
    trash.files.delete(path);
    archive.add(path);
  }
  for (const name of manifests) {
    yield 'put manifest back';
    final.set(name, trash.manifests.get(name)!);
    trash.manifests.delete(name);
  }
}

function* deleteFromTrash({ trash }: RootModel, { manifests, files }: Trash): Generator<string> {
  for (const name of manifests) {
    yield 'delete manifest';
    trash.manifests.delete(name);
  }
  for (const path of files) {
    yield 'delete file';
    trash.files.delete(path);
  }
}
