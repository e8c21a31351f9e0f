/** Hadoop and HBase reflect into the JDK; this list serves HBase 1.7 to 2.6 on JDK 17 to 25. */
const OPENED_PACKAGES = [
  'java.io java.nio java.net java.lang java.lang.reflect java.security java.util java.util.concurrent java.util.regex',
  'sun.nio.ch sun.security.x509 sun.security.util jdk.internal.ref jdk.internal.util.random',
].flatMap((line) => line.split(' '));

const EXPORTED_PACKAGES = ['jdk.internal.misc', 'sun.net.dns', 'sun.net.util'];

/** JVM flags of daemons, tools and MapReduce tasks alike. */
export const JVM_OPENS: readonly string[] = [
  '-XX:+IgnoreUnrecognizedVMOptions',
  ...OPENED_PACKAGES.flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
  ...EXPORTED_PACKAGES.flatMap((name) => ['--add-exports', `java.base/${name}=ALL-UNNAMED`]),
  '--add-modules',
  'jdk.unsupported',
  '--add-exports',
  'java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  '--add-opens',
  'java.security.jgss/sun.security.krb5=ALL-UNNAMED',
  '-Dorg.apache.hbase.thirdparty.io.netty.tryReflectionSetAccessible=true',
];

/** Short lives on few cores: the optimising compiler and G1 cost more start time and memory than they give back. */
export const JVM_LIGHT: readonly string[] = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
