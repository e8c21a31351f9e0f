# Sourced by the gateway commands beside it: what the real launchers do, reduced to what the sandbox needs.
# `gateway.env` (written when the cluster starts) says where Java, the jars and the class archives are.
home=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
. "$home/gateway.env"

if [ "${1:-}" = --config ]; then
  HBASE_CONF_DIR=$2 HADOOP_CONF_DIR=$2
  shift 2
fi
conf=${HBASE_CONF_DIR:-${HADOOP_CONF_DIR:-$home/conf}}

# The conf folder comes last: a class archive only serves a class path that starts as it did when it was recorded.
class_path=$SANDBOX_JARS:$conf
archive=$SANDBOX_ARCHIVES/tool.jsa

# run MAIN_CLASS ARGS…; the caller's own options come last and win. Two collectors on one command line are an error.
run() {
  # One JVM cannot both use an archive and record another.
  case " ${options:-} " in *ArchiveClassesAtExit*) use_archive= ;; *) use_archive=-XX:SharedArchiveFile=$archive ;; esac
  collector=-XX:+UseSerialGC
  case " ${options:-} " in *UseG1GC* | *UseParallelGC* | *UseZGC* | *UseSerialGC*) collector= ;; esac
  level=${HBASE_ROOT_LOGGER:-${HADOOP_ROOT_LOGGER:-INFO,console}}
  export CLASSPATH="$class_path${extra_class_path:+:$extra_class_path}"
  # shellcheck disable=SC2086
  exec "$SANDBOX_JAVA" -Xmx512m -XX:TieredStopAtLevel=1 $collector -Xshare:auto ${use_archive:+"$use_archive"} \
    -Xlog:disable -Xlog:all=error:stderr -Djava.net.preferIPv4Stack=true $SANDBOX_OPENS \
    -Dhbase.log.dir="$home/logs" -Dsandbox.log.level="${level%%,*}" -Dhbase.root.logger="$level" \
    -Dlog4j2.configurationFile="$conf/log4j2-client.properties" \
    -Dlog4j.configuration="file:$conf/log4j-client.properties" ${options:-} "$@"
}
