import type { AppliedExport, ExportRecord } from '../../../workflows/contract/backup/export.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';
import { Failure } from '../../failure.ts';

/** The record that the plan was made of. @throws Failure `backup.damaged` when another one stands there now. */
export async function requireExport(
  store: ExportChainStore,
  { number, id, digest }: Pick<AppliedExport, 'number' | 'id' | 'digest'>,
): Promise<ExportRecord> {
  const record = (await store.readAll()).exports.find((one) => one.digest === digest);
  if (record) return record;
  throw new Failure('backup.damaged', `${store.paths.record(number)} is no longer the record of ${id}.`);
}
