import { readFile, stat } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { AlertTarget, AlertWebhook } from '../inventory/inventory.ts';
import { isOpenToOthers } from '../inventory/private-file.ts';
import { type AlertDelivery, toUndelivered } from './alert-delivery.ts';
import { runAlertCommand } from './run-alert-command.ts';

/**
 * To the webhook, then to the command. At least once: when the second one fails, another attempt sends both again,
 * with the same id.
 *
 * @throws Failure `alert.undelivered`, which names the target and never its URL or headers: they may be secrets.
 */
export async function deliverAlert(options: AlertDelivery): Promise<void> {
  const { webhook, command } = options.target;
  if (webhook !== undefined) await post(webhook, options);
  if (command !== undefined) await runAlertCommand(command, options);
}

async function post(webhook: AlertWebhook, options: AlertDelivery): Promise<void> {
  const { message, signal, target } = options;
  const url = await readUrl(webhook, options);
  const headers = readHeaders(webhook, options);
  const body = JSON.stringify(message);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(webhook.timeoutMs)]);
  // A redirect could lead the alert, and its headers, to somebody whom the clusters file does not name.
  const init: RequestInit = { method: 'POST', headers, body, redirect: 'manual', signal: limit };
  const response = await fetch(url, init).catch((error: unknown) => {
    signal.throwIfAborted();
    throw toUndelivered(target, `its webhook did not answer: ${toCause(error)}`);
  });
  await response.body?.cancel();
  if (!response.ok) throw toUndelivered(target, `its webhook answered with status ${response.status}`);
}

async function readUrl({ url, urlEnv, urlFile }: AlertWebhook, options: AlertDelivery): Promise<URL> {
  const { target } = options;
  const text = url ?? (urlEnv === undefined ? await readUrlFile(urlFile ?? '', target) : readVariable(urlEnv, options));
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed !== undefined && /^https?:$/.test(parsed.protocol)) return parsed;
  throw toUndelivered(target, `what ${urlEnv ?? urlFile ?? 'url'} holds is no http or https URL`);
}

async function readUrlFile(file: string, target: AlertTarget): Promise<string> {
  try {
    if (isOpenToOthers(await stat(file)))
      throw toUndelivered(target, `${file} can be read by others: run \`chmod 600 ${file}\``);
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw error instanceof Failure ? error : toUndelivered(target, `${file} cannot be read: ${toCause(error)}`);
  }
}

function readHeaders({ headers, headersEnv }: AlertWebhook, options: AlertDelivery): Headers {
  const all = new Headers({ 'content-type': 'application/json', 'user-agent': 'temporal-hbase', ...headers });
  for (const [name, variable] of Object.entries(headersEnv)) {
    const value = readVariable(variable, options);
    try {
      all.set(name, value);
    } catch {
      throw toUndelivered(options.target, `what ${variable} holds cannot be the header ${name}`);
    }
  }
  all.set('idempotency-key', options.message.id);
  return all;
}

function readVariable(name: string, { environment, target }: AlertDelivery): string {
  const value = environment[name];
  if (value !== undefined && value !== '') return value;
  throw toUndelivered(target, `the worker's environment variable ${name} is not set`);
}

/** The code of what went wrong; messages of the network may hold the URL. */
function toCause(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at.name === 'TimeoutError') return 'it took too long';
  }
  return error instanceof Error ? error.name : 'unknown';
}
