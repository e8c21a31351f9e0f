import type { TableState, TableWork } from './state.ts';

/** One operation holds a table at a time; one that hangs blocks all others (hazards 15). */
export async function withTableLock<T>(table: TableState, about: TableWork, work: () => Promise<T>): Promise<T> {
  table.queued.push(about);
  const before = table.lock;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  table.lock = before.then(() => held);
  await before;
  try {
    return await work();
  } finally {
    table.queued.splice(table.queued.indexOf(about), 1);
    release();
  }
}
