import { OWN_PREFIX, type RunId } from '../../../workflows/contract/names.ts';

/** HBase's name of the copy it keeps while it restores a snapshot: `hbase-failsafe-<snapshot>-<time>`. */
const FAILSAFE_PREFIX = 'hbase-failsafe-';

/** What every peer, snapshot and marker table of a run starts with. */
export function ownName(runId: RunId): string {
  return `${OWN_PREFIX}${runId}`;
}

/** Where a drill makes its tables. */
export function scratchNamespace(runId: RunId): string {
  return `${OWN_PREFIX}drill_${runId}`;
}

/** Of this run, and not of one whose id only begins like it. */
export function isOwnName(name: string, runId: RunId): boolean {
  const bare = name.startsWith(FAILSAFE_PREFIX) ? name.slice(FAILSAFE_PREFIX.length) : name;
  return bare === ownName(runId) || bare.startsWith(`${ownName(runId)}_`);
}

/** The run that a snapshot is of by its name; undefined for everybody else's. */
export function runOfSnapshot(name: string): RunId | undefined {
  const bare = name.startsWith(FAILSAFE_PREFIX) ? name.slice(FAILSAFE_PREFIX.length) : name;
  return bare.startsWith(OWN_PREFIX) ? /^([a-z0-9]+)_/.exec(bare.slice(OWN_PREFIX.length))?.[1] : undefined;
}

/** What a restore keeps of a table that it has overwritten; it stays when the run has ended. */
export function isKeptFailsafe(name: string): boolean {
  return new RegExp(`^${OWN_PREFIX}[a-z0-9]+_failsafe_`).test(name);
}

export function isFailsafeOf(name: string, snapshot: string): boolean {
  return name.startsWith(`${FAILSAFE_PREFIX}${snapshot}-`);
}
