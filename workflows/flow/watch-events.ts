import type { WatchEvent } from '../contract/step-data.ts';
import type { Run } from './run.ts';

/** What the watch has told, and has not taken back. */
export interface SeenEvent extends WatchEvent {
  /** When the workflow heard of it. */
  atMs: number;
}

/** Shipped WALs stay for ten minutes by HBase's default: longer unseen, a bulk load may have gone with them. */
const MAY_BE_MISSED_MS = 5 * 60_000;

/** An event becomes a blocker or a notice. `standing`: those of its kind and table, itself the last. */
export function takeEvent(run: Run, event: WatchEvent, standing: readonly WatchEvent[]): void {
  const { keeper } = run;
  const { kind, table, message } = event;
  const about = table === undefined ? {} : { table };
  switch (kind) {
    case 'disk-warning':
    case 'peer-lags':
    case 'marker-taken':
      keeper.notice(message);
      return;
    case 'disk-hold':
      keeper.block({
        code: 'disk',
        message,
        fix: 'free space, which lifts this, or resume to copy on, or cancelMigration to let the WALs go',
      });
      return;
    case 'unlogged-writes':
    case 'metrics-unreadable':
      run.recompareWhole = true;
      keeper.notice(`${message}: whole tables are compared again before the cutover`);
      return;
    case 'bulk-load':
      keeper.block({ code: kind, ...about, message, fix: 'retryTable copies it again, or cutOverWithout' });
      return;
    case 'table-dropped':
      keeper.block({ code: kind, ...about, message, fix: 'cutOverWithout, or cancelMigration' });
      return;
    case 'hfile-refs':
      keeper.block({
        code: kind,
        message,
        fix: 'cancelMigration, which removes the peer and with it their queue, and start again',
      });
      return;
    case 'schema-changed':
    case 'peer-changed':
    case 'watch-blind':
      restate(run, standing);
      return;
    case 'looked':
      return;
  }
}

/** What was told is so no more. `standing`: the others of its kind and table, which go on to block. */
export function takeEventBack(run: Run, gone: SeenEvent, standing: readonly SeenEvent[]): void {
  const { keeper } = run;
  const { kind, table } = gone;
  if (standing.length === 0) keeper.unblock(kind === 'disk-hold' ? 'disk' : kind, table);
  else if (kind !== 'disk-hold') restate(run, standing);
  if (kind === 'disk-warning') return;
  keeper.notice(`it is so no more: ${gone.message}`);
  if (isDoubtful(gone)) {
    run.recompareWhole = true;
    keeper.notice('whole tables are compared again before the cutover: something may have been missed meanwhile');
  }
  if (kind === 'schema-changed' && table !== undefined) {
    run.recompareTables.add(table);
    keeper.notice(`${table} is compared whole again before the cutover: a family that was away has lost its cells`);
  }
}

/** What was shipped elsewhere never arrives by itself, and what nobody could see may have happened. */
function isDoubtful({ kind, key, atMs }: SeenEvent): boolean {
  if (kind === 'peer-changed') return key.endsWith(':moved');
  return key === 'watch-blind:writes' && Date.now() - atMs > MAY_BE_MISSED_MS;
}

const FIXES = {
  'schema-changed': 'change it back, which lifts this, or retryTable to copy it again, or cutOverWithout',
  'peer-changed': 'set it back, which lifts this, or cancelMigration and start again',
  'peer-removed': 'cancelMigration and start again: the WALs that the peer held are lost',
  'watch-blind': 'fix the cause; this goes when the watch can see again',
};

function restate({ keeper }: Run, standing: readonly WatchEvent[]): void {
  const [first] = standing;
  if (first === undefined) return;
  const { kind, table } = first;
  const isRemoved = kind === 'peer-changed' && standing.some(({ key }) => key.endsWith(':removed'));
  keeper.block({
    code: kind,
    ...(table === undefined ? {} : { table }),
    message: standing.map(({ message }) => message).join(' '),
    fix: FIXES[isRemoved ? 'peer-removed' : (kind as keyof typeof FIXES)],
  });
}
