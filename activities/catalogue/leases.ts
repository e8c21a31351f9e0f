import type { RunId } from '../../workflows/contract/names.ts';
import { Failure } from '../failure.ts';
import { decodePathName, encodePathName } from '../run-record/record-paths.ts';
import { type CatalogueStore, listNames } from './catalogue-store.ts';
import { type LeaseFile, parseLease } from './parse-catalogue.ts';
import { compareNames } from './seal.ts';

/** Exports go side by side; `exclusive` (expiry) is alone in the root (hazard 39). */
export type LeaseMode = 'export' | 'exclusive';

export interface LeaseRequest {
  mode: LeaseMode;
  runId: RunId;
  workflowId: string;
  /** In words, for whoever waits. */
  purpose: string;
  /** Grows with every attempt of the step that acquires (`toTurn`): a later attempt outranks an earlier one. */
  turn: number;
  /** A file or folder that goes when the run does, e.g. its note: what comes after that leaves no lease behind. */
  within?: string;
}

/** Who is in the root. */
export interface LeaseHolder {
  /** `unknown`: a file that no version we know has written. It is in everybody's way until somebody looks at it. */
  mode: LeaseMode | 'unknown';
  runId: RunId;
  /** Empty when the file cannot be read. */
  workflowId: string;
  purpose: string;
  /** ISO. */
  since: string;
  path: string;
}

export type LeaseAnswer = { held: true } | { held: false; heldBy: LeaseHolder[] };

/**
 * Who may do what in a backup root. Leases have no time-out: only the run's undo or `clean` releases one.
 *
 * A lease is a file `<mode>~<run>~<turn>.json`. To acquire: (1) list, and give up when another run that excludes this
 * one stands; (2) create the own file; (3) list again; when one stands now, remove the own file and give up. Whoever
 * gives up asks again later. Decisions go by file names alone, which one listing gives at one instant; what a file
 * says is only shown.
 *
 * Why two that exclude each other never both hold: each lists after its own file stands. Of the two files one was
 * created later, and its run's listing comes later still, so it shows the other one, unless that was removed; and
 * nothing removes the file of a holder but its release. Needed of the file system: a listing shows every file whose
 * creation was answered before (HDFS, local, today's object stores). Not needed: that creation is atomic.
 *
 * - Both may see each other and give up. The first look keeps waiters from disturbing each other, and retries come
 *   apart by themselves.
 * - A crash between (2) and (3) leaves a file that nobody holds. The next attempt removes it when it gives up, so two
 *   runs that both crashed there do not wait for each other for ever; when it acquires, the release removes it.
 * - An attempt that its worker has given up, and that wakes late, removes only files of its own or an earlier turn.
 *   The file that a later attempt holds by is of a later turn. What the late one creates blocks others until the
 *   release, or is refused once `within` is gone.
 * - A reply that is lost ends the attempt, so a creation or a removal that is carried out late meets only that turn.
 * - A retry after a lost answer acquires anew. It may be told to wait for a run that is about to give up, and drops
 *   the lease then: no caller was told that it holds. WARNING: so who was told must not acquire again; `requireHeld`.
 */
export interface Leases {
  /** `heldBy` names every run in the way. */
  acquire(request: LeaseRequest): Promise<LeaseAnswer>;
  /** Everything this run holds or has left; idempotent. A run that has released does not acquire again. */
  release(runId: RunId): Promise<void>;
  /** One row per run and mode. */
  list(): Promise<LeaseHolder[]>;
  /** @throws Failure `root.lease-lost` when somebody has released the run's lease meanwhile. */
  requireHeld(runId: RunId, mode: LeaseMode): Promise<void>;
}

/** `turn` of an attempt, from its `operation` (`<workflow>/<activity>/<attempt>`); activities are numbered in order. */
export function toTurn(operation: string): number {
  const [activity = 0, attempt = 0] = operation.split('/').slice(-2).map(Number);
  return (Number.isSafeInteger(activity) ? activity : 0) * 1_000_000 + (Number.isSafeInteger(attempt) ? attempt : 0);
}

export function createLeases(store: CatalogueStore): Leases {
  return {
    acquire: (request) => acquire(store, request),
    release: (runId) => release(store, runId),
    list: async () => toHolders(store, await listFiles(store)),
    requireHeld: async (runId, mode) => {
      const files = await listFiles(store);
      if (files.some((file) => file.runId === runId && file.mode === mode)) return;
      const message = `Run ${runId} no longer holds its lease (${mode}) in ${store.paths.leases}; somebody released it.`;
      throw new Failure('root.lease-lost', message);
    },
  };
}

/** What the name of a lease file says. */
interface NamedLease {
  name: string;
  mode: LeaseHolder['mode'];
  runId: RunId;
  turn: number;
}

async function acquire(store: CatalogueStore, request: LeaseRequest): Promise<LeaseAnswer> {
  const before = await listFiles(store);
  if (isInTheWay(before, request)) return giveUp(store, request, before);
  await createOwn(store, request);
  const after = await listFiles(store);
  if (isInTheWay(after, request)) return giveUp(store, request, after);
  if (after.some(({ runId, turn }) => runId === request.runId && turn === request.turn)) return { held: true };
  throw new Failure('step.not-converged', `The lease of run ${request.runId} in ${store.paths.leases} was removed.`);
}

async function createOwn(store: CatalogueStore, request: LeaseRequest): Promise<void> {
  const { mode, runId, workflowId, purpose, turn, within } = request;
  const path = `${store.paths.leases}/${mode}~${encodePathName(runId)}~${turn}.json`;
  const content: LeaseFile = { workflowId, purpose, at: store.nowIso() };
  await store.files.create(path, JSON.stringify(content), within === undefined ? {} : { within });
}

function findInTheWay(files: NamedLease[], { mode, runId }: LeaseRequest): NamedLease[] {
  return files.filter((file) => file.runId !== runId && !(mode === 'export' && file.mode === 'export'));
}

const isInTheWay = (files: NamedLease[], request: LeaseRequest): boolean => findInTheWay(files, request).length > 0;

/** Removes first: who is named may be waiting for just that. */
async function giveUp(store: CatalogueStore, request: LeaseRequest, files: NamedLease[]): Promise<LeaseAnswer> {
  await removeAll(
    store,
    files.filter(({ runId, turn }) => runId === request.runId && turn <= request.turn),
  );
  return { held: false, heldBy: await toHolders(store, findInTheWay(files, request)) };
}

async function release(store: CatalogueStore, own: RunId): Promise<void> {
  const files = await listFiles(store);
  await removeAll(
    store,
    files.filter(({ runId }) => runId === own),
  );
}

async function removeAll(store: CatalogueStore, files: NamedLease[]): Promise<void> {
  for (const { name } of files) await store.files.remove(`${store.paths.leases}/${name}`);
}

async function listFiles(store: CatalogueStore): Promise<NamedLease[]> {
  return (await listNames(store, store.paths.leases)).map(parseName);
}

function parseName(name: string): NamedLease {
  const [, mode, runId, turn] = /^(export|exclusive)~(.+)~(\d+)\.json$/.exec(name) ?? [];
  if (mode === undefined || runId === undefined) return { name, mode: 'unknown', runId: '', turn: 0 };
  return { name, mode: mode as LeaseMode, runId: decodePathName(runId), turn: Number(turn) };
}

async function toHolders(store: CatalogueStore, files: NamedLease[]): Promise<LeaseHolder[]> {
  const holders = await Promise.all(files.map((file) => readHolder(store, file)));
  const oldestFirst = holders.toSorted((a, b) => compareNames(a.since, b.since));
  const keyOf = ({ mode, runId, path }: LeaseHolder): string => (mode === 'unknown' ? path : `${mode}~${runId}`);
  const keys = oldestFirst.map(keyOf);
  return oldestFirst.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

async function readHolder(store: CatalogueStore, { name, mode, runId }: NamedLease): Promise<LeaseHolder> {
  const path = `${store.paths.leases}/${name}`;
  const text = await store.files.read(path);
  const parsed = text === undefined ? undefined : parseLease(text);
  const said = parsed && 'value' in parsed ? parsed.value : { workflowId: '', purpose: '', at: '' };
  return { mode, runId, workflowId: said.workflowId, purpose: said.purpose, since: said.at, path };
}
