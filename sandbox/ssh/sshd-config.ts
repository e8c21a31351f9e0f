import { Failure } from '../../activities/failure.ts';

export interface SshdSettings {
  port: number;
  user: string;
  hostKeyFile: string;
  authorizedKeysFile: string;
  pidFile: string;
  /** Set in each session. */
  environment: Record<string, string>;
  /** OpenSSH 9.8 and newer shut a source address out for a while after failed logins, which tests provoke. */
  knowsPenalties: boolean;
}

/**
 * The configuration of a private sshd: keys only, loopback only, no PAM, and the limits of a common production host,
 * so that a client that opens too many channels or connections fails here already.
 */
export function formatSshdConfig(settings: SshdSettings): string {
  const lines = [
    `Port ${settings.port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${quoteValue(settings.hostKeyFile)}`,
    `AuthorizedKeysFile ${quoteValue(settings.authorizedKeysFile)}`,
    `PidFile ${quoteValue(settings.pidFile)}`,
    `AllowUsers ${quoteValue(settings.user)}`,
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    // Owner and mode of a temporary folder say nothing about who may log in here.
    'StrictModes no',
    'MaxSessions 10',
    'MaxStartups 10:30:100',
    'LoginGraceTime 30',
    'UseDNS no',
    'X11Forwarding no',
    'Subsystem sftp internal-sftp',
    ...toSetEnv(settings.environment),
    ...(settings.knowsPenalties ? ['PerSourcePenalties no'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** One line with all variables: sshd takes the first SetEnv only. */
function toSetEnv(environment: Record<string, string>): string[] {
  const pairs = Object.entries(environment).map(([name, value]) => quoteValue(`${name}=${value}`));
  return pairs.length === 0 ? [] : [`SetEnv ${pairs.join(' ')}`];
}

/** sshd_config has quotes but no escape that all versions read, so such a value is refused. */
function quoteValue(value: string): string {
  if (!/["\\\n\r\0]/.test(value)) return `"${value}"`;
  throw new Failure('sandbox.failed', `sshd_config cannot hold the value ${JSON.stringify(value)}.`);
}
