import type { BackupDetails } from '../../workflows/contract/backup/record.ts';
import type { BackupReport } from '../../workflows/contract/backup/step-data.ts';
import { BACKUP_ROOT } from '../model/model-deps.ts';
import { readValues } from '../model/model-fixture.ts';
import type { ModelMember } from '../model/world.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { ModelEnvironment, Site } from './model-environment.ts';
import type { Handle } from './smoke-harness.ts';

/** Backups of the cluster `old` in a root on its own file system, which both clusters reach. */

export const PLACE = { cluster: 'old', root: BACKUP_ROOT };
const ROOT_PATH = `/${BACKUP_ROOT}/`;

export async function backUp({ run }: Site, more: object = {}): Promise<string> {
  const report = await run<BackupReport>('backUpTables', { ...PLACE, tables: ['shop:*'], set: 'shop', ...more });
  return report.backupId;
}

export function show({ run }: Site, backup: string): Promise<BackupDetails> {
  return run('showBackup', { ...PLACE, backup });
}

export function write(member: ModelMember, table: string, [row, value]: readonly [string, string]): void {
  member.mutate(table, { row, family: 'd', qualifier: '61', type: 'put', value });
}

export async function read({ cluster }: ModelMember, table: string, row = '10'): Promise<string | undefined> {
  return (await readValues(cluster, table, row))[0];
}

/** Everything of ours on a cluster; what stands in the backup root is meant to stay. */
export function listLeft({ state }: ModelMember): string[] {
  const paths = [...state.fileSystem.nodes.keys()];
  const files = paths.filter((path) => /thb_|\.temporal-hbase|\.thb-scratch/.test(path));
  const leases = files.filter((path) => path.includes('/leases/'));
  const others = files.filter((path) => !path.startsWith(ROOT_PATH) && !path.startsWith('/hbase/archive/'));
  const named = [...state.tables.keys(), ...state.namespaces].filter((name) => name.startsWith('thb_'));
  return [...named, ...leases, ...others];
}

/** Files of the root's archive, and what they hold. */
export function exportedFiles({ source }: Site, table: string) {
  const folder = `${ROOT_PATH}archive/data/${table.replace(':', '/')}/`;
  return [...source.state.fileSystem.nodes].filter(([path]) => path.startsWith(folder));
}

/** Resolves when a call of this name is on its way to `cluster`; it waits there until `release`. */
export function holdAt({ faults }: Site, wanted: { cluster: string; verb: string }) {
  let isSeen = false;
  let isHeld = true;
  faults.decide = ({ cluster, verb }) => {
    if (cluster !== wanted.cluster || verb !== wanted.verb || !isHeld) return { kind: 'none' };
    isSeen = true;
    return { kind: 'refused' };
  };
  return {
    seen: () => waitUntil(`${wanted.verb} is called`, () => Promise.resolve(isSeen), 30_000),
    release: () => {
      isHeld = false;
    },
  };
}

export async function runIdOf(handle: Handle): Promise<string> {
  const status = await handle.query<{ runId?: string }>('status');
  return status.runId ?? '';
}

/** What the steps of a workflow say that are under way: the words a person sees who waits for it. */
export async function readWaits({ temporal }: ModelEnvironment, { workflowId }: Handle): Promise<string> {
  const { raw } = await temporal.client.workflow.getHandle(workflowId).describe();
  const payloads = (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? []);
  return payloads.map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
}
