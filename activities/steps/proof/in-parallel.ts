import pLimit from 'p-limit';

/**
 * Works on every item, `limit` at a time, and waits for ALL before the first error is thrown: a step must not end
 * while a change it started is still under way (hazard 27).
 */
export async function inParallel<T, R>(
  { items, limit }: { items: readonly T[]; limit: number },
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limited = pLimit(limit);
  const settled = await Promise.allSettled(items.map((item) => limited(() => work(item))));
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
