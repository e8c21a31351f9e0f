import type { NoteValues } from '../../run-record/note-values.ts';
import { openChain } from '../export/open-chain.ts';
import type { Finding, Settling } from './settling.ts';

/** Whether a record of the chain names it decides, whatever has become of the run. Otherwise its folder goes. */
export async function lookAtExport(
  { rootUri, chain, backupId: id }: NoteValues['root-export'] & { chain: string },
  { cluster, world }: Settling,
): Promise<Finding> {
  const store = await openChain(world.deps, { cluster: cluster.name, rootUri, chain });
  const folder = store.paths.data(id);
  const { files } = await cluster.files.measure(folder);
  if (files === 0) return { state: 'settled' };
  const { exports, damaged } = await store.readAll();
  if (exports.some((one) => one.id === id)) return { state: 'settled' };
  const [first] = damaged;
  if (first !== undefined && exports.every(({ number }) => first.path !== store.paths.record(number))) {
    // It may be the one that names the folder.
    const why = `${first.path} of the chain cannot be read: ${first.why}`;
    return { state: 'kept', why, command: `hdfs dfs -rm -r ${folder}` };
  }
  const act = () => cluster.files.remove(folder, { recursive: true });
  return { state: 'there', action: `remove the unfinished export ${id} of chain ${chain}`, act };
}
