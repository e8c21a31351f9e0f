import { Failure } from '../failure.ts';
import type { RemoteExit } from '../ssh/start-exec.ts';

/** Exit codes of the line that starts an agent, chosen outside those of JVMs and shells. */
export const SCRIPT_MISSING = 96;
const LOGIN_FAILED = 97;

const MAX_TAIL = 1000;

export interface AgentEnd {
  cluster: string;
  host: string;
  exit: RemoteExit;
  /** The end of its standard error. */
  stderr: string;
  /** It had said hello, so its configuration is sound. */
  wasReady: boolean;
}

/**
 * Why an agent ended. One that ends by itself before its hello will do so again: a wrong path, Java version or class
 * path. Whatever comes from outside (a signal, a lost connection, Kerberos) may heal.
 */
export function toAgentEndFailure({ cluster, host, exit, stderr, wasReady }: AgentEnd): Failure {
  if (exit.failure !== undefined) return exit.failure;
  const logTail = stderr.slice(-MAX_TAIL).trim();
  const place = { cluster, host, ...(logTail === '' ? {} : { logTail }) };
  const how = exit.signal === undefined ? `with exit code ${exit.exitCode ?? 'unknown'}` : `by signal ${exit.signal}`;
  if (wasReady) return new Failure('agent.unavailable', `The agent of ${cluster} on ${host} ended ${how}.`, place);
  const outside = exit.signal !== undefined || exit.exitCode === undefined || exit.exitCode === LOGIN_FAILED;
  const message = `The agent of ${cluster} did not start on ${host}: it ended ${how}. ${getLastLines(logTail)}`;
  return new Failure(outside ? 'agent.unavailable' : 'agent.misconfigured', message.trim(), place);
}

function getLastLines(text: string): string {
  return text.split('\n').slice(-5).join('\n');
}
