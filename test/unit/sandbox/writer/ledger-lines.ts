export interface Line {
  sequence: number;
  state: string;
  timeMs?: number;
  cluster?: string;
  kind?: string;
  family?: string;
  timestamp?: number | '-';
  value?: string;
  note?: string;
}

/** One line as the writer's script formats it, of the row `r` and the cell `q` of the table `t`. */
export function formatLine(line: Line): string {
  const { sequence, state, timeMs = 1, cluster = 'old', kind = 'PUT', family = 'a', timestamp = 1 } = line;
  const fields = [sequence, timeMs, state, cluster, 't', hex('r'), kind, family, hex('q'), timestamp];
  return `${[...fields, hex(line.value ?? 'v'), line.note ?? ''].join('\t')}\n`;
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}
