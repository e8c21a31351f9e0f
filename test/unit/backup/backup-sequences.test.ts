import { expect, test } from 'vitest';
import { runSequence, type Tally } from './backup-sequences.ts';

const SEQUENCES = 10_000;
const CHANGES = [
  'decide',
  'move manifest',
  'move file',
  'second look',
  'put file back',
  'put manifest back',
  'expired',
  'delete manifest',
  'delete file',
];
const OTHERS = ['partial backup', 'backup crashed', 'expiry stopped', 'foreign export ended', 'file lost', 'different'];

test(`${SEQUENCES} sequences: what backups need stays, what nobody needs goes, whatever crashes`, () => {
  const tally: Tally = new Map();
  for (let seed = 1; seed <= SEQUENCES; seed += 1) {
    try {
      runSequence(seed, tally);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
  const seen = [...CHANGES, ...CHANGES.map((change) => `crashed before: ${change}`), ...OTHERS];
  expect(Object.fromEntries(seen.map((what) => [what, tally.get(what) ?? 0]))).toEqual(
    Object.fromEntries(seen.map((what) => [what, expect.toSatisfy((times: number) => times >= 5)])),
  );
});
