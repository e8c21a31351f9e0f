import type { BackupId, Catalogue } from '../../../workflows/contract/backup/record.ts';
import { Failure } from '../../failure.ts';
import { inParallel } from '../proof/in-parallel.ts';
import type { SeenRoot } from './held-root.ts';
import { createRootNeeds, type NeedSource, type RootNeeds } from './root-needs.ts';

export interface ReadNeeds {
  needs: RootNeeds;
  /** What `needs` was made of. */
  catalogue: Catalogue;
}

/** Lists of files that are read side by side; each may have 100,000 entries. */
const AT_ONCE = 4;

/**
 * Reads what of a root must stay, as it is now: the listing first, then the catalogue, then every list of files and
 * every manifest (hazard 39). What cannot be read counts as unknown, which stops deletion; what does not answer is
 * asked again by the next attempt.
 *
 * @param decide - Backups that would go, of a dry run.
 */
export async function readNeeds(
  root: SeenRoot,
  decide: (catalogue: Catalogue) => Promise<ReadonlySet<BackupId>> = () => Promise.resolve(new Set()),
): Promise<ReadNeeds> {
  const { cluster, rootUri, world } = root;
  const listing = await cluster.listRoot(rootUri);
  const catalogue = await root.catalogue.readAll();
  const needs = createRootNeeds({ listing, catalogue, expiring: await decide(catalogue) });
  const { sources } = needs;
  for (let done = 0; done < sources.length; done += AT_ONCE) {
    world.ctx.signal.throwIfAborted();
    const group = sources.slice(done, done + AT_ONCE);
    await inParallel({ items: group, limit: AT_ONCE }, async (source) => needs.add(source, await read(root, source)));
    world.ctx.progress({ phase: `read ${done + group.length} of ${sources.length} lists of files` });
  }
  return { needs, catalogue };
}

async function read(root: SeenRoot, source: NeedSource): Promise<{ paths: string[] } | { unknown: string }> {
  try {
    const files = await readFiles(root, source);
    return files === undefined ? { unknown: 'it is gone' } : { paths: files.map(({ path }) => path) };
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable) throw error;
    return { unknown: error.message };
  }
}

async function readFiles({ cluster, catalogue, rootUri }: SeenRoot, source: NeedSource) {
  if ('table' in source) return (await catalogue.readFiles(source.record, source.table)).files;
  const { name, temporary } = source.manifest;
  return cluster.listSnapshotFiles({ name, rootUri, temporary });
}
