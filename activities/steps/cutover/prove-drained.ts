import type { PeerId, TableName } from '../../../workflows/contract/names.ts';
import { defineActivity, type StepInput } from '../../define-step.ts';
import type { StepDeps } from '../../deps.ts';
import { isRetired, readNotedPeers } from '../replication/retired-peers.ts';
import { drain } from './drain.ts';

/** I1: every write acknowledged before the fence is on the target, or this throws. */
export const proveDrained = defineActivity<'proveDrained'>({
  name: 'proveDrained',
  kind: 'wait',
  summary: 'prove that every WAL from before the fence was shipped',
  plan: ({ run, peerIds, markerTable }) => ({
    cluster: run.source,
    summary: `roll every WAL and prove that ${peerIds.join(', ')} shipped all before the roll`,
    command: `Admin.rollWALWriter on every live server${describeSentinels(markerTable)}`,
    undo: 'none needed',
    doneWhen: `two listings in a row show nothing older than the roll${markerTable === undefined ? '' : ', and the sentinels are on the target'}`,
  }),
  run: async (input, { ctx, deps }) => {
    const { run, markerTable, sentinel, timeLimitMs } = input;
    const [source, target] = await Promise.all([deps.cluster(run.source), deps.cluster(run.target)]);
    const peerIds = await leaveOutRetired(input, deps);
    return drain({ ctx, source, target, markerTable, peerIds, sentinel, timeLimitMs });
  },
});

/** Who knows the peers by the record alone, as `clean` does, names also one that was disabled when its table moved. */
async function leaveOutRetired({ run, peerIds }: StepInput<'proveDrained'>, { runs }: StepDeps): Promise<PeerId[]> {
  if (peerIds.length < 2) return peerIds;
  const noted = await readNotedPeers((await runs(run.source)).open(run.runId));
  const retired = noted.filter((peer, at) => isRetired(peer, noted.slice(at + 1))).map(({ id }) => id);
  return peerIds.filter((id) => !retired.includes(id));
}

function describeSentinels(markerTable: TableName | undefined): string {
  return markerTable === undefined ? '' : `; a put into each region of ${markerTable}`;
}
