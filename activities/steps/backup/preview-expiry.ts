import type { BackupId, Catalogue } from '../../../workflows/contract/backup/record.ts';
import type { ExpiryRequest, RetentionDecision } from '../../../workflows/contract/backup/requests.ts';
import { parseExpiryRequest } from '../../../workflows/contract/backup/requests/expire-backups.ts';
import type { ExpiryReport } from '../../../workflows/contract/backup/step-data.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import { keepAlive } from '../../keep-alive.ts';
import { type Asked, requireRequest } from './check-names.ts';
import { decideInSet } from './decide-expiry.ts';
import { findUnreferenced } from './find-unreferenced.ts';
import type { SeenRoot } from './held-root.ts';
import { openCatalogue } from './open-catalogue.ts';
import { requireOutside } from './plan-expiry.ts';
import { readNeeds } from './read-needs.ts';
import { countTrash, readTrash } from './root-trash.ts';

/** Beside exports and backups, so it may name a file that is being exported, or stop at one: an expiry waits. */
export const previewExpiry = defineActivity<'previewExpiry'>({
  name: 'previewExpiry',
  kind: 'job',
  summary: 'see what an expiry would do',
  run: async ({ request }, world) => {
    const asked = requireRequest(parseExpiryRequest(request), world.deps.inventory);
    const { cluster, root } = asked.request;
    return keepAlive({ world, cluster, phase: `looking at ${root}` }, (alive) => preview(asked, alive));
  },
});

async function preview({ request, root }: Asked<ExpiryRequest>, world: StepWorld): Promise<ExpiryReport> {
  const { deps } = world;
  const startedMs = deps.nowMs();
  const cluster = await deps.cluster(request.cluster);
  await requireOutside({ cluster, root }, deps);
  const catalogue = await openCatalogue(deps, { cluster: request.cluster, rootUri: root.uri });
  const seen: SeenRoot = { rootUri: root.uri, cluster, catalogue, world };
  let decisions: RetentionDecision[] = [];
  const read = await readNeeds(seen, async ({ backups }) => {
    decisions = await decideInSet(seen, { backups, request, nowMs: startedMs });
    return new Set(decisions.filter(({ action }) => action === 'expire').map(({ id }) => id));
  });
  const trash = await readTrash(seen);
  // What is needed of the trash would go back first.
  const findStops = (): string[] => read.needs.findStops([...trash.manifests.keys()]);
  const { stops, manifests, files, bytes } = findUnreferenced({ ...read.needs, findStops });
  const old = stops.length > 0 ? { manifests: 0, files: 0, bytes: 0 } : countTrash(trash);
  return {
    root: root.name,
    ...(request.set === undefined ? {} : { set: request.set }),
    dryRun: true,
    decisions,
    expired: listGoing(read.catalogue, decisions),
    freed: {
      manifests: manifests.length + old.manifests,
      files: files.length + old.files,
      bytes: bytes + old.bytes,
    },
    putBack: 0,
    stops,
    durationMs: deps.nowMs() - startedMs,
  };
}

/** Also those of other sets whose expiry has begun. */
function listGoing({ backups }: Catalogue, decisions: RetentionDecision[]): BackupId[] {
  const decided = new Set(decisions.filter(({ action }) => action === 'expire').map(({ id }) => id));
  const isGoing = ({ keptFor, expiringSince, record }: Catalogue['backups'][number]): boolean =>
    keptFor === undefined && (expiringSince !== undefined || decided.has(record.id));
  return backups.filter(isGoing).map(({ record }) => record.id);
}
