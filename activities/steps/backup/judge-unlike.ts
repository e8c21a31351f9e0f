import type { ContentDigest } from '../../../workflows/contract/backup/record.ts';
import type { RecordedContent } from '../../../workflows/contract/backup/step-data.ts';
import type { RunRef } from '../../../workflows/contract/step-data.ts';
import type { StepWorld } from '../../define-step.ts';
import { Failure } from '../../failure.ts';
import { offerSound } from './check-backup.ts';
import { openCatalogue } from './open-catalogue.ts';

export interface Unlike {
  run: RunRef;
  recorded: RecordedContent;
  /** What was read of the copy, and of the files in the root. */
  found: ReadContent;
  inRoot: ReadContent;
}

export type ReadContent = ContentDigest | { unreadable: string };

export function isSameContent(a: ContentDigest, b: ContentDigest): boolean {
  return a.rows === b.rows && a.cells === b.cells && a.digest === b.digest;
}

/**
 * A copy that is not what was recorded: is it the copy or the backup? What stands in the root decides. Only a backup
 * that is itself not what was recorded gets the event that has everybody refuse it.
 */
export async function judgeUnlike(unlike: Unlike, { deps }: StepWorld): Promise<Failure> {
  const { run, recorded, found, inRoot } = unlike;
  const { root, backupId, from, content } = recorded;
  if (!('unreadable' in inRoot) && isSameContent(inRoot, content)) {
    const message = `The copy of ${from} on ${run.source} is not what backup ${backupId} holds: ${describe(content, found)}.`;
    return new Failure('restore.differs', message, { cluster: run.source, table: from });
  }
  const catalogue = await openCatalogue(deps, { cluster: run.source, rootUri: root.uri });
  const damaged = [`${from}: ${describe(content, inRoot)}`];
  const at = new Date(deps.nowMs()).toISOString();
  const by = { by: run.workflowId, workflowId: run.workflowId };
  await catalogue.appendEvent(backupId, { kind: 'audit', at, ...by, about: 'content', damaged });
  const offer = await offerSound(catalogue, { backupId, tables: [from] });
  const message = `${from} of backup ${backupId} is not what was recorded: ${describe(content, inRoot)}. ${offer}`;
  return new Failure('backup.damaged', message, { table: from });
}

function describe(recorded: ContentDigest, found: ReadContent): string {
  if ('unreadable' in found) return found.unreadable;
  if (recorded.rows === found.rows && recorded.cells === found.cells) return 'other cells than the recorded ones';
  return `${found.rows} rows and ${found.cells} cells, recorded were ${recorded.rows} and ${recorded.cells}`;
}
