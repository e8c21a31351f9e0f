import { describe, expect, test } from 'vitest';

import { formatPom } from '../../../../sandbox/hbase/pom.ts';
import { HBASE_LINES } from '../../../../sandbox/versions.ts';

/** `group:artifact:version` of the dependencies outside dependencyManagement. */
function getDependencies(pom: string): string[] {
  const used = pom.slice(pom.indexOf('</dependencyManagement>'));
  const coordinates = /<groupId>([^<]+)<\/groupId><artifactId>([^<]+)<\/artifactId><version>([^<]+)<\/version>/g;
  return [...used.matchAll(coordinates)].map((match) => match.slice(1).join(':'));
}

describe('formatPom', () => {
  test('every Hadoop artifact has the version of the line, pinned and used', () => {
    for (const line of Object.values(HBASE_LINES)) {
      const versions = formatPom(line).matchAll(/<artifactId>hadoop-[^<]+<\/artifactId><version>([^<]+)</g);
      expect(new Set([...versions].map((match) => match[1]))).toEqual(new Set([line.hadoop]));
    }
  });

  test('every Hadoop artifact used is pinned too', () => {
    const pom = formatPom(HBASE_LINES['2.4.17']);
    const pinned = pom.slice(0, pom.indexOf('</dependencyManagement>'));
    const used = getDependencies(pom).filter((name) => name.startsWith('org.apache.hadoop:'));
    expect(used.length).toBeGreaterThan(0);
    for (const name of used) expect(pinned).toContain(`<artifactId>${name.split(':')[1]}</artifactId>`);
  });

  test('a borrowed shell brings none of its own dependencies', () => {
    const pom = formatPom(HBASE_LINES['2.6.1']);
    const shell = pom.slice(pom.indexOf('<artifactId>hbase-shell</artifactId>'));
    expect(shell).toMatch(/^[^\n]*<exclusion><groupId>\*<\/groupId><artifactId>\*<\/artifactId><\/exclusion>/);
  });

  test('the log4j 1 bindings are excluded only where log4j 2 is used', () => {
    expect(formatPom(HBASE_LINES['2.6.1'])).toContain('slf4j-reload4j');
    expect(formatPom(HBASE_LINES['2.4.17'])).not.toContain('reload4j');
  });

  test('a line without shell artifact asks for none', () => {
    expect(getDependencies(formatPom(HBASE_LINES['1.7.1']))).not.toContainEqual(expect.stringContaining('hbase-shell'));
  });
});
