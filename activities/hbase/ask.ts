import type * as z from 'zod';
import type { Agent, AgentArgs, CallOptions } from './agent-client.ts';
import { parseReplyOf, replies } from './replies.ts';

/** One verb of the agent, its reply checked against its shape. */
export type Ask = <S extends z.ZodType>(schema: S, verb: string, call?: AskCall) => Promise<z.infer<S>>;

export interface AskCall extends CallOptions {
  args?: AgentArgs;
}

/** Longest read: a digest of 20,000 wide rows, or the WALs of an hour. */
export const BULK_LIMIT_MS = 600_000;
/** Short reads: what takes longer is an outage that the step should see. */
const READ_LIMIT_MS = 150_000;

/** Reads, with a limit of `READ_LIMIT_MS` unless the call sets another. */
export function createAsk(agent: Agent): Ask {
  return async (schema, verb, { args = {}, ...options } = {}) => {
    const value = await agent.call(verb, args, { limitMs: READ_LIMIT_MS, ...options });
    return parseReplyOf(schema, { verb, value });
  };
}

/** A change that answers nothing, with the limit of HBase's own blocking calls. */
export type Change = (verb: string, call: { args: AgentArgs; table?: string | undefined }) => Promise<void>;

export function createChange(agent: Agent): Change {
  return async (verb, { args, table }) => {
    const value = await agent.call(verb, args, { table, isChange: true });
    parseReplyOf(replies.nothing, { verb, value });
  };
}
