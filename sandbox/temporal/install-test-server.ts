import { chmod, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Failure } from '../../activities/failure.ts';
import { withFileLock } from '../file-lock.ts';
import { getJavaTools, getMaven } from '../hbase/java.ts';
import { runProgramOrFail } from '../run-program.ts';
import { TEMPORAL_TEST_SERVER_VERSION } from '../versions.ts';

const INSTALL_TIMEOUT_MS = 10 * 60_000;

export interface TestServerOptions {
  cacheDir: string;
  onProgress?: (line: string) => void;
}

/**
 * Finds or installs Temporal's time-skipping test server (38 MB by Maven) and returns the path of a program that
 * `TestWorkflowEnvironment.createTimeSkipping` takes as `{ type: 'existing-path', path }`. It knows no schedules, no
 * list of workflows and no search attributes.
 */
export async function installTestServer({ cacheDir, onProgress }: TestServerOptions): Promise<string> {
  const folder = path.join(cacheDir, `temporal-test-server-${TEMPORAL_TEST_SERVER_VERSION}`);
  const program = path.join(folder, 'temporal-test-server');
  if (await exists(program)) return program;
  await mkdir(cacheDir, { recursive: true });
  return withFileLock(`${folder}.lock`, async () => {
    if (await exists(program)) return program;
    onProgress?.(`Resolving Temporal's test server ${TEMPORAL_TEST_SERVER_VERSION} with Maven (half a minute, once)`);
    await install(folder);
    return program;
  });
}

/** In a folder beside, renamed when whole. */
async function install(folder: string): Promise<void> {
  const draft = await mkdtemp(`${folder}.installing-`);
  const { java, javaHome } = getJavaTools();
  try {
    await writeFile(path.join(draft, 'pom.xml'), formatPom());
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    await runProgramOrFail([getMaven(), '-B', '-ntp', '-q', ...goal], {
      cwd: draft,
      env: { ...process.env, JAVA_HOME: javaHome },
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    const program = path.join(draft, 'temporal-test-server');
    await writeFile(program, formatProgram(java));
    await chmod(program, 0o755);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** A small JVM that starts fast: the SDK starts one a test file. */
function formatProgram(java: string): string {
  if (java.includes("'")) throw new Failure('sandbox.missing-tool', `The path of java must not hold a quote: ${java}`);
  const flags = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
  return [
    '#!/bin/sh',
    'here="$(cd "$(dirname "$0")" && pwd)"',
    `exec '${java}' ${flags} -cp "$here/lib/*" io.temporal.testserver.TestServer "$@"`,
    '',
  ].join('\n');
}

function formatPom(): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>sandbox</groupId><artifactId>test-server</artifactId><version>1</version><packaging>pom</packaging>',
    '<dependencies><dependency><groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId>',
    `<version>${TEMPORAL_TEST_SERVER_VERSION}</version></dependency></dependencies></project>`,
    '',
  ].join('\n');
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
