/** One request line. Its `beforeMs` is on the agent's own monotonic clock. */
export interface AgentRequest {
  id: number;
  verb: string;
  args: Record<string, unknown>;
  operation: string;
  beforeMs: number;
}

/** What the agent says when a request fails. */
export interface AgentError {
  /** `failed`: an exception of HBase or Hadoop; the others are the agent's own refusals. */
  kind: string;
  className: string;
  message: string;
  /** Classes of the causes, outermost first. */
  chain: string[];
  causes: string[];
}

export interface AgentReply {
  id: number;
  /** The agent's monotonic clock when it wrote the line. */
  atMs: number;
  ok?: unknown;
  error?: AgentError;
}

/** ASCII only, so that no locale of the remote JVM can change a character. */
export function formatRequest(request: AgentRequest | { cancel: number }): string {
  const json = JSON.stringify(request);
  return `${json.replace(/[^\x20-\x7e]/g, escapeUnit)}\n`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** undefined for a line that is not a reply: whatever a library prints. */
export function parseReply(line: string, sentinel: string): AgentReply | undefined {
  if (!line.startsWith(`${sentinel} `)) return undefined;
  const value: unknown = JSON.parse(line.slice(sentinel.length + 1));
  if (!isRecord(value) || typeof value.id !== 'number' || typeof value.at !== 'number')
    throw new Error('a reply without id or time');
  const reply = { id: value.id, atMs: value.at };
  return value.error === undefined ? { ...reply, ok: value.ok } : { ...reply, error: toAgentError(value.error) };
}

function toAgentError(value: unknown): AgentError {
  const fields = isRecord(value) ? value : {};
  return {
    kind: toText(fields.kind, 'failed'),
    className: toText(fields.class, 'unknown'),
    message: toText(fields.message, ''),
    chain: toTexts(fields.chain),
    causes: toTexts(fields.causes),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toText(value: unknown, absent: string): string {
  return typeof value === 'string' ? value : absent;
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
