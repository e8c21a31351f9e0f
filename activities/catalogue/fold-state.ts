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
 * - `provenAt`: when the newest drill that found no difference ended. A later drill that found one shows in `lastDrill`.
 * - `keptFor`: of the newest `keep`, until a `release`.
 * - `damaged`: of the newest `audit`, also when that one found the backup sound again.
 * - `expiringSince`: the first decision to expire it. It cannot be taken back: files may have gone since.
 */
export function foldState(record: BackupRecord, events: readonly NamedEvent[]): BackupState {
  const state: BackupState = { record, damaged: [], partial: record.failed.length > 0 };
  return toTimeOrder(events).reduce((before, { event }) => applyEvent(before, event), state);
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
      return { ...state, damaged: event.damaged };
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
  return { ...state, lastDrill: drill, ...(drill.result === 'equal' ? { provenAt: drill.finishedAt } : {}) };
}

function withoutKeep({ keptFor: _released, ...rest }: BackupState): BackupState {
  return rest;
}
