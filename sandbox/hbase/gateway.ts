import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { getAssetPath, type HBaseInstallation } from './install.ts';
import { JVM_OPENS } from './jvm.ts';

const COMMANDS = ['hbase', 'hadoop', 'hdfs', 'yarn', 'record-archives'] as const;

/**
 * Writes `<clusterDir>/bin` with the commands an operator finds on a gateway host. They find their conf by their own
 * place, need nothing of this program, and take the environment variables of the real ones: HBASE_OPTS,
 * HBASE_CLIENT_OPTS, HBASE_HEAPSIZE, HBASE_CLASSPATH, HBASE_CONF_DIR, HBASE_ROOT_LOGGER, HADOOP_OPTS,
 * HADOOP_CLIENT_OPTS, HADOOP_CLASSPATH, JRUBY_OPTS.
 */
export async function writeGateway(gateway: { clusterDir: string; installation: HBaseInstallation }): Promise<string> {
  const { clusterDir, installation } = gateway;
  const binDir = join(clusterDir, 'bin');
  await mkdir(binDir, { recursive: true });
  await writeFile(join(clusterDir, 'gateway.env'), formatGatewayEnv(installation));
  await copyFile(getAssetPath('bin/env.sh'), join(binDir, 'env.sh'));
  await Promise.all(
    COMMANDS.map(async (command) => {
      await copyFile(getAssetPath(`bin/${command}`), join(binDir, command));
      await chmod(join(binDir, command), 0o755);
    }),
  );
  return binDir;
}

function formatGatewayEnv(installation: HBaseInstallation): string {
  const values = {
    SANDBOX_JAVA: installation.java.java,
    SANDBOX_JARS: installation.jars.join(':'),
    SANDBOX_JRUBY: installation.jruby,
    SANDBOX_SHELL: installation.line.shell === undefined ? 'no' : 'yes',
    SANDBOX_ARCHIVES: installation.archivesDir,
    SANDBOX_OPENS: JVM_OPENS.join(' '),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
