require 'java'
# hold-lock.rb TABLE: takes the table's exclusive lock at the master and holds it until standard input ends.
conf = org.apache.hadoop.hbase.HBaseConfiguration.create
admin = org.apache.hadoop.hbase.client.ConnectionFactory.createConnection(conf).getAdmin
metrics = admin.getClusterMetrics
rpc = org.apache.hadoop.hbase.ipc.RpcClientFactory.createClient(conf, metrics.getClusterId)
channel = rpc.createBlockingRpcChannel(metrics.getMasterName, org.apache.hadoop.hbase.security.User.getCurrent, 60_000)
protos = org.apache.hadoop.hbase.shaded.protobuf.generated.LockServiceProtos
service = protos::LockService.newBlockingStub(channel)
table = org.apache.hadoop.hbase.shaded.protobuf.ProtobufUtil.toProtoTableName(org.apache.hadoop.hbase.TableName.valueOf(ARGV[0]))
request = protos::LockRequest.newBuilder.setLockType(protos::LockType::EXCLUSIVE).setTableName(table).
  setDescription('somebody else').setNonceGroup(rand(1 << 60)).setNonce(rand(1 << 60)).build
id = service.requestLock(nil, request).getProcId
beat = lambda { |keep| service.lockHeartbeat(nil, protos::LockHeartbeatRequest.newBuilder.setProcId(id).setKeepAlive(keep).build) }
locked = protos::LockHeartbeatResponse::LockStatus::LOCKED
sleep 0.1 until beat.call(true).getLockStatus == locked
$stdout.puts 'LOCKED'
$stdout.flush
ended = false
reader = Thread.new { $stdin.read; ended = true }
until ended
  beat.call(true)
  reader.join(2)
end
beat.call(false)
$stdout.puts 'RELEASED'
$stdout.flush
java.lang.Runtime.getRuntime.halt(0)
