import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom, type Random } from '../model/random.ts';
import { type BackupStory, createBackupStory, findBroken, findLeft, PLACE } from './harness/backup-story.ts';
import { collectUnhandled, takeUnhandled } from './harness/unhandled.ts';

const STORIES = 40;

beforeAll(collectUnhandled);
afterAll(() => expect(takeUnhandled()).toEqual([]));

interface Teller {
  story: BackupStory;
  random: Random;
  /** How often what has happened: stories must not grow hollow. */
  count(what: string): void;
}

it(`${STORIES} stories of backups, marks and expiries with lost answers, dead workers and terminations`, async () => {
  const tally = new Map<string, number>();
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const random = createRandom(seed);
    const story = await createBackupStory(seed);
    const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
    for (let part = random.between(5, 9); part > 0; part -= 1) {
      story.workers.setFaultChance(random.pick([0, 0.01, 0.04]));
      await random.pick(PARTS)({ story, random, count });
      expect([seed, ...(await findBroken(story))]).toEqual([seed]);
    }
    story.workers.setFaultChance(0);
    await cleanUp(story);
    await story.run('expireBackups', { ...PLACE, keep: { last: 1 } });
    expect([seed, ...(await findBroken(story)), ...(await findLeft(story))]).toEqual([seed]);
    story.clock.stop();
  }
  const seen = ['backup', 'expiry completed', 'expiry terminated', 'killed', 'marked', 'both ended'];
  expect(seen.filter((what) => (tally.get(what) ?? 0) < 5)).toEqual([]);
});

const PARTS: ((teller: Teller) => Promise<void>)[] = [backUp, backUp, backUp, mark, expire, expire, expireBeside];

async function backUp({ story, random, count }: Teller): Promise<void> {
  await orClean(story, story.backUp({ set: random.pick(['shop', 'other']) }));
  count('backup');
}

async function mark({ story, random, count }: Teller): Promise<void> {
  const { backups } = await story.settle(story.catalogue.readAll());
  if (backups.length === 0) return;
  const reason = random.chance(0.5) ? { reason: 'audit' } : {};
  await story.run('keepBackup', { ...PLACE, backup: random.pick(backups).record.id, by: 'ann', ...reason });
  count('marked');
}

async function expire(teller: Teller): Promise<void> {
  const { story, random, count } = teller;
  const handle = story.simulator.start('expireBackups', { workflowId: `expiry-${random.next()}`, input: pick(random) });
  if (random.chance(0.6)) arrangeDeath(teller);
  if (random.chance(0.5))
    story.clock.after(random.between(100, random.pick([5_000, 620_000])), () => handle.terminate());
  await story.settle(handle.result().catch(() => {}));
  count(`expiry ${handle.outcome()?.kind}`);
  if (handle.outcome()?.kind === 'terminated') await cleanUp(story);
}

/** Each waits for the other, whoever comes first. */
async function expireBeside({ story, random, count }: Teller): Promise<void> {
  const { simulator, clock, settle } = story;
  const expiry = simulator.start('expireBackups', { workflowId: `expiry-${random.next()}`, input: pick(random) });
  await clock.runFor(random.between(0, 2_000));
  const input = { ...PLACE, tables: ['shop:*'], set: 'shop' };
  const backup = simulator.start('backUpTables', { workflowId: `backup-${random.next()}`, input });
  await orClean(story, settle(expiry.result()));
  await orClean(story, settle(backup.result()));
  count('both ended');
}

function arrangeDeath({ story, random, count }: Teller): void {
  let changes = random.between(1, 25);
  story.workers.onCall = ({ verb }) => {
    if (!verb.startsWith('files.') || (changes -= 1) > 0) return;
    story.workers.onCall = undefined;
    story.workers.kill(random.between(500, 30_000));
    count('killed');
  };
}

function pick(random: Random): object {
  return { ...PLACE, keep: { last: random.between(1, 2) }, ...(random.chance(0.5) ? { set: 'shop' } : {}) };
}

/** A change that is carried out after its undo is found by the audit: a person cleans. */
async function orClean(story: BackupStory, ended: Promise<unknown>): Promise<void> {
  try {
    await ended;
  } catch (error) {
    requireLeaks(error);
    await cleanUp(story);
  }
}

function requireLeaks(error: unknown): void {
  if ((error as { type?: string }).type !== 'run.leaks') throw error;
}

/** What a terminated run may still be doing ends first; then it is cleaned, as a person would. */
async function cleanUp(story: BackupStory): Promise<void> {
  story.workers.onCall = undefined;
  await story.clock.runFor(60_000);
  for (const { run } of await story.run<{ run: { runId: string } }[]>('findLeaks', {})) {
    // A snapshot that was taken late, when everything was settled, is named, and deleted by hand.
    await story.run('cleanRun', { runId: run.runId }).catch(requireLeaks);
  }
}
