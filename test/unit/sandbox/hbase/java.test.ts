import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { getJavaTools, getMaven } from '../../../../sandbox/hbase/java.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'java-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function addProgram(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, '');
  await chmod(path, 0o755);
}

describe('getJavaTools', () => {
  test('JAVA_HOME comes first', async () => {
    await addProgram(join(folder, 'jdk', 'bin', 'java'));
    await addProgram(join(folder, 'jdk', 'bin', 'javac'));
    expect(getJavaTools({ JAVA_HOME: join(folder, 'jdk'), PATH: '' }).javaHome).toBe(join(folder, 'jdk'));
  });

  test('javac on PATH leads to its JDK through links', async () => {
    await addProgram(join(folder, 'jdk', 'bin', 'java'));
    await addProgram(join(folder, 'jdk', 'bin', 'javac'));
    await mkdir(join(folder, 'bin'));
    await symlink(join(folder, 'jdk', 'bin', 'javac'), join(folder, 'bin', 'javac'));
    expect(getJavaTools({ PATH: join(folder, 'bin') }).javaHome).toBe(join(folder, 'jdk'));
  });

  test('a runtime without compiler is refused with what to install', async () => {
    await addProgram(join(folder, 'jre', 'bin', 'java'));
    const find = () => getJavaTools({ JAVA_HOME: join(folder, 'jre'), PATH: '' });
    expect(find).toThrow(expect.objectContaining({ code: 'sandbox.missing-tool' }));
    expect(find).toThrow(/JDK.*JAVA_HOME.*apt-get install/);
  });
});

describe('getMaven', () => {
  test('an absent mvn is refused with what to install', () => {
    expect(() => getMaven({ PATH: folder })).toThrow(/mvn.*apt-get install maven/);
  });

  test('mvn on PATH is found', async () => {
    await addProgram(join(folder, 'mvn'));
    expect(getMaven({ PATH: folder })).toBe(join(folder, 'mvn'));
  });
});
