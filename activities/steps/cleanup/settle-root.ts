import type { NoteValues } from '../../run-record/note-values.ts';
import { openCatalogue } from '../backup/open-catalogue.ts';
import { openLeases } from '../backup/open-leases.ts';
import { lookAtExport } from './settle-export.ts';
import type { Look, Settling } from './settling.ts';

/** The lease goes last of what a run has in a root: whoever waits may delete then. */
export const lookAtRootLease: Look<NoteValues['root-lease']> = async ({ value }, settling) => {
  const { rootUri } = value;
  const leases = await openLeases(settling.world.deps, { cluster: settling.cluster.name, ...value });
  const held = (await leases.list()).some(({ runId }) => runId === settling.run.runId);
  if (!held) return { state: 'settled' };
  return { state: 'there', action: `release ${rootUri}`, act: () => leases.release(settling.run.runId) };
};

/** Links only; the file system is asked whether the folder is one of ours. */
export const lookAtRootScratch: Look<NoteValues['root-scratch']> = async ({ value: { scratchUri } }, { cluster }) => {
  const left = await cluster.files.list(scratchUri);
  if (left.length === 0) return { state: 'settled' };
  return { state: 'there', action: `remove ${scratchUri}`, act: () => cluster.closeSnapshotReading(scratchUri) };
};

/**
 * Whether a sealed record names the export decides, whatever has become of the run: then it is a backup. Otherwise its
 * manifest goes; files that nothing else needs go with the next expiry.
 */
export const lookAtRootExport: Look<NoteValues['root-export']> = async ({ value }, settling) => {
  if (value.chain !== undefined) return lookAtExport({ ...value, chain: value.chain }, settling);
  const { rootUri, snapshot, backupId } = value;
  const catalogue = await catalogueOf(settling, rootUri);
  const unsealed = (await catalogue.listUnfinished()).includes(backupId);
  const isSealed = !unsealed && (await isNamedBy(settling, value));
  const { files } = settling.cluster;
  const manifests = `${rootUri}/.hbase-snapshot`;
  const left = isSealed ? [] : await listManifests(settling, { manifests, snapshot });
  if (left.length === 0 && !unsealed) return { state: 'settled' };
  const act = async (): Promise<void> => {
    for (const path of left) await files.remove(path, { recursive: true });
    if (unsealed) await catalogue.removeUnfinished(backupId);
  };
  return { state: 'there', action: `remove the unfinished export of ${snapshot} from ${rootUri}`, act };
};

async function isNamedBy(settling: Settling, { rootUri, snapshot, backupId }: NoteValues['root-export']) {
  const { backups } = await (await catalogueOf(settling, rootUri)).readAll();
  const found = backups.find(({ record }) => record.id === backupId);
  return found?.record.tables.some((table) => table.snapshot === snapshot) ?? false;
}

/** Final, and what a killed export has left in `.tmp`. */
async function listManifests({ cluster }: Settling, { manifests, snapshot }: { manifests: string; snapshot: string }) {
  const folders = [manifests, `${manifests}/.tmp`];
  const found = await Promise.all(folders.map((folder) => cluster.files.list(folder)));
  return folders
    .filter((_, index) => found[index]?.some(({ name }) => name === snapshot))
    .map((folder) => `${folder}/${snapshot}`);
}

function catalogueOf({ world, cluster }: Settling, rootUri: string) {
  return openCatalogue(world.deps, { cluster: cluster.name, rootUri });
}
