import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { withFileLock } from '../file-lock.ts';
import { isAlive, type ProcessRecord, startRecorded } from '../processes.ts';
import type { ClusterFolders } from './cluster-state.ts';
import type { HBaseInstallation } from './install.ts';

/**
 * Class archives (AppCDS) spare a JVM the loading and verifying of ten thousand classes. They are recorded once for
 * each line and JDK, in the background of the first cluster that starts, because only a cluster that works loads what
 * is needed. Not by `jcmd … dynamic_dump`, though that needs no list: it freezes a JVM for longer than its ZooKeeper
 * session lasts.
 *
 * An archive serves a class path that starts as the recorded one did, which is why the conf folder always comes last.
 */
const ARCHIVES_OF_COMMANDS = ['ruby', 'tool'];

/** Flags that use the archive of a daemon process or, while there is none, write down what it will need. */
export function getArchiveFlags(place: PlaceToRecord, process: string): string[] {
  const archive = getArchivePath(place.installation, toArchive(process));
  if (!existsSync(archive)) return getListFlags(place.folders, process);
  // A JVM that cannot use the archive says so on stdout and goes on without it.
  return ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`, '-Xlog:disable', '-Xlog:all=error:stderr'];
}

/** One list of each kind: a second region server would write into the list of the first. */
function getListFlags(folders: ClusterFolders, process: string): string[] {
  const isFirst = process === toArchive(process) || process.endsWith('-1');
  return isFirst ? [`-XX:DumpLoadedClassList=${getClassList(folders, toArchive(process))}`] : [];
}

export interface PlaceToRecord {
  stateDir: string;
  installation: HBaseInstallation;
  folders: ClusterFolders;
}

export interface ArchivesToRecord extends PlaceToRecord {
  /** Name of the recording process in the records. */
  what: string;
  /** The processes of the cluster, which is ready. */
  processes: readonly string[];
}

/** Starts recording what is missing, unless another cluster of the line does so already; returns at once. */
export async function startRecordingArchives(cluster: ArchivesToRecord): Promise<void> {
  const { installation, folders } = cluster;
  const ofDaemons = [...new Set(cluster.processes.map(toArchive))].filter((archive) =>
    existsSync(getClassList(folders, archive)),
  );
  const wanted = [...ofDaemons, ...ARCHIVES_OF_COMMANDS];
  if (wanted.every((archive) => existsSync(getArchivePath(installation, archive)))) return;
  await mkdir(installation.archivesDir, { recursive: true });
  const recorderFile = join(installation.archivesDir, 'recorder.json');
  await withFileLock(`${recorderFile}.lock`, async () => {
    if (await isRecording(recorderFile)) return;
    const recorder = startRecorded(cluster.stateDir, {
      what: cluster.what,
      command: 'nice',
      args: ['-n', '19', join(folders.binDir, 'record-archives'), folders.runDir, ...ofDaemons],
      cwd: folders.clusterDir,
      logFile: join(folders.logsDir, 'record-archives.log'),
    });
    await writeFile(recorderFile, JSON.stringify(recorder));
  });
}

async function isRecording(recorderFile: string): Promise<boolean> {
  if (!existsSync(recorderFile)) return false;
  return isAlive(JSON.parse(await readFile(recorderFile, 'utf8')) as ProcessRecord);
}

function getArchivePath(installation: HBaseInstallation, archive: string): string {
  return join(installation.archivesDir, `${archive}.jsa`);
}

function getClassList(folders: ClusterFolders, archive: string): string {
  return join(folders.runDir, `${archive}.classes`);
}

/** `regionserver-2` → `regionserver`: all region servers load the same. */
function toArchive(process: string): string {
  return process.replace(/-\d+$/, '');
}
