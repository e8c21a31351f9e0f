import type { RunId } from '../../workflows/contract/names.ts';

/** Stands in a run's staging folder before anything else is written there; without it nothing is ever removed. */
export function stagingOwnerPath(stagingUri: string): string {
  return `${stagingUri.replace(/\/+$/, '')}/temporal-hbase-owner.json`;
}

export function formatStagingOwner(runId: RunId): string {
  return JSON.stringify({ runId });
}

/** False for an owner file that is damaged or of another run: the folder is then not ours to remove. */
export function isStagingOwner(content: string | undefined, runId: RunId): boolean {
  if (content === undefined) return false;
  try {
    return (JSON.parse(content) as { runId?: unknown } | null)?.runId === runId;
  } catch {
    // A damaged file names nobody.
    return false;
  }
}
