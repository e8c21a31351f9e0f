import type { BackupEvent, BackupRecord, BackupState, DrillResult } from '../../workflows/contract/backup/record.ts';
import { compareNames } from './seal.ts';

/** An event with the name of its file, which tells two events of the same instant apart. */
export interface NamedEvent {
  name: string;
  event: BackupEvent;
}

/**
 * What a backup is now: its record with every event folded in, in the order of their times, ties by name. The order
 * of `events` does not matter.
 *
 * - `provenAt`: when the newest drill that found no difference ended. Whatever finds a difference later takes it away: a
 *   proof is what is known now, and only another equal drill proves anew.
 * - `keptFor`: of the newest `keep`, until a `release`.
 * - `damaged`: of the newest `audit` of the files, also when that one found the backup sound again; and what readings
 *   of the content have found since the newest equal drill, which no look at names and lengths can take back.
 * - `expiringSince`: the first decision to expire it. It cannot be taken back: files may have gone since.
 */
export function foldState(record: BackupRecord, events: readonly NamedEvent[]): BackupState {
  const state: BackupState = { record, damaged: [], partial: record.failed.length > 0 };
  const inOrder = toTimeOrder(events).map(({ event }) => event);
  return { ...inOrder.reduce(applyEvent, state), damaged: listDamage(inOrder) };
}

function listDamage(inOrder: readonly BackupEvent[]): string[] {
  const files = inOrder.findLast((event) => event.kind === 'audit' && event.about === undefined);
  const proven = inOrder.findLastIndex((event) => event.kind === 'proof' && event.drill.result === 'equal');
  const content = inOrder.slice(proven + 1).filter((event) => event.kind === 'audit' && event.about === 'content');
  return [...new Set([...(files ? [files] : []), ...content].flatMap(damageOf))];
}

function damageOf(event: BackupEvent): string[] {
  return event.kind === 'audit' ? event.damaged : [];
}

export function toTimeOrder(events: readonly NamedEvent[]): NamedEvent[] {
  const toMs = ({ event }: NamedEvent): number => Date.parse(event.at);
  return events.toSorted((a, b) => toMs(a) - toMs(b) || compareNames(a.name, b.name));
}

function applyEvent(state: BackupState, event: BackupEvent): BackupState {
  switch (event.kind) {
    case 'proof':
      return applyProof(state, event.drill);
    case 'keep':
      return { ...state, keptFor: event.reason };
    case 'release':
      return withoutKeep(state);
    case 'audit':
      return event.about === 'content' ? withoutProof(state) : state;
    case 'expire':
      return { ...state, expiringSince: state.expiringSince ?? event.at };
    case 'expired':
      return { ...state, expiredAt: state.expiredAt ?? event.at };
    case 'restore':
      return state;
    default:
      return event satisfies never;
  }
}

function applyProof(state: BackupState, drill: DrillResult): BackupState {
  if (drill.result === 'equal') return { ...state, lastDrill: drill, provenAt: drill.finishedAt };
  return { ...withoutProof(state), lastDrill: drill };
}

function withoutProof({ provenAt: _disproved, ...rest }: BackupState): BackupState {
  return rest;
}

function withoutKeep({ keptFor: _released, ...rest }: BackupState): BackupState {
  return rest;
}
