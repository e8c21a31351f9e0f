import type { Finding } from '../../../../workflows/contract/plan.ts';
import { checkBugs } from './check-bugs.ts';
import { checkClocks } from './check-clocks.ts';
import { checkClusters } from './check-clusters.ts';
import { checkCoprocessors } from './check-coprocessors.ts';
import { checkFamilies } from './check-families.ts';
import { checkMarker } from './check-marker.ts';
import { checkNetwork } from './check-network.ts';
import { checkPaths } from './check-paths.ts';
import { checkPeers } from './check-peers.ts';
import { checkSpace } from './check-space.ts';
import { checkSurroundings } from './check-surroundings.ts';
import { checkTables } from './check-tables.ts';
import { checkTarget } from './check-target.ts';
import { checkWave } from './check-wave.ts';
import type { Check, PreflightFacts } from './facts.ts';

const CHECKS: Check[] = [
  checkWave,
  checkClusters,
  checkTables,
  checkTarget,
  checkFamilies,
  checkCoprocessors,
  checkPeers,
  checkMarker,
  checkPaths,
  checkNetwork,
  checkSurroundings,
  checkSpace,
  checkClocks,
  checkBugs,
];

const ORDER = ['error', 'warn', 'info'] as const;

/** Every finding of every check, errors first. */
export function runPreflight(facts: PreflightFacts): Finding[] {
  const findings = CHECKS.flatMap((check) => check(facts));
  return findings.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
}
