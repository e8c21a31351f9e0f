import { OWN_PREFIX, type PeerId, type RunId } from '../../../workflows/contract/names.ts';
import type { RunRef, Side } from '../../../workflows/contract/step-data.ts';
import { clusterOfSide, sidesOf, type StepWorld } from '../../define-step.ts';
import type { HBaseCluster } from '../../hbase/cluster.ts';
import type { NoteValues } from '../../run-record/note-values.ts';
import type { RunRecord } from '../../run-record/run-record.ts';
import { removePeer } from '../cleanup/settle-peer.ts';

/**
 * The holders of one run on one cluster: peers that ship nothing and keep every WAL of the time since the last proof,
 * so that the rows touched since can be read from them. The source's own peer lets go of a WAL once it is shipped, and
 * on the target nobody keeps any.
 */
export interface WindowSide {
  side: Side;
  cluster: HBaseCluster;
  record: RunRecord;
  /** Noted, oldest first. */
  holders: { number: number; id: PeerId }[];
}

export async function openSides(run: RunRef, { deps }: StepWorld): Promise<WindowSide[]> {
  return Promise.all(
    sidesOf(run).map(async (side) => {
      const name = clusterOfSide(run, side);
      const [cluster, records] = await Promise.all([deps.cluster(name), deps.runs(name)]);
      const record = records.open(run.runId);
      return { side, cluster, record, holders: await listHolders(record) };
    }),
  );
}

async function listHolders(record: RunRecord): Promise<WindowSide['holders']> {
  const values = (await record.readNotes('wal-holder')).map(({ value }) => value as Partial<NoteValues['wal-holder']>);
  return values
    .flatMap(({ id, number }) => (id === undefined || number === undefined ? [] : [{ id, number }]))
    .toSorted((a, b) => a.number - b.number);
}

/** Only where a note is written; everything later reads the note. */
export function mintHolderId(runId: RunId, number: number): PeerId {
  return `${OWN_PREFIX}${runId}_w${number}`;
}

/**
 * The WALs that a holder held at first: a queue lets go of its oldest one first, so one that is gone tells of a holder
 * that was enabled for a moment, or removed and made again (hazard 51).
 */
export function keepFirstHeld(
  { cluster, record }: Pick<WindowSide, 'cluster' | 'record'>,
  { id, number }: { id: PeerId; number: number },
): Promise<string[]> {
  return record.keepFirst(`window-${number}`, async () =>
    (await cluster.listHeldWals(id)).flatMap(({ wals }) => wals.map(({ name }) => name)),
  );
}

export async function releaseHolders(
  { cluster, record, holders }: WindowSide,
  { keep, world }: { keep: readonly number[]; world: StepWorld },
): Promise<boolean> {
  const released = holders.filter(({ number }) => !keep.includes(number));
  for (const { id } of released) {
    await removePeer({ cluster, world }, id);
    await record.removeNote('wal-holder', id);
  }
  return released.length > 0;
}
