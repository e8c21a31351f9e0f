import type { ArchiveOverview } from './contract/backup/archive.ts';
import type { AuditPage } from './contract/backup/audit.ts';
import type { ExportOverview } from './contract/backup/export.ts';
import type { BackupAudit, BackupDetails } from './contract/backup/record.ts';
import type { CatalogueSummary } from './contract/backup/step-data.ts';
import { SMALL_INPUTS } from './contract/requests/small-inputs.ts';
import type { StepResult } from './contract/step-data.ts';
import { checkInput } from './flow/simple-input.ts';
import { step } from './flow/step-proxies.ts';
import { rethrowable, toCause } from './flow/workflow-failure.ts';

/** What a backup root holds, from the root alone; any cluster that can read it will do. */
export async function listBackups(input?: unknown): Promise<CatalogueSummary> {
  const { set, ...place } = checkInput(input, SMALL_INPUTS.listBackups);
  const wanted = { ...place, ...(set === undefined ? {} : { set }) };
  return orRethrow(() => step('readCatalogue', wanted, { summary: `read the catalogue of ${place.root}` }));
}

/** One backup with its tables, files and what has happened to it. */
export async function showBackup(input?: unknown): Promise<BackupDetails> {
  const wanted = checkInput(input, SMALL_INPUTS.showBackup);
  return orRethrow(() => step('showBackup', wanted, { summary: `read ${wanted.backup}` }));
}

/** Looks at every file of a backup. @throws ApplicationFailure `backup.damaged` naming what is; the audit in `details`. */
export async function verifyBackup(input?: unknown): Promise<BackupAudit> {
  const { by, ...wanted } = checkInput(input, SMALL_INPUTS.verifyBackup);
  return orRethrow(() => step('verifyBackup', { ...wanted, by: by ?? '' }, { summary: `verify ${wanted.backup}` }));
}

/** Which instants of which tables can be restored, and why no others. */
export async function listInstants(input?: unknown): Promise<ArchiveOverview> {
  const wanted = checkInput(input, SMALL_INPUTS.listInstants);
  return orRethrow(() => step('readInstants', wanted, { summary: `read the archive of ${wanted.set}` }));
}

/** Who did what to which backup and when, of one root or of all, a page at a time. */
export async function auditBackups(input?: unknown): Promise<AuditPage> {
  const { root, since, after, cluster } = checkInput(input, SMALL_INPUTS.auditBackups);
  const question = {
    cluster,
    ...(root === undefined ? {} : { root }),
    ...(since === undefined ? {} : { since }),
    ...(after === undefined ? {} : { after }),
  };
  return orRethrow(() => step('readAudit', question, { summary: `read the audit of ${root ?? 'every root'}` }));
}

/** The chains of exports of a root, from the root alone. */
export async function listExports(input?: unknown): Promise<ExportOverview> {
  const { chain, ...place } = checkInput(input, SMALL_INPUTS.listExports);
  const wanted = { ...place, ...(chain === undefined ? {} : { chain }) };
  return orRethrow(() => step('readExports', wanted, { summary: `read the chains of ${place.root}` }));
}

/** Keeps a backup from expiry for a reason; without a reason it may expire again. */
export async function keepBackup(input?: unknown): Promise<StepResult> {
  const { by, reason, ...wanted } = checkInput(input, SMALL_INPUTS.keepBackup);
  const asked = { ...wanted, by: by ?? '', ...(reason === undefined ? {} : { reason }) };
  return orRethrow(() =>
    step('keepBackup', asked, { summary: `${reason === undefined ? 'release' : 'keep'} ${wanted.backup}` }),
  );
}

async function orRethrow<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw rethrowable(toCause(error));
  }
}
