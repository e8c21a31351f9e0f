import type { MigrationPlan } from '../contract/plan.ts';
import type { CopyRoots } from '../contract/runs.ts';

/** Straight from root to root, or by the run's own staging folder, which is moved to the target's file system. */
export function toCopyRoots({ stagingUri, source, target }: MigrationPlan): CopyRoots {
  const roots = { source: source.rootDir, target: target.rootDir };
  if (stagingUri === undefined) return roots;
  return { ...roots, staging: { uri: stagingUri, targetUri: onFileSystemOf(target.rootDir, stagingUri) } };
}

/** `hdfs://old:8020/staging/x` on `hdfs://new:8020` is `hdfs://new:8020/staging/x`; other schemes reach both sides. */
function onFileSystemOf(rootDir: string, uri: string): string {
  const here = parseUri(rootDir);
  const there = parseUri(uri);
  if (here === undefined || there === undefined || here.scheme !== there.scheme) return uri;
  return `${here.scheme}://${here.authority}${there.path}`;
}

function parseUri(uri: string): { scheme: string; authority: string; path: string } | undefined {
  const [, scheme, authority, path] = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)$/.exec(uri) ?? [];
  return scheme === undefined || authority === undefined || path === undefined
    ? undefined
    : { scheme, authority, path };
}
