import { BULK_LIMIT_MS, type Ask, type Change } from './ask.ts';
import type { HBaseCluster } from './cluster.ts';
import { replies } from './replies.ts';

type SnapshotVerbs = Pick<
  HBaseCluster,
  'listSnapshots' | 'takeSnapshot' | 'deleteSnapshot' | 'cloneSnapshot' | 'restoreSnapshot' | 'readSnapshotFiles'
>;

export function createSnapshotVerbs(ask: Ask, change: Change): SnapshotVerbs {
  return {
    listSnapshots: () => ask(replies.snapshots, 'listSnapshots'),
    takeSnapshot: (name, table) => change('takeSnapshot', { args: { name, table }, table }),
    deleteSnapshot: (name) => change('deleteSnapshot', { args: { name } }),
    cloneSnapshot: (name, table) => change('cloneSnapshot', { args: { name, table }, table }),
    restoreSnapshot: (name) => change('restoreSnapshot', { args: { name } }),
    readSnapshotFiles: (name, rootUri) =>
      ask(replies.snapshotFiles, 'readSnapshotFiles', { args: { name, rootUri }, limitMs: BULK_LIMIT_MS }),
  };
}
