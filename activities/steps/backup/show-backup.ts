import { defineActivity } from '../../define-step.ts';
import { withRoot } from './place.ts';

export const showBackup = defineActivity<'showBackup'>({
  name: 'showBackup',
  kind: 'read',
  summary: 'read one backup of the catalogue',
  run: ({ backup, ...place }, world) =>
    withRoot({ place, world, phase: `reading ${backup}` }, async ({ catalogue }) => {
      const { state } = await catalogue.readOne(backup);
      const tables = state.record.tables.map((table) => ({ ...table, regions: table.regions.length }));
      return { ...state, record: { ...state.record, tables } };
    }),
});
