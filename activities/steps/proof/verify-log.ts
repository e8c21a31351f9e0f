/** What VerifyReplication says about rows: by its counters and, where the mappers log into the job's log, by key. */

const BAD_ROW = /\b(?:ONLY_IN_SOURCE_TABLE_ROWS|ONLY_IN_PEER_TABLE_ROWS|CONTENT_DIFFERENT_ROWS), rowkey=(.*)$/;

export interface VerifyCounters {
  good: number;
  bad: number;
  onlyInSource: number;
  onlyInPeer: number;
  contentDifferent: number;
}

/** Missing counters are 0: a job that saw nothing prints none. */
export function toVerifyCounters(counters: Record<string, number>): VerifyCounters {
  const read = (name: string): number =>
    Object.entries(counters).find(([key]) => key === name || key.endsWith(`.${name}`))?.[1] ?? 0;
  return {
    good: read('GOODROWS'),
    bad: read('BADROWS'),
    onlyInSource: read('ONLY_IN_SOURCE_TABLE_ROWS'),
    onlyInPeer: read('ONLY_IN_PEER_TABLE_ROWS'),
    contentDifferent: read('CONTENT_DIFFERENT_ROWS'),
  };
}

/** Row keys, hex, that the log calls bad. The key ends with the line, so it may end in spaces. */
export function parseBadRows(log: string): string[] {
  const rows = log.split(/\r?\n/).flatMap((line) => {
    const key = BAD_ROW.exec(line)?.[1];
    return key === undefined ? [] : [stringBinaryToHex(key)];
  });
  return [...new Set(rows)];
}

/**
 * The inverse of HBase's `Bytes.toStringBinary`: printable ASCII but the backslash stands for itself, all else is
 * `\xHH`. A backslash that begins no escape is taken as itself (1.x printed some).
 */
export function stringBinaryToHex(text: string): string {
  return text.replaceAll(
    /\\x([0-9A-Fa-f]{2})|([\s\S])/gu,
    (_match, hex: string | undefined, char: string | undefined) =>
      hex === undefined ? Buffer.from(char ?? '', 'utf8').toString('hex') : hex.toLowerCase(),
  );
}
