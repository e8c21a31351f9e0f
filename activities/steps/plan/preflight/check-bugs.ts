import type { Finding } from '../../../../workflows/contract/plan.ts';
import type { PreflightFacts, SideFacts } from './facts.ts';
import { toFixState } from './versions.ts';

interface KnownBug {
  jira: string;
  /** The side whose version decides: the source ships, the target takes. */
  side: 'source' | 'target';
  effect: string;
  /** The first release of each line that has the fix. */
  fixes: string[];
  losesData: boolean;
  /** Holds only in some set-ups. */
  when?: (side: SideFacts) => boolean;
}

const isMultiwal = ({ facts }: SideFacts): boolean => facts.settings['hbase.wal.provider'] === 'multiwal';

/** hbase.md §2.7. A bug that only blocks or slows is shown; one that loses acknowledged edits must be accepted. */
const KNOWN_BUGS: KnownBug[] = [
  bug('HBASE-12865', 'a WAL can be deleted before it was shipped', ['1.0.2', '1.1.2', '1.2.0']),
  bug('HBASE-23205', 'replication goes on from a wrong WAL position', ['1.4.13']),
  { ...bug('HBASE-26120', 'edits are lost with more than ten WAL groups', ['2.4.5', '2.5.0']), when: isMultiwal },
  bug('HBASE-29987', 'the replication position can be corrupted at a WAL switch', ['2.6.5']),
  {
    ...bug('HBASE-28850', 'the sink acknowledges before its writes have ended', ['2.5.11', '2.6.1']),
    side: 'target',
  },
  {
    ...bug('HBASE-18137', 'replication hangs on an empty WAL', ['1.2.7', '1.3.2', '1.4.0', '2.0.0']),
    losesData: false,
  },
  { ...bug('HBASE-26093', 'replication hangs on an empty WAL in oldWALs', ['2.4.5', '2.5.0']), losesData: false },
  { ...bug('HBASE-26963', 'removing a peer can hang', ['2.4.13', '2.5.0']), losesData: false },
  { ...bug('HBASE-27778', 'replication hangs on its buffer quota', ['2.4.18', '2.5.5', '2.6.0']), losesData: false },
  { ...bug('HBASE-28184', 'reading the newest WAL is very slow', ['2.4.18', '2.5.7', '2.6.0']), losesData: false },
  { ...bug('HBASE-28748', 'a queue blocks on InvalidWireType', ['2.6.1']), losesData: false },
];

function bug(jira: string, effect: string, fixes: string[]): KnownBug {
  return { jira, side: 'source', effect, fixes, losesData: true };
}

/** Hazard 23: a `warn` is accepted by its code, `bug.<Jira id>`. */
export function checkBugs(facts: PreflightFacts): Finding[] {
  return KNOWN_BUGS.flatMap((known) => toFindings(known, facts[known.side]));
}

function toFindings({ jira, effect, fixes, losesData, when }: KnownBug, side: SideFacts): Finding[] {
  const { version } = side.facts;
  const state = toFixState(version, fixes);
  if (state === 'fixed' || (when && !when(side))) return [];
  const remedy =
    state === 'no-fix-in-line'
      ? `No release of its line has the fix (first in ${fixes.join(', ')}).`
      : `Upgrade ${side.name} to ${state.fixedIn}.`;
  return [
    {
      code: `bug.${jira}`,
      level: losesData ? 'warn' : 'info',
      cluster: side.name,
      message: `HBase ${version} on ${side.name} has ${jira}: ${effect}.`,
      fix: losesData
        ? `${remedy} To go on without, accept "bug.${jira}": every cell is compared before the cutover.`
        : `${remedy} If replication stops, look for this one first.`,
    },
  ];
}
