import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PreflightFacts } from './facts.ts';

/** hbase.md §9: 35, 37: who copies must be able to write, rename and delete where the copy goes. */
export function checkPaths({ failedProbes }: PreflightFacts): Finding[] {
  return failedProbes.map(({ cluster, folder, what, message }) => ({
    code: 'path.not-writable',
    level: 'error',
    cluster,
    message: `From the gateway of ${cluster}, ${what} ${folder} cannot be written: ${message}`,
    fix: 'Check network and rights of the gateway’s user there: it writes, renames and deletes a probe file.',
  }));
}
