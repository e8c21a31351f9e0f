import type { BackupState } from '../../../workflows/contract/backup/record.ts';
import { createRandom, type Random } from '../../model/random.ts';
import { policyOf } from './build-backup.ts';
import { runExpiry, type ExpiryEnd, type ModelExpiry } from './expiry-model.ts';
import {
  checkAlways,
  checkClean,
  checkForeign,
  checkNothingLeft,
  checkUntouched,
  isUnclear,
  OTHER_CELLS,
  require,
  STRANGE,
} from './root-checks.ts';
import { RootModel } from './root-model.ts';

const HOUR_MS = 3_600_000;
const TABLES = ['t0', 't1', 't2'];
const SETS = ['shop', 'other'];
const ZONES = ['UTC', 'Europe/Berlin', 'Pacific/Auckland'];

/** How often what has happened: a suite that never reaches a case proves nothing about it. */
export type Tally = Map<string, number>;

/** One seeded story of a root; throws at the first moment at which something is wrong. */
export function runSequence(seed: number, tally: Tally): void {
  const random = createRandom(seed);
  const root = new RootModel();
  for (const table of TABLES) root.createTable(table);
  const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
  const story: Story = { root, random, count };
  for (let step = random.between(8, 24); step > 0; step -= 1) {
    // A clock that is set back is rare, and must do no harm.
    root.nowMs += random.chance(0.05) ? -30 * HOUR_MS : random.between(1, 40) * HOUR_MS;
    random.pick(OPERATIONS)(story);
    checkAlways(root);
  }
  mendAll(root);
  const end = expire(story, { crashes: false, beside: false });
  require(end?.ended === true, `the last expiry stopped: ${JSON.stringify(end)}`);
  checkClean(root);
}

interface Story {
  root: RootModel;
  random: Random;
  count: (what: string) => void;
}

const OPERATIONS: ((story: Story) => void)[] = [
  changeSource,
  backUp,
  backUp,
  backUp,
  backUp,
  mark,
  mark,
  (story) => void expire(story, { crashes: true, beside: story.random.chance(0.5) }),
  (story) => void expire(story, { crashes: true, beside: true }),
  (story) => void expire(story, { crashes: false, beside: story.random.chance(0.3) }),
  goOnWithForeignExport,
  loseFile,
  spoil,
  ({ root, random }) => random.chance(0.6) && mendAll(root),
];

function changeSource({ root, random }: Story): void {
  const table = random.pick(TABLES);
  const { files } = root.source.get(table)!;
  if (random.chance(0.15)) root.createTable(table);
  else if (random.chance(0.5) && files.length > 1) root.compact(table, files.length);
  else root.flush(table);
}

/** ExportSnapshot: the manifest first, then only files that are not there, then the manifest's final name. */
function backUp(story: Story): void {
  const { root, random, count } = story;
  changeSource(story);
  changeSource(story);
  const crashAt = random.chance(0.1) ? random.between(0, 8) : Infinity;
  let changes = 0;
  const hasCrashed = (): boolean => (changes += 1) > crashAt;
  const set = random.pick(SETS);
  const asked = set === 'shop' ? TABLES : TABLES.slice(1);
  const failed = asked.filter(() => random.chance(0.1)).slice(1);
  const exported = new Map<string, string>();
  for (const table of asked.filter((name) => !failed.includes(name))) {
    const name = `s${root.mint()}`;
    const paths = [...root.source.get(table)!.files];
    root.unfinished.set(name, { paths, torn: random.chance(0.05) && crashAt < Infinity });
    if (hasCrashed()) return count('backup crashed');
    root.unfinished.set(name, { paths });
    for (const path of paths) {
      if (hasCrashed()) return count('backup crashed');
      root.archive.add(path);
    }
    root.final.set(name, { paths });
    root.unfinished.delete(name);
    if (hasCrashed()) return count('backup crashed');
    exported.set(table, name);
  }
  root.addBackup({ set, exported, failed });
  count(failed.length > 0 ? 'partial backup' : 'complete backup');
}

const DRILL = { cluster: 'lab', startedAt: '', restoreMs: 1, bytes: 1, differences: [] };

/** What people and drills write beside a backup, without a lease. */
function mark({ root, random, count }: Story): void {
  const states = root.readStates();
  if (states.length === 0) return;
  const { id } = random.pick(states).record;
  const about = { at: '', by: 'model' };
  const kind = random.pick(['keep', 'release', 'release', 'equal', 'equal', 'different', 'content', 'verify'] as const);
  count(kind);
  if (kind === 'keep') return root.append(id, { ...about, kind, reason: 'audit' });
  if (kind === 'release') return root.append(id, { ...about, kind });
  if (kind === 'content') return root.append(id, { ...about, kind: 'audit', about: 'content', damaged: [OTHER_CELLS] });
  if (kind === 'verify') {
    const damaged = root.listFiles(id).filter((path) => root.lost.has(path));
    return root.append(id, { ...about, kind: 'audit', damaged });
  }
  const finishedAt = new Date(root.nowMs).toISOString();
  return root.append(id, { ...about, kind: 'proof', drill: { ...DRILL, result: kind, finishedAt } });
}

/** Somebody else's ExportSnapshot, which heeds no lease: a change at a time, between those of an expiry too. */
function goOnWithForeignExport({ root, random, count }: Story): void {
  const running = [...root.unfinished].find(([name]) => name.startsWith('foreign'));
  if (running === undefined) {
    const known = [...root.archive, ...root.source.get('t0')!.files];
    const paths = [...new Set([random.pick(known), random.pick(known)])];
    return void root.unfinished.set(`foreign${root.mint()}`, { paths });
  }
  const [name, manifest] = running;
  if (manifest.copied) {
    root.unfinished.delete(name);
    root.final.set(name, manifest);
    return count('foreign export ended');
  }
  // What it finds there it skips: whatever goes to the trash from now on has to come back.
  for (const path of manifest.paths) root.archive.add(path);
  manifest.copied = true;
  return count('foreign export copied');
}

/** A file is lost, and `verify` finds it. */
function loseFile({ root, random, count }: Story): void {
  const states = root.readStates();
  const files = states.flatMap(({ record }) => root.listFiles(record.id));
  if (files.length === 0 || !random.chance(0.2)) return;
  const path = random.pick(files);
  root.archive.delete(path);
  root.trash.files.delete(path);
  root.lost.add(path);
  for (const { record } of states.filter((state) => root.listFiles(state.record.id).includes(path))) {
    root.append(record.id, { at: '', by: 'model', kind: 'audit', damaged: [path] });
  }
  count('file lost');
}

function spoil({ root, random, count }: Story): void {
  if (random.chance(0.7)) return;
  count('spoilt');
  if (random.chance(0.5)) root.archive.add(STRANGE);
  else root.damagedEntries.push({ id: 'x', path: 'backups/x/record.json', why: 'no JSON' });
}

/** What people clean up: foreign exports, exports that no record names, strange files, damaged entries. */
function mendAll(root: RootModel): void {
  const ours = new Set(
    [...root.backups.values()].flatMap(({ record }) => record.tables.map((table) => table.snapshot)),
  );
  for (const name of [...root.final.keys()].filter((found) => !ours.has(found))) root.final.delete(name);
  root.unfinished.clear();
  root.archive.delete(STRANGE);
  root.damagedEntries.length = 0;
}

function pickExpiry({ root, random }: Story): ModelExpiry {
  const rules = {
    last: random.pick([0, 0, 1, 2]),
    daily: random.pick([0, 0, 0, 2]),
    weekly: random.pick([0, 0, 0, 2]),
    monthly: random.pick([0, 0, 0, 1]),
    withinMs: random.pick([0, 0, 0, 48]) * HOUR_MS,
  };
  const keepsNothing = Math.max(...Object.values(rules)) === 0;
  const set = random.pick([...SETS, undefined, undefined]);
  const needed = root.readStates().filter(() => random.chance(0.1));
  return {
    policy: policyOf({ ...rules, timezone: random.pick(ZONES), ...(keepsNothing ? { last: 1 } : {}) }),
    ...(set === undefined ? {} : { set }),
    neededBases: new Set(needed.map(({ record }) => record.id)),
  };
}

/** undefined when it crashed. */
function expire(story: Story, { crashes, beside }: { crashes: boolean; beside: boolean }): ExpiryEnd | undefined {
  const { root, random, count } = story;
  const expiry = pickExpiry(story);
  const before = findStanding(root.readStates(), expiry.neededBases);
  const untouched = new Set(root.archive);
  const mustStop = isUnclear(root);
  const crashAt = crashes ? random.between(0, 12) : Infinity;
  const changes = runExpiry(root, expiry);
  let last = '';
  for (let done = 0; ; done += 1) {
    const next = changes.next();
    if (next.done) {
      count(next.value.ended ? 'expiry ended' : 'expiry stopped');
      if (!beside) require(next.value.ended !== mustStop, mustStop ? 'it did not stop' : 'it stopped for nothing');
      if (next.value.ended && !beside) checkNothingLeft(root);
      if (!next.value.ended && !beside) checkUntouched(root, untouched);
      checkForeign(root);
      checkStanding(root, before);
      return next.value;
    }
    last = next.value;
    count(last);
    if (done >= crashAt) break;
    if (beside && random.chance(0.15)) random.pick([mark, goOnWithForeignExport])(story);
    checkAlways(root);
  }
  count(`crashed before: ${last}`);
  checkStanding(root, before);
  return undefined;
}

const isDoubtful = ({ damaged, lastDrill }: BackupState): boolean =>
  damaged.length > 0 || lastDrill?.result === 'different';

/** Backups that no expiry may take now: the last complete and last proven one of each set, bases, kept, damaged. */
function findStanding(states: BackupState[], neededBases: ReadonlySet<string>): string[] {
  const staying = states.filter(({ expiringSince }) => expiringSince === undefined);
  const newest = (set: string, isMeant: (state: BackupState) => boolean): BackupState | undefined =>
    staying
      .filter((state) => state.record.set === set && !isDoubtful(state) && isMeant(state))
      .toSorted((a, b) => a.record.startMs - b.record.startMs || (a.record.id < b.record.id ? -1 : 1))
      .at(-1);
  const last = SETS.flatMap((set) => [
    newest(set, ({ partial }) => !partial),
    newest(set, ({ provenAt }) => provenAt !== undefined),
  ]);
  const others = staying.filter((state) => isDoubtful(state) || neededBases.has(state.record.id) || state.keptFor);
  return [...last.filter((state) => state !== undefined), ...others].map(({ record }) => record.id);
}

function checkStanding(root: RootModel, before: string[]): void {
  const now = new Map(root.readStates().map((state) => [state.record.id, state]));
  for (const id of before) require(now.get(id) && !now.get(id)!.expiringSince, `${id} had to stay, and has gone`);
}
