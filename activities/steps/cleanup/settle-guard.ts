import type { NoteValues } from '../../run-record/note-values.ts';
import { stopGuard } from '../cutover/stop-guard.ts';
import type { Look } from './settling.ts';

/**
 * The guard ends by itself at the mark. An epoch that has none gets `unfence`: the fences are settled before the
 * guards, so nothing depends on it any more, and a fence that is still on its way stays off.
 */
export const lookAtGuard: Look<NoteValues['guard']> = async ({ value }, settling) => {
  const { jobs, run, sourceRecord, world } = settling;
  const { epoch, key } = value;
  const { phase } = await jobs.poll(key);
  if (phase === 'absent' || phase === 'exited' || phase === 'lost') return { state: 'settled' };
  const act = async (): Promise<void> => {
    await sourceRecord.setMark(epoch, 'unfence', run.workflowId);
    await stopGuard({ run, epoch, jobs, ctx: world.ctx });
  };
  return { state: 'there', action: `end the fence guard of epoch ${epoch}`, act };
};
