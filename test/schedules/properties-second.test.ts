import { describeSeeds } from './harness/describe-seeds.ts';

/** The other half of `properties-first`, beside it. */
describeSeeds('second');
