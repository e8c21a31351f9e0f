import type { Finding } from '../../../../workflows/contract/plan.ts';
import { findingIf, type PreflightFacts } from './facts.ts';

/**
 * A table costs a wave's history up to 27 events, and 6 more at each approval that does not end in a cutover. With 300
 * tables the wave ends near 8,000 events and 3 MB, below the 10,240 events and 10 MB at which Temporal warns, and can be
 * approved twenty times before the 51,200 at which it terminates a workflow: inside the fence, if it comes to that.
 */
const MOST_TABLES = 300;

export function checkWave({ tables, source }: PreflightFacts): Finding[] {
  return findingIf(tables.length > MOST_TABLES, () => ({
    code: 'wave.too-large',
    level: 'error',
    cluster: source.name,
    message:
      `The wave has ${tables.length} tables of ${source.name}; one migration holds at most ${MOST_TABLES}, ` +
      "or Temporal's limit on a workflow's history could end it.",
    fix: 'Migrate them in several waves: list fewer tables, or narrower patterns.',
  }));
}
