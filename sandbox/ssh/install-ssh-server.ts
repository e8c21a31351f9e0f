import { Failure } from '../../activities/failure.ts';
import { findOnPath } from '../find-on-path.ts';
import { runProgramOrFail } from '../run-program.ts';

const INSTALL_TIMEOUT_MS = 5 * 60_000;
/** sshd is an administrator's program, so it is often not on a user's PATH. */
const ADMINISTRATOR_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin', '/sbin'];

/** Absolute: sshd refuses to start by a relative name, since it runs itself again for each connection. */
export interface SshPrograms {
  sshd: string;
  sshKeygen: string;
}

/** Finds OpenSSH, or installs Debian's packages when this process may. */
export async function installSshServer(onProgress?: (line: string) => void): Promise<SshPrograms> {
  const found = await findSshPrograms();
  if (found !== undefined) return found;
  await installPackages(onProgress);
  const installed = await findSshPrograms();
  if (installed !== undefined) return installed;
  throw new Failure('sandbox.missing-tool', 'openssh-server was installed, but sshd and ssh-keygen are not found.');
}

async function findSshPrograms(): Promise<SshPrograms | undefined> {
  const [sshd, sshKeygen] = await Promise.all([
    findOnPath('sshd', ADMINISTRATOR_FOLDERS),
    findOnPath('ssh-keygen', ['/usr/bin']),
  ]);
  return sshd === undefined || sshKeygen === undefined ? undefined : { sshd, sshKeygen };
}

async function installPackages(onProgress?: (line: string) => void): Promise<void> {
  const apt = await findOnPath('apt-get');
  if (apt === undefined || process.getuid?.() !== 0) {
    throw new Failure(
      'sandbox.missing-tool',
      'The sandbox needs the programs sshd and ssh-keygen. Install OpenSSH, e.g. `sudo apt-get install ' +
        'openssh-server openssh-client`; no service has to run.',
    );
  }
  onProgress?.('Installing openssh-server');
  await runProgramOrFail([apt, 'install', '-y', '--no-install-recommends', 'openssh-server', 'openssh-client'], {
    // The package would start a service on port 22; the sandbox runs its own on loopback.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
}
