import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Paths;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;

/**
 * Runs any mix of the daemons of one sandbox cluster in one JVM: fewer processes, a third of the memory.
 *
 * Usage: Daemons READY_FILE ROLE... with the roles namenode, datanode, zookeeper, master,
 * regionserver:PORT:INFO_PORT, resourcemanager, nodemanager. READY_FILE is created when all of them serve: for a
 * master that means a table could be created, written, read and dropped.
 *
 * Configuration comes from the class path. Reflection bridges HBase 1.7 to 2.6 and lines without YARN.
 */
public class Daemons {
  private static final long STARTED_MS = System.currentTimeMillis();

  public static void main(String[] args) throws Exception {
    // Several daemons in one JVM would otherwise refuse each other's metrics sources.
    DefaultMetricsSystem.setMiniClusterMode(true);
    try {
      Object regionServer = null;
      boolean master = false;
      for (int i = 1; i < args.length; i++) {
        Object daemon = start(args[i].split(":"));
        regionServer = args[i].startsWith("regionserver") ? daemon : regionServer;
        master |= args[i].equals("master");
        say("started " + args[i]);
      }
      awaitOnline(regionServer);
      if (master) Ready.await(180);
      Files.write(Paths.get(args[0]), new byte[0]);
      say("ready");
    } catch (Throwable failure) {
      // Non-daemon threads of the half-started daemons would keep the JVM alive and hide the failure.
      failure.printStackTrace();
      Runtime.getRuntime().halt(3);
    }
  }

  private static Object start(String[] role) throws Exception {
    Configuration conf = HBaseConfiguration.create();
    conf.addResource("hdfs-site.xml");
    switch (role[0]) {
      case "namenode": return startNameNode(conf);
      case "datanode": return DataNode.createDataNode(new String[] {}, conf);
      case "zookeeper": return startZooKeeper();
      case "master": return startHBase("org.apache.hadoop.hbase.master.HMaster", conf);
      case "regionserver":
        conf.set("hbase.regionserver.port", role[1]);
        conf.set("hbase.regionserver.info.port", role[2]);
        return startHBase("org.apache.hadoop.hbase.regionserver.HRegionServer", conf);
      case "resourcemanager":
        return startYarn("org.apache.hadoop.yarn.server.resourcemanager.ResourceManager", conf);
      case "nodemanager": return startYarn("org.apache.hadoop.yarn.server.nodemanager.NodeManager", conf);
      default: throw new IllegalArgumentException("unknown role " + role[0]);
    }
  }

  private static Object startNameNode(Configuration conf) throws Exception {
    File folder = new File(new URI(conf.get("dfs.namenode.name.dir")).getPath());
    if (!new File(folder, "current").exists()) NameNode.format(conf);
    return NameNode.createNameNode(new String[] {}, conf);
  }

  private static Object startZooKeeper() {
    Thread thread = new Thread("zookeeper") {
      @Override public void run() {
        try {
          org.apache.hadoop.hbase.zookeeper.HQuorumPeer.main(new String[] {});
        } catch (Throwable failure) {
          failure.printStackTrace();
          Runtime.getRuntime().halt(3);
        }
      }
    };
    thread.start();
    return thread;
  }

  private static Object startHBase(String className, Configuration conf) throws Exception {
    Object server = createHBase(Class.forName(className), conf);
    Thread thread = server instanceof Thread ? (Thread) server : new Thread((Runnable) server, className);
    thread.setDaemon(false);
    thread.start();
    return server;
  }

  private static Object createHBase(Class<?> type, Configuration conf) throws Exception {
    try {
      return type.getConstructor(Configuration.class).newInstance(conf);
    } catch (NoSuchMethodException olderThan2) {
      Class<?> manager = Class.forName("org.apache.hadoop.hbase.CoordinatedStateManager");
      Object instance = Class.forName("org.apache.hadoop.hbase.CoordinatedStateManagerFactory")
          .getMethod("getCoordinatedStateManager", Configuration.class).invoke(null, conf);
      return type.getConstructor(Configuration.class, manager).newInstance(conf, instance);
    }
  }

  private static Object startYarn(String className, Configuration conf) throws Exception {
    Configuration yarn = (Configuration) Class.forName("org.apache.hadoop.yarn.conf.YarnConfiguration")
        .getConstructor(Configuration.class).newInstance(conf);
    final Object service = Class.forName(className).getConstructor().newInstance();
    service.getClass().getMethod("init", Configuration.class).invoke(service, yarn);
    service.getClass().getMethod("start").invoke(service);
    // Containers run in their own sessions: only an orderly stop of the NodeManager ends them.
    Runtime.getRuntime().addShutdownHook(new Thread() {
      @Override public void run() {
        try {
          service.getClass().getMethod("stop").invoke(service);
        } catch (ReflectiveOperationException failure) {
          failure.printStackTrace();
        }
      }
    });
    return service;
  }

  private static void awaitOnline(Object regionServer) throws Exception {
    if (regionServer == null) return;
    while (!(Boolean) regionServer.getClass().getMethod("isOnline").invoke(regionServer)) {
      if (System.currentTimeMillis() - STARTED_MS > 180_000) throw new IOException("the region server is not online");
      Thread.sleep(50);
    }
  }

  private static void say(String message) {
    System.out.println("SANDBOX " + (System.currentTimeMillis() - STARTED_MS) + " ms: " + message);
  }
}
