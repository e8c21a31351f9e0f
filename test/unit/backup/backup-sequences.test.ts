import { expect, test } from 'vitest';
import { runSequence, type Tally } from './backup-sequences.ts';
import { policyOf } from './build-backup.ts';
import { runExpiry } from './expiry-model.ts';
import { RootModel } from './root-model.ts';

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
const OTHERS = [
  'partial backup',
  'backup crashed',
  'expiry stopped',
  'foreign export ended',
  'file lost',
  'different',
  'content',
  'verify',
];

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
}, 300_000);

test('the model of an expiry: a backup that was kept and let go while the others moved is not marked as gone', () => {
  const root = new RootModel();
  root.createTable('t0');
  for (const snapshot of ['s1', 's2', 's3']) {
    root.flush('t0');
    const paths = [...root.source.get('t0')!.files];
    for (const path of paths) root.archive.add(path);
    root.final.set(snapshot, { paths });
    root.addBackup({ set: 'shop', exported: new Map([['t0', snapshot]]), failed: [] });
    root.nowMs += 3_600_000;
  }
  const [first] = [...root.backups.keys()];
  const mark = (kind: 'keep' | 'release') => root.append(first!, { at: '', by: 'model', kind, reason: 'audit' });
  for (const change of runExpiry(root, { policy: policyOf({ last: 1 }), neededBases: new Set() })) {
    if (change === 'decide' && root.readStates()[0]?.expiringSince !== undefined) mark('keep');
    if (change === 'second look') mark('release');
  }
  expect([...root.final.keys()]).toEqual(['s1', 's3']);
  expect(root.readStates().map(({ record }) => record.id)).toEqual(
    [...root.backups.keys()].filter((_, at) => at !== 1),
  );
});
