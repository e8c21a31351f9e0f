import { open } from 'node:fs/promises';
import ssh2, { type ConnectConfig } from 'ssh2';
import { Failure } from '../failure.ts';
import type { SshTarget } from '../inventory/inventory.ts';
import { isOpenToOthers } from '../inventory/private-file.ts';

/** What the client will show, and its names for messages. Lives only while connecting. */
export interface Credentials {
  config: Pick<ConnectConfig, 'privateKey' | 'passphrase' | 'password' | 'agent' | 'authHandler' | 'tryKeyboard'>;
  tried: string[];
}

/** Resolves the references of the clusters file on this worker, just before they are used. */
export async function readCredentials(target: SshTarget, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const key = target.keyFile === undefined ? undefined : await readKey(target, environment);
  const agent = target.useAgent === true ? requireVariable('SSH_AUTH_SOCK', { target, environment }) : undefined;
  const password =
    target.passwordEnv === undefined ? undefined : requireVariable(target.passwordEnv, { target, environment });
  const tried = [
    ...(key === undefined ? [] : [`key file ${target.keyFile ?? ''}`]),
    ...(agent === undefined ? [] : ['ssh agent']),
    ...(password === undefined ? [] : [`password of ${target.passwordEnv ?? ''}`]),
  ];
  if (tried.length === 0) throw refuse(target, 'Name a keyFile, useAgent or passwordEnv in the clusters file.');
  const methods = [
    ...(key === undefined ? [] : ['publickey' as const]),
    ...(agent === undefined ? [] : ['agent' as const]),
    ...(password === undefined ? [] : ['password' as const, 'keyboard-interactive' as const]),
  ];
  return {
    config: {
      ...key,
      ...(agent === undefined ? {} : { agent }),
      ...(password === undefined ? {} : { password, tryKeyboard: true }),
      authHandler: methods,
    },
    tried,
  };
}

async function readKey(
  target: SshTarget,
  environment: NodeJS.ProcessEnv,
): Promise<{ privateKey: Buffer; passphrase?: string }> {
  const file = target.keyFile ?? '';
  const passphrase =
    target.passphraseEnv === undefined ? undefined : requireVariable(target.passphraseEnv, { target, environment });
  const privateKey = await readPrivateFile(file, target);
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (parsed instanceof Error) throw refuse(target, `The key file ${file} cannot be used: ${parsed.message}.`);
  return { privateKey, ...(passphrase === undefined ? {} : { passphrase }) };
}

/** One descriptor for the check and the read, so that the file cannot be exchanged in between. */
async function readPrivateFile(file: string, target: SshTarget): Promise<Buffer> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    throw refuse(target, `The key file ${file} cannot be read: ${String(error)}.`);
  }
  try {
    const stat = await handle.stat();
    if (isOpenToOthers(stat))
      throw refuse(target, `The key file ${file} can be read by others: run \`chmod 600 ${file}\`.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function requireVariable(
  name: string,
  { target, environment }: { target: SshTarget; environment: NodeJS.ProcessEnv },
): string {
  const value = environment[name];
  if (value === undefined || value === '')
    throw refuse(target, `The worker's environment variable ${name} is not set.`);
  return value;
}

function refuse(target: SshTarget, why: string): Failure {
  return new Failure('ssh.auth', `Cannot log in to ${target.host}:${target.port} as ${target.user}. ${why}`, {
    host: target.host,
  });
}
