import type { AuditEntry } from '../../../workflows/contract/backup/audit.ts';
import type { ExportRecord, ImportEvent } from '../../../workflows/contract/backup/export.ts';
import { formatBytes } from '../../../workflows/contract/quantities.ts';
import type { ExportChainStore } from '../../catalogue/export-chain.ts';

export interface ChainAudit {
  entries: Omit<AuditEntry, 'root'>[];
  damaged: { path: string; why: string }[];
}

/** What was exported to one chain and imported from it. */
export async function readChainAudit(store: ExportChainStore): Promise<ChainAudit> {
  const [{ chain, exports, damaged }, events] = await Promise.all([store.readAll(), store.readImports()]);
  return {
    entries: [
      ...exports.map((record) => ({ set: chain, ...fromExport(record) })),
      ...events.imports.map((event) => ({ set: chain, ...fromImport(event) })),
    ],
    damaged: [...damaged, ...events.damaged],
  };
}

function fromExport(record: ExportRecord): Omit<AuditEntry, 'root' | 'set'> {
  const { id, finishedAt, workflowId, by = workflowId, kind, tables, bytes, cluster, fromMs, toMs } = record;
  const from = fromMs === 0 ? '' : ` from ${new Date(fromMs).toISOString()}`;
  const detail = `${kind}${from} to ${new Date(toMs).toISOString()}, ${tables.length} tables of ${cluster.name}, ${formatBytes(bytes)}`;
  return { at: finishedAt, backup: id, action: 'export', by, workflowId, detail };
}

function fromImport({ at, by, workflowId, cluster, tables, upTo, accepted }: ImportEvent) {
  const agreed = accepted.length === 0 ? '' : `; agreed to: ${accepted.join(', ')}`;
  const detail = `${tables.join(', ')} on ${cluster}${agreed}`;
  return { at, backup: upTo, action: 'import' as const, by, workflowId, detail };
}
