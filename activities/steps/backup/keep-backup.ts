import type { BackupEvent } from '../../../workflows/contract/backup/record.ts';
import { defineActivity } from '../../define-step.ts';
import { withRoot } from './place.ts';

export const keepBackup = defineActivity<'keepBackup'>({
  name: 'keepBackup',
  kind: 'change',
  summary: 'keep a backup from expiry, or let it go',
  run: ({ backup, by, reason, ...place }, world) =>
    withRoot({ place, world, phase: `keeping ${backup}` }, async ({ catalogue }) => {
      const { state } = await catalogue.readOne(backup);
      if (state.keptFor === reason) return { changed: false };
      const at = new Date(world.deps.nowMs()).toISOString();
      const event: BackupEvent = reason === undefined ? { kind: 'release', at, by } : { kind: 'keep', at, by, reason };
      await catalogue.appendEvent(backup, event);
      return { changed: true };
    }),
});
