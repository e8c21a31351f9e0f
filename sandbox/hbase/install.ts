import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { withFileLock } from '../file-lock.ts';
import { defaultCacheDir } from '../folders.ts';
import { runProgramOrFail } from '../run-program.ts';
import { HBASE_LINES, type HBaseLine, type HBaseLineName } from '../versions.ts';
import { getJavaTools, getMaven, type JavaTools } from './java.ts';
import { formatPom } from './pom.ts';
import { createReporter, type OnProgress, reportWhile } from './progress.ts';

export interface InstallOptions {
  /** @default defaultCacheDir() */
  cacheDir?: string;
  onProgress?: OnProgress;
}

/** One HBase line on this machine: its jars, and our own few classes compiled against them. */
export interface HBaseInstallation {
  line: HBaseLine;
  /** `<cacheDir>/hbase/<line>-<hash>`. */
  folder: string;
  /** Class path of daemons and Java tools, in a fixed order; the conf folder goes behind it. */
  jars: string[];
  /** Goes before `jars` for the shell and for JRuby scripts. */
  jruby: string;
  java: JavaTools;
  /** Where class archives of this line and this JDK are kept; the folder may not exist yet. */
  archivesDir: string;
}

/**
 * Makes sure that one line is installed in the cache and returns it; takes milliseconds when it is. Maven resolves
 * the jars (about a minute from an empty repository), javac compiles our classes. Safe to call from many processes;
 * an interrupted install leaves nothing half done, and what Maven had fetched is not fetched again.
 * Throws `Failure('sandbox.missing-tool')` without JDK or Maven, `Failure('sandbox.failed')` with Maven's last lines.
 */
export async function installHBase(name: HBaseLineName, options: InstallOptions = {}): Promise<HBaseInstallation> {
  const line = HBASE_LINES[name];
  const java = getJavaTools();
  const parent = join(options.cacheDir ?? defaultCacheDir(), 'hbase');
  const folder = join(parent, `${name}-${getInstallationHash(line)}`);
  const report = createReporter(`HBase ${name}`, options.onProgress);
  if (!(await isComplete(folder))) {
    await withFileLock(`${folder}.lock`, async () => {
      if (!(await isComplete(folder))) await install({ line, folder, java, report });
    });
    report('installed');
  }
  return describe({ line, folder, java });
}

interface Install {
  line: HBaseLine;
  folder: string;
  java: JavaTools;
  report: (message: string) => void;
}

async function install({ line, folder, java, report }: Install): Promise<void> {
  const draft = `${folder}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  try {
    await mkdir(draft, { recursive: true });
    await resolveJars({ line, folder: draft, java, report });
    report('compiling the daemons');
    await buildOwnJar({ line, folder: draft, java, report });
    await writeManifest(draft);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function resolveJars({ line, folder, java, report }: Install): Promise<void> {
  await writeFile(join(folder, 'pom.xml'), formatPom(line));
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'lib')}`];
  const resolving = runProgramOrFail([getMaven(), '-B', '-ntp', ...goal], {
    cwd: folder,
    env: { ...process.env, JAVA_HOME: java.javaHome },
    timeoutMs: 15 * 60_000,
  });
  await reportWhile(report, 'resolving jars with Maven, about a minute if none is there yet', resolving);
}

/**
 * Our classes, the empty web application folders without which the NameNode refuses to start, and the shell's stub,
 * in one jar: a folder on the class path would rule out class archives.
 */
async function buildOwnJar({ line, folder, java }: Install): Promise<void> {
  const classes = join(folder, 'classes');
  for (const application of ['hdfs', 'datanode', 'static']) {
    await mkdir(join(classes, 'webapps', application), { recursive: true });
    await writeFile(join(classes, 'webapps', application, 'index.html'), '');
  }
  if (line.shell?.borrowed) {
    await mkdir(join(classes, 'shell', 'commands'), { recursive: true });
    await copyFile(getAssetPath('trace.rb'), join(classes, 'shell', 'commands', 'trace.rb'));
  }
  const sources = JAVA_SOURCES.map(getAssetPath);
  const classPath = join(folder, 'lib', '*');
  const flags = ['-nowarn', '-source', '8', '-target', '8', '-proc:none', '-cp', classPath, '-d', classes];
  await runProgramOrFail([java.javac, ...flags, ...sources], { timeoutMs: 120_000 });
  await runProgramOrFail([java.jar, '--create', '--file', join(folder, OWN_JAR), '-C', classes, '.'], {
    timeoutMs: 60_000,
  });
  await rm(classes, { recursive: true });
}

const OWN_JAR = 'sandbox.jar';
const JAVA_SOURCES = ['Daemons.java', 'Ready.java'];

/** Path of a file that is shipped beside the compiled code. */
export function getAssetPath(name: string): string {
  return fileURLToPath(new URL(`./assets/${name}`, import.meta.url));
}

/** Changes with the POM and with our own sources, so that an upgrade never meets an older installation. */
function getInstallationHash(line: HBaseLine): string {
  const hash = createHash('sha256').update(formatPom(line));
  for (const asset of [...JAVA_SOURCES, 'trace.rb']) hash.update(readFileSync(getAssetPath(asset)));
  return hash.digest('hex').slice(0, 12);
}

/** Sizes of all files by path, written last. */
type Manifest = Record<string, number>;

async function writeManifest(folder: string): Promise<void> {
  const names = [OWN_JAR, ...(await readdir(join(folder, 'lib'))).map((name) => join('lib', name))];
  const entries = await Promise.all(names.map(async (name) => [name, (await stat(join(folder, name))).size] as const));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(Object.fromEntries(entries), null, 1));
}

/** True when every file is there with the size it had when it was installed: a cache cleaner may have come by. */
async function isComplete(folder: string): Promise<boolean> {
  if (!existsSync(join(folder, 'manifest.json'))) return false;
  const sizes = Object.entries(await readManifest(folder));
  const intact = await Promise.all(sizes.map(([name, size]) => hasSize(join(folder, name), size)));
  return intact.every(Boolean);
}

async function hasSize(path: string, sizeBytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === sizeBytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
}

async function describe(installed: { line: HBaseLine; folder: string; java: JavaTools }): Promise<HBaseInstallation> {
  const names = Object.keys(await readManifest(installed.folder)).toSorted();
  const jars = [OWN_JAR, ...names.filter((name) => name !== OWN_JAR && !isJRuby(name))];
  const jruby = names.find(isJRuby) ?? '';
  return {
    ...installed,
    jars: jars.map((name) => join(installed.folder, name)),
    jruby: join(installed.folder, jruby),
    archivesDir: join(installed.folder, `archives-${await getJdkHash(installed.java)}`),
  };
}

const isJRuby = (name: string): boolean => name.startsWith('lib/jruby-complete-');

/** A class archive only serves the very JDK that recorded it. */
async function getJdkHash(java: JavaTools): Promise<string> {
  const release = await readFile(join(java.javaHome, 'release'), 'utf8').catch(() => '');
  return createHash('sha256').update(java.javaHome).update(release).digest('hex').slice(0, 12);
}
