# Entry of the resident agent: agent.rb <sentinel> <idle minutes>
areas = TemporalHBase.areas(TemporalHBase::Cluster.new)
server = TemporalHBase::Server.new(areas[:cluster], areas, ARGV[0] || '@@', (ARGV[1] || '15').to_i * 60_000)
# The connection warms up while the caller reads the hello; its failure is the first call's to report.
Thread.new do
  begin
    areas[:tables].warm_up
  rescue StandardError, Java::JavaLang::Throwable => e
    $stderr.puts "warm-up: #{e.class}: #{e.message}"
  end
end
server.run(areas[:facts].hello)
