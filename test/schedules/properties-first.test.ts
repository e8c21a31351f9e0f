import { describeSeeds } from './harness/describe-seeds.ts';

/**
 * I1 to I8 under crashes, lost and late answers (design §6). `SEEDS=5000 FROM=1 npx vitest run --project schedules
 * properties` for more; `SEED=<n> npx vitest run --project schedules one-seed` tells one story.
 */
describeSeeds('first');
