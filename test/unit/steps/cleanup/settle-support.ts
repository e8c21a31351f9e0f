import type { NoteValues } from '../../../../activities/run-record/note-values.ts';
import { settleNotes } from '../../../../activities/steps/cleanup/settle-notes.ts';
import type { SettledKind, SettleNotesInput, Side } from '../../../../workflows/contract/step-data.ts';
import { RUN_ID, type StepsFixture, TABLE } from '../steps-fixture.ts';

export const SNAPSHOT = `thb_${RUN_ID}_shop_orders`;

export function settle(fixture: StepsFixture, kind: SettledKind, change: Partial<SettleNotesInput> = {}) {
  const side: Side = change.side ?? 'source';
  return fixture.call(settleNotes, { run: fixture.run, kind, outcome: 'undone', ...change, side });
}

export function note<K extends keyof NoteValues>(
  fixture: StepsFixture,
  cluster: 'old' | 'new',
  { kind, subject, value }: { kind: K; subject: string; value: NoteValues[K] },
) {
  return fixture.withRecord(cluster, (record) => record.note(kind, subject, value));
}

export const notesOf = (fixture: StepsFixture, cluster: 'old' | 'new', kind: SettledKind) =>
  fixture.withRecord(cluster, async (record) => (await record.readNotes()).filter((one) => one.kind === kind));

export const noteTarget = (fixture: StepsFixture, before: 'absent' | 'empty') =>
  note(fixture, 'new', { kind: 'target-table', subject: TABLE, value: { table: TABLE, before } });

export const noteScope = (fixture: StepsFixture) =>
  note(fixture, 'old', { kind: 'scope', subject: TABLE, value: { table: TABLE, scopes: { d: 0 } } });

export const fenceInput = ({ run }: StepsFixture) => ({
  run,
  epoch: 1,
  fence: 'readonly' as const,
  tables: [{ table: TABLE, readOnlyBefore: false }],
});

export const readScope = async ({ old }: StepsFixture) => (await old.cluster.readTable(TABLE))?.families[0]?.scope;

export const noteStaging = (fixture: StepsFixture, uri: string) =>
  note(fixture, 'old', { kind: 'staging', subject: SNAPSHOT, value: { uri } });
