import { homedir, tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** Downloads and builds, kept between runs: `$TEMPORAL_HBASE_CACHE`, else `${XDG_CACHE_HOME:-~/.cache}/temporal-hbase`. */
export function defaultCacheDir(): string {
  const chosen = process.env['TEMPORAL_HBASE_CACHE'] ?? '';
  if (path.isAbsolute(chosen)) return chosen;
  return path.join(baseFolder('XDG_CACHE_HOME', '.cache'), 'temporal-hbase');
}

/** Where `sandbox up` keeps its one sandbox: `${XDG_STATE_HOME:-~/.local/state}/temporal-hbase/sandbox`. */
export function defaultStateDir(): string {
  return path.join(baseFolder('XDG_STATE_HOME', path.join('.local', 'state')), 'temporal-hbase', 'sandbox');
}

/** Holds the folders of sandboxes that live as long as the process that started them. */
export function temporarySandboxesDir(): string {
  return path.join(tmpdir(), `temporal-hbase-sandboxes-${userInfo().uid}`);
}

/** The XDG rule: a relative value is invalid and ignored. */
function baseFolder(variable: string, fallback: string): string {
  const value = process.env[variable] ?? '';
  return path.isAbsolute(value) ? value : path.join(homedir(), fallback);
}
