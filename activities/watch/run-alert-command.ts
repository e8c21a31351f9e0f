import { spawn, type ChildProcess } from 'node:child_process';
import type { AlertCommand } from '../inventory/inventory.ts';
import { type AlertDelivery, toUndelivered } from './alert-delivery.ts';

const ALWAYS_PASSED = ['PATH', 'HOME', 'LANG', 'TZ'];
const TAIL_BYTES = 1_024;
const DRAIN_MS = 200;

/** On this worker's host, without a shell: one JSON object in one line on its standard input; exit code 0 is yes. */
export async function runAlertCommand(command: AlertCommand, options: AlertDelivery): Promise<void> {
  const { target, message, signal } = options;
  signal.throwIfAborted();
  const [program = '', ...args] = command.argv;
  const child = spawn(program, args, {
    env: pickEnvironment(command, options.environment),
    // A group of its own: what it has started ends with it.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stop = stopAfter(child, { timeoutMs: command.timeoutMs, signal });
  const tail = collectTail(child);
  // A program that does not read its input is no error.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(`${JSON.stringify(message)}\n`);
  try {
    const exit = await waitForExit(child);
    signal.throwIfAborted();
    if (exit === 0) return;
    const why = stop.isTooLate() ? `took longer than ${command.timeoutMs} ms` : `ended with ${exit}`;
    const said = withoutSecrets(tail(), { command, environment: options.environment });
    throw toUndelivered(target, `its command ${why}${said === '' ? '' : `; it said: ${said}`}`);
  } finally {
    stop.clear();
  }
}

function pickEnvironment({ passEnv }: AlertCommand, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [...ALWAYS_PASSED, ...passEnv];
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

function withoutSecrets(
  text: string,
  { command: { passEnv }, environment }: { command: AlertCommand; environment: NodeJS.ProcessEnv },
): string {
  const values = passEnv.map((name) => environment[name] ?? '').filter((value) => value.length > 0);
  return values.reduce((rest, value) => rest.replaceAll(value, '…'), text);
}

function stopAfter(child: ChildProcess, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }) {
  let tooLate = false;
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  const timer = setTimeout(() => {
    tooLate = true;
    kill();
  }, timeoutMs);
  signal.addEventListener('abort', kill, { once: true });
  return {
    isTooLate: () => tooLate,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    },
  };
}

function collectTail(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-TAIL_BYTES);
    });
  }
  return () => text.trim();
}

/** Exit code, name of a signal, or why it could not be started. */
function waitForExit(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`no start: ${'code' in error ? String(error.code) : error.name}`));
    // What it said last may come after its end, and what it has started may hold the line open.
    child.once('exit', (code, signal) => void setTimeout(() => resolve(code ?? signal ?? 'unknown'), DRAIN_MS));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}
