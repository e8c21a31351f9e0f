import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hbase.HBaseConfiguration;
import org.apache.hadoop.hbase.HColumnDescriptor;
import org.apache.hadoop.hbase.HTableDescriptor;
import org.apache.hadoop.hbase.TableName;
import org.apache.hadoop.hbase.client.Admin;
import org.apache.hadoop.hbase.client.Connection;
import org.apache.hadoop.hbase.client.ConnectionFactory;
import org.apache.hadoop.hbase.client.Get;
import org.apache.hadoop.hbase.client.Put;
import org.apache.hadoop.hbase.client.Table;
import org.apache.hadoop.hbase.util.Bytes;

/**
 * "Ready" means that a table can be created, written, read and dropped: open ports say nothing about HBase.
 * Usage as a program: Ready SECONDS; exit code 1 after the deadline. Uses only calls that 1.7 and 2.6 share.
 */
public class Ready {
  private static final TableName PROBE = TableName.valueOf("sandbox_ready_probe");
  private static final byte[] FAMILY = Bytes.toBytes("f");

  public static void main(String[] args) throws Exception {
    await(Integer.parseInt(args[0]));
    System.exit(0);
  }

  static void await(int seconds) throws Exception {
    long deadlineMs = System.currentTimeMillis() + 1000L * seconds;
    Configuration conf = HBaseConfiguration.create();
    // Fail fast and look again: the client's own back-off would sleep through the moment of readiness.
    conf.setInt("hbase.client.retries.number", 3);
    conf.setInt("hbase.rpc.timeout", 8000);
    conf.setInt("zookeeper.recovery.retry", 0);
    while (true) {
      try {
        probe(conf);
        return;
      } catch (Exception notYet) {
        if (System.currentTimeMillis() > deadlineMs) throw notYet;
        Thread.sleep(100);
      }
    }
  }

  private static void probe(Configuration conf) throws Exception {
    try (Connection connection = ConnectionFactory.createConnection(conf); Admin admin = connection.getAdmin()) {
      drop(admin);
      HTableDescriptor descriptor = new HTableDescriptor(PROBE);
      descriptor.addFamily(new HColumnDescriptor(FAMILY));
      admin.createTable(descriptor);
      try (Table table = connection.getTable(PROBE)) {
        byte[] row = Bytes.toBytes("r");
        table.put(new Put(row).addColumn(FAMILY, row, row));
        if (table.get(new Get(row)).isEmpty()) throw new IllegalStateException("the row written is not there");
      }
      drop(admin);
    }
  }

  private static void drop(Admin admin) throws Exception {
    if (!admin.tableExists(PROBE)) return;
    if (admin.isTableEnabled(PROBE)) admin.disableTable(PROBE);
    admin.deleteTable(PROBE);
  }
}
