import type { FailureCode } from '../../workflows/contract/failures.ts';
import { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';

/** What was going on when ssh2, or the socket under it, reported an error. */
export interface SshFailureContext {
  target: SshTarget;
  /** `connecting` until the login has succeeded: nothing can have run on the host yet. */
  phase: 'connecting' | 'running';
  /** Credentials shown, by name. */
  tried?: string[];
  /** The remote command, for display. */
  command?: string;
}

/** The only mapper from ssh2's errors. While connecting a broken connection is `unreachable`, later it is `failed`: unknown. */
export function toSshFailure(error: unknown, context: SshFailureContext): Failure {
  if (error instanceof Failure) return error;
  const { target, phase } = context;
  const code = codeOf(error, phase);
  const place = { host: target.host, ...(context.command === undefined ? {} : { command: context.command }) };
  return new Failure(code, `${describe(code, context)}: ${reasonOf(error)}`, place, { cause: error });
}

function codeOf(error: unknown, phase: SshFailureContext['phase']): FailureCode {
  if (levelOf(error) === 'client-authentication' || levelOf(error) === 'agent') return 'ssh.auth';
  return phase === 'connecting' ? 'ssh.unreachable' : 'ssh.failed';
}

function describe(code: FailureCode, { target, tried = [], command }: SshFailureContext): string {
  const place = `${target.host}:${target.port} as ${target.user}${formatJump(target)}`;
  if (code === 'ssh.auth') return `${place} refused the login (tried: ${tried.join(', ') || 'nothing'})`;
  if (code === 'ssh.unreachable') return `Cannot connect to ${place}`;
  return `The connection to ${place} broke${command === undefined ? '' : ` during \`${command}\``}, so its outcome is unknown`;
}

function formatJump(target: SshTarget): string {
  return target.jump === undefined ? '' : ` through ${target.jump.host}:${target.jump.port}${formatJump(target.jump)}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const first = error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : error.message;
  return first || ('code' in error ? String(error.code) : error.name);
}

export function levelOf(error: unknown): string | undefined {
  return error instanceof Error && 'level' in error ? String(error.level) : undefined;
}

/**
 * True when the host dropped the connection before it answered: what sshd does above `MaxStartups`, and what passes
 * by itself. A refused port or a failed login does not.
 */
export function isDroppedBeforeLogin(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || /lost before handshake|Exceeded MaxStartups/i.test(error.message);
}
