import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Failure } from '../../activities/failure.ts';

export interface JavaTools {
  javaHome: string;
  java: string;
  javac: string;
  jar: string;
  jcmd: string;
}

/** The JDK of `JAVA_HOME`, else the one `javac` on PATH belongs to. Throws `Failure('sandbox.missing-tool')`. */
export function getJavaTools(env: NodeJS.ProcessEnv = process.env): JavaTools {
  const home = env['JAVA_HOME'] ? env['JAVA_HOME'] : getHomeOf(getOnPath('javac', env));
  const bin = (name: string): string => join(home ?? '', 'bin', name);
  if (home === undefined || !isExecutable(bin('java')) || !isExecutable(bin('javac'))) {
    throw new Failure(
      'sandbox.missing-tool',
      'The sandbox needs a JDK (17 is the tested one) to run HBase: no `javac` in JAVA_HOME' +
        `${env['JAVA_HOME'] ? ` (${env['JAVA_HOME']})` : ' (not set)'} or on PATH. ` +
        'Install it (Debian: apt-get install openjdk-17-jdk-headless; macOS: brew install openjdk@17) or set JAVA_HOME.',
    );
  }
  return { javaHome: home, java: bin('java'), javac: bin('javac'), jar: bin('jar'), jcmd: bin('jcmd') };
}

/** Maven, from `MAVEN_HOME` or PATH. Throws `Failure('sandbox.missing-tool')`. */
export function getMaven(env: NodeJS.ProcessEnv = process.env): string {
  const ofHome = env['MAVEN_HOME'] ? join(env['MAVEN_HOME'], 'bin', 'mvn') : undefined;
  const maven = ofHome !== undefined && isExecutable(ofHome) ? ofHome : getOnPath('mvn', env);
  if (maven !== undefined) return maven;
  throw new Failure(
    'sandbox.missing-tool',
    'The sandbox needs Maven to fetch HBase: no `mvn` in MAVEN_HOME or on PATH. ' +
      'Install it (Debian: apt-get install maven; macOS: brew install maven).',
  );
}

function getOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The JDK's folder: `javac` on PATH is mostly a link into it. */
function getHomeOf(javac: string | undefined): string | undefined {
  return javac === undefined ? undefined : dirname(dirname(realpathSync(javac)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
