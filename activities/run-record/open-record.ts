import type { RunId } from '../../workflows/contract/names.ts';
import { NOTE_KINDS } from '../../workflows/contract/step-data.ts';
import { Failure } from '../failure.ts';
import { claimAll, type ClaimStore, releaseClaims } from './claims.ts';
import { parseMark, parseNote, type Parsed, parsePlan, type RunPlan } from './record-files.ts';
import { decodePathName } from './record-paths.ts';
import type { Mark, NoteKind, RunNote, RunRecord } from './run-record.ts';

/** A handle on one run's record; touches nothing until it is asked to. */
export function openRecord(store: ClaimStore, runId: RunId): RunRecord {
  const { files, paths } = store;
  const readMark = (epoch: number): Promise<Mark | undefined> => readMarkFile(store, paths.mark(runId, epoch));
  return {
    cluster: store.cluster,
    open: (plan) => openPlan(store, plan),
    exists: async () => (await files.list(paths.run(runId))).length > 0,
    claimTables: async (tables) => {
      const { workflowId } = await readPlan(store, runId);
      await claimAll(store, { runId, workflowId }, tables);
    },
    note: (kind, subject, value) => writeNote(store, { runId, kind, subject }, value),
    readNotes: (kind) => (kind === undefined ? readNotes(store, runId) : readNotesOfKind(store, runId, kind)),
    removeNote: async (kind, subject) => {
      await files.remove(paths.note(runId, kind, subject));
    },
    keepFirst: (name, seen) => keepFirst(store, { runId, name }, seen),
    setMark: async (epoch, decision, by) => {
      const mine: Mark = { decision, by, at: store.nowIso() };
      await files.create(paths.mark(runId, epoch), JSON.stringify(mine));
      const winner = await readMark(epoch);
      if (winner) return winner;
      throw new Failure('hdfs.failed', `The mark ${paths.mark(runId, epoch)} was set and is not there.`, {
        cluster: store.cluster,
      });
    },
    readMark,
    readMarks: () => readMarks(store, runId),
    notePath: (kind, subject) => paths.note(runId, kind, subject),
    markPath: (epoch) => paths.mark(runId, epoch),
    close: (outcome) => closeRecord(store, runId, outcome),
  };
}

async function openPlan(store: ClaimStore, plan: RunPlan): Promise<void> {
  const path = store.paths.plan(plan.runId);
  await store.files.create(path, JSON.stringify(plan));
  const stored = await readPlan(store, plan.runId);
  if (stored.digest === plan.digest) return;
  throw new Failure('run.claimed', `On cluster ${store.cluster}: ${path} is the record of another plan.`, {
    cluster: store.cluster,
  });
}

async function readPlan(store: ClaimStore, runId: RunId): Promise<RunPlan> {
  const path = store.paths.plan(runId);
  const text = await store.files.read(path);
  if (text !== undefined) return requireSound(store, path, parsePlan(text));
  throw new Failure('run.unknown', `Run ${runId} has no record on cluster ${store.cluster} (${path}).`, {
    cluster: store.cluster,
  });
}

interface NotePlace {
  runId: RunId;
  kind: NoteKind;
  subject: string;
}

async function writeNote<V>(store: ClaimStore, { runId, kind, subject }: NotePlace, value: V): Promise<V> {
  const path = store.paths.note(runId, kind, subject);
  // Create-if-absent: after a crash the cluster shows our own change, and only the first note knows the old value.
  const within = store.paths.run(runId);
  if (await store.files.create(path, JSON.stringify({ subject, at: store.nowIso(), value }), { within })) return value;
  const text = await store.files.read(path);
  return text === undefined ? value : (requireSound(store, path, parseNote(text)).value as V);
}

async function keepFirst<V>(
  store: ClaimStore,
  { runId, name }: { runId: RunId; name: string },
  see: () => Promise<V>,
): Promise<V> {
  const path = store.paths.seen(runId, name);
  const readKept = async (): Promise<{ value: V } | undefined> => {
    const text = await store.files.read(path);
    return text === undefined ? undefined : { value: requireSound(store, path, parseNote(text)).value as V };
  };
  const kept = await readKept();
  if (kept) return kept.value;
  const value = await see();
  const content = JSON.stringify({ subject: name, at: store.nowIso(), value });
  if (await store.files.create(path, content, { within: store.paths.run(runId) })) return value;
  return (await readKept())?.value ?? value;
}

async function readNotes(store: ClaimStore, runId: RunId): Promise<RunNote[]> {
  const folders = new Set((await store.files.list(store.paths.allNotes(runId))).map(({ name }) => name));
  const kinds = NOTE_KINDS.filter((kind) => kind !== 'job').filter((kind) => folders.has(kind));
  const perKind = await Promise.all(kinds.map((kind) => readNotesOfKind(store, runId, kind)));
  return perKind.flat();
}

async function readNotesOfKind(store: ClaimStore, runId: RunId, kind: NoteKind): Promise<RunNote[]> {
  const folder = store.paths.notes(runId, kind);
  const names = (await store.files.list(folder)).map(({ name }) => name).filter((name) => name.endsWith('.json'));
  const notes = await Promise.all(names.map((name) => readNote(store, kind, `${folder}/${name}`)));
  return notes.filter((note) => note !== undefined);
}

async function readNote(store: ClaimStore, kind: NoteKind, path: string): Promise<RunNote | undefined> {
  const text = await store.files.read(path);
  if (text === undefined) return undefined;
  const parsed = parseNote(text);
  if ('value' in parsed) return { kind, subject: parsed.value.subject, at: parsed.value.at, value: parsed.value.value };
  const subject = decodePathName(path.slice(path.lastIndexOf('/') + 1));
  return { kind, subject, at: '', value: { damaged: `${path}: ${parsed.damage}` } };
}

async function readMarkFile(store: ClaimStore, path: string): Promise<Mark | undefined> {
  const text = await store.files.read(path);
  if (text === undefined) return undefined;
  const { decision, by, at } = requireSound(store, path, parseMark(text));
  return { decision, by, at };
}

async function readMarks(store: ClaimStore, runId: RunId): Promise<(Mark & { epoch: number })[]> {
  const { files, paths } = store;
  const names = (await files.list(paths.run(runId))).map(({ name }) => /^mark-(\d+)\.json$/.exec(name));
  const epochs = names.flatMap((match) => (match ? [Number(match[1])] : [])).toSorted((a, b) => a - b);
  const read = async (epoch: number) => ({ epoch, mark: await readMarkFile(store, paths.mark(runId, epoch)) });
  const marks = await Promise.all(epochs.map(read));
  return marks.flatMap(({ epoch, mark }) => (mark ? [{ epoch, ...mark }] : []));
}

/** Claims go before the folder: a crash between leaves a record that says it is closed, never a claim without one. */
async function closeRecord(store: ClaimStore, runId: RunId, outcome: 'completed' | 'undone'): Promise<void> {
  const within = store.paths.run(runId);
  if ((await store.files.list(within)).length > 0) {
    await store.files.create(store.paths.closed(runId), JSON.stringify({ outcome, at: store.nowIso() }), { within });
  }
  await releaseClaims(store, runId);
  await store.files.remove(store.paths.run(runId), { recursive: true });
}

function requireSound<T>(store: ClaimStore, path: string, parsed: Parsed<T>): T {
  if ('value' in parsed) return parsed.value;
  throw new Failure('hdfs.failed', `On cluster ${store.cluster}: ${path} is damaged: ${parsed.damage}.`, {
    cluster: store.cluster,
  });
}
