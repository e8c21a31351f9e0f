import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

type Path = readonly PropertyKey[];

/** A YAML text that still knows where each of its values stands. */
export interface YamlSource {
  value: unknown;
  /** Errors of YAML itself. */
  errors: { at: string; message: string }[];
  /** `file:line:column` of a value; of the nearest holder when it is missing. */
  locate(path: Path): string;
  /** `file:line:column` of a key. */
  locateKey(path: Path): string;
}

export function parseYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const errors = document.errors.map((error) => ({ at: at(error.pos[0]), message: error.message }));
  return {
    value: errors.length > 0 ? undefined : document.toJS(),
    errors,
    locate: (path) => at(offsetOf(document, path)),
    locateKey: (path) => at(keyOffsetOf(document, path) ?? offsetOf(document, path)),
  };
}

function offsetOf(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
    const key = keyOffsetOf(document, path.slice(0, length));
    if (key !== undefined) return key;
  }
  return document.contents?.range[0] ?? 0;
}

function keyOffsetOf(document: Document.Parsed, path: Path): number | undefined {
  const holder = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(holder)) return undefined;
  const pair = holder.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)));
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
