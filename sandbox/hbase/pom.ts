import type { HBaseLine } from '../versions.ts';

/**
 * Every Hadoop artifact is pinned: Maven's "nearest wins" would otherwise mix Hadoop 3.3 of HBase's own POM with the
 * 3.4 asked for, and such a class path fails only at run time.
 */
const HADOOP_PINNED = toWords(
  'annotations auth client common hdfs hdfs-client',
  'mapreduce-client-core mapreduce-client-common mapreduce-client-jobclient mapreduce-client-app',
  'mapreduce-client-shuffle yarn-api yarn-client yarn-common yarn-server-common',
  'yarn-server-resourcemanager yarn-server-nodemanager yarn-server-timelineservice distcp',
);

const HADOOP_USED = toWords(
  'common hdfs mapreduce-client-jobclient mapreduce-client-app mapreduce-client-shuffle',
  'yarn-server-resourcemanager yarn-server-nodemanager distcp',
);

/** Two bindings of slf4j on one class path: which one wins is chance. */
const LOG4J1_BINDINGS = ['ch.qos.reload4j:reload4j', 'org.slf4j:slf4j-reload4j'];

/** The Maven project whose runtime class path is one HBase line: its jars are the sandbox's installation. */
export function formatPom(line: HBaseLine): string {
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '<modelVersion>4.0.0</modelVersion>',
    `<groupId>sandbox</groupId><artifactId>hbase</artifactId><version>${line.line}</version><packaging>pom</packaging>`,
    '<dependencyManagement><dependencies>',
    ...getPinned(line),
    '</dependencies></dependencyManagement>',
    '<dependencies>',
    ...getDependencies(line),
    '</dependencies>',
    '</project>',
    '',
  ].join('\n');
}

function getPinned(line: HBaseLine): string[] {
  const exclusions = line.log4j2 === undefined ? [] : LOG4J1_BINDINGS;
  const hadoop = HADOOP_PINNED.map((name) => formatHadoop(line, name, exclusions));
  if (line.log4j2 === undefined) return hadoop;
  // Hadoop 3.4 calls methods of these that the older ones of HBase 2.6 lack.
  return [
    ...hadoop,
    formatDependency('org.apache.commons:commons-lang3:3.18.0'),
    formatDependency('commons-io:commons-io:2.16.1'),
  ];
}

function getDependencies(line: HBaseLine): string[] {
  const logging = ['log4j-slf4j-impl', 'log4j-1.2-api'].map(
    (name) => `org.apache.logging.log4j:${name}:${line.log4j2}`,
  );
  return [
    ...line.extras.map((coordinates) => formatDependency(coordinates)),
    ...line.modules.map((name) => formatDependency(`org.apache.hbase:${name}:${line.hbase}`)),
    ...formatShell(line),
    ...(line.log4j2 === undefined ? [] : logging.map((coordinates) => formatDependency(coordinates))),
    formatDependency(`org.jruby:jruby-complete:${line.jruby}`),
    ...HADOOP_USED.map((name) => formatHadoop(line, name, [])),
  ];
}

function formatShell(line: HBaseLine): string[] {
  if (line.shell === undefined) return [];
  // A borrowed shell brings its Ruby files only, never the jars of its own line.
  const exclusions = line.shell.borrowed ? ['*:*'] : [];
  return [formatDependency(`org.apache.hbase:hbase-shell:${line.shell.version}`, exclusions)];
}

function formatHadoop(line: HBaseLine, name: string, exclusions: readonly string[]): string {
  return formatDependency(`org.apache.hadoop:hadoop-${name}:${line.hadoop}`, exclusions);
}

function formatDependency(coordinates: string, exclusions: readonly string[] = []): string {
  const [group, artifact, version] = coordinates.split(':');
  const excluded = exclusions.map((exclusion) => {
    const [excludedGroup, excludedArtifact] = exclusion.split(':');
    return `<exclusion><groupId>${excludedGroup}</groupId><artifactId>${excludedArtifact}</artifactId></exclusion>`;
  });
  return (
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>` +
    (excluded.length === 0 ? '' : `<exclusions>${excluded.join('')}</exclusions>`) +
    '</dependency>'
  );
}

function toWords(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}
