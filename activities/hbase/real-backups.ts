import { BULK_LIMIT_MS, type Ask, type Change } from './ask.ts';
import type { BackupVerbs, SnapshotDescription, SnapshotPlace } from './backup-verbs.ts';
import { replies } from './replies.ts';
import { getSchemaDigest } from './schema-digest.ts';

export function createBackupVerbs(ask: Ask, change: Change): BackupVerbs {
  return { ...createRootVerbs(ask), ...createReadingVerbs(ask, change), ...createWalVerbs(ask, change) };
}

const limitMs = BULK_LIMIT_MS;

function createRootVerbs(ask: Ask): Pick<BackupVerbs, 'listSnapshotFiles' | 'describeSnapshot' | 'listRoot'> {
  return {
    listSnapshotFiles: (place) => ask(replies.snapshotFileList, 'listSnapshotFiles', { args: { ...place }, limitMs }),
    describeSnapshot: (place) => describeSnapshot(ask, place),
    listRoot: (rootUri) => ask(replies.root, 'listRoot', { args: { rootUri }, limitMs }),
  };
}

async function describeSnapshot(ask: Ask, place: SnapshotPlace): Promise<SnapshotDescription | undefined> {
  const description = await ask(replies.snapshot, 'describeSnapshot', { args: { ...place }, limitMs });
  return description && { ...description, schemaDigest: getSchemaDigest(description) };
}

function createReadingVerbs(
  ask: Ask,
  change: Change,
): Pick<BackupVerbs, 'openSnapshotReading' | 'digestSnapshot' | 'closeSnapshotReading'> {
  return {
    openSnapshotReading: (reading) => change('openSnapshotReading', { args: { ...reading } }),
    digestSnapshot: (page) => ask(replies.rangeDigest, 'digestSnapshot', { args: { ...page }, limitMs }),
    closeSnapshotReading: (scratchUri) =>
      ask(replies.flag, 'closeSnapshotReading', { args: { scratchUri }, isChange: true }),
  };
}

function createWalVerbs(
  ask: Ask,
  change: Change,
): Pick<BackupVerbs, 'addHolder' | 'listHeldWals' | 'copyFile' | 'readWalRange' | 'readWalRows'> {
  return {
    addHolder: (id) => change('addHolder', { args: { id } }),
    listHeldWals: (id) => ask(replies.heldWals, 'listHeldWals', { args: { id } }),
    copyFile: (copy) => ask(replies.copy, 'copyFile', { args: { ...copy }, limitMs, isChange: true }),
    readWalRows: (page) => ask(replies.walRows, 'readWalRows', { args: { ...page }, limitMs }),
    readWalRange: (uri) => ask(replies.walRange, 'readWalRange', { args: { uri }, limitMs }),
  };
}
