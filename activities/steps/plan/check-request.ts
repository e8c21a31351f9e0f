import type { Problem } from '../../../workflows/contract/failures.ts';
import type { MigrationRequest } from '../../../workflows/contract/plan.ts';
import { MIGRATION_NOUN, parseMigrationRequest } from '../../../workflows/contract/requests/migrate-tables.ts';
import { toInvalidMessage } from '../../../workflows/contract/requests/problems.ts';
import { Failure } from '../../failure.ts';
import type { Inventory } from '../../inventory/inventory.ts';

const DEFAULT_STAGING = 'staging';

/**
 * Parses the request and resolves every name in it that the clusters file defines.
 *
 * @throws Failure `request.invalid` with all problems at once.
 * @throws Failure `cluster.unknown` when a cluster is the only thing that is wrong.
 */
export function checkRequest(input: unknown, inventory: Inventory): MigrationRequest {
  const parsed = parseMigrationRequest(input);
  if ('problems' in parsed) throw new Failure('request.invalid', parsed.message, {}, { problems: parsed.problems });
  const request = withStaging(parsed.request, inventory);
  const unknown = findUnknownClusters(request, inventory);
  const others = [...findProtected(request, inventory), ...findUnknownNames(request, inventory)];
  if (others.length === 0 && unknown.length > 0) {
    throw new Failure('cluster.unknown', toInvalidMessage(unknown, MIGRATION_NOUN), {}, { problems: unknown });
  }
  refuse([...unknown, ...others]);
  return request;
}

export function refuse(problems: Problem[]): void {
  if (problems.length > 0)
    throw new Failure('request.invalid', toInvalidMessage(problems, MIGRATION_NOUN), {}, { problems });
}

/** Without a name, the root called `staging` is meant, or the only one there is. */
function withStaging(request: MigrationRequest, { storageRoots }: Inventory): MigrationRequest {
  if (request.copy.via !== 'staging' || request.copy.staging !== undefined) return request;
  const [only, ...more] = storageRoots.keys();
  const staging = storageRoots.has(DEFAULT_STAGING) ? DEFAULT_STAGING : more.length === 0 ? only : undefined;
  return staging === undefined ? request : { ...request, copy: { ...request.copy, staging } };
}

function findUnknownClusters({ source, target }: MigrationRequest, { clusters, file }: Inventory): Problem[] {
  const known = [...clusters.keys()].join(', ');
  return Object.entries({ source, target })
    .filter(([, name]) => !clusters.has(name))
    .map(([field, name]) => ({ field, message: `"${name}" is not in ${file}; known clusters: ${known}` }));
}

function findProtected({ target }: MigrationRequest, { clusters, file }: Inventory): Problem[] {
  if (!clusters.get(target)?.protected) return [];
  return [{ field: 'target', message: `"${target}" is protected in ${file}: it is never a target` }];
}

function findUnknownNames({ copy, cutover, alerts }: MigrationRequest, inventory: Inventory): Problem[] {
  const { storageRoots, commands, file } = inventory;
  const check = (field: string, name: string | undefined, known: Map<string, unknown>): Problem[] =>
    name === undefined || known.has(name)
      ? []
      : [{ field, message: `"${name}" is not named in ${file}; known: ${[...known.keys()].join(', ') || 'none'}` }];
  const noStaging = copy.via === 'staging' && copy.staging === undefined;
  return [
    ...(noStaging ? [{ field: 'copy.staging', message: `is missing; name a storage root of ${file}` }] : []),
    ...check('copy.staging', copy.staging, storageRoots),
    ...check('cutover.fenceCommand', cutover.fenceCommand, commands),
    ...check('cutover.switchClients', cutover.switchClients, commands),
    ...(alerts?.to ?? []).flatMap((name) => check('alerts.to', name, inventory.alerts)),
  ];
}
