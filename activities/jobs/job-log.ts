/** Hadoop counters from the last `Counters:` block of a log, by `NAME` and by `Group.NAME`. */
export function parseCounters(log: string): Record<string, number> {
  const block = log.split(/Counters: \d+\r?\n/).at(-1);
  if (block === undefined || block === log) return {};
  const counters: Record<string, number> = {};
  let group = '';
  for (const line of block.split('\n')) {
    const name = /^\t(?<name>[^\t].*?)\s*$/.exec(line)?.groups?.['name'];
    const counter = /^\t\t(?<name>[^\t].*?)=(?<value>-?\d+)\s*$/.exec(line)?.groups;
    if (name !== undefined) group = name;
    else if (counter?.['name'] !== undefined) {
      counters[counter['name']] = Number(counter['value']);
      counters[`${group}.${counter['name']}`] = Number(counter['value']);
    } else break;
  }
  return counters;
}

/** Bytes of whole characters: a chunk of a growing log may end within one. */
export function countWholeBytes(chunk: Buffer): number {
  let start = chunk.length - 1;
  while (start >= 0 && start > chunk.length - 4 && isContinuation(chunk[start])) start--;
  const lead = chunk[start];
  return lead === undefined || start + lengthOf(lead) <= chunk.length ? chunk.length : start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}
