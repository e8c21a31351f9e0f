import type { AuditEntry, AuditPage, AuditQuestion } from '../../../workflows/contract/backup/audit.ts';
import { defineActivity, type StepWorld } from '../../define-step.ts';
import type { StepDeps } from '../../deps.ts';
import { Failure } from '../../failure.ts';
import { withRoot } from '../backup/place.ts';
import { openChain } from '../export/open-chain.ts';
import { listChains } from '../export/read-exports.ts';
import { toAuditEntries } from './to-audit-entries.ts';
import { type ChainAudit, readChainAudit } from './to-export-entries.ts';

/** So many entries are answered at once: an answer of Temporal holds two megabytes. */
const PAGE = 2_000;

/** From the roots alone. A root that cannot be read is told, and does not hide the others. */
export const readAudit = defineActivity<'readAudit'>({
  name: 'readAudit',
  kind: 'read',
  summary: 'read who did what to the backups of a root',
  run: async (question, world) => {
    const sinceMs = toSinceMs(question.since);
    const roots = question.root === undefined ? [...world.deps.inventory.storageRoots.keys()] : [question.root];
    const found: Omit<AuditPage, 'next'> = { entries: [], unread: [] };
    for (const root of roots) {
      const { entries, unread } = await readRootOr({ question, root, world });
      found.entries.push(...entries);
      found.unread.push(...unread);
    }
    const wanted = found.entries.filter(({ at }) => Date.parse(at) >= sinceMs);
    return toPage(wanted, { unread: found.unread, after: question.after });
  },
});

interface RootAsked {
  question: AuditQuestion;
  root: string;
  world: StepWorld;
}

async function readRootOr(asked: RootAsked): Promise<Omit<AuditPage, 'next'>> {
  const { root, question } = asked;
  try {
    return await readRoot(asked);
  } catch (error) {
    // Asked for by name, it fails; among all of them it is one that this cluster cannot read.
    if (question.root !== undefined || !(error instanceof Failure) || /^(?:ssh|agent)\./.test(error.code)) throw error;
    return { entries: [], unread: [{ root, why: error.message }] };
  }
}

function readRoot({ question, root, world }: RootAsked): Promise<Omit<AuditPage, 'next'>> {
  const place = { cluster: question.cluster, root };
  return withRoot({ place, world, phase: `reading the audit of ${root}` }, async ({ catalogue, rootUri }, { deps }) => {
    const [history, chains] = await Promise.all([
      catalogue.readHistory(),
      readChains(deps, { cluster: question.cluster, rootUri }),
    ]);
    const damaged = [...history, ...chains].flatMap((one) => one.damaged);
    return {
      entries: [
        ...history.flatMap((backup) => toAuditEntries(backup, root)),
        ...chains.flatMap(({ entries }) => entries.map((entry) => ({ root, ...entry }))),
      ],
      unread: damaged.map(({ path, why }) => ({ root, path, why })),
    };
  });
}

async function readChains(deps: StepDeps, place: { cluster: string; rootUri: string }): Promise<ChainAudit[]> {
  const names = await listChains(deps, place);
  return Promise.all(names.map(async (chain) => readChainAudit(await openChain(deps, { ...place, chain }))));
}

export function toPage(
  entries: readonly AuditEntry[],
  { unread, after }: { unread: AuditPage['unread']; after: string | undefined },
): AuditPage {
  const keyed = entries.map((entry) => ({ key: toKey(entry), entry })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const rest = keyed.filter(({ key }) => after === undefined || key > after);
  const page = rest.slice(0, PAGE);
  const next = rest.length > page.length ? page.at(-1)?.key : undefined;
  return { entries: page.map(({ entry }) => entry), unread, ...(next === undefined ? {} : { next }) };
}

/** Sorts by time, and tells two of the same instant apart. */
function toKey({ at, root, backup, action, detail }: AuditEntry): string {
  return [new Date(at).toISOString(), root, backup, action, detail].join('~');
}

function toSinceMs(since: string | undefined): number {
  const ms = since === undefined ? 0 : Date.parse(since);
  if (!Number.isNaN(ms)) return ms;
  throw new Failure('request.invalid', `since ${JSON.stringify(since)} is no time, such as 2026-11-21T07:15:00Z.`);
}
