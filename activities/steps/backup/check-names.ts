import type { RootRef } from '../../../workflows/contract/backup/plans.ts';
import type { Problem } from '../../../workflows/contract/failures.ts';
import type { Parsed } from '../../../workflows/contract/requests/parse-request.ts';
import { toInvalidMessage } from '../../../workflows/contract/requests/problems.ts';
import { Failure } from '../../failure.ts';
import type { Inventory } from '../../inventory/inventory.ts';

/**
 * Resolves what the clusters file defines: an input never brings a URI of its own (hazard 32).
 *
 * @throws Failure `request.invalid` with every unknown name and the known ones.
 */
export function checkNames({ cluster, root }: { cluster: string; root: string }, inventory: Inventory): RootRef {
  const { clusters, storageRoots, file } = inventory;
  const found = storageRoots.get(root);
  const problems: Problem[] = [
    ...(clusters.has(cluster) ? [] : [unknown('cluster', cluster, { file, known: [...clusters.keys()] })]),
    ...(found ? [] : [unknown('root', root, { file, known: [...storageRoots.keys()] })]),
  ];
  if (!found || problems.length > 0) throw toRequestFailure(problems);
  return { name: root, uri: found.uri.replace(/\/+$/, '') };
}

/** What was asked for, with names that the clusters file knows. */
export interface Asked<Request> {
  request: Request;
  root: RootRef;
}

/** @throws Failure `request.invalid` with every problem. */
export function requireRequest<Request extends { cluster: string; root: string }>(
  parsed: Parsed<Request>,
  inventory: Inventory,
): Asked<Request> {
  if ('problems' in parsed) throw toRequestFailure(parsed.problems, parsed.message);
  return { request: parsed.request, root: checkNames(parsed.request, inventory) };
}

export function toRequestFailure(problems: Problem[], message = toInvalidMessage(problems, 'backup request')): Failure {
  return new Failure('request.invalid', message, {}, { problems });
}

function unknown(field: string, name: string, { file, known }: { file: string; known: string[] }): Problem {
  return { field, message: `"${name}" is not named in ${file}; known: ${known.join(', ') || 'none'}` };
}
