module TemporalHBase
  # What the master says about the cluster now: `ClusterMetrics` on 2.x and later, `ClusterStatus` on 1.x.
  class Status
    def self.read(cluster)
      cluster.admin do |admin|
        admin.respond_to?(:getClusterMetrics) ? ModernStatus.new(admin.getClusterMetrics) : Status.new(admin.getClusterStatus)
      end
    end

    # Regions that are being moved, opened or closed, without the load of the servers.
    def self.read_transitions(admin)
      return ModernStatus.transitions_of(admin) if admin.respond_to?(:getClusterMetrics)
      found = admin.getClusterStatus.getRegionsInTransition
      (found.respond_to?(:values) ? found.values : found).map { |state| describe_transition(state) }
    end

    def self.describe_transition(state)
      region = state.getRegion
      { 'table' => region.getTable.getNameAsString, 'region' => region.getEncodedName, 'state' => state.getState.to_s }
    end

    def initialize(status)
      @status = status
    end

    def cluster_id
      @status.getClusterId
    end

    def version
      @status.getHBaseVersion
    end

    def master
      @status.getMaster
    end

    def backup_masters
      @status.getBackupMasters.map { |s| s.to_s }
    end

    def servers
      @status.getServers.to_a
    end

    def dead_servers
      @status.getDeadServerNames.map { |s| s.to_s }
    end

    def transitions
      @status.getRegionsInTransition.to_a
    end

    def regions
      @status.getRegionsCount
    end

    def load(server)
      @status.getLoad(server)
    end

    # The server's own clock at its last report to the master.
    def reported_at_ms(server)
      load(server).obtainServerLoadPB.getReportEndTime
    end

    def server_names
      servers.map { |s| s.to_s }
    end
  end

  class ModernStatus < Status
    def self.transitions_of(admin)
      only = HB::ClusterMetrics::Option::REGIONS_IN_TRANSITION
      admin.getClusterMetrics(java.util.EnumSet.of(only)).getRegionStatesInTransition.map { |s| describe_transition(s) }
    end

    def master
      @status.getMasterName
    end

    def backup_masters
      @status.getBackupMasterNames.map { |s| s.to_s }
    end

    def servers
      @status.getLiveServerMetrics.keySet.to_a
    end

    def transitions
      @status.getRegionStatesInTransition.to_a
    end

    def regions
      @status.getRegionCount
    end

    def load(server)
      @status.getLiveServerMetrics.get(server)
    end

    def reported_at_ms(server)
      load(server).getReportTimestamp
    end
  end
end
