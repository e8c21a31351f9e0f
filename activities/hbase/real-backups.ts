import { BULK_LIMIT_MS, type Ask } from './ask.ts';
import type { BackupVerbs, SnapshotDescription, SnapshotPlace } from './backup-verbs.ts';
import { replies } from './replies.ts';
import { getSchemaDigest } from './schema-digest.ts';

export function createBackupVerbs(ask: Ask): BackupVerbs {
  return {
    listSnapshotFiles: (snapshot) =>
      ask(replies.snapshotFileList, 'listSnapshotFiles', { args: { ...snapshot }, limitMs: BULK_LIMIT_MS }),
    describeSnapshot: (snapshot) => describeSnapshot(ask, snapshot),
    listRoot: (rootUri) => ask(replies.root, 'listRoot', { args: { rootUri }, limitMs: BULK_LIMIT_MS }),
  };
}

async function describeSnapshot(ask: Ask, snapshot: SnapshotPlace): Promise<SnapshotDescription | undefined> {
  const description = await ask(replies.snapshot, 'describeSnapshot', {
    args: { ...snapshot },
    limitMs: BULK_LIMIT_MS,
  });
  return description && { ...description, schemaDigest: getSchemaDigest(description) };
}
